-- Create tables in this schema until the transaction ends; tables elsewhere on the search_path are still found.
SELECT set_config('search_path', quote_ident(:schema) || ', ' || current_setting('search_path'), true)
