"""1C's price types compared with the shop's: rows in, a plan of what to write out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from freesport_sync.core.catalogues import without_moved
from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.run import Counts, Entity, FieldChange, shown
from freesport_sync.core.staged import StagedPriceType


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
    """New values of a price type that differs; `product_field` stays what the operator made of it."""

    id: int
    onec_id: str
    onec_name: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class PriceTypePlan:
    """What to do with the price types."""

    created: tuple[NewPriceType, ...] = ()
    changed: tuple[ChangedPriceType, ...] = ()
    columns: Mapping[str, str | None] = field(default_factory=dict)
    """1C key -> column of `product_variants`; None: its prices are not written."""
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
) -> PriceTypePlan:
    """Compare 1C's price types with the shop's (facts 2.7, DESIGN section 6, trap 7).

    What an operator has set (`product_field`, `is_active`) is kept; only a deletion mark switches a type off, and only
    its removal switches it on again.

    Args:
        staged: price types of the export.
        shop: all price types of the shop.
        deleted_by_us: 1C keys of those that a deletion mark has switched off.
        files: number -> name of the export's files, for the issues.
    """
    known = {row.onec_id: row for row in shop}
    last = {row.onec_id: row for row in without_moved(staged)}
    columns = {row.onec_id: row.product_field if row.is_active else None for row in shop}
    created, changed, newly_deleted, restored, issues = [], [], [], [], []
    changes: list[FieldChange] = []
    for key, row in last.items():
        current = known.get(key)
        if current is None:
            if row.name is None:
                continue
            is_active = row.product_field is not None and not row.is_deleted
            created.append(NewPriceType(key, row.name, row.product_field or "retail_price", is_active))
            changes.append(FieldChange(Entity.PRICE_TYPE, key, row.name, "created", None, row.name))
            columns[key] = row.product_field if is_active else None
            if row.product_field is None:
                place = files.get(row.file_no, "")
                issues.append(
                    RowIssue(
                        Severity.WARNING,
                        "price_type_unrecognised",
                        place,
                        row.line,
                        key,
                        row.name,
                        "Наименование",
                        row.name,
                    )
                )
            elif row.is_deleted:
                newly_deleted.append(key)
            continue
        is_active = current.is_active
        # Once: who switches a marked type on again in the shop wants it so.
        if row.is_deleted and is_active and key not in deleted_by_us:
            is_active = False
            newly_deleted.append(key)
        elif not row.is_deleted and key in deleted_by_us:
            is_active = True
            restored.append(key)
        wanted = ChangedPriceType(current.id, key, row.name or current.onec_name, is_active)
        columns[key] = current.product_field if is_active else None
        if (wanted.onec_name, wanted.is_active) != (current.onec_name, current.is_active):
            changed.append(wanted)
            for name in ("onec_name", "is_active"):
                old, new = getattr(current, name), getattr(wanted, name)
                if old != new:
                    changes.append(FieldChange(Entity.PRICE_TYPE, key, current.onec_name, name, shown(old), shown(new)))
    unknown_tombstones = sum(1 for key, row in last.items() if key not in known and row.name is None)
    return PriceTypePlan(
        created=tuple(created),
        changed=tuple(changed),
        columns=columns,
        newly_deleted=tuple(newly_deleted),
        restored=tuple(restored),
        counts=Counts(
            created=len(created),
            updated=len(changed),
            unchanged=len(last) - len(created) - len(changed) - unknown_tombstones,
            skipped=unknown_tombstones,
        ),
        issues=tuple(issues),
        changes=tuple(changes),
    )
