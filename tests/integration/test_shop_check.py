"""Whatever an import needs of a shop database and does not find is reported, all of it at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import URL, Connection, NullPool, Table, UniqueConstraint, create_engine, event, text

from freesport_sync.database.shop.checks import (
    CATALOG_TABLES,
    CONFLICT_KEYS,
    CUSTOMER_TABLES,
    Missing,
    MissingKind,
    find_missing,
)
from freesport_sync.database.shop.tables import (
    SHOP_TABLES,
    color_mappings,
    create_shop_tables,
    products,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE, COLUMN, COLUMN_TYPE = MissingKind.TABLE, MissingKind.COLUMN, MissingKind.COLUMN_TYPE
RIGHT, UNIQUE, EXTRA = MissingKind.RIGHT, MissingKind.UNIQUE, MissingKind.EXTRA_REQUIRED_COLUMN


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


def _execute(connection: Connection, *statements: str) -> None:
    for statement in statements:
        connection.execute(text(statement))


def _become_new_role(connection: Connection, *grants: str) -> None:
    """Go on as a role that has nothing but `grants`; it goes away with the transaction."""
    role = f"visitor_{connection.scalar(text('SELECT pg_backend_pid()'))}"
    _execute(connection, f"CREATE ROLE {role}", *(f"GRANT {grant} TO {role}" for grant in grants))
    _execute(connection, f"SET LOCAL ROLE {role}")


@pytest.mark.parametrize("tables", [CATALOG_TABLES, CUSTOMER_TABLES, SHOP_TABLES])
def test_fresh_shop_is_fit(shop: Connection, tables: tuple[Table, ...]) -> None:
    assert find_missing(shop, tables) == ()


def test_empty_database_lacks_every_table(connection: Connection) -> None:
    assert find_missing(connection, CATALOG_TABLES) == tuple(Missing(TABLE, table.name, "") for table in CATALOG_TABLES)


def test_nothing_needed_is_nothing_missing(connection: Connection) -> None:
    assert find_missing(connection, ()) == ()


def test_conflict_keys_are_unique_in_our_tables() -> None:
    for table in CATALOG_TABLES:
        key = CONFLICT_KEYS.get(table.name, ())
        unique = [
            {*constraint.columns.keys()} for constraint in table.constraints if isinstance(constraint, UniqueConstraint)
        ]
        assert not key or set(key) in unique or table.columns[key[0]].unique


def test_everything_is_reported_at_once(shop: Connection) -> None:
    _execute(
        shop,
        "DROP TABLE import_sessions",
        "ALTER TABLE brands DROP COLUMN is_featured",
        "ALTER TABLE categories DROP CONSTRAINT categories_onec_id_key",
        "ALTER TABLE products ALTER COLUMN slug TYPE varchar(200)",
        "ALTER TABLE product_variants ADD COLUMN season text NOT NULL",
    )
    tables = ", ".join(table.name for table in CATALOG_TABLES if table.name not in ("price_types", "import_sessions"))
    _become_new_role(shop, f"SELECT, INSERT, UPDATE, DELETE ON {tables}", "SELECT, INSERT ON price_types")
    assert set(find_missing(shop, CATALOG_TABLES)) == {
        Missing(TABLE, "import_sessions", ""),
        Missing(COLUMN, "brands", "is_featured"),
        Missing(UNIQUE, "categories", "onec_id"),
        Missing(COLUMN_TYPE, "products", "slug: varchar(200) -> varchar(255)"),
        Missing(EXTRA, "product_variants", "season"),
        Missing(RIGHT, "price_types", "UPDATE"),
    }


def test_three_queries_whatever_is_asked_for(shop: Connection) -> None:
    statements: list[str] = []
    event.listen(shop, "before_cursor_execute", lambda *args: statements.append(args[2]))
    find_missing(shop, SHOP_TABLES)
    assert len(statements) == 3


def test_reader_lacks_the_rights_to_write(shop: Connection) -> None:
    _become_new_role(shop, "SELECT ON ALL TABLES IN SCHEMA public")
    written = [table.name for table in CATALOG_TABLES if table is not color_mappings]
    links = ("products_attributes", "product_variants_attributes")
    expected = tuple(
        Missing(RIGHT, name, right) for name in written for right in ("INSERT", "DELETE" if name in links else "UPDATE")
    )
    assert find_missing(shop, CATALOG_TABLES) == expected


def test_stranger_lacks_every_right(shop: Connection) -> None:
    _become_new_role(shop)
    found = find_missing(shop, CATALOG_TABLES)
    assert {missing.kind for missing in found} == {RIGHT}
    assert len(found) == 3 * (len(CATALOG_TABLES) - 1) + 1


def test_rights_of_a_group_count(shop: Connection) -> None:
    _become_new_role(shop, "pg_read_all_data", "pg_write_all_data")
    assert find_missing(shop, CATALOG_TABLES) == ()


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ("name TYPE varchar(299)", "name: varchar(299) -> varchar(300)"),
        ("name TYPE char(300)", "name: character(300) -> varchar(300)"),
        ("description TYPE varchar(500)", "description: varchar(500) -> text"),
        ("vat_rate TYPE numeric(4,2)", "vat_rate: numeric(4,2) -> numeric(5,2)"),
        ("vat_rate TYPE numeric(5,1)", "vat_rate: numeric(5,1) -> numeric(5,2)"),
        ("vat_rate TYPE numeric(5,3)", "vat_rate: numeric(5,3) -> numeric(5,2)"),
        ("vat_rate TYPE double precision", "vat_rate: double precision -> numeric(5,2)"),
        ("min_order_quantity TYPE smallint", "min_order_quantity: smallint -> integer"),
        ("base_images TYPE json USING base_images::json", "base_images: json -> jsonb"),
        ("created_at TYPE timestamp", "created_at: timestamp without time zone -> timestamp with time zone"),
        ("id DROP IDENTITY", "id: bigint -> bigint identity"),
        ("id SET GENERATED ALWAYS", "id: bigint -> bigint identity"),
    ],
)
def test_value_that_would_not_fit(shop: Connection, change: str, detail: str) -> None:
    _execute(
        shop, "DROP INDEX products_search_idx, products_name_trgm_idx", f"ALTER TABLE products ALTER COLUMN {change}"
    )
    assert find_missing(shop, [products]) == (Missing(COLUMN_TYPE, "products", detail),)


@pytest.mark.parametrize(
    "change",
    [
        "slug TYPE varchar(300)",
        "slug TYPE varchar",
        "slug TYPE text",
        "vat_rate TYPE numeric(8,3)",
        "vat_rate TYPE numeric",
        "min_order_quantity TYPE bigint",
        "vat_rate SET DEFAULT 0",
    ],
)
def test_wider_column_does_no_harm(shop: Connection, change: str) -> None:
    _execute(shop, "DROP INDEX products_slug_like", f"ALTER TABLE products ALTER COLUMN {change}")
    assert find_missing(shop, [products]) == ()


def test_id_from_a_sequence_is_as_good(shop: Connection) -> None:
    _execute(
        shop,
        "ALTER TABLE products ALTER COLUMN id DROP IDENTITY",
        "CREATE SEQUENCE ids",
        "ALTER TABLE products ALTER COLUMN id SET DEFAULT nextval('ids')",
    )
    assert find_missing(shop, [products]) == ()


@pytest.mark.parametrize("table", CONFLICT_KEYS)
def test_each_conflict_key_is_looked_for(shop: Connection, table: str) -> None:
    key = CONFLICT_KEYS[table]
    name = shop.scalar(
        text(
            "SELECT conname FROM pg_constraint WHERE conrelid = CAST(:table AS regclass) AND contype = 'u' AND ARRAY("
            " SELECT CAST(attname AS text) FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey)"
            " ORDER BY attname) = CAST(:key AS text[])"
        ),
        {"table": table, "key": sorted(key)},
    )
    _execute(shop, f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    assert find_missing(shop, CATALOG_TABLES) == (Missing(UNIQUE, table, ", ".join(key)),)


@pytest.mark.parametrize(
    ("replacement", "is_fit"),
    [
        ("CREATE UNIQUE INDEX ON products (onec_id)", True),
        ("CREATE UNIQUE INDEX ON products (onec_id) INCLUDE (slug)", True),
        ("CREATE INDEX ON products (onec_id)", False),
        ("CREATE UNIQUE INDEX ON products (onec_id, slug)", False),
        ("CREATE UNIQUE INDEX ON products (lower(onec_id))", False),
        ("CREATE UNIQUE INDEX ON products (onec_id) WHERE is_active", False),
        ("ALTER TABLE products ADD UNIQUE (onec_id) DEFERRABLE", False),
    ],
)
def test_only_keys_that_on_conflict_takes(shop: Connection, replacement: str, is_fit: bool) -> None:
    _execute(shop, "ALTER TABLE products DROP CONSTRAINT products_onec_id_key", replacement)
    assert find_missing(shop, [products]) == (() if is_fit else (Missing(UNIQUE, "products", "onec_id"),))


def test_key_of_a_missing_column_is_not_reported_twice(shop: Connection) -> None:
    _execute(shop, "ALTER TABLE products DROP COLUMN onec_id")
    assert find_missing(shop, [products]) == (Missing(COLUMN, "products", "onec_id"),)


@pytest.mark.parametrize(
    ("column", "is_fit"),
    [
        ("text", True),
        ("text NOT NULL DEFAULT ''", True),
        ("bigint NOT NULL GENERATED ALWAYS AS (brand_id) STORED", True),
        ("text NOT NULL", False),
    ],
)
def test_extra_column(shop: Connection, column: str, is_fit: bool) -> None:
    _execute(shop, f"ALTER TABLE products ADD COLUMN season {column}")
    assert find_missing(shop, [products]) == (() if is_fit else (Missing(EXTRA, "products", "season"),))


def test_extra_column_where_we_only_read_does_no_harm(shop: Connection) -> None:
    _execute(shop, "TRUNCATE color_mappings", "ALTER TABLE color_mappings ADD COLUMN season text NOT NULL")
    assert find_missing(shop, [color_mappings]) == ()


def test_view_is_not_a_table(shop: Connection) -> None:
    _execute(shop, "ALTER TABLE products RENAME TO goods", "CREATE VIEW products AS SELECT * FROM goods")
    assert find_missing(shop, [products]) == (Missing(TABLE, "products", ""),)


def test_partitioned_table_is_a_table(shop: Connection) -> None:
    _execute(
        shop,
        "DROP TABLE color_mappings",
        "CREATE TABLE color_mappings (id bigint, name varchar(100), hex_code varchar(7), swatch_image varchar(100))"
        " PARTITION BY HASH (id)",
    )
    assert find_missing(shop, [color_mappings]) == ()


def test_tables_are_found_along_the_search_path(connection: Connection) -> None:
    _execute(connection, "CREATE SCHEMA shop", "SET LOCAL search_path TO shop")
    create_shop_tables(connection)
    _execute(connection, "SET LOCAL search_path TO public")
    assert {missing.kind for missing in find_missing(connection, CATALOG_TABLES)} == {TABLE}
    _execute(connection, "SET LOCAL search_path TO public, shop")
    assert find_missing(connection, CATALOG_TABLES) == ()


def test_first_table_on_the_search_path_counts(shop: Connection) -> None:
    _execute(shop, "CREATE SCHEMA mine", "CREATE TABLE mine.color_mappings (id bigint, name varchar(100))")
    _execute(shop, "SET LOCAL search_path TO mine, public")
    assert find_missing(shop, [color_mappings]) == (
        Missing(COLUMN, "color_mappings", "hex_code"),
        Missing(COLUMN, "color_mappings", "swatch_image"),
    )
