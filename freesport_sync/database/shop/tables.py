"""The shop's own tables, exactly as Django makes them, and their creation where there are none.

Source: the schema of the FREESPORT-B2B release of 2026-07-26 (Django 5.2, PostgreSQL 15). No column has a default in
the database: every INSERT supplies all NOT NULL columns. In a real shop these tables exist and are never altered;
`checks` compares them with this description.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    String,
    Table,
    Text,
    insert,
    inspect,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError

from freesport_sync.database.metadata import shop_metadata
from freesport_sync.database.server.sql_files import sql
from freesport_sync.database.shop.attribute_tables import (
    product_attribute_1c_mappings,
    product_attribute_value_1c_mappings,
    product_attribute_values,
    product_attributes,
    product_variants_attributes,
    products_attributes,
)
from freesport_sync.database.shop.columns import foreign_key, id_column, like_indexes
from freesport_sync.database.shop.customer_tables import common_customersynclog, companies, users
from freesport_sync.database.shop.default_colors import DEFAULT_COLORS

__all__ = [
    "SHOP_TABLES",
    "brands",
    "categories",
    "color_mappings",
    "common_customersynclog",
    "companies",
    "create_shop_tables",
    "import_sessions",
    "price_types",
    "product_attribute_1c_mappings",
    "product_attribute_value_1c_mappings",
    "product_attribute_values",
    "product_attributes",
    "product_images",
    "product_variants",
    "product_variants_attributes",
    "products",
    "products_attributes",
    "products_brand_1c_mapping",
    "users",
]

_EXTENSION_REFUSED = frozenset({"42501", "0A000", "58P01"})
"""SQLSTATE: no right to create an extension, or not installed on the server (newer and older servers)."""


def _has_trigrams(ddl: object, target: object, bind: Connection | None, *args: object, **options: object) -> bool:
    """Return whether pg_trgm is usable; SQLAlchemy calls this before it creates the index."""
    return bind is not None and bool(bind.scalar(sql("shop/has_trigrams")))


brands = Table(
    "brands",
    shop_metadata,
    id_column(),
    Column("name", String(100), nullable=False),
    Column("slug", String(255), nullable=False, unique=True),
    Column("image", String(100), nullable=False),
    Column("description", Text, nullable=False),
    Column("website", String(200), nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("normalized_name", String(100), nullable=False, unique=True),
    Column("is_featured", Boolean, nullable=False),
    Index("brands_is_active_1b1f758b", "is_active"),
    Index("brands_is_featured_9dcc9129", "is_featured"),
    *like_indexes("brands", "slug", "normalized_name"),
)

products_brand_1c_mapping = Table(
    "products_brand_1c_mapping",
    shop_metadata,
    id_column(),
    Column("onec_id", String(100), nullable=False, unique=True),
    Column("onec_name", String(100), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    foreign_key("brand_id", "brands"),
    Index("products_brand_1c_mapping_brand_id_08bdb07c", "brand_id"),
    *like_indexes("products_brand_1c_mapping", "onec_id"),
)

categories = Table(
    "categories",
    shop_metadata,
    id_column(),
    Column("name", String(200), nullable=False),
    Column("slug", String(255), nullable=False, unique=True),
    Column("description", Text, nullable=False),
    Column("image", String(100), nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("sort_order", Integer, nullable=False),
    Column("seo_title", String(200), nullable=False),
    Column("seo_description", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    foreign_key("parent_id", "categories", nullable=True),
    Column("onec_id", String(100), unique=True),
    Column("icon", String(100), nullable=False),
    CheckConstraint("sort_order >= 0"),
    Index("categories_parent_id_fc02df82", "parent_id"),
    *like_indexes("categories", "slug", "onec_id"),
)

products = Table(
    "products",
    shop_metadata,
    id_column(),
    Column("name", String(300), nullable=False),
    Column("slug", String(255), nullable=False, unique=True),
    Column("description", Text, nullable=False),
    Column("short_description", String(500), nullable=False),
    Column("seo_title", String(200), nullable=False),
    Column("seo_description", Text, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("is_featured", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("onec_id", String(100), unique=True),
    foreign_key("brand_id", "brands"),
    foreign_key("category_id", "categories"),
    Column("specifications", JSONB, nullable=False),
    Column("error_message", Text, nullable=False),
    Column("last_sync_at", DateTime(timezone=True)),
    Column("sync_status", String(20), nullable=False),
    Column("parent_onec_id", String(100)),
    Column("discount_percent", SmallInteger),
    Column("is_hit", Boolean, nullable=False),
    Column("is_new", Boolean, nullable=False),
    Column("is_premium", Boolean, nullable=False),
    Column("is_promo", Boolean, nullable=False),
    Column("is_sale", Boolean, nullable=False),
    Column("onec_brand_id", String(100)),
    Column("base_images", JSONB, nullable=False),
    Column("min_order_quantity", Integer, nullable=False),
    Column("vat_rate", Numeric(5, 2)),
    CheckConstraint("discount_percent >= 0"),
    CheckConstraint("min_order_quantity >= 0"),
    Index("products_brand_active_idx", "brand_id", "is_active"),
    Index("products_brand_i_2684af_idx", "brand_id", "is_active"),
    Index("products_brand_id_7e90a5c4", "brand_id"),
    Index("products_category_active_idx", "category_id", "is_active"),
    Index("products_category_id_a7a3a156", "category_id"),
    Index(
        "products_featured_created_idx",
        "is_featured",
        text("created_at DESC"),
        postgresql_where=text("is_active = true"),
    ),
    Index("products_is_acti_8e1d32_idx", "is_active", "category_id"),
    Index("products_is_hit_09f1ec_idx", "is_hit", "is_active"),
    Index("products_is_hit_6e1f7702", "is_hit"),
    Index("products_is_new_d32f49fc", "is_new"),
    Index("products_is_new_eded74_idx", "is_new", "is_active"),
    Index("products_is_prem_431475_idx", "is_premium", "is_active"),
    Index("products_is_premium_3b8e229e", "is_premium"),
    Index("products_is_prom_fe330c_idx", "is_promo", "is_active"),
    Index("products_is_promo_afe88095", "is_promo"),
    Index("products_is_sale_0cf70a0f", "is_sale"),
    Index("products_is_sale_49e9eb_idx", "is_sale", "is_active"),
    Index("products_name_trgm_idx", "name", postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"}).ddl_if(
        callable_=_has_trigrams
    ),
    Index("products_onec_brand_id_5925b9cd", "onec_brand_id"),
    Index("products_onec_id_c8f5de_idx", "onec_id"),
    Index("products_parent__07f0c8_idx", "parent_onec_id"),
    Index("products_parent_onec_id_11646e22", "parent_onec_id"),
    Index(
        "products_search_idx",
        text(
            "to_tsvector('russian', name || ' ' || COALESCE(description, '') || ' ' || COALESCE(short_description, ''))"
        ),
        postgresql_using="gin",
    ),
    Index("products_sync_st_02c9fd_idx", "sync_status"),
    Index("products_sync_status_fe1f92ac", "sync_status"),
    Index("products_vat_rate_33ef09ca", "vat_rate"),
    *like_indexes("products", "slug", "onec_id", "sync_status", "parent_onec_id", "onec_brand_id"),
)

product_images = Table(
    "product_images",
    shop_metadata,
    id_column(),
    Column("image", String(100), nullable=False),
    Column("alt_text", String(255), nullable=False),
    Column("is_main", Boolean, nullable=False),
    Column("sort_order", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    foreign_key("product_id", "products"),
    CheckConstraint("sort_order >= 0"),
    Index("product_ima_product_1fb2a2_idx", "product_id", "is_main"),
    Index("product_ima_sort_or_e48c66_idx", "sort_order"),
    Index("product_images_product_id_28ebf5f0", "product_id"),
)

product_variants = Table(
    "product_variants",
    shop_metadata,
    id_column(),
    Column("sku", String(100), nullable=False, unique=True),
    Column("onec_id", String(100), nullable=False, unique=True),
    Column("color_name", String(100), nullable=False),
    Column("size_value", String(50), nullable=False),
    Column("retail_price", Numeric(10, 2), nullable=False),
    Column("opt1_price", Numeric(10, 2)),
    Column("opt2_price", Numeric(10, 2)),
    Column("opt3_price", Numeric(10, 2)),
    Column("trainer_price", Numeric(10, 2)),
    Column("federation_price", Numeric(10, 2)),
    Column("stock_quantity", Integer, nullable=False),
    Column("reserved_quantity", Integer, nullable=False),
    Column("main_image", String(100)),
    Column("gallery_images", JSONB, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("last_sync_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    foreign_key("product_id", "products"),
    Column("msrp", Numeric(10, 2)),
    Column("rrp", Numeric(10, 2)),
    Column("vat_rate", Numeric(5, 2)),
    Column("warehouse_id", String(64)),
    Column("warehouse_name", String(255)),
    CheckConstraint("reserved_quantity >= 0"),
    CheckConstraint("stock_quantity >= 0"),
    Index("idx_variant_characteristics", "color_name", "size_value"),
    Index("idx_variant_product_price", "product_id", "retail_price"),
    Index("idx_variant_product_stock", "product_id", "stock_quantity"),
    Index("product_var_color_n_f6070f_idx", "color_name"),
    Index("product_var_onec_id_5d9811_idx", "onec_id"),
    Index("product_var_product_b96575_idx", "product_id", "is_active"),
    Index("product_var_retail__f0326a_idx", "retail_price"),
    Index("product_var_size_va_67b764_idx", "size_value"),
    Index("product_var_sku_3a95f0_idx", "sku"),
    Index("product_var_stock_q_ecefab_idx", "stock_quantity"),
    Index("product_variants_color_name_cb313786", "color_name"),
    Index("product_variants_is_active_760eaaaa", "is_active"),
    Index("product_variants_product_id_019d9f04", "product_id"),
    Index("product_variants_size_value_6d97fd69", "size_value"),
    Index("product_variants_stock_quantity_6c307a22", "stock_quantity"),
    Index("product_variants_warehouse_id_c32dd377", "warehouse_id"),
    *like_indexes("product_variants", "sku", "onec_id", "color_name", "size_value", "warehouse_id"),
)

price_types = Table(
    "price_types",
    shop_metadata,
    id_column(),
    Column("onec_id", String(100), nullable=False, unique=True),
    Column("onec_name", String(200), nullable=False),
    Column("product_field", String(50), nullable=False),
    Column("user_role", String(50), nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    *like_indexes("price_types", "onec_id"),
)

color_mappings = Table(
    "color_mappings",
    shop_metadata,
    id_column(),
    Column("name", String(100), nullable=False, unique=True),
    Column("hex_code", String(7), nullable=False),
    Column("swatch_image", String(100), nullable=False),
    *like_indexes("color_mappings", "name"),
)

import_sessions = Table(
    "import_sessions",
    shop_metadata,
    id_column(),
    Column("import_type", String(20), nullable=False),
    Column("status", String(20), nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    Column("report_details", JSONB, nullable=False),
    Column("error_message", Text, nullable=False),
    Column("celery_task_id", String(255)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("report", Text, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("session_key", String(40)),
    Index("import_sess_created_800466_idx", text("created_at DESC")),
    Index("import_sess_import__f1fb4c_idx", "import_type", "status"),
    Index("import_sessions_celery_task_id_db6ffc26", "celery_task_id"),
    Index("import_sessions_session_key_17b76286", "session_key"),
    Index(
        "unique_active_session_key",
        "session_key",
        unique=True,
        postgresql_where=text("status IN ('pending', 'started', 'in_progress')"),
    ),
    *like_indexes("import_sessions", "celery_task_id", "session_key"),
)


SHOP_TABLES = tuple(shop_metadata.sorted_tables)
"""All tables described here, referenced tables first."""


def create_shop_tables(connection: Connection) -> None:
    """Create the missing shop tables, and fill the list of colours if its table is new.

    Existing tables on the search_path are left alone, whatever they look like. pg_trgm and its index are skipped where
    the server or the role does not allow them. Runs in the caller's transaction.

    Args:
        connection: a role that may create tables in the current schema.

    Raises:
        sqlalchemy.exc.DBAPIError: no right to create tables, or another object has the name of one.
    """
    has_colors = inspect(connection).has_table(color_mappings.name)
    _enable_trigrams(connection)
    shop_metadata.create_all(connection)
    if not has_colors:
        rows = [{"name": name, "hex_code": hex_code, "swatch_image": ""} for name, hex_code in DEFAULT_COLORS]
        connection.execute(insert(color_mappings), rows)


def _enable_trigrams(connection: Connection) -> None:
    try:
        with connection.begin_nested():
            connection.execute(sql("shop/enable_trigrams"))
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", None) not in _EXTENSION_REFUSED:
            raise
