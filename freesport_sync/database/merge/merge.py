"""The set-based merge of products and variants: resolve staged rows, compare, write what changed.

All functions run on the lock's connection and, from `resolve` on, in one transaction. The SQL is in `sql/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

import sqlalchemy as sa

from freesport_sync.core.run import Counts, FieldChange, UpdatedRows
from freesport_sync.core.shop import Entity
from freesport_sync.core.staged import OPTIONAL_PRICE_COLUMNS, PRICE_COLUMNS
from freesport_sync.database.merge.staging import give_names
from freesport_sync.database.server.key_ranges import key_ranges
from freesport_sync.database.server.rows import count_rows, has_rows
from freesport_sync.database.server.sql_files import for_each, sql
from freesport_sync.database.server.writing import expect_written
from freesport_sync.database.shop.tables import product_variants, products
from freesport_sync.database.undo.undo_log import lock_and_note
from freesport_sync.rules.catalog.brands import NO_BRAND
from freesport_sync.rules.catalog.categories import HIDDEN_CATEGORY
from freesport_sync.rules.merge_rules import MergeRules
from freesport_sync.rules.unique_names import SKU_LENGTH, SLUG_LENGTH, UniqueNames

LISTED_IDS = 100
"""Maximum of ids listed in the shop's session row, as in the reference importer (SESSION-1)."""


COMPARED_COLUMNS: dict[str, tuple[str, ...]] = {
    "products": ("name", "onec_brand_id", "description", "vat_rate", "is_active", "sync_status", "base_images"),
    "product_variants": (
        *("color_name", "size_value", *PRICE_COLUMNS, "warehouse_id", "warehouse_name"),
        *("vat_rate", "is_active", "main_image", "gallery_images"),
    ),
}
"""Table of the shop -> columns that are updated if they differ from `old_...` in the change table."""


@dataclass(frozen=True, slots=True)
class LargeChange:
    """How many of the visible objects one kind of change would affect."""

    change: str
    affected: int
    existing: int


class _Target(NamedTuple):
    """A shop table that is written in key ranges.

    Args:
        table: the shop's.
        changes: its change table.
        key: column of the change table with the shop's id; NULL in new rows.
        compared: see `COMPARED_COLUMNS`.
    """

    table: sa.Table
    changes: str
    key: str
    compared: tuple[str, ...]


_PRODUCTS = _Target(
    products,
    "chg_product",
    "product_id",
    COMPARED_COLUMNS["products"],
)
_VARIANTS = _Target(
    product_variants,
    "chg_variant",
    "variant_id",
    COMPARED_COLUMNS["product_variants"],
)


_RESOLVE = (
    sql("merge/resolve/match_products"),
    sql("merge/resolve/default_variants"),
    sql("merge/resolve/match_variants"),
    sql("merge/resolve/new_pictures"),
    sql("merge/resolve/stock_totals"),
    sql(
        "merge/resolve/variants",
        stock=sql("merge/resolve/variant_stock"),
        sku=sql("merge/resolve/variant_sku"),
        prices=sql(
            "merge/resolve/variant_prices", optional=for_each("merge/resolve/variant_price", OPTIONAL_PRICE_COLUMNS)
        ),
        visibility=sql("merge/resolve/variant_visibility"),
        vat_rate=sql("merge/resolve/variant_vat_rate"),
        pictures=sql("merge/resolve/variant_pictures"),
    ),
    sql("merge/resolve/product_visibility"),
    sql("merge/resolve/products"),
)
"""The order matters: whether a product is shown depends on its variants."""


def resolve(connection: sa.Connection, rules: MergeRules) -> None:
    """Fill the change tables; reads the shop, locks and writes nothing there."""
    parameters = asdict(rules) | {"hidden_category": HIDDEN_CATEGORY, "no_brand": NO_BRAND}
    if has_rows(connection, "stg_product_group"):
        connection.execute(sql("merge/resolve/choose_groups"))
    for step in _RESOLVE:
        connection.execute(step, parameters)
    _allocate_slugs(connection)
    _allocate_skus(connection)


def read_counts(connection: sa.Connection) -> dict[str, Counts]:
    """Count the rows of the change tables per entity."""
    rows = connection.execute(sql("merge/report/counts")).mappings()
    return {row["entity"]: Counts(row["created"], row["updated"], row["unchanged"], row["skipped"]) for row in rows}


def read_large_changes(connection: sa.Connection, leaving_menu: Sequence[int]) -> list[LargeChange]:
    """Return the numbers for the guard against mass changes.

    Args:
        connection: after `resolve`.
        leaving_menu: ids of the categories that the run takes out of the shop's menu.
    """
    rows = connection.execute(sql("merge/report/large_change"), {"leaving_menu": list(leaving_menu)})
    return [LargeChange(*row) for row in rows]


def leaves_nothing_visible(connection: sa.Connection) -> bool:
    """Return whether the run would hide the last visible product or variant (GUARD-3)."""
    return bool(connection.scalar(sql("merge/report/nothing_left")))


