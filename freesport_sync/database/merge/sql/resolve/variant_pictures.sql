-- Part of variants.sql: the first new picture becomes the main one if there is none, others join the gallery (PICTURE-2).
SELECT CASE WHEN coalesce(v.main_image, '') = '' THEN coalesce(pic.paths[1], v.main_image) ELSE v.main_image END AS main_image,
       CASE WHEN pic.paths IS NULL THEN coalesce(v.gallery_images, '[]')
            WHEN coalesce(v.main_image, '') = '' THEN coalesce(v.gallery_images, '[]') || to_jsonb(pic.paths[2:])
            ELSE v.gallery_images || to_jsonb(pic.paths) END AS gallery_images
