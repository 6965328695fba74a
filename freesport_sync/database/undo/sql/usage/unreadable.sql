-- Tables that refer to the rows and that we may not read: whether they use them is unknown (UNDO-3).
INSERT INTO sign_of_use
SELECT row_id, unnest(CAST(:unreadable AS text[])) FROM row_to_hide WHERE table_name = :table
