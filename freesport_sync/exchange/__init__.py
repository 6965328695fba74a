"""The server that 1C sends its exports to."""
