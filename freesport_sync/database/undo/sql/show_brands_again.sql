-- A brand inserted by an import and hidden by its undo is shown again with its first visible product (UNDO-4).
WITH shown AS (
    UPDATE brands AS b SET is_active = true, updated_at = now()
    FROM freesport_sync.deactivated_objects AS d
    WHERE d.entity = 'brand' AND d.onec_id = b.normalized_name
      AND EXISTS (SELECT FROM products AS p WHERE p.brand_id = b.id AND p.is_active)
    RETURNING b.normalized_name
)
DELETE FROM freesport_sync.deactivated_objects
WHERE entity = 'brand' AND onec_id IN (SELECT normalized_name FROM shown)
