-- An object that one catalogue of the export has deleted and another has not was moved: the records of the first do not
-- count. Within one catalogue the last record decides (CATALOGUE-1).
WITH placed AS (
    SELECT s.ctid AS row_id, s.onec_id, s.file_no, s.position, s.is_deleted, c.onec_id AS catalogue
    FROM {table} AS s
    JOIN (SELECT onec_id FROM {table} GROUP BY onec_id HAVING count(*) > 1) AS repeated ON repeated.onec_id = s.onec_id
    CROSS JOIN LATERAL (
        SELECT c.onec_id FROM stg_catalogue AS c WHERE c.file_no = s.file_no AND c.position <= s.position
        ORDER BY c.position DESC LIMIT 1
    ) AS c
),
last AS (
    SELECT DISTINCT ON (onec_id, catalogue) onec_id, catalogue, is_deleted FROM placed
    ORDER BY onec_id, catalogue, file_no DESC, position DESC
)
DELETE FROM {table} AS s
USING placed, last
WHERE s.ctid = placed.row_id AND last.onec_id = placed.onec_id AND last.catalogue = placed.catalogue AND last.is_deleted
  AND EXISTS (SELECT 1 FROM last AS live WHERE live.onec_id = placed.onec_id AND NOT live.is_deleted)
