SELECT DISTINCT {column} FROM shown_variant WHERE {column} <> ''
