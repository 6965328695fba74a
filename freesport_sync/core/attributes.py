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
    """To be written in this order: one may take the name that another gives up."""
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

    First the attributes that the shop has get 1C's new names; then an existing mapping decides, then the normalised
    name. The first property of an attribute names it, now and later: others of the same words do not, or each import
    would name it after the last that it met.

    Args:
        staged: properties of goods and offers.
        shop: all attributes of the shop, the oldest first.
        mapped: (1C key, id of the attribute), the oldest first.
        files: number -> name of the export's files, for the issues.
    """
    properties = _once(staged)
    by_onec_id = dict(mapped)
    by_name = {attribute.normalized_name: attribute.id for attribute in shop if attribute.normalized_name is not None}
    named_by = {attribute_id: key for key, attribute_id in reversed(mapped)}
    changed, issues = _renamed(properties, shop, named_by, by_name, files)
    unnamed = {attribute.id: attribute for attribute in shop if attribute.id not in named_by}
    slugs = UniqueNames((attribute.slug for attribute in shop), SLUG_LENGTH, first_suffix=1)
    created: list[NewAttribute] = []
    new_mappings: list[NewAttributeMapping] = []
    for key, row in properties.items():
        if key in by_onec_id:
            continue
        number = by_name.get(row.normalized_name)
        if number is None:
            number = -1 - len(created)
            slug = slugs.take(row.slug or f"attribute-{key[:8]}")
            created.append(NewAttribute(number, row.name, row.normalized_name, slug, row.type))
            by_name[row.normalized_name] = number
        own = unnamed.pop(number, None)
        if own is not None and (named := replace(own, name=row.name, type=row.type)) != own:
            changed.append(named)
        by_onec_id[key] = number
        new_mappings.append(NewAttributeMapping(key, row.name, row.source, number))
    touched = {attribute.id for attribute in changed} | {m.number for m in new_mappings if m.number > 0}
    total = len({by_onec_id[key] for key in properties})
    return AttributePlan(
        created=tuple(created),
        changed=tuple(changed),
        new_mappings=tuple(new_mappings),
        by_onec_id=by_onec_id,
        by_name=by_name,
        counts=Counts(len(created), len(touched), total - len(created) - len(touched)),
        issues=issues,
        changes=tuple(_field_changes(created, changed, new_mappings, shop)),
    )


def _once(staged: Sequence[StagedAttribute]) -> dict[str, StagedAttribute]:
    """Each property where it stands first, as its last record says; a property of goods and offers is one of goods."""
    properties: dict[str, StagedAttribute] = {}
    for row in sorted(staged, key=lambda row: (row.file_no, row.position)):
        first = properties.get(row.onec_id, row)
        properties[row.onec_id] = row._replace(source=first.source)
    return properties


def _renamed(
    properties: Mapping[str, StagedAttribute],
    shop: Sequence[ShopAttribute],
    named_by: Mapping[int, str],
    by_name: dict[str, int],
    files: Mapping[int, str],
) -> tuple[list[ShopAttribute], tuple[RowIssue, ...]]:
    """Attributes with their new names and types, in an order in which no two have one name at any time."""
    changed: dict[int, ShopAttribute] = {}
    waiting: list[tuple[ShopAttribute, StagedAttribute]] = []
    for attribute in shop:
        row = properties.get(named_by.get(attribute.id, ""))
        if row is None:
            continue
        wanted = replace(attribute, type=row.type)
        if row.name != attribute.name:
            waiting.append((wanted, row))
        if wanted != attribute:
            changed[attribute.id] = wanted
    while free := next(
        (pair for pair in waiting if by_name.get(pair[1].normalized_name, pair[0].id) == pair[0].id), None
    ):
        attribute, row = free
        waiting.remove(free)
        if attribute.normalized_name is not None:
            del by_name[attribute.normalized_name]
        by_name[row.normalized_name] = attribute.id
        changed.pop(attribute.id, None)  # to its end: it may need a name that another has just given up
        changed[attribute.id] = replace(attribute, name=row.name, normalized_name=row.normalized_name)
    return list(changed.values()), tuple(_name_taken(row, files) for _, row in waiting)


def _name_taken(row: StagedAttribute, files: Mapping[int, str]) -> RowIssue:
    place = (files.get(row.file_no, ""), row.line, row.onec_id, row.name, "Наименование", row.name)
    return RowIssue(Severity.WARNING, "attribute_name_taken", *place)


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
