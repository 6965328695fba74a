"""A backup of everything that an import may touch."""
