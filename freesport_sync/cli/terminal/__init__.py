"""What the command line prints for people: bars, lines and tables."""
