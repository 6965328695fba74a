SELECT (SELECT system_identifier FROM pg_control_system()) || '/' || oid
FROM pg_database WHERE datname = current_database()
