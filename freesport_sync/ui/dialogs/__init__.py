"""Questions and messages that cannot wait."""
