"""Backups, and what an undo sets back: the second stage, because histories of imports and undos take their time."""
