"""Checks that a shop database has what an import reads and writes; reads only."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, Dialect, Table

from freesport_sync.database.server.sql_files import sql
from freesport_sync.database.shop.tables import (
    brands,
    categories,
    color_mappings,
    common_customersynclog,
    companies,
    import_sessions,
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

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CATALOG_TABLES: tuple[Table, ...] = (
    brands,
    products_brand_1c_mapping,
    categories,
    products,
    product_variants,
    price_types,
    color_mappings,
    product_attributes,
    product_attribute_values,
    product_attribute_1c_mappings,
    product_attribute_value_1c_mappings,
    products_attributes,
    product_variants_attributes,
    import_sessions,
)
"""Needed to import goods, offers, prices and stocks."""

CUSTOMER_TABLES: tuple[Table, ...] = (users, companies, common_customersynclog)
"""Needed in addition to import customers."""

CONFLICT_KEYS: dict[str, tuple[str, ...]] = {
    "brands": ("normalized_name",),
    "products_brand_1c_mapping": ("onec_id",),
    "categories": ("onec_id",),
    "products": ("onec_id",),
    "product_variants": ("onec_id",),
    "price_types": ("onec_id",),
    "products_attributes": ("product_id", "attributevalue_id"),
    "product_variants_attributes": ("productvariant_id", "attributevalue_id"),
}
"""Table -> columns of `INSERT ... ON CONFLICT`, which need a unique index."""

_WRITING = ("SELECT", "INSERT", "UPDATE")
_LINKING = ("SELECT", "INSERT", "DELETE")
_ONLY_READ = {"color_mappings"}
_LINKS = {"products_attributes", "product_variants_attributes"}
"""Links are inserted and deleted, never updated."""
_INTEGERS = ("smallint", "integer", "bigint")


class MissingKind(StrEnum):
    """What is missing."""

    TABLE = "table"
    COLUMN = "column"
    COLUMN_TYPE = "column_type"
    """Our values would not fit into the column."""
    RIGHT = "right"
    UNIQUE = "unique"
    SEQUENCE = "sequence"
    """No right to use the sequence of a column."""
    ROW_SECURITY = "row_security"
    """Row-level security hides rows from us or refuses ours."""
    EXTRA_REQUIRED_COLUMN = "extra_required_column"
    """An unknown NOT NULL column without default; every INSERT would fail."""


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that the database lacks.

    Args:
        kind: in which way.
        table: the table, without its schema.
        detail: empty for a table; the column; the column with its type and the one needed,
            `name: varchar(50) -> varchar(100)`; the right, `UPDATE`; the unique columns, `onec_id`; the sequence,
            `public.products_id_seq`; the rights that policies narrow, `SELECT, INSERT`.
    """

    kind: MissingKind
    table: str
    detail: str


def find_missing(connection: Connection, tables: Sequence[Table]) -> tuple[Missing, ...]:
    """Return all that is missing for reading and writing `tables`, in their order.

    Tables are looked up along the search_path, as the statements of an import find them. Views and foreign tables do
    not count. An absent table yields one `TABLE` and nothing else. No rights on the tables are needed.

    Args:
        connection: as the role that would import; runs three queries on the system catalogue.
        tables: for instance `CATALOG_TABLES`.
    """
    found = _find_tables(connection, tables)
    missing: list[Missing] = []
    for table in tables:
        if table.name in found:
            missing += _compare(table, found[table.name], connection.dialect)
        else:
            missing.append(Missing(MissingKind.TABLE, table.name, ""))
    return tuple(missing)


@dataclass(frozen=True, slots=True)
class _FoundColumn:
    type: str
    is_automatic: bool
    """Has a default, and accepts an explicit value as well."""
    is_required: bool
    """NOT NULL without default."""
    forbidden_sequence: str | None
    """Sequence of its default that we may not use."""


@dataclass(frozen=True, slots=True)
class _FoundTable:
    rights: frozenset[str]
    narrowed: frozenset[str]
    """Rights that row-level security limits to some rows."""
    columns: dict[str, _FoundColumn]
    unique_keys: frozenset[frozenset[str]]


def _find_tables(connection: Connection, tables: Sequence[Table]) -> dict[str, _FoundTable]:
    wanted = {"names": [table.name for table in tables], "rights": list({*_WRITING, *_LINKING})}
    found = connection.execute(sql("shop/find_tables"), wanted).all()
    oids = {"oids": [row.oid for row in found]}
    columns: dict[int, dict[str, _FoundColumn]] = {row.oid: {} for row in found}
    for row in connection.execute(sql("shop/find_columns"), oids):
        columns[row.oid][row.name] = _FoundColumn(row.type, row.is_automatic, row.is_required, row.forbidden_sequence)
    unique_keys: dict[int, set[frozenset[str]]] = {row.oid: set() for row in found}
    for row in connection.execute(sql("shop/find_unique_keys"), oids):
        unique_keys[row.oid].add(frozenset(row.columns))
    return {
        row.name: _FoundTable(
            frozenset(row.rights), frozenset(row.narrowed), columns[row.oid], frozenset(unique_keys[row.oid])
        )
        for row in found
    }


