"""The tables that we create are the shop's: compared with its schema of 2026-07-26 as PostgreSQL tells it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import URL, Connection, NullPool, create_engine, func, insert, select, text
from sqlalchemy.exc import IntegrityError

from freesport_sync.database.metadata import shop_metadata
from freesport_sync.database.shop.default_colors import DEFAULT_COLORS
from freesport_sync.database.shop.tables import (
    SHOP_TABLES,
    color_mappings,
    create_shop_tables,
    import_sessions,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# A column that may be NULL has a question mark.
SHOP_COLUMNS = """
brands: id bigint; name varchar(100); slug varchar(255); image varchar(100); description text; website varchar(200);
    is_active boolean; created_at timestamptz; updated_at timestamptz; normalized_name varchar(100); is_featured
    boolean
products_brand_1c_mapping: id bigint; onec_id varchar(100); onec_name varchar(100); created_at timestamptz; brand_id
    bigint
categories: id bigint; name varchar(200); slug varchar(255); description text; image varchar(100); is_active
    boolean; sort_order integer; seo_title varchar(200); seo_description text; created_at timestamptz; updated_at
    timestamptz; parent_id bigint?; onec_id varchar(100)?; icon varchar(100)
products: id bigint; name varchar(300); slug varchar(255); description text; short_description varchar(500);
    seo_title varchar(200); seo_description text; is_active boolean; is_featured boolean; created_at timestamptz;
    updated_at timestamptz; onec_id varchar(100)?; brand_id bigint; category_id bigint; specifications jsonb;
    error_message text; last_sync_at timestamptz?; sync_status varchar(20); parent_onec_id varchar(100)?;
    discount_percent smallint?; is_hit boolean; is_new boolean; is_premium boolean; is_promo boolean; is_sale
    boolean; onec_brand_id varchar(100)?; base_images jsonb; min_order_quantity integer; vat_rate numeric(5,2)?
products_attributes: id bigint; product_id bigint; attributevalue_id bigint
product_images: id bigint; image varchar(100); alt_text varchar(255); is_main boolean; sort_order integer;
    created_at timestamptz; updated_at timestamptz; product_id bigint
product_variants: id bigint; sku varchar(100); onec_id varchar(100); color_name varchar(100); size_value
    varchar(50); retail_price numeric(10,2); opt1_price numeric(10,2)?; opt2_price numeric(10,2)?; opt3_price
    numeric(10,2)?; trainer_price numeric(10,2)?; federation_price numeric(10,2)?; stock_quantity integer;
    reserved_quantity integer; main_image varchar(100)?; gallery_images jsonb; is_active boolean; last_sync_at
    timestamptz?; created_at timestamptz; updated_at timestamptz; product_id bigint; msrp numeric(10,2)?; rrp
    numeric(10,2)?; vat_rate numeric(5,2)?; warehouse_id varchar(64)?; warehouse_name varchar(255)?
product_variants_attributes: id bigint; productvariant_id bigint; attributevalue_id bigint
product_attributes: id bigint; name varchar(255); slug varchar(255); type varchar(50); created_at timestamptz;
    updated_at timestamptz; is_active boolean; normalized_name varchar(255)?
product_attribute_values: id bigint; value varchar(255); slug varchar(255); created_at timestamptz; updated_at
    timestamptz; attribute_id bigint; normalized_value varchar(255)?
product_attribute_1c_mappings: id bigint; onec_id varchar(255); onec_name varchar(255); source varchar(10);
    created_at timestamptz; attribute_id bigint
product_attribute_value_1c_mappings: id bigint; onec_id varchar(255); onec_value varchar(255); source varchar(10);
    created_at timestamptz; attribute_value_id bigint
price_types: id bigint; onec_id varchar(100); onec_name varchar(200); product_field varchar(50); user_role
    varchar(50); is_active boolean; created_at timestamptz
color_mappings: id bigint; name varchar(100); hex_code varchar(7); swatch_image varchar(100)
import_sessions: id bigint; import_type varchar(20); status varchar(20); started_at timestamptz; finished_at
    timestamptz?; report_details jsonb; error_message text; celery_task_id varchar(255)?; created_at timestamptz;
    report text; updated_at timestamptz; session_key varchar(40)?
