"""Where the program keeps its state and what the administrator has set."""
