"""Decisions that need nothing but their arguments."""
