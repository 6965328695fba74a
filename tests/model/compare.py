"""Reads the database into the shape of the model."""

from __future__ import annotations

from typing import Any

from tests.model.shop import PRICE_COLUMNS, ModelShop
from tests.shop import Shop

_QUERIES = {
    "categories": """
        SELECT c.onec_id, c.name, c.slug, c.description, parent.slug, c.is_active
        FROM categories AS c LEFT JOIN categories AS parent ON parent.id = c.parent_id
    """,
    "brands": "SELECT name, slug, normalized_name FROM brands",
    "products_brand_1c_mapping": """
        SELECT m.onec_id, m.onec_name, b.slug
        FROM products_brand_1c_mapping AS m JOIN brands AS b ON b.id = m.brand_id
    """,
    "product_attributes": "SELECT name, slug, type, is_active, normalized_name FROM product_attributes",
    "product_attribute_1c_mappings": """
        SELECT m.onec_id, m.onec_name, m.source, a.slug
        FROM product_attribute_1c_mappings AS m JOIN product_attributes AS a ON a.id = m.attribute_id
    """,
    "product_attribute_values": """
        SELECT a.slug, v.normalized_value, v.value, v.slug
        FROM product_attribute_values AS v JOIN product_attributes AS a ON a.id = v.attribute_id
    """,
    "product_attribute_value_1c_mappings": """
        SELECT m.onec_id, m.onec_value, m.source, a.slug, v.normalized_value
        FROM product_attribute_value_1c_mappings AS m
        JOIN product_attribute_values AS v ON v.id = m.attribute_value_id
        JOIN product_attributes AS a ON a.id = v.attribute_id
    """,
    "products_attributes": """
        SELECT p.onec_id, a.slug, v.normalized_value
        FROM products_attributes AS l
        JOIN products AS p ON p.id = l.product_id
        JOIN product_attribute_values AS v ON v.id = l.attributevalue_id
        JOIN product_attributes AS a ON a.id = v.attribute_id
    """,
    "product_variants_attributes": """
        SELECT p.onec_id, a.slug, v.normalized_value
        FROM product_variants_attributes AS l
        JOIN product_variants AS p ON p.id = l.productvariant_id
        JOIN product_attribute_values AS v ON v.id = l.attributevalue_id
        JOIN product_attributes AS a ON a.id = v.attribute_id
    """,
    "price_types": "SELECT onec_id, onec_name, product_field, is_active FROM price_types",
    "products": """
        SELECT p.onec_id, p.name, p.slug, p.description, c.slug, b.slug, p.onec_brand_id, p.parent_onec_id, p.vat_rate,
               p.is_active, p.sync_status, p.last_sync_at IS NOT NULL, p.base_images
        FROM products AS p JOIN categories AS c ON c.id = p.category_id JOIN brands AS b ON b.id = p.brand_id
    """,
    "product_variants": f"""
        SELECT v.onec_id, v.sku, p.onec_id, v.color_name, v.size_value, v.is_active, v.stock_quantity, v.warehouse_id,
               v.warehouse_name, v.vat_rate, {", ".join(f"v.{column}" for column in PRICE_COLUMNS)},
               v.main_image, v.gallery_images
        FROM product_variants AS v JOIN products AS p ON p.id = v.product_id
    """,
}


def differences(model: ModelShop, shop: Shop) -> dict[str, dict[str, list[tuple[Any, ...]]]]:
    """Table -> the rows that only the model has, and those that only the database has."""
    wanted = model.rows()
    found = {table: shop.rows(query) for table, query in _QUERIES.items()}
    return {
        table: {
            "model": [row for row in wanted[table] if row not in found[table]],
            "database": [row for row in found[table] if row not in wanted[table]],
        }
        for table in _QUERIES
        if sorted(wanted[table], key=repr) != sorted(found[table], key=repr)
    }
