SELECT ord, wanted_sku AS wanted FROM chg_variant WHERE wanted_sku IS NOT NULL ORDER BY file_no, position, onec_id
