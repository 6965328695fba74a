-- The latest confirmations of values. The field `+name` means that the run has changed `name`; `changes` means that the
-- shop has changed the row.
CREATE TEMP TABLE confirmation (table_name text NOT NULL, row_id bigint NOT NULL, fields text[] NOT NULL) ON COMMIT DROP
