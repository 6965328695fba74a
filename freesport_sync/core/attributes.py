"""1C's properties compared with the shop's attributes: rows in, a plan of what to write out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.run import Counts, Entity, FieldChange
from freesport_sync.core.staged import StagedAttribute
from freesport_sync.core.unique_names import SLUG_LENGTH, UniqueNames


@dataclass(frozen=True, slots=True)
class ShopAttribute:
    """An attribute of the shop."""

    id: int
    name: str
    normalized_name: str | None
    slug: str
    type: str


@dataclass(frozen=True, slots=True)
class NewAttribute:
    """An attribute to insert; `number` is negative and stands for the id that it will get."""

    number: int
    name: str
    normalized_name: str
    slug: str
    type: str


@dataclass(frozen=True, slots=True)
class NewAttributeMapping:
    """1C's id of a property; several may stand for one attribute of the shop."""

    onec_id: str
    onec_name: str
    source: str
    number: int
    """Id of the attribute, or `NewAttribute.number`."""


@dataclass(frozen=True, slots=True)
class AttributePlan:
    """What to do with the attributes."""

    created: tuple[NewAttribute, ...] = ()
    changed: tuple[ShopAttribute, ...] = ()
    new_mappings: tuple[NewAttributeMapping, ...] = ()
    by_onec_id: Mapping[str, int] = field(default_factory=dict)
    """1C key -> number of everything that is or will be mapped."""
    by_name: Mapping[str, int] = field(default_factory=dict)
    """Normalised name -> number."""
    counts: Counts = field(default_factory=Counts)
    issues: tuple[RowIssue, ...] = ()
    changes: tuple[FieldChange, ...] = ()


def plan_attributes(
    staged: Sequence[StagedAttribute],
    shop: Sequence[ShopAttribute],
    mapped: Sequence[tuple[str, int]],
    files: Mapping[int, str],
) -> AttributePlan:
    """Find or make the shop's attribute for each of 1C's properties (facts 2.9).

    An existing mapping decides, then the normalised name. The first property that was mapped to an attribute names it,
    by its last record: others of the same words do not, or each import would name it after the last that it met.

    Args:
        staged: properties of goods and offers.
        shop: all attributes of the shop.
        mapped: (1C key, id of the attribute), the oldest first.
        files: number -> name of the export's files, for the issues.
    """
    ordered = _last_records(staged)
    by_onec_id = dict(mapped)
    by_name = {attribute.normalized_name: attribute.id for attribute in shop if attribute.normalized_name is not None}
    slugs = UniqueNames((attribute.slug for attribute in shop), SLUG_LENGTH, first_suffix=1)
    created: list[NewAttribute] = []
    new_mappings: list[NewAttributeMapping] = []
    for row in ordered.values():
        if row.onec_id in by_onec_id:
            continue
        number = by_name.get(row.normalized_name)
        if number is None:
            number = -1 - len(created)
            slug = slugs.take(row.slug or f"attribute-{row.onec_id[:8]}")
            created.append(NewAttribute(number, row.name, row.normalized_name, slug, row.type))
            by_name[row.normalized_name] = number
        by_onec_id[row.onec_id] = number
        new_mappings.append(NewAttributeMapping(row.onec_id, row.name, row.source, number))
    all_mapped = [*mapped, *((new.onec_id, new.number) for new in new_mappings)]
    changed, issues = _renamed(ordered, shop, all_mapped, by_name, files)
    touched = {attribute.id for attribute in changed} | {m.number for m in new_mappings if m.number > 0}
    total = len({by_onec_id[onec_id] for onec_id in ordered})
    return AttributePlan(
        created=tuple(created),
        changed=changed,
        new_mappings=tuple(new_mappings),
        by_onec_id=by_onec_id,
        by_name=by_name,
        counts=Counts(len(created), len(touched), total - len(created) - len(touched)),
        issues=issues,
        changes=tuple(_field_changes(created, changed, new_mappings, shop)),
    )


def _last_records(staged: Sequence[StagedAttribute]) -> dict[str, StagedAttribute]:
    """The last record of each property, in the order of the first, whose source counts."""
    records: dict[str, StagedAttribute] = {}
    for row in sorted(staged, key=lambda row: (row.file_no, row.position)):
        first = records.get(row.onec_id, row)
        records[row.onec_id] = row._replace(source=first.source)
    return records


def _renamed(
    ordered: Mapping[str, StagedAttribute],
    shop: Sequence[ShopAttribute],
    mapped: Sequence[tuple[str, int]],
    by_name: dict[str, int],
    files: Mapping[int, str],
) -> tuple[tuple[ShopAttribute, ...], tuple[RowIssue, ...]]:
    by_id = {attribute.id: attribute for attribute in shop}
    first_key: dict[int, str] = {}
    for key, attribute_id in mapped:
        first_key.setdefault(attribute_id, key)
    changed: list[ShopAttribute] = []
    issues: list[RowIssue] = []
    for attribute_id, key in first_key.items():
        row, current = ordered.get(key), by_id.get(attribute_id)
        if row is None or current is None:
            continue
        wanted = replace(current, name=row.name, type=row.type)
        if row.normalized_name != current.normalized_name and row.name != current.name:
            if by_name.get(row.normalized_name, attribute_id) != attribute_id:
                wanted = replace(current, type=row.type)
                place = files.get(row.file_no, "")
                taken = (place, row.line, key, row.name, "Наименование", row.name)
                issues.append(RowIssue(Severity.WARNING, "attribute_name_taken", *taken))
            else:
                wanted = replace(wanted, normalized_name=row.normalized_name)
                by_name[row.normalized_name] = attribute_id
        if wanted != current:
            changed.append(wanted)
    return tuple(changed), tuple(issues)


def _field_changes(
    created: Sequence[NewAttribute],
    changed: Sequence[ShopAttribute],
    new_mappings: Sequence[NewAttributeMapping],
    shop: Sequence[ShopAttribute],
) -> Iterator[FieldChange]:
    by_id = {attribute.id: attribute for attribute in shop}
    for new in created:
        yield FieldChange(Entity.ATTRIBUTE, new.normalized_name, new.name, "created", None, new.name)
    for wanted in changed:
        current = by_id[wanted.id]
        for name in ("name", "type"):
            old, new_value = getattr(current, name), getattr(wanted, name)
            if old != new_value:
                yield FieldChange(Entity.ATTRIBUTE, current.normalized_name or "", current.name, name, old, new_value)
    for mapping in new_mappings:
        if mapping.number > 0:
            name = by_id[mapping.number].name
            yield FieldChange(Entity.ATTRIBUTE, mapping.onec_id, name, "onec_id", None, mapping.onec_id)
