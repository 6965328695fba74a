SELECT slug FROM product_attribute_values UNION ALL SELECT slug FROM new_value WHERE NOT is_free
