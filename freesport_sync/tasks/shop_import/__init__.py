"""The import of an export of 1C into the shop."""
