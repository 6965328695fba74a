SELECT ord, wanted_slug AS wanted FROM chg_product WHERE product_id IS NULL ORDER BY file_no, position, onec_id
