-- Delivered pictures that their owner does not list yet, by file name: galleries only grow (PICTURE-4).
CREATE TEMP TABLE new_picture ON COMMIT DROP AS
SELECT d.owner, d.onec_id, array_agg(d.path ORDER BY d.number) AS paths
FROM delivered_picture AS d
LEFT JOIN map_product AS m ON d.owner = 'product' AND m.onec_id = d.onec_id
LEFT JOIN map_variant AS mv ON d.owner = 'variant' AND mv.onec_id = d.onec_id
LEFT JOIN products AS p ON p.id = m.product_id
LEFT JOIN product_variants AS v ON v.id = mv.variant_id
WHERE (m.is_record OR p.id IS NOT NULL OR mv.onec_id IS NOT NULL)
  AND NOT EXISTS (
      SELECT 1
      FROM jsonb_path_query(coalesce(p.base_images, v.gallery_images || to_jsonb(coalesce(v.main_image, ''))), '$[*]') AS listed
      WHERE substring(listed #>> '{}' FROM '[^/]*$') = substring(d.path FROM '[^/]*$'))
GROUP BY d.owner, d.onec_id;
ANALYZE new_picture (owner, onec_id)
