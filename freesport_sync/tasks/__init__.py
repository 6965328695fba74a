"""What can be run: one package or module a task."""
