pg_temp.price_after(s.{column}, v.{column}, s.clears AND s.unreadable !~ '{column}') AS {column}
