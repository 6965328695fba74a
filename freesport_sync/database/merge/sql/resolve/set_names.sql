UPDATE {table} AS t SET {column} = n.name FROM new_name AS n WHERE n.ord = t.ord;
TRUNCATE new_name