def read_updated(connection: sa.Connection) -> dict[str, UpdatedRows]:
    """Return the products and variants that the merge updates."""
    return {
        Entity.PRODUCT: _updated(connection, _PRODUCTS),
        Entity.VARIANT: _updated(connection, _VARIANTS),
    }


def read_field_changes(
    connection: sa.Connection, limit: int, names: Mapping[str, Mapping[str, str]]
) -> list[FieldChange]:
    """List, field by field, what the merge would change in products and variants.

    Args:
        connection: after `resolve`.
        limit: of the list.
        names: field -> display names of the keys it holds.
    """
    query = sql(
        "merge/report/changed_fields",
        changed_prices=for_each("merge/report/changed_price", PRICE_COLUMNS),
        new_prices=for_each("merge/report/new_price", OPTIONAL_PRICE_COLUMNS),
    )
    changes = []
    for entity, onec_id, name, field, *values in connection.execute(query, {"limit": limit}):
        known = names.get(field, {})
        changes.append(FieldChange(entity, onec_id, name, field, *(known.get(one, one) for one in values)))
    return changes


def needs_hidden_category(connection: sa.Connection) -> bool:
    """Return whether a product goes into the hidden category."""
    return has_rows(connection, "chg_product", sa.column("category_key") == HIDDEN_CATEGORY)


def needs_no_brand(connection: sa.Connection) -> bool:
    """Return whether a product gets the brand for products without one."""
    return has_rows(connection, "chg_product", sa.column("brand_key") == NO_BRAND)


def rows_to_write(connection: sa.Connection) -> tuple[int, int]:
    """Count the products and variants to be written."""
    return count_rows(connection, "chg_product"), count_rows(connection, "chg_variant")


def apply_products(connection: sa.Connection, total: int, advance: Callable[[int], None]) -> None:
    """Write new and changed products in key ranges.

    Args:
        connection: in the merge's transaction.
        total: number of rows to write.
        advance: called with the number of rows written; may raise `Cancelled`.

    Raises:
        MergeConflict: a product was added or removed meanwhile.
    """
    _apply(connection, _PRODUCTS, total, advance)
    connection.execute(sql("merge/write/link_new_variants"))
    connection.execute(sql("merge/write/remember_deactivated"))


def apply_variants(connection: sa.Connection, total: int, advance: Callable[[int], None]) -> None:
    """Write new and changed variants, as `apply_products` does."""
    _apply(connection, _VARIANTS, total, advance)


def check_constraints(connection: sa.Connection) -> None:
    """Check the shop's deferred foreign keys before COMMIT."""
    connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")


def _updated(connection: sa.Connection, target: _Target) -> UpdatedRows:
    key = sa.column(target.key, sa.BigInteger)
    ids = sa.select(key).select_from(sa.table(target.changes)).where(key.is_not(None))
    listed = connection.scalars(ids.order_by(sa.column("ord")).limit(LISTED_IDS))
    return UpdatedRows(count_rows(connection, target.changes, key.is_not(None)), tuple(listed))


def _allocate_slugs(connection: sa.Connection) -> None:
    """Give new products their slugs, in file order."""
    is_new = sa.column("product_id").is_(None)
    if has_rows(connection, "chg_product", is_new):
        wanted = sa.select(sa.column("wanted_slug", sa.Text)).select_from(sa.table("chg_product"))
        own_words = connection.scalars(wanted.where(is_new).distinct())
        slugs = UniqueNames(connection.scalars(sa.select(products.c.slug)), SLUG_LENGTH, 2, own_words)
        give_names(connection, "chg_product", "slug", sql("merge/resolve/wanted_product_slugs"), slugs)


def _allocate_skus(connection: sa.Connection) -> None:
    """Give SKUs to new variants and changed articles, in file order as the reference importer does."""
    if has_rows(connection, "chg_variant", sa.column("wanted_sku").is_not(None)):
        skus = UniqueNames(connection.scalars(sa.select(product_variants.c.sku)), SKU_LENGTH, first_suffix=1)
        give_names(connection, "chg_variant", "sku", sql("merge/resolve/wanted_skus"), skus)


def _apply(connection: sa.Connection, target: _Target, total: int, advance: Callable[[int], None]) -> None:
    """Lock and update existing rows, which come first in the change table, by id; then insert the new ones."""
    name = target.table.name
    existing = count_rows(connection, target.changes, sa.column(target.key).is_not(None))
    ids = sql("merge/write/ids_in_range", changes=target.changes, key=target.key)
    update = sql(f"merge/write/update_{name}", changed=for_each("merge/write/changed_column", target.compared))
    for first, last in key_ranges(1, existing):
        bounds = {"first": first, "last": last}
        lock_and_note(connection, target.table, ids, bounds)
        updated = connection.execute(update, bounds).rowcount
        expect_written(name, updated, last - first + 1)
        advance(last)
    for first, last in key_ranges(existing + 1, total):
        bounds = {"first": first, "last": last, "first_new": existing + 1}
        inserted = connection.execute(sql(f"merge/write/insert_{name}"), bounds).rowcount
        expect_written(name, inserted, last - first + 1)
        advance(last)
