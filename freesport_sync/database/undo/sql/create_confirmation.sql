-- The latest confirmations of values, by field. `+name` means that the run has changed `name`, `changes` that the shop has
-- written the row.
CREATE TEMP TABLE confirmation (table_name text NOT NULL, row_id bigint NOT NULL, fields text[] NOT NULL) ON COMMIT DROP
