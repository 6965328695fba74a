"""The set-based merge of the big tables: staged rows resolved, compared, and what changed written.

Every function runs on the lock's connection; from `resolve` on inside one transaction. The SQL is in `sql/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

import sqlalchemy as sa

from freesport_sync.core.run import (
    Counts,
    Entity,
    FieldChange,
    UpdatedRows,
)
from freesport_sync.database.merge.staging import give_names
from freesport_sync.database.server.engine import exists
from freesport_sync.database.server.key_ranges import key_ranges
from freesport_sync.database.server.sql_files import sql
from freesport_sync.database.server.writing import expect_written
from freesport_sync.database.shop.tables import product_variants, products
from freesport_sync.database.undo.undo_log import lock_and_note
from freesport_sync.rules.catalog.brands import NO_BRAND
from freesport_sync.rules.catalog.categories import HIDDEN_CATEGORY
from freesport_sync.rules.merge_rules import MergeRules
from freesport_sync.rules.unique_names import SKU_LENGTH, SLUG_LENGTH, UniqueNames

LISTED_IDS = 100
"""Ids of updated rows that the shop's session row lists, as the reference importer does (SESSION-1)."""

_FILE_ORDER = "ORDER BY file_no, position, onec_id"


@dataclass(frozen=True, slots=True)
class LargeChange:
    """How much of what buyers see in the shop one kind of change would hit."""

    change: str
    affected: int
    existing: int


class _Written(NamedTuple):
    """A table that is written in key ranges: the SQL files that do it, and the ids of the existing rows of a range."""

    table: sa.Table
    files: str
    ids: str


_PRODUCTS = _Written(products, "products", "SELECT product_id FROM chg_product WHERE ord BETWEEN :first AND :last")
_VARIANTS = _Written(
    product_variants, "variants", "SELECT variant_id FROM chg_variant WHERE ord BETWEEN :first AND :last"
)


def resolve(connection: sa.Connection, rules: MergeRules) -> None:
    """Fill the change tables; reads the shop, locks and writes nothing in it."""
    parameters = asdict(rules) | {"hidden_category": HIDDEN_CATEGORY, "no_brand": NO_BRAND}
    if exists(connection, "SELECT 1 FROM stg_product_group"):
        connection.execute(sql("merge/choose_groups"))
    connection.execute(sql("merge/resolve"), parameters)
    _allocate_slugs(connection)
    _allocate_skus(connection)


def read_counts(connection: sa.Connection) -> dict[Entity, Counts]:
    """What the change tables amount to."""
    rows = connection.execute(sql("merge/counts")).mappings()
    return {
        Entity(row["entity"]): Counts(row["created"], row["updated"], row["unchanged"], row["skipped"]) for row in rows
    }


def read_large_changes(connection: sa.Connection, leaving_menu: Sequence[int]) -> list[LargeChange]:
    """What the guard against mass changes looks at.

    Args:
        connection: after `resolve`.
        leaving_menu: ids of the categories that the run takes out of the shop's menu.
    """
    rows = connection.execute(sql("merge/large_change"), {"leaving_menu": list(leaving_menu)})
    return [LargeChange(*row) for row in rows]


def leaves_nothing_visible(connection: sa.Connection) -> bool:
    """Whether the run would take from buyers the last product or the last variant that they see."""
    return bool(connection.scalar(sql("merge/nothing_left")))


def read_updated(connection: sa.Connection) -> dict[Entity, UpdatedRows]:
    """The shop's products and variants that the merge updates."""
    return {
        Entity.PRODUCT: _updated(connection, "chg_product", "product_id"),
        Entity.VARIANT: _updated(connection, "chg_variant", "variant_id"),
    }


def read_field_changes(
    connection: sa.Connection, limit: int, names: Mapping[str, Mapping[str, str]]
) -> list[FieldChange]:
    """Field by field, what the merge would change in products and variants.

    Args:
        connection: after `resolve`.
        limit: of the list.
        names: field -> what people call the keys that stand in it.
    """
    changes = []
    for entity, onec_id, name, field, *values in connection.execute(sql("merge/changed_fields"), {"limit": limit}):
        known = names.get(field, {})
        changes.append(FieldChange(Entity(entity), onec_id, name, field, *(known.get(one, one) for one in values)))
    return changes


