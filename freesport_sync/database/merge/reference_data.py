"""Reads and writes the shop's reference data: categories, brands, price types, colours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from freesport_sync.database.merge.new_rows import BEFORE_ALL, moment, placed
from freesport_sync.database.own.schema import deactivated_objects
from freesport_sync.database.server.writing import insert_rows, update_row
from freesport_sync.database.shop.tables import (
    brands,
    categories,
    color_mappings,
    price_types,
    product_variants,
    products_brand_1c_mapping,
)
from freesport_sync.rules.catalog.brands import (
    NO_BRAND,
    BrandMapping,
    BrandPlan,
    NewBrand,
    ShopBrand,
)
from freesport_sync.rules.catalog.categories import HIDDEN_CATEGORY, CategoryPlan, ShopCategory
from freesport_sync.rules.catalog.price_types import PriceTypePlan, ShopPriceType
from freesport_sync.rules.unique_names import SLUG_LENGTH, UniqueNames

_now = sa.func.now()
PRICE_TYPE = "price_type"
"""`deactivated_objects.entity` of a price type."""
_UNDONE_BRAND = (deactivated_objects.c.entity == "brand") & (deactivated_objects.c.onec_id == brands.c.normalized_name)


def read_categories(connection: sa.Connection) -> list[ShopCategory]:
    """Return all categories of the shop."""
    c = categories.c
    query = sa.select(c.id, c.onec_id, c.name, c.description, c.parent_id, c.is_active).order_by(c.id)
    return [ShopCategory(*row) for row in connection.execute(query)]


def read_category_slugs(connection: sa.Connection) -> list[str]:
    """Return the slugs that new categories must avoid."""
    return list(connection.scalars(sa.select(categories.c.slug)))


def write_categories(connection: sa.Connection, plan: CategoryPlan) -> None:
    """Insert and update categories, then set their parents."""
    for changed in sorted(plan.changed, key=lambda category: category.id):
        update_row(
            connection,
            categories.update()
            .where(categories.c.id == changed.id)
            .values(
                onec_id=changed.onec_id,
                name=changed.name,
                description=changed.description,
                is_active=changed.is_active,
                updated_at=_now,
            ),
        )
    insert_rows(
        connection,
        categories.insert().values(
            image="", sort_order=0, seo_title="", seo_description="", icon="", created_at=moment, updated_at=moment
        ),
        placed(
            {
                "onec_id": c.onec_id,
                "name": c.name,
                "slug": c.slug,
                "description": c.description,
                "is_active": c.is_active,
            }
            for c in plan.created
        ),
    )
    _set_parents(connection, plan.parents)


def _set_parents(connection: sa.Connection, parents: Iterable[tuple[str, str | None]]) -> None:
    parent = categories.alias("parent")
    for key, parent_key in parents:
        # None would become IS NULL, which matches categories that the shop has created itself.
        is_parent = sa.false() if parent_key is None else parent.c.onec_id == parent_key
        parent_id = sa.select(parent.c.id).where(is_parent).scalar_subquery()
        connection.execute(
            categories.update()
            .where(categories.c.onec_id == key, categories.c.parent_id.is_distinct_from(parent_id))
            .values(parent_id=parent_id, updated_at=sa.func.greatest(_now, categories.c.created_at))
        )


def ensure_hidden_category(connection: sa.Connection, name: str) -> None:
    """Create the hidden category for products of unknown groups, if missing (CATEGORY-6)."""
    if connection.scalar(sa.select(categories.c.id).where(categories.c.onec_id == HIDDEN_CATEGORY)) is not None:
        return
    slug = UniqueNames(read_category_slugs(connection), SLUG_LENGTH, first_suffix=2).take("onec-unresolved-category")
    insert_rows(
        connection,
        categories.insert().values(
            name=name,
            slug=slug,
            onec_id=HIDDEN_CATEGORY,
            is_active=False,
            description="",
            image="",
            sort_order=0,
            seo_title="",
            seo_description="",
            icon="",
            created_at=moment,
            updated_at=moment,
        ),
        [BEFORE_ALL],
    )


def read_brands(connection: sa.Connection) -> tuple[list[ShopBrand], list[BrandMapping]]:
    """Return all brands of the shop, and the mappings of 1C's ids to them."""
    c = brands.c
    is_undone = ~c.is_active & sa.exists().where(_UNDONE_BRAND)
    every = sa.select(c.id, c.name, c.normalized_name, c.slug, is_undone).order_by(c.id)
    shop = [ShopBrand(*row) for row in connection.execute(every)]
    mapping = products_brand_1c_mapping.c
    query = sa.select(mapping.onec_id, mapping.onec_name, c.normalized_name, c.id).join(
        brands, c.id == mapping.brand_id
    )
    return shop, [BrandMapping(*row) for row in connection.execute(query)]


