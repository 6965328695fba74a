"""A second opinion: the import as plain Python, to compare the real one with (`tests/model/test_model.py`)."""
