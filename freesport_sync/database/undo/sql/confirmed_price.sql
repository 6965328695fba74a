pg_temp.if_confirmed('{column}', p.{column}, p.unreadable, :clear_missing_prices)
