"""What worker processes do; the only room that knows procrastinate and psycopg 3."""
