('{column}', c.old_{column}::text, c.{column}::text)