def needs_hidden_category(connection: sa.Connection) -> bool:
    """Whether a product goes into the hidden category."""
    return exists(connection, "SELECT 1 FROM chg_product WHERE category_key = :key", key=HIDDEN_CATEGORY)


def needs_no_brand(connection: sa.Connection) -> bool:
    """Whether a product gets the brand for products without one."""
    return exists(connection, "SELECT 1 FROM chg_product WHERE brand_key = :key", key=NO_BRAND)


def rows_to_write(connection: sa.Connection) -> tuple[int, int]:
    """Products and variants that `apply_products` and `apply_variants` will write."""
    row = connection.execute(
        sa.text("SELECT (SELECT count(*) FROM chg_product), (SELECT count(*) FROM chg_variant)")
    ).one()
    return row[0], row[1]


def apply_products(connection: sa.Connection, total: int, advance: Callable[[int], None]) -> None:
    """Write new and changed products in key ranges; `advance` hears how many are done and may raise `Cancelled`.

    Raises:
        MergeConflict: a product appeared or vanished meanwhile.
    """
    existing = _count(connection, "SELECT count(*) FROM chg_product WHERE product_id IS NOT NULL")
    _apply(connection, _PRODUCTS, total, existing, advance)
    connection.execute(sql("merge/link_new_variants"))
    connection.execute(sql("merge/remember_deactivated"))


def apply_variants(connection: sa.Connection, total: int, advance: Callable[[int], None]) -> None:
    """Write new and changed variants, as `apply_products` does."""
    existing = _count(connection, "SELECT count(*) FROM chg_variant WHERE variant_id IS NOT NULL")
    _apply(connection, _VARIANTS, total, existing, advance)


def check_constraints(connection: sa.Connection) -> None:
    """Let the shop's deferred foreign keys speak before COMMIT."""
    connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")


def _updated(connection: sa.Connection, table: str, column: str) -> UpdatedRows:
    ids = connection.scalars(
        sa.text(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY ord LIMIT {LISTED_IDS}")
    )
    return UpdatedRows(_count(connection, f"SELECT count({column}) FROM {table}"), tuple(ids))


def _allocate_slugs(connection: sa.Connection) -> None:
    """New products; an empty slug is what transliteration leaves of `中文`: as in the reference the id names them."""
    wanted = "coalesce(nullif(wanted_slug, ''), 'product-' || left(onec_id, 8))"
    if exists(connection, "SELECT 1 FROM chg_product WHERE product_id IS NULL"):
        own_words = connection.scalars(sa.text(f"SELECT DISTINCT {wanted} FROM chg_product WHERE product_id IS NULL"))
        slugs = UniqueNames(connection.scalars(sa.select(products.c.slug)), SLUG_LENGTH, 2, own_words)
        query = f"SELECT ord, {wanted} AS wanted FROM chg_product WHERE product_id IS NULL {_FILE_ORDER}"
        give_names(connection, "chg_product", "slug", query, slugs)


def _allocate_skus(connection: sa.Connection) -> None:
    """New variants and changed articles, strictly in file order as in the reference importer."""
    if exists(connection, "SELECT 1 FROM chg_variant WHERE wanted_sku IS NOT NULL"):
        skus = UniqueNames(connection.scalars(sa.select(product_variants.c.sku)), SKU_LENGTH, first_suffix=1)
        query = f"SELECT ord, wanted_sku AS wanted FROM chg_variant WHERE wanted_sku IS NOT NULL {_FILE_ORDER}"
        give_names(connection, "chg_variant", "sku", query, skus)


def _apply(
    connection: sa.Connection, written: _Written, total: int, existing: int, advance: Callable[[int], None]
) -> None:
    """Existing rows come first in the change table, in order of id: lock and update them, then insert the rest."""
    for first, last in key_ranges(1, existing):
        bounds = {"first": first, "last": last}
        lock_and_note(connection, written.table, written.ids, bounds)
        updated = connection.execute(sql(f"merge/update_{written.files}"), bounds).rowcount
        expect_written(written.table.name, updated, last - first + 1)
        advance(last)
    for first, last in key_ranges(existing + 1, total):
        bounds = {"first": first, "last": last, "first_new": existing + 1}
        inserted = connection.execute(sql(f"merge/insert_{written.files}"), bounds).rowcount
        expect_written(written.table.name, inserted, last - first + 1)
        advance(last)


def _count(connection: sa.Connection, query: str) -> int:
    return int(connection.scalar(sa.text(query)) or 0)
