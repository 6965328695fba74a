"""PostgreSQL itself: connections, the embedded cluster, statements."""
