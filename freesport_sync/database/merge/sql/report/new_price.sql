('{column}', NULL, c.{column}::text)