def write_brands(connection: sa.Connection, plan: BrandPlan) -> None:
    """Insert brands and mappings, update names of mappings, show brands that an undo had hidden."""
    _insert_brands(connection, placed(map(asdict, plan.created)))
    brand_id = sa.select(brands.c.id).where(brands.c.normalized_name == sa.bindparam("key")).scalar_subquery()
    insert_rows(
        connection,
        products_brand_1c_mapping.insert().values(created_at=moment, brand_id=brand_id),
        placed(
            {"onec_id": mapping.onec_id, "onec_name": mapping.onec_name, "key": mapping.normalized_name}
            for mapping in plan.new_mappings
        ),
    )
    for key, name in plan.renamed_mappings:
        mapping = products_brand_1c_mapping
        update_row(connection, mapping.update().where(mapping.c.onec_id == key).values(onec_name=name))
    if plan.shown:
        shown = brands.c.normalized_name.in_(plan.shown)
        connection.execute(brands.update().where(shown).values(is_active=True, updated_at=_now))
        connection.execute(deactivated_objects.delete().where(_UNDONE_BRAND & shown))


def ensure_no_brand(connection: sa.Connection) -> None:
    """Create the brand for products without one, if missing (BRAND-2)."""
    if connection.scalar(sa.select(brands.c.id).where(brands.c.normalized_name == NO_BRAND)) is None:
        slugs = UniqueNames(connection.scalars(sa.select(brands.c.slug)), SLUG_LENGTH, first_suffix=2)
        no_brand = NewBrand("No Brand", NO_BRAND, slugs.take("no-brand"))
        _insert_brands(connection, [asdict(no_brand) | BEFORE_ALL])


def read_price_types(connection: sa.Connection) -> tuple[list[ShopPriceType], frozenset[str]]:
    """Return all price types of the shop, and the 1C keys of those deactivated by a deletion mark."""
    c = price_types.c
    query = sa.select(c.id, c.onec_id, c.onec_name, c.product_field, c.is_active).order_by(c.id)
    marked = sa.select(deactivated_objects.c.onec_id).where(deactivated_objects.c.entity == PRICE_TYPE)
    return [ShopPriceType(*row) for row in connection.execute(query)], frozenset(connection.scalars(marked))


def write_price_types(connection: sa.Connection, plan: PriceTypePlan) -> None:
    """Insert and update price types, store deletion marks."""
    insert_rows(
        connection,
        price_types.insert().values(user_role="", created_at=moment),
        placed(
            {
                "onec_id": p.onec_id,
                "onec_name": p.onec_name,
                "product_field": p.product_field,
                "is_active": p.is_active,
            }
            for p in plan.created
        ),
    )
    for changed in plan.changed:
        update_row(
            connection,
            price_types.update()
            .where(price_types.c.id == changed.id)
            .values(onec_name=changed.onec_name, is_active=changed.is_active),
        )
    if plan.newly_deleted:
        rows = [{"entity": PRICE_TYPE, "onec_id": key} for key in plan.newly_deleted]
        # The mark of a type that an operator has deleted may still be there.
        connection.execute(insert(deactivated_objects).on_conflict_do_nothing(), rows)
    if plan.restored:
        connection.execute(
            deactivated_objects.delete().where(
                deactivated_objects.c.entity == PRICE_TYPE, deactivated_objects.c.onec_id.in_(plan.restored)
            )
        )


def read_colors(connection: sa.Connection) -> tuple[str, ...]:
    """Return the shop's colour names, in the order in which an offer's name is searched for them."""
    return tuple(connection.scalars(sa.select(color_mappings.c.name).order_by(color_mappings.c.id)))


def read_warehouse_names(connection: sa.Connection) -> dict[str, str]:
    """Return 1C key -> name of the warehouses in the shop's variants."""
    c = product_variants.c
    query = (
        sa.select(c.warehouse_id, sa.func.max(c.warehouse_name))
        .where(c.warehouse_name.is_not(None))
        .group_by(c.warehouse_id)
    )
    return {key: name for key, name in connection.execute(query) if key}


def fill_map(
    connection: sa.Connection, table: str, columns: tuple[str, ...], rows: Sequence[tuple[object, ...]]
) -> None:
    """Fill a temporary map table of the merge, replacing the rows of an earlier attempt."""
    target = sa.table(table, *(sa.column(column) for column in columns))
    connection.execute(target.delete())
    if rows:
        connection.execute(target.insert(), [dict(zip(columns, row, strict=True)) for row in rows])


def write_maps(
    connection: sa.Connection,
    category_ids: Mapping[str, int | None],
    brand_mappings: Iterable[BrandMapping],
    warehouses: Mapping[str, str],
    vat_rules: Mapping[str, object],
) -> None:
    """Fill the map tables for the statements of `sql/resolve`."""
    fill_map(connection, "map_category", ("onec_id", "category_id"), list(category_ids.items()))
    rows = [(mapping.onec_id, mapping.normalized_name, mapping.brand_id) for mapping in brand_mappings]
    fill_map(connection, "map_brand", ("onec_id", "normalized_name", "brand_id"), rows)
    fill_map(connection, "map_warehouse", ("onec_id", "name"), list(warehouses.items()))
    fill_map(connection, "vat_rule", ("warehouse_name", "vat_rate"), list(vat_rules.items()))


def _insert_brands(connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
    insert_rows(
        connection,
        brands.insert().values(
            image="",
            description="",
            website="",
            is_active=True,
            created_at=moment,
            updated_at=moment,
            is_featured=False,
        ),
        rows,
    )
