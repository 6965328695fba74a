"""Compares 1C's price types with the shop's: staged rows in, a plan of writes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from freesport_sync.core.issues import SHOWN_LENGTH, RowIssue, Severity
from freesport_sync.core.run import Counts, FieldChange, shown
from freesport_sync.core.shop import Entity
from freesport_sync.core.staged import StagedPriceType
from freesport_sync.rules.catalog.catalogues import without_moved

_RRP = ("ррц",)

# The first match decides, as in the shop: `Опт 1 РРЦ` is opt1_price.
_PRODUCT_FIELDS = (
    (("опт 1", "опт1"), "opt1_price"),
    (("опт 2", "опт2"), "opt2_price"),
    (("опт 3", "опт3"), "opt3_price"),
    (("тренер",), "trainer_price"),
    (_RRP, "retail_price"),
    (("мрц",), "msrp"),
    (("рознич",), "retail_price"),
)


def product_field(name: str) -> str | None:
    """Return the column of `product_variants` for the name of a price type; None if unknown.

    The words are those of the shop's own importer (PTYPE-1), which treats any other name as the retail price and so
    publishes purchase prices (PTYPE-2).
    """
    words = " ".join(name.lower().split())
    for parts, column in _PRODUCT_FIELDS:
        if any(part in words for part in parts):
            return "rrp" if parts == _RRP and "рекоменд" in words else column
    return None


@dataclass(frozen=True, slots=True)
class ShopPriceType:
    """A price type of the shop."""

    id: int
    onec_id: str
    onec_name: str
    product_field: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class NewPriceType:
    """A price type to insert."""

    onec_id: str
    onec_name: str
    product_field: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class ChangedPriceType:
    """A price type to update, with the new values; `product_field` belongs to the operator."""

    id: int
    onec_id: str
    onec_name: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class PriceTypePlan:
    """Writes for price types."""

    created: tuple[NewPriceType, ...] = ()
    changed: tuple[ChangedPriceType, ...] = ()
    columns: Mapping[str, str | None] = field(default_factory=dict)
    """1C key -> column of `product_variants`; None if its prices are not written."""
    ranks: Mapping[str, int] = field(default_factory=dict)
    """1C key -> number of types that take precedence in its column, if any."""
    currencies: Mapping[str, str] = field(default_factory=dict)
    """1C key -> currency of a type that is not in roubles."""
    names: Mapping[str, str] = field(default_factory=dict)
    """1C key -> name in 1C."""
    newly_deleted: tuple[str, ...] = ()
    restored: tuple[str, ...] = ()
    counts: Counts = field(default_factory=Counts)
    issues: tuple[RowIssue, ...] = ()
    changes: tuple[FieldChange, ...] = ()


def plan_price_types(
    staged: Sequence[StagedPriceType],
    shop: Sequence[ShopPriceType],
    deleted_by_us: frozenset[str],
    files: Mapping[int, str],
    *,
    has_prices: bool = False,
) -> PriceTypePlan:
    """Compare 1C's price types with the shop's (PTYPE-1 to PTYPE-5).

    `product_field` and `is_active` as set by an operator are kept; only a deletion mark deactivates a type, and only
    its removal activates it again.

    Several types may share a column. Each offer then gets the price of the first of them that it has: first types whose
    column was set in the shop, then the others in the order in which they were added.

    Args:
        staged: price types of the export.
        shop: all price types of the shop.
        deleted_by_us: 1C keys of those deactivated by a deletion mark.
        files: number -> name of the export's files, for the issues.
        has_prices: the export has prices, so that it matters which types share a column.
    """
    return _PriceTypePlanner(staged, shop, deleted_by_us, files).plan(has_prices)


class _PriceTypePlanner:
    """The steps of `plan_price_types`, which share what is found."""

    def __init__(
        self,
        staged: Sequence[StagedPriceType],
        shop: Sequence[ShopPriceType],
        deleted_by_us: frozenset[str],
        files: Mapping[int, str],
    ) -> None:
        self.shop = {row.onec_id: row for row in shop}
        self.last = {row.onec_id: row for row in without_moved(staged)}
        self.deleted_by_us = deleted_by_us
        self.files = files
        self.columns = {row.onec_id: row.product_field if row.is_active else None for row in shop}
        self.created: list[NewPriceType] = []
        self.changed: list[ChangedPriceType] = []
        self.newly_deleted: list[str] = []
        self.restored: list[str] = []
        self.issues: list[RowIssue] = []
        self.changes: list[FieldChange] = []

    def plan(self, has_prices: bool) -> PriceTypePlan:
        for key, row in self.last.items():
            if (current := self.shop.get(key)) is not None:
                self._update(current, row)
            elif row.name is not None:
                self._create(row, row.name)
        names = {row.onec_id: row.onec_name for row in self.shop.values()}
        names |= {row.onec_id: row.onec_name for row in self.created}
        names |= {row.onec_id: row.onec_name for row in self.changed}
        shared = _shared_columns(self.columns, names, self.shop)
        if has_prices:
            self.issues += _shared_column_issues(shared, names, self.last)
        return PriceTypePlan(
            created=tuple(self.created),
            changed=tuple(self.changed),
            columns=self.columns,
            ranks={key: rank for keys in shared.values() for rank, key in enumerate(keys) if rank},
            currencies={key: row.currency for key, row in self.last.items() if row.currency},
            names=names,
            newly_deleted=tuple(self.newly_deleted),
            restored=tuple(self.restored),
            counts=self._counts(),
            issues=tuple(self.issues),
            changes=tuple(self.changes),
        )

    def _create(self, row: StagedPriceType, name: str) -> None:
        key, is_recognised = row.onec_id, row.product_field is not None
        is_active = is_recognised and not row.is_deleted
        self.created.append(NewPriceType(key, name, row.product_field or "retail_price", is_active))
        self.changes.append(FieldChange(Entity.PRICE_TYPE, key, name, "created", None, name))
        self.columns[key] = row.product_field if is_active else None
        if not is_recognised:
            file = self.files.get(row.file_no, "")
            self.issues.append(
                RowIssue(
                    Severity.WARNING, "price_type_unrecognised", file, row.line, key, name, "Наименование", value=name
                )
            )
        elif row.is_deleted:
            self.newly_deleted.append(key)

    def _update(self, current: ShopPriceType, row: StagedPriceType) -> None:
        key, is_active = row.onec_id, current.is_active
        # Only once: an operator may activate a marked type again.
        if row.is_deleted and is_active and key not in self.deleted_by_us:
            is_active = False
            self.newly_deleted.append(key)
        elif not row.is_deleted and key in self.deleted_by_us:
            is_active = True
            self.restored.append(key)
        self.columns[key] = current.product_field if is_active else None
        wanted = ChangedPriceType(current.id, key, row.name or current.onec_name, is_active)
        changes = [
            FieldChange(Entity.PRICE_TYPE, key, current.onec_name, name, shown(old), shown(new))
            for name in ("onec_name", "is_active")
            if (old := getattr(current, name)) != (new := getattr(wanted, name))
        ]
        if changes:
            self.changed.append(wanted)
            self.changes += changes

    def _counts(self) -> Counts:
        unknown_tombstones = sum(1 for key, row in self.last.items() if key not in self.shop and row.name is None)
        created, updated = len(self.created), len(self.changed)
        unchanged = len(self.last) - created - updated - unknown_tombstones
        return Counts(created=created, updated=updated, unchanged=unchanged, skipped=unknown_tombstones)


def _shared_columns(
    columns: Mapping[str, str | None], names: Mapping[str, str], shop: Mapping[str, ShopPriceType]
) -> dict[str, list[str]]:
    """Return shared columns -> their types, in order of precedence (PTYPE-4)."""

    def order(key: str) -> tuple[bool, float]:
        current = shop.get(key)
        was_set = current is not None and current.product_field != product_field(names[key])
        return not was_set, current.id if current is not None else inf

    types: dict[str, list[str]] = {}
    for key in sorted((key for key, column in columns.items() if column), key=order):
        types.setdefault(columns[key] or "", []).append(key)
    return {column: keys for column, keys in types.items() if len(keys) > 1}


def _shared_column_issues(
    shared: Mapping[str, Sequence[str]], names: Mapping[str, str], export: Mapping[str, StagedPriceType]
) -> list[RowIssue]:
    """Report shared columns, except for types missing in 1C; prices alone do not tell which types exist."""
    issues = []
    for column, keys in shared.items():
        present = [f"«{names[key]}»" for key in keys if key in export or not export]
        if len(present) > 1:
            value = ", ".join(present)[:SHOWN_LENGTH]
            params = {"column": column}
            issues.append(
                RowIssue(Severity.NOTE, "price_types_share_column", field="ТипЦены", value=value, params=params)
            )
    return issues
