-- The keys that ON CONFLICT (column) accepts: no index that is partial, invalid, deferrable or on an expression.
SELECT key.indrelid AS oid, array_agg(CAST(attribute.attname AS text)) AS columns
FROM pg_index AS key
CROSS JOIN unnest(key.indkey) WITH ORDINALITY AS part (attnum, place)
JOIN pg_attribute AS attribute ON attribute.attrelid = key.indrelid AND attribute.attnum = part.attnum
WHERE key.indrelid = ANY (CAST(:oids AS oid[])) AND part.place <= key.indnkeyatts
    AND key.indisunique AND key.indisvalid AND key.indimmediate
    AND key.indpred IS NULL AND key.indexprs IS NULL
GROUP BY key.indrelid, key.indexrelid
