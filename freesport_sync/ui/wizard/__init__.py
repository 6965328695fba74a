"""The wizard that leads through the first start, and can be opened again."""
