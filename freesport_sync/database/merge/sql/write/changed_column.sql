{column} = CASE WHEN c.{column} IS DISTINCT FROM c.old_{column} THEN c.{column} ELSE shop.{column} END
