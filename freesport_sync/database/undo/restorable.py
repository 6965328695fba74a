"""The tables and columns that imports write: what a backup saves and a restore sets back."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from freesport_sync.core.shop import Entity
from freesport_sync.database.own.schema import deactivated_objects
from freesport_sync.database.server.sql_files import sql
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
"""Columns of `users` that never go into a file."""


@dataclass(frozen=True, slots=True)
class Restorable:
    """A table that imports update. `sql/labels` has the query for 1C's id and the display name of its rows.

    Args:
        table: the shop's.
        entity: that the operator sees.
        columns: those that imports update, see `merge/sql/write` and `merge/reference_data.py`.
    """

    table: sa.Table
    entity: Entity
    columns: tuple[str, ...]

    @property
    def label(self) -> sa.TextClause:
        """A query for 1C's id (`onec_id`) and the name of a row `t`."""
        return sql(f"undo/labels/{self.table.name}")

    @property
    def backup(self) -> str:
        """The temporary table with the rows of the backup."""
        return f"backup_{self.table.name}"

    @property
    def noted(self) -> str:
        """The temporary table with the rows as they were before the run wrote them."""
        return f"was_{self.table.name}"

    @property
    def is_hideable(self) -> bool:
        """Whether rows can be hidden, which is how undoing removes rows that an import has inserted."""
        return "is_active" in self.columns

    @property
    def has_update_time(self) -> bool:
        """Whether rows have `updated_at`."""
        return "updated_at" in self.table.c


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


RESTORABLE = (
    Restorable(categories, Entity.CATEGORY, _words("onec_id name description is_active parent_id")),
    Restorable(brands, Entity.BRAND, ("is_active",)),
    Restorable(products_brand_1c_mapping, Entity.BRAND, ("onec_name",)),
    Restorable(price_types, Entity.PRICE_TYPE, ("onec_name", "is_active")),
    Restorable(product_attributes, Entity.ATTRIBUTE, ("name", "normalized_name", "type")),
    Restorable(
        products,
        Entity.PRODUCT,
        _words(
            "name category_id brand_id onec_brand_id description vat_rate is_active sync_status base_images"
            " last_sync_at"
        ),
    ),
    Restorable(
        product_variants,
        Entity.VARIANT,
        _words(
            "sku color_name size_value retail_price opt1_price opt2_price opt3_price trainer_price federation_price rrp"
            " msrp stock_quantity warehouse_id warehouse_name vat_rate is_active main_image gallery_images last_sync_at"
        ),
    ),
    Restorable(
        users,
        Entity.CUSTOMER,
        _words("onec_id first_name last_name company_name tax_id phone is_active sync_status last_sync_at"),
    ),
    Restorable(companies, Entity.CUSTOMER, _words("legal_name tax_id kpp legal_address")),
)
"""Referenced tables first."""


@dataclass(frozen=True, slots=True)
class Links:
    """A many-to-many table, whose rows imports insert and delete.

    Args:
        table: the shop's.
        entity: that the operator sees.
        owner: column of the owner, a product or a variant.
        owners: table of the owners.
    """

    table: sa.Table
    entity: Entity
    owner: str
    owners: Restorable

    @property
    def backup(self) -> str:
        """The temporary table with the rows of the backup."""
        return f"backup_{self.table.name}"


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
"""All tables that an import writes, except sessions and our history."""


def backup_columns(table: sa.Table) -> tuple[str, ...]:
    """Return the columns of a table that a backup saves."""
    return tuple(column.name for column in table.c if column.name not in SECRET_COLUMNS)
