"""Backups, the undo log, and restoring from them."""
