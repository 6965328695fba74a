SELECT ord, slug AS wanted FROM new_value WHERE is_free ORDER BY ord
