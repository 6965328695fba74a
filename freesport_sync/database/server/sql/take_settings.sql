-- Change the settings that this server knows, in one round trip. Some servers know `client_connection_check_interval`
-- but log an error for it.
SELECT set_config(name, value, false)
FROM unnest(CAST(:names AS text[]), CAST(:values AS text[])) AS wanted (name, value)
WHERE current_setting(name, true) IS NOT NULL
  AND (name <> 'client_connection_check_interval' OR version() !~* :cannot_see)
