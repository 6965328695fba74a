"""The window: real widgets, the real engine, a real PostgreSQL."""
