"""Qt models: long lists that are read page by page."""
