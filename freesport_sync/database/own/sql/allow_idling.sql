-- PostgreSQL 14 introduced the setting.
SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'idle_session_timeout'
