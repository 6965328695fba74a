INSERT INTO changed_time SELECT :table, row_number() OVER (ORDER BY id), id, before, target FROM {found} AS found
