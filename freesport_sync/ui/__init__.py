"""The window: a thin shell that knows nothing of SQL, over the same engine as the command line."""
