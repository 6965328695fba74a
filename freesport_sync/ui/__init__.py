"""The window: a thin shell, without SQL, over the same engine as the command line."""
