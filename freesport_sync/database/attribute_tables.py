"""Reads and writes the shop's attributes, their values, and the links of products and variants to them."""

from __future__ import annotations

import sqlalchemy as sa

from freesport_sync.core.attributes import AttributePlan, ShopAttribute
from freesport_sync.core.run import Counts, Entity, FieldChange
from freesport_sync.core.unique_names import SLUG_LENGTH, UniqueNames
from freesport_sync.database.shop_attribute_tables import (
    product_attribute_1c_mappings,
    product_attributes,
)
from freesport_sync.database.sql_files import sql
from freesport_sync.database.staging import copy_rows, give_names

_now = sa.func.now()


def read_attributes(connection: sa.Connection) -> tuple[list[ShopAttribute], list[tuple[str, int]]]:
    """All attributes of the shop, and the 1C keys that stand for them, the oldest first."""
    c, m = product_attributes.c, product_attribute_1c_mappings.c
    query = sa.select(c.id, c.name, c.normalized_name, c.slug, c.type).order_by(c.id)
    mapped = connection.execute(sa.select(m.onec_id, m.attribute_id).order_by(m.id))
    return [ShopAttribute(*row) for row in connection.execute(query)], [(key, number) for key, number in mapped]


def resolve_attributes(connection: sa.Connection, plan: AttributePlan) -> None:
    """Fill the change tables of values and links; after `merge.resolve`, writes nothing in the shop."""
    for table, column, numbers in (
        ("map_attribute", "onec_id", plan.by_onec_id),
        ("map_attribute_name", "normalized_name", plan.by_name),
    ):
        connection.execute(sa.text(f"TRUNCATE {table}"))
        copy_rows(connection, table, (column, "attribute_no"), list(numbers.items()))
    connection.execute(sql("resolve_attributes"))
    _allocate_slugs(connection)


def read_attribute_counts(connection: sa.Connection) -> dict[Entity, Counts]:
    """What the change tables of values and links amount to; links are counted by their products and variants."""
    created, values = connection.execute(
        sa.text("SELECT (SELECT count(*) FROM new_value), (SELECT count(DISTINCT value_no) FROM dictionary_value)")
    ).one()
    from_dictionaries = connection.scalar(sa.text("SELECT count(*) FROM new_value WHERE NOT is_free")) or 0
    counts = {Entity.ATTRIBUTE_VALUE: Counts(created=created, unchanged=values - from_dictionaries)}
    rows = connection.execute(sql("count_links"))
    return counts | {Entity(owner): Counts(*numbers) for owner, *numbers in rows}


def read_link_changes(connection: sa.Connection, limit: int) -> list[FieldChange]:
    """The values that products and variants which exist would gain or lose."""
    rows = connection.execute(sql("changed_links"), {"limit": limit})
    return [FieldChange(Entity(row[0]), *row[1:]) for row in rows]


def write_attributes(connection: sa.Connection, plan: AttributePlan) -> None:
    """Insert and update attributes, values, 1C's ids and links; products and variants are written already."""
    for changed in plan.changed:
        connection.execute(
            product_attributes.update()
            .where(product_attributes.c.id == changed.id)
            .values(name=changed.name, normalized_name=changed.normalized_name, type=changed.type, updated_at=_now)
        )
    if plan.created:
        connection.execute(
            product_attributes.insert().values(is_active=False, created_at=_now, updated_at=_now),
            [
                {"name": new.name, "slug": new.slug, "type": new.type, "normalized_name": new.normalized_name}
                for new in plan.created
            ],
        )
    names = {new.number: new.normalized_name for new in plan.created}
    c = product_attributes.c
    new = connection.execute(sa.select(c.normalized_name, c.id).where(c.normalized_name.in_(names.values())))
    ids = {name: attribute_id for name, attribute_id in new}
    if plan.new_mappings:
        connection.execute(
            product_attribute_1c_mappings.insert().values(created_at=_now),
            [
                {
                    "onec_id": mapping.onec_id,
                    "onec_name": mapping.onec_name,
                    "source": mapping.source,
                    "attribute_id": mapping.number if mapping.number > 0 else ids[names[mapping.number]],
                }
                for mapping in plan.new_mappings
            ],
        )
    connection.execute(sql("apply_attributes"))


def _allocate_slugs(connection: sa.Connection) -> None:
    """Values that are in no dictionary get a slug of their own; 1C's dictionaries need not (facts 2.4)."""
    if connection.scalar(sa.text("SELECT EXISTS (SELECT 1 FROM new_value WHERE is_free)")):
        taken = "SELECT slug FROM product_attribute_values UNION ALL SELECT slug FROM new_value WHERE NOT is_free"
        slugs = UniqueNames(connection.scalars(sa.text(taken)), SLUG_LENGTH, first_suffix=1)
        query = "SELECT ord, slug AS wanted FROM new_value WHERE is_free ORDER BY ord"
        give_names(connection, "new_value", "slug", query, slugs)
