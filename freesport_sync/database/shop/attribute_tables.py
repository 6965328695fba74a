"""The shop's own attribute tables, exactly as Django makes them; see `tables`."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, DateTime, Index, String, Table, UniqueConstraint

from freesport_sync.database.metadata import shop_metadata
from freesport_sync.database.shop.columns import foreign_key, id_column, like_indexes

product_attributes = Table(
    "product_attributes",
    shop_metadata,
    id_column(),
    Column("name", String(255), nullable=False),
    Column("slug", String(255), nullable=False, unique=True),
    Column("type", String(50), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("normalized_name", String(255), unique=True),
    Index("product_attributes_is_active_7ef81565", "is_active"),
    *like_indexes("product_attributes", "slug", "normalized_name"),
)

product_attribute_values = Table(
    "product_attribute_values",
    shop_metadata,
    id_column(),
    Column("value", String(255), nullable=False),
    Column("slug", String(255), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    foreign_key("attribute_id", "product_attributes"),
    Column("normalized_value", String(255)),
    UniqueConstraint("attribute_id", "normalized_value"),
    Index("product_att_attribu_d01970_idx", "attribute_id", "value"),
    Index("product_attribute_values_attribute_id_9dcd9163", "attribute_id"),
    Index("product_attribute_values_normalized_value_f0bec12d", "normalized_value"),
    Index("product_attribute_values_slug_04cc54da", "slug"),
    *like_indexes("product_attribute_values", "slug", "normalized_value"),
)

product_attribute_1c_mappings = Table(
    "product_attribute_1c_mappings",
    shop_metadata,
    id_column(),
    Column("onec_id", String(255), nullable=False, unique=True),
    Column("onec_name", String(255), nullable=False),
    Column("source", String(10), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    foreign_key("attribute_id", "product_attributes"),
    Index("product_att_attribu_e7d585_idx", "attribute_id", "source"),
    Index("product_attribute_1c_mappings_attribute_id_6a4f8796", "attribute_id"),
    *like_indexes("product_attribute_1c_mappings", "onec_id"),
)

product_attribute_value_1c_mappings = Table(
    "product_attribute_value_1c_mappings",
    shop_metadata,
    id_column(),
    Column("onec_id", String(255), nullable=False, unique=True),
    Column("onec_value", String(255), nullable=False),
    Column("source", String(10), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    foreign_key("attribute_value_id", "product_attribute_values"),
    Index("product_att_attribu_29affe_idx", "attribute_value_id", "source"),
    Index("product_attribute_value_1c_mappings_attribute_value_id_000f9014", "attribute_value_id"),
    *like_indexes("product_attribute_value_1c_mappings", "onec_id"),
)

products_attributes = Table(
    "products_attributes",
    shop_metadata,
    id_column(),
    foreign_key("product_id", "products"),
    foreign_key("attributevalue_id", "product_attribute_values"),
    UniqueConstraint("product_id", "attributevalue_id"),
    Index("products_attributes_attributevalue_id_f13ceff6", "attributevalue_id"),
    Index("products_attributes_product_id_0735291e", "product_id"),
)

product_variants_attributes = Table(
    "product_variants_attributes",
    shop_metadata,
    id_column(),
    foreign_key("productvariant_id", "product_variants"),
    foreign_key("attributevalue_id", "product_attribute_values"),
    UniqueConstraint("productvariant_id", "attributevalue_id"),
    Index("product_variants_attributes_attributevalue_id_8a243b91", "attributevalue_id"),
    Index("product_variants_attributes_productvariant_id_599528e6", "productvariant_id"),
)
