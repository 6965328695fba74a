"""A second opinion: the import as plain Python, to compare the real one with (`tests/integration/test_model.py`)."""
