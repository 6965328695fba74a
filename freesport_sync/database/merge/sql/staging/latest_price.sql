(array_agg({column} ORDER BY rank, file_no DESC, position DESC)
        FILTER (WHERE {column} IS NOT NULL OR unreadable ~ '{column}'))[1] AS {column}