def is_only_read(table: Table) -> bool:
    """Return whether an import only reads a table."""
    return table.name in _ONLY_READ


def is_link(table: Table) -> bool:
    """Return whether rows of a table are inserted and deleted, never updated."""
    return table.name in _LINKS


def _compare(table: Table, found: _FoundTable, dialect: Dialect) -> Iterator[Missing]:
    is_written = not is_only_read(table)
    for column in table.columns:
        yield from _compare_column(column, found, dialect, is_written=is_written)
    if is_written:
        yield from _find_extra_columns(table, found)
        for name, found_column in found.columns.items():
            # We supply the values of all other columns ourselves.
            if found_column.forbidden_sequence and (name == "id" or name not in table.columns):
                yield Missing(MissingKind.SEQUENCE, table.name, found_column.forbidden_sequence)
    for right in _needed_rights(table.name):
        if right not in found.rights:
            yield Missing(MissingKind.RIGHT, table.name, right)
    if narrowed := [right for right in _needed_rights(table.name) if right in found.narrowed]:
        yield Missing(MissingKind.ROW_SECURITY, table.name, ", ".join(narrowed))
    key = CONFLICT_KEYS.get(table.name, ())
    # If a column of the key is missing, that has been reported already.
    if key and found.columns.keys() >= set(key) and frozenset(key) not in found.unique_keys:
        yield Missing(MissingKind.UNIQUE, table.name, ", ".join(key))


def _needed_rights(table: str) -> tuple[str, ...]:
    if table in _ONLY_READ:
        return ("SELECT",)
    return _LINKING if table in _LINKS else _WRITING


def _compare_column(
    column: Column[object], found: _FoundTable, dialect: Dialect, *, is_written: bool
) -> Iterator[Missing]:
    actual = found.columns.get(column.name)
    if actual is None:
        yield Missing(MissingKind.COLUMN, column.table.name, column.name)
        return
    has, needs = _Type.parse(actual.type), _Type.parse(column.type.compile(dialect))
    if not has.can_hold(needs):
        yield Missing(MissingKind.COLUMN_TYPE, column.table.name, f"{column.name}: {has} -> {needs}")
    elif is_written and column.identity is not None and not actual.is_automatic:
        yield Missing(MissingKind.COLUMN_TYPE, column.table.name, f"{column.name}: {has} -> {needs} identity")


def _find_extra_columns(table: Table, found: _FoundTable) -> Iterator[Missing]:
    for name, column in found.columns.items():
        if column.is_required and name not in table.columns:
            yield Missing(MissingKind.EXTRA_REQUIRED_COLUMN, table.name, name)


@dataclass(frozen=True, slots=True)
class _Type:
    """A PostgreSQL type: `numeric(10,2)` has the base `numeric` and the sizes 10 and 2."""

    base: str
    sizes: tuple[int, ...]

    @classmethod
    def parse(cls, written: str) -> _Type:
        plain = written.lower().replace("character varying", "varchar")
        sizes = re.search(r"\(([-\d, ]+)\)", plain)
        base = re.sub(r"\([-\d, ]+\)", "", plain)
        return cls(base, tuple(int(size) for size in sizes[1].split(",")) if sizes else ())

    def __str__(self) -> str:
        return f"{self.base}({','.join(map(str, self.sizes))})" if self.sizes else self.base

    def can_hold(self, needed: _Type) -> bool:
        """Return whether every value of `needed` fits unchanged; a wider column is fine."""
        if needed.base in ("varchar", "text"):
            return self.base in ("varchar", "text") and self._length >= needed._length
        if needed.base in _INTEGERS:
            return self.base in _INTEGERS[_INTEGERS.index(needed.base) :]
        if needed.base == "numeric":
            return self.base == "numeric" and self._digits >= needed._digits and self._scale >= needed._scale
        return self.base == needed.base

    @property
    def _length(self) -> float:
        return self.sizes[0] if self.sizes else math.inf

    @property
    def _digits(self) -> float:
        return self.sizes[0] - self.sizes[1] if self.sizes else math.inf

    @property
    def _scale(self) -> float:
        return self.sizes[1] if self.sizes else math.inf
