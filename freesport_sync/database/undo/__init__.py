"""Backups, the undo log, and what restores them."""
