SELECT unnest(CAST(:ids AS bigint[]))