users: id bigint; password varchar(128); last_login timestamptz?; is_superuser boolean; first_name varchar(150);
    last_name varchar(150); is_staff boolean; is_active boolean; date_joined timestamptz; email varchar(254)?; role
    varchar(20); phone varchar(255); company_name varchar(200); tax_id varchar(12); is_verified boolean; created_at
    timestamptz; updated_at timestamptz; created_in_1c boolean; last_sync_at timestamptz?; needs_1c_export boolean;
    onec_id varchar(100)?; sync_error_message text; sync_status varchar(20); onec_guid uuid?; last_sync_from_1c
    timestamptz?; verification_status varchar(20); customer_code varchar(5)?; country varchar(20)
companies: id bigint; legal_name varchar(255); tax_id varchar(12); kpp varchar(9); legal_address text; bank_name
    varchar(200); bank_bik varchar(9); account_number varchar(20); created_at timestamptz; updated_at timestamptz;
    user_id bigint
common_customersynclog: id bigint; onec_id varchar(36); operation_type varchar(50); status varchar(20);
    error_message text; details jsonb; created_at timestamptz; session varchar(255); correlation_id uuid;
    customer_id bigint?; duration_ms integer?; updated_at timestamptz; ip_address inet?; user_agent text
"""

INDEX_COUNTS = {
    # table: (indexes that belong to no constraint and no LIKE, indexes for LIKE)
    "brands": (2, 2),
    "products_brand_1c_mapping": (1, 1),
    "categories": (1, 2),
    "products": (26, 5),
    "products_attributes": (2, 0),
    "product_images": (3, 0),
    "product_variants": (16, 5),
    "product_variants_attributes": (2, 0),
    "product_attributes": (1, 2),
    "product_attribute_values": (4, 2),
    "product_attribute_1c_mappings": (2, 1),
    "product_attribute_value_1c_mappings": (2, 1),
    "price_types": (0, 1),
    "color_mappings": (0, 1),
    "import_sessions": (5, 2),
    "users": (7, 3),
    "companies": (1, 0),
    "common_customersynclog": (8, 3),
}

CONSTRAINTS = {
    "brands UNIQUE (normalized_name)",
    "brands UNIQUE (slug)",
    "products_brand_1c_mapping UNIQUE (onec_id)",
    "categories UNIQUE (onec_id)",
    "categories UNIQUE (slug)",
    "categories CHECK ((sort_order >= 0))",
    "products UNIQUE (onec_id)",
    "products UNIQUE (slug)",
    "products CHECK ((discount_percent >= 0))",
    "products CHECK ((min_order_quantity >= 0))",
    "products_attributes UNIQUE (product_id, attributevalue_id)",
    "product_images CHECK ((sort_order >= 0))",
    "product_variants UNIQUE (onec_id)",
    "product_variants UNIQUE (sku)",
    "product_variants CHECK ((reserved_quantity >= 0))",
    "product_variants CHECK ((stock_quantity >= 0))",
    "product_variants_attributes UNIQUE (productvariant_id, attributevalue_id)",
    "product_attributes UNIQUE (normalized_name)",
    "product_attributes UNIQUE (slug)",
    "product_attribute_values UNIQUE (attribute_id, normalized_value)",
    "product_attribute_1c_mappings UNIQUE (onec_id)",
    "product_attribute_value_1c_mappings UNIQUE (onec_id)",
    "price_types UNIQUE (onec_id)",
    "color_mappings UNIQUE (name)",
    "users UNIQUE (customer_code)",
    "users UNIQUE (email)",
    "users UNIQUE (onec_guid)",
    "users UNIQUE (onec_id)",
    "companies UNIQUE (user_id)",
    "common_customersynclog CHECK ((duration_ms >= 0))",
}

FOREIGN_KEYS = {
    "products_brand_1c_mapping FOREIGN KEY (brand_id) REFERENCES brands(id)",
    "categories FOREIGN KEY (parent_id) REFERENCES categories(id)",
    "products FOREIGN KEY (brand_id) REFERENCES brands(id)",
    "products FOREIGN KEY (category_id) REFERENCES categories(id)",
    "products_attributes FOREIGN KEY (attributevalue_id) REFERENCES product_attribute_values(id)",
    "products_attributes FOREIGN KEY (product_id) REFERENCES products(id)",
    "product_images FOREIGN KEY (product_id) REFERENCES products(id)",
    "product_variants FOREIGN KEY (product_id) REFERENCES products(id)",
    "product_variants_attributes FOREIGN KEY (attributevalue_id) REFERENCES product_attribute_values(id)",
    "product_variants_attributes FOREIGN KEY (productvariant_id) REFERENCES product_variants(id)",
    "product_attribute_values FOREIGN KEY (attribute_id) REFERENCES product_attributes(id)",
    "product_attribute_1c_mappings FOREIGN KEY (attribute_id) REFERENCES product_attributes(id)",
    "product_attribute_value_1c_mappings FOREIGN KEY (attribute_value_id) REFERENCES product_attribute_values(id)",
    "companies FOREIGN KEY (user_id) REFERENCES users(id)",
    "common_customersynclog FOREIGN KEY (customer_id) REFERENCES users(id)",
}

SPECIAL_INDEXES = {
    "products_featured_created_idx": "btree (is_featured, created_at DESC) WHERE (is_active = true)",
    "products_name_trgm_idx": "gin (name gin_trgm_ops)",
    "products_search_idx": (
        "gin (to_tsvector('russian'::regconfig, (((((name)::text || ' '::text) || COALESCE(description, ''::text))"
        " || ' '::text) || (COALESCE(short_description, ''::character varying))::text)))"
    ),
    "import_sess_created_800466_idx": "btree (created_at DESC)",
    "unique_active_session_key": (
        "btree (session_key) WHERE ((status)::text = ANY ((ARRAY['pending'::character varying,"
        " 'started'::character varying, 'in_progress'::character varying])::text[]))"
    ),
    "idx_users_onec_id": "btree (onec_id) WHERE (onec_id IS NOT NULL)",
    "products_brand_1c_mapping_onec_id_like": "btree (onec_id varchar_pattern_ops)",
}


@pytest.fixture
def connection(empty_database: URL) -> Iterator[Connection]:
    """An open transaction in an empty database; it is rolled back."""
    yield from _connect(empty_database)


@pytest.fixture
def shop_database(untouched_shop_database: URL) -> URL:
    """Here it matters that the program has never been in the shop."""
    return untouched_shop_database


@pytest.fixture
def shop(shop_database: URL) -> Iterator[Connection]:
    """An open transaction in a database with the shop tables; it is rolled back."""
    yield from _connect(shop_database)


def _connect(url: URL) -> Iterator[Connection]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def _definitions(connection: Connection, contype: str) -> set[str]:
    query = """
        SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
        WHERE contype = :contype AND connamespace = CAST(current_schema() AS regnamespace)
    """
    return set(connection.scalars(text(query), {"contype": contype}))


def _table_names(connection: Connection) -> set[str]:
    return set(connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")))


def test_columns_are_the_shops(shop: Connection) -> None:
    query = """
        SELECT attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN '' ELSE '?' END
        FROM pg_attribute WHERE attrelid = to_regclass(:table) AND attnum > 0 ORDER BY attnum
    """
    entries = re.findall(r"^(\w+): (.+(?:\n .+)*)", SHOP_COLUMNS, re.MULTILINE)
    assert len(entries) == len(SHOP_TABLES)
    for table, columns in entries:
        found = "; ".join(shop.scalars(text(query), {"table": table}))
        found = found.replace("character varying", "varchar").replace("timestamp with time zone", "timestamptz")
        assert (table, found) == (table, re.sub(r"\s+", " ", columns))


def test_database_supplies_nothing_but_ids(shop: Connection) -> None:
    automatic = """
        SELECT attrelid::regclass::text, attname, attidentity::text, atthasdef FROM pg_attribute
        WHERE attrelid = ANY (SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace)
            AND attnum > 0 AND (attidentity <> '' OR atthasdef)
    """
    found = {tuple(row) for row in shop.execute(text(automatic))}
    assert found == {(table.name, "id", "d", False) for table in SHOP_TABLES}


@pytest.mark.parametrize("table", INDEX_COUNTS)
def test_number_of_indexes(shop: Connection, table: str) -> None:
    query = """
        SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
        WHERE indrelid = to_regclass(:table) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
    """
    names = shop.scalars(text(query), {"table": table}).all()
    likes = [name for name in names if name.endswith("_like")]
    assert (len(names) - len(likes), len(likes)) == INDEX_COUNTS[table]


def test_special_indexes(shop: Connection) -> None:
    query = "SELECT indexname, indexdef FROM pg_indexes WHERE indexname = ANY (:names)"
    found = {name: definition for name, definition in shop.execute(text(query), {"names": list(SPECIAL_INDEXES)})}
    assert {name: definition.split(" USING ")[1] for name, definition in found.items()} == SPECIAL_INDEXES
    assert found["unique_active_session_key"].startswith("CREATE UNIQUE INDEX")


def test_no_name_was_cut() -> None:
    names = [index.name or "" for table in SHOP_TABLES for index in table.indexes]
    assert max(len(name.encode()) for name in names) <= 63
    assert len(names) == len(set(names))


def test_constraints(shop: Connection) -> None:
    assert _definitions(shop, "u") | _definitions(shop, "c") == CONSTRAINTS


def test_foreign_keys_wait_for_commit(shop: Connection) -> None:
    assert _definitions(shop, "f") == {f"{key} DEFERRABLE INITIALLY DEFERRED" for key in FOREIGN_KEYS}


def _session(**values: object) -> dict[str, object]:
    now = func.now()
    return {
        "import_type": "catalog",
        "started_at": now,
        "report_details": {},
        "error_message": "",
        "created_at": now,
        "report": "",
        "updated_at": now,
    } | values


def test_one_active_session_per_key(shop: Connection) -> None:
    for status, key in [("completed", "a"), ("failed", "a"), ("pending", "a"), ("pending", "b"), ("started", None)]:
        shop.execute(insert(import_sessions).values(_session(status=status, session_key=key)))
    with pytest.raises(IntegrityError, match="unique_active_session_key"):
        shop.execute(insert(import_sessions).values(_session(status="in_progress", session_key="a")))


def test_new_colours_are_listed_in_order(shop: Connection) -> None:
    columns = color_mappings.c
    rows = shop.execute(select(columns.name, columns.hex_code, columns.swatch_image).order_by(columns.id))
    assert [tuple(row) for row in rows] == [(*color, "") for color in DEFAULT_COLORS]


def test_every_colour_can_be_found() -> None:
    names = [name for name, _ in DEFAULT_COLORS]
    hidden = [(name, later) for place, name in enumerate(names) for later in names[place + 1 :] if name in later]
    assert hidden == []
    assert all(name == name.lower() for name in names)
    assert all(re.fullmatch(r"#[0-9A-F]{6}", hex_code) for _, hex_code in DEFAULT_COLORS)


def test_existing_tables_are_left_alone(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE color_mappings (name varchar(9))"))
    create_shop_tables(connection)
    assert connection.scalars(text("SELECT name FROM color_mappings")).all() == []
    assert _table_names(connection) == set(shop_metadata.tables)


def test_creating_again_changes_nothing(shop: Connection) -> None:
    shop.execute(text("DELETE FROM color_mappings"))
    create_shop_tables(shop)
    assert shop.scalar(select(func.count()).select_from(color_mappings)) == 0


def test_only_missing_tables_are_created(shop: Connection) -> None:
    shop.execute(text("DROP TABLE product_images, color_mappings"))
    create_shop_tables(shop)
    assert _table_names(shop) == set(shop_metadata.tables)
    assert shop.scalar(select(func.count()).select_from(color_mappings)) == len(DEFAULT_COLORS)


def test_nothing_lasts_without_commit(connection: Connection) -> None:
    create_shop_tables(connection)
    connection.rollback()
    assert _table_names(connection) == set()


def test_tables_come_into_the_current_schema(connection: Connection) -> None:
    connection.execute(text("CREATE SCHEMA shop"))
    connection.execute(text("SET LOCAL search_path TO shop"))
    create_shop_tables(connection)
    assert _table_names(connection) == set(shop_metadata.tables)


def test_trigrams_are_done_without_where_not_allowed(connection: Connection) -> None:
    role = f"maker_{connection.scalar(text('SELECT pg_backend_pid()'))}"
    connection.execute(text(f"CREATE ROLE {role}"))
    connection.execute(text(f"GRANT USAGE, CREATE ON SCHEMA public TO {role}"))
    connection.execute(text(f"SET LOCAL ROLE {role}"))
    create_shop_tables(connection)
    query = "SELECT indexname FROM pg_indexes WHERE tablename = 'products' AND indexdef LIKE '%USING gin%'"
    assert connection.scalars(text(query)).all() == ["products_search_idx"]
