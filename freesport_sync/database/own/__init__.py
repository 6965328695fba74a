"""Our own schema: runs, sessions, row issues, history."""
