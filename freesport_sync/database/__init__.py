"""Everything that talks to PostgreSQL; the only place that knows SQL."""
