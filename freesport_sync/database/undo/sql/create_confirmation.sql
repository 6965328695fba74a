-- The last word on rows of the shop. The field `+name` says that `name` was changed by it, and `changes` is the word of the
-- shop itself, on whatever it was.
CREATE TEMP TABLE confirmation (table_name text NOT NULL, row_id bigint NOT NULL, fields text[] NOT NULL) ON COMMIT DROP
