"""What an import writes in the shop, table by table: what a backup keeps and a restore may set back."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from freesport_sync.core.run import Entity
from freesport_sync.database.own.schema import deactivated_objects
from freesport_sync.database.shop.tables import (
    brands,
    categories,
    common_customersynclog,
    companies,
    price_types,
    product_attribute_1c_mappings,
    product_attribute_value_1c_mappings,
    product_attribute_values,
    product_attributes,
    product_variants,
    product_variants_attributes,
    products,
    products_attributes,
    products_brand_1c_mapping,
    users,
)

SECRET_COLUMNS = frozenset(("password", "last_login"))
"""Of `users`: no business of an import, and nothing for a file."""


@dataclass(frozen=True, slots=True)
class Restorable:
    """A table with values that an import updates.

    Args:
        table: the shop's.
        entity: as the operator knows its rows.
        columns: those that an import updates, see the files `sql/update_*.sql` and the writers of the small tables.
        onec_id: SQL for what identifies a row in 1C; `t` is the row.
        name: SQL for what people call it.
    """

    table: sa.Table
    entity: Entity
    columns: tuple[str, ...]
    onec_id: str = "t.onec_id"
    name: str = "t.name"

    def listed(self, alias: str) -> str:
        """The columns, of that alias."""
        return ", ".join(f"{alias}.{column}" for column in self.columns)

    @property
    def is_hideable(self) -> bool:
        """Whether a row can be hidden, which is what undoing does to those that an import has made."""
        return "is_active" in self.columns

    @property
    def is_touched(self) -> bool:
        """Whether the shop notes the time of every change."""
        return "updated_at" in self.table.c


VARIANT_NAME = """(
    SELECT p.name || coalesce(
        ' (' || nullif(concat_ws(', ', nullif(t.color_name, ''), nullif(t.size_value, '')), '') || ')', '')
    FROM products AS p WHERE p.id = t.product_id
)"""
"""SQL for what people call a variant: its product and what sets it apart."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


RESTORABLE = (
    Restorable(categories, Entity.CATEGORY, _words("onec_id name description is_active parent_id")),
    Restorable(brands, Entity.BRAND, ("is_active",), "t.normalized_name"),
    Restorable(products_brand_1c_mapping, Entity.BRAND, ("onec_name",), name="t.onec_name"),
    Restorable(price_types, Entity.PRICE_TYPE, ("onec_name", "is_active"), name="t.onec_name"),
    Restorable(product_attributes, Entity.ATTRIBUTE, ("name", "normalized_name", "type"), "t.normalized_name"),
    Restorable(
        products,
        Entity.PRODUCT,
        _words(
            "name category_id brand_id onec_brand_id description vat_rate is_active sync_status base_images"
            " last_sync_at"
        ),
        "coalesce(t.onec_id, t.parent_onec_id, '')",
    ),
    Restorable(
        product_variants,
        Entity.VARIANT,
        _words(
            "sku color_name size_value retail_price opt1_price opt2_price opt3_price trainer_price federation_price rrp"
            " msrp stock_quantity warehouse_id warehouse_name vat_rate is_active main_image gallery_images last_sync_at"
        ),
        name=VARIANT_NAME,
    ),
    Restorable(
        users,
        Entity.CUSTOMER,
        _words("onec_id first_name last_name company_name tax_id phone is_active sync_status last_sync_at"),
        "coalesce(t.onec_id, '')",
        "coalesce(nullif(t.company_name, ''), t.last_name)",
    ),
    Restorable(
        companies,
        Entity.CUSTOMER,
        _words("legal_name tax_id kpp legal_address"),
        "(SELECT coalesce(u.onec_id, '') FROM users AS u WHERE u.id = t.user_id)",
        "t.legal_name",
    ),
)
"""The referenced tables before the referring ones."""


@dataclass(frozen=True, slots=True)
class Links:
    """A table of pairs, which an import makes and removes.

    Args:
        table: the shop's.
        entity: as the operator knows them.
        owner: column of the one whose pairs they are.
        owners: table of the owners.
    """

    table: sa.Table
    entity: Entity
    owner: str
    owners: Restorable


VALUE = "attributevalue_id"
"""The other column of both tables of links."""

RESTORABLE_BY_TABLE = {one.table.name: one for one in RESTORABLE}
LINKS = (
    Links(products_attributes, Entity.PRODUCT_ATTRIBUTES, "product_id", RESTORABLE_BY_TABLE["products"]),
    Links(
        product_variants_attributes,
        Entity.VARIANT_ATTRIBUTES,
        "productvariant_id",
        RESTORABLE_BY_TABLE["product_variants"],
    ),
)

BACKUP_TABLES: tuple[sa.Table, ...] = (
    categories,
    brands,
    products_brand_1c_mapping,
    price_types,
    product_attributes,
    product_attribute_1c_mappings,
    product_attribute_values,
    product_attribute_value_1c_mappings,
    products,
    products_attributes,
    product_variants,
    product_variants_attributes,
    users,
    companies,
    common_customersynclog,
    deactivated_objects,
)
"""Everything that an import may touch, but the rows that tell of imports."""


def qualified(table: sa.Table) -> str:
    """The name in SQL; ours have a schema, those of the shop are found as its own program finds them."""
    return f"{table.schema}.{table.name}" if table.schema else table.name


def backup_columns(table: sa.Table) -> tuple[str, ...]:
    """The columns of a table that a backup keeps."""
    return tuple(column.name for column in table.c if column.name not in SECRET_COLUMNS)
