"""Reads and writes the shop's attributes, their values, and the links of products and variants to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import sqlalchemy as sa

from freesport_sync.core.run import Counts, FieldChange
from freesport_sync.core.shop import Entity
from freesport_sync.database.merge.new_rows import moment, placed
from freesport_sync.database.merge.reference_data import fill_map
from freesport_sync.database.merge.staging import copy_rows, give_names
from freesport_sync.database.server.rows import has_rows
from freesport_sync.database.server.sql_files import sql
from freesport_sync.database.server.writing import (
    expect_written,
    insert_rows,
    swallowing_rules,
    update_row,
)
from freesport_sync.database.shop.tables import product_attribute_1c_mappings, product_attributes
from freesport_sync.rules.catalog.attributes import (
    AttributePlan,
    NewAttribute,
    NewAttributeMapping,
    Property,
    ShopAttribute,
)
from freesport_sync.rules.unique_names import SLUG_LENGTH, UniqueNames

_now = sa.func.now()


def read_attributes(connection: sa.Connection) -> tuple[list[ShopAttribute], list[tuple[str, int]]]:
    """Return all attributes of the shop, and pairs of 1C key and attribute id; oldest first."""
    c, m = product_attributes.c, product_attribute_1c_mappings.c
    query = sa.select(c.id, c.name, c.normalized_name, c.slug, c.type, c.is_active).order_by(c.id)
    mapped = connection.execute(sa.select(m.onec_id, m.attribute_id).order_by(m.id))
    return [ShopAttribute(*row) for row in connection.execute(query)], [(key, number) for key, number in mapped]


def read_properties(connection: sa.Connection) -> dict[str, Property]:
    """Return the known properties by their 1C keys."""
    m, a = product_attribute_1c_mappings.c, product_attributes.c
    query = sa.select(m.onec_id, m.onec_name, a.type).join(product_attributes, a.id == m.attribute_id).order_by(m.id)
    return {key: Property(name, value_type) for key, name, value_type in connection.execute(query)}


def resolve_attributes(
    connection: sa.Connection,
    plan: AttributePlan,
    filters: Mapping[int, str | None] | None,
    spelling: Callable[[str], tuple[str, str]],
) -> None:
    """Fill the change tables of values and links, after `merge.resolve`; writes nothing into the shop.

    Args:
        connection: the lock's connection.
        plan: of the attributes.
        filters: see `rules.catalog.attributes.filter_attributes`; None leaves the links of products alone.
        spelling: value -> its normalised form and slug.
    """
    fill_map(connection, "map_attribute", ("onec_id", "attribute_no"), list(plan.by_onec_id.items()))
    fill_map(connection, "map_attribute_name", ("normalized_name", "attribute_no"), list(plan.by_name.items()))
    for step in ("dictionary_values", "property_values", "variant_links"):
        connection.execute(sql(f"merge/resolve/{step}"))
    if filters is not None:
        fill_map(connection, "filter_attribute", ("attribute_no", "column_name"), list(filters.items()))
        connection.execute(sql("undo/show_variants"))
        _fill_shown_texts(connection, filters, spelling)
        for step in ("filter_values", "values_of_variants", "product_links"):
            connection.execute(sql(f"merge/resolve/{step}"))
    _allocate_slugs(connection)


def _fill_shown_texts(
    connection: sa.Connection, filters: Mapping[int, str | None], spelling: Callable[[str], tuple[str, str]]
) -> None:
    """Stage the colours and sizes that buyers will see, as values of their attributes."""
    rows: list[tuple[int | str, ...]] = []
    for number, column in filters.items():
        if column is not None:
            texts = connection.scalars(sql("merge/resolve/shown_texts", column=column))
            rows += [(number, column, text, *spelling(text)) for text in texts]
    connection.execute(sa.table("shown_text").delete())
    copy_rows(connection, "shown_text", ("attribute_no", "column_name", "text", "normalized_value", "slug"), rows)


def read_attribute_counts(connection: sa.Connection) -> dict[str, Counts]:
    """Count the change tables; links count per product or variant."""
    created, unchanged = connection.execute(sql("merge/report/count_values")).one()
    counts: dict[str, Counts] = {Entity.ATTRIBUTE_VALUE: Counts(created=created, unchanged=unchanged)}
    rows = connection.execute(sql("merge/report/count_links"))
    return counts | {owner: Counts(*numbers) for owner, *numbers in rows}


def read_link_changes(connection: sa.Connection, limit: int) -> list[FieldChange]:
    """List the values that existing products and variants would gain or lose."""
    rows = connection.execute(sql("merge/report/changed_links"), {"limit": limit})
    return [FieldChange(*row) for row in rows]


def write_attributes(connection: sa.Connection, plan: AttributePlan) -> None:
    """Insert and update attributes, values, 1C's ids and links, after products and variants."""
    _update_attributes(connection, plan.changed)
    ids = _insert_attributes(connection, plan.created)
    _insert_mappings(connection, plan.new_mappings, ids)
    connection.execute(sql("merge/write/attributes"))
    # Counting hundreds of thousands of links costs more than asking whether anything could drop them.
    tables = (
        "product_attribute_values",
        "product_attribute_value_1c_mappings",
        "product_variants_attributes",
        "products_attributes",
    )
    if any(swallowing_rules(connection, table) for table in tables):
        for table, missing in connection.execute(sql("merge/write/attributes_not_written")):
            expect_written(table, 0, missing)


def _update_attributes(connection: sa.Connection, rows: Sequence[ShopAttribute]) -> None:
    for row in rows:
        update_row(
            connection,
            product_attributes.update()
            .where(product_attributes.c.id == row.id)
            .values(name=row.name, normalized_name=row.normalized_name, type=row.type, updated_at=_now),
        )


def _insert_attributes(connection: sa.Connection, rows: Sequence[NewAttribute]) -> dict[int, int]:
    """Insert new attributes; returns number -> id."""
    if not rows:
        return {}
    c = product_attributes.c
    statement = product_attributes.insert().values(is_active=False, created_at=moment, updated_at=moment)
    values = placed(
        {"name": row.name, "slug": row.slug, "type": row.type, "normalized_name": row.normalized_name} for row in rows
    )
    inserted = connection.execute(statement.returning(c.normalized_name, c.id), values)
    ids = {name: attribute_id for name, attribute_id in inserted}
    expect_written(product_attributes.name, len(ids), len(rows))
    return {row.number: ids[row.normalized_name] for row in rows}


def _insert_mappings(
    connection: sa.Connection, rows: Sequence[NewAttributeMapping], new_ids: Mapping[int, int]
) -> None:
    insert_rows(
        connection,
        product_attribute_1c_mappings.insert().values(created_at=moment),
        placed(
            {
                "onec_id": row.onec_id,
                "onec_name": row.onec_name,
                "source": row.source,
                "attribute_id": new_ids.get(row.number, row.number),
            }
            for row in rows
        ),
    )


def _allocate_slugs(connection: sa.Connection) -> None:
    """Give values outside 1C's dictionaries unique slugs; those of dictionaries keep theirs (SLUG-2)."""
    if has_rows(connection, "new_value", sa.column("is_free", sa.Boolean)):
        slugs = UniqueNames(connection.scalars(sql("merge/resolve/taken_value_slugs")), SLUG_LENGTH, first_suffix=1)
        give_names(connection, "new_value", "slug", sql("merge/resolve/wanted_value_slugs"), slugs)
