"""The life of a run, whatever it does."""
