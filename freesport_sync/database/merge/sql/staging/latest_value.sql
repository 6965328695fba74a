(array_agg({column} ORDER BY file_no DESC, position DESC) FILTER (WHERE {column} IS NOT NULL))[1] AS {column}
