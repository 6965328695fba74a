-- Without staging tables the run has read nothing that issues could refer to.
SELECT to_regclass('pg_temp.stg_product') IS NOT NULL AND EXISTS (
    SELECT FROM freesport_sync.row_issues WHERE run_id = :run_id AND onec_id <> '' AND (name = '' OR article = ''))
