"""Settings, secrets, saved connections, and the paths of the program's state."""
