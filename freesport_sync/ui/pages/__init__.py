"""What the window shows: one page a module."""
