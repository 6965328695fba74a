"""Small parts of which pages are made."""
