-- The attribute values of each product and variant whose links the run has changed: before and after.
INSERT INTO freesport_sync.written_values (run_id, table_name, row_id, before, written)
SELECT :run_id, CASE c.owner WHEN 'product' THEN 'products_attributes' ELSE 'product_variants_attributes' END, c.owner_id,
       jsonb_build_object('attributevalue_id', to_jsonb(c.value_ids)),
       jsonb_build_object('attributevalue_id', to_jsonb(ARRAY(
           SELECT coalesce(new.id, used.value_no)
           FROM unnest(c.value_nos) AS used (value_no) LEFT JOIN value_id AS new ON new.value_no = used.value_no
           ORDER BY 1)))
FROM chg_links AS c
WHERE c.owner_id IS NOT NULL
