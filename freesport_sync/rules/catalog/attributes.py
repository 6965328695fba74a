"""Compares 1C's properties with the shop's attributes: staged rows in, a plan of writes out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.run import Counts, FieldChange
from freesport_sync.core.shop import Entity
from freesport_sync.core.staged import StagedAttribute
from freesport_sync.rules.unique_names import SLUG_LENGTH, UniqueNames


class Property(NamedTuple):
    """A property of 1C."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class ShopAttribute:
    """An attribute of the shop."""

    id: int
    name: str
    normalized_name: str | None
    slug: str
    type: str
    is_active: bool = False
    """Whether buyers can filter by it."""


@dataclass(frozen=True, slots=True)
class NewAttribute:
    """An attribute to insert; the negative `number` stands for its future id."""

    number: int
    name: str
    normalized_name: str
    slug: str
    type: str


@dataclass(frozen=True, slots=True)
class NewAttributeMapping:
    """A mapping from a property to an attribute; several properties may map to one attribute."""

    onec_id: str
    onec_name: str
    source: str
    number: int
    """Id of the attribute, or `NewAttribute.number`."""


@dataclass(frozen=True, slots=True)
class AttributePlan:
    """Writes for attributes."""

    created: tuple[NewAttribute, ...] = ()
    changed: tuple[ShopAttribute, ...] = ()
    """In this order: one attribute may take a name that another gives up."""
    new_mappings: tuple[NewAttributeMapping, ...] = ()
    by_onec_id: Mapping[str, int] = field(default_factory=dict)
    """1C key -> number, of existing and new mappings."""
    by_name: Mapping[str, int] = field(default_factory=dict)
    """Normalised name -> number."""
    counts: Counts = field(default_factory=Counts)
    issues: tuple[RowIssue, ...] = ()
    changes: tuple[FieldChange, ...] = ()


def known_properties(staged: Iterable[StagedAttribute], shop: Mapping[str, Property]) -> Mapping[str, Property]:
    """Return the properties of export and shop by their `Ид`; the last record of the export takes precedence (ATTR-1).

    Args:
        staged: properties of the export.
        shop: known properties of the shop, by their `Ид`.
    """
    in_order = sorted(staged, key=lambda row: (row.file_no, row.position))
    return {**shop, **{row.onec_id: Property(row.name, row.type) for row in in_order}}


def plan_attributes(
    staged: Sequence[StagedAttribute],
    shop: Sequence[ShopAttribute],
    mapped: Sequence[tuple[str, int]],
    files: Mapping[int, str],
) -> AttributePlan:
    """Find or create the shop's attribute for each of 1C's properties (ATTR-1).

    First, existing attributes get 1C's new names; then an existing mapping decides, then the normalised name. Only the
    first property mapped to an attribute names it; otherwise each import would rename it after the last one.

    Args:
        staged: properties of goods and offers.
        shop: all attributes of the shop, the oldest first.
        mapped: (1C key, id of the attribute), the oldest first.
        files: number -> name of the export's files, for the issues.
    """
    return _AttributePlanner(staged, shop, mapped, files).plan()


def filter_attributes(
    plan: AttributePlan, shop: Sequence[ShopAttribute], column_of: Callable[[str], str | None]
) -> Mapping[int, str | None]:
    """Return the attributes by which buyers filter: the active ones, and colour and size (FILTER-1).

    Args:
        plan: for `shop`.
        shop: all attributes of the shop.
        column_of: name of an attribute -> column of a variant, if any.

    Returns:
        Number -> column whose texts are values of the attribute; one attribute per column, and never one for a single
        set of properties such as `Цвет (Ботинки)`.
    """
    known = {attribute.id: attribute for attribute in shop} | {attribute.id: attribute for attribute in plan.changed}
    names = {number: attribute.name for number, attribute in known.items()} | {a.number: a.name for a in plan.created}
    columns = {number: column for number, name in names.items() if (column := column_of(name))}
    filters: dict[int, str | None] = {number: None for number, attribute in known.items() if attribute.is_active}
    filters |= dict.fromkeys(columns)
    plain = [number for number in columns if "(" not in names[number]]
    for number in sorted(plain, key=lambda number: (len(names[number]), number < 0, abs(number))):
        if columns[number] not in filters.values():
            filters[number] = columns[number]
    return filters


class _AttributePlanner:
    """The steps of `plan_attributes`, which share the assignment of names."""

    def __init__(
        self,
        staged: Sequence[StagedAttribute],
        shop: Sequence[ShopAttribute],
        mapped: Sequence[tuple[str, int]],
        files: Mapping[int, str],
    ) -> None:
        self.files = files
        self.properties = _once(staged)
        self.shop = {attribute.id: attribute for attribute in shop}
        self.by_onec_id = dict(mapped)
        self.by_name = {a.normalized_name: a.id for a in shop if a.normalized_name is not None}
        self.named_by = {attribute_id: key for key, attribute_id in reversed(mapped)}
        """Attribute -> the first property mapped to it."""
        self.created: list[NewAttribute] = []
        self.changed: dict[int, ShopAttribute] = {}
        self.new_mappings: list[NewAttributeMapping] = []
        self.issues: list[RowIssue] = []

    def plan(self) -> AttributePlan:
        self._rename()
        self._map()
        created, changed = len(self.created), tuple(self.changed.values())
        updated = len(self.changed.keys() | {m.number for m in self.new_mappings if m.number > 0})
        total = len({self.by_onec_id[key] for key in self.properties})
        return AttributePlan(
            created=tuple(self.created),
            changed=changed,
            new_mappings=tuple(self.new_mappings),
            by_onec_id=self.by_onec_id,
            by_name=self.by_name,
            counts=Counts(created, updated, total - created - updated),
            issues=tuple(self.issues),
            changes=tuple(_field_changes(self.created, changed, self.new_mappings, self.shop)),
        )

    def _rename(self) -> None:
        """Give the shop's attributes 1C's names and types, in an order without duplicate names (ATTR-1)."""
        waiting: list[tuple[ShopAttribute, StagedAttribute]] = []
        for attribute in self.shop.values():
            row = self.properties.get(self.named_by.get(attribute.id, ""))
            if row is None:
                continue
            if row.type and row.type != attribute.type:
                self.changed[attribute.id] = replace(attribute, type=row.type)
            if row.name != attribute.name:
                waiting.append((attribute, row))
        # Taking a name frees another one, for which another attribute may be waiting.
        while free := next((pair for pair in waiting if self._may_take(*pair)), None):
            waiting.remove(free)
            self._take(*free)
        self.issues += [self._name_taken(row) for _, row in waiting]

    def _may_take(self, attribute: ShopAttribute, row: StagedAttribute) -> bool:
        return self.by_name.get(row.normalized_name, attribute.id) == attribute.id

    def _take(self, attribute: ShopAttribute, row: StagedAttribute) -> None:
        if attribute.normalized_name is not None:
            del self.by_name[attribute.normalized_name]
        self.by_name[row.normalized_name] = attribute.id
        self.changed.pop(attribute.id, None)  # to the end: it may need a name freed just now
        self.changed[attribute.id] = replace(
            attribute, name=row.name, normalized_name=row.normalized_name, type=row.type or attribute.type
        )

    def _map(self) -> None:
        """Find or create the attribute of each unmapped property."""
        slugs = UniqueNames((attribute.slug for attribute in self.shop.values()), SLUG_LENGTH, first_suffix=1)
        for key, row in self.properties.items():
            if key in self.by_onec_id:
                continue
            number = self.by_name.get(row.normalized_name)
            if number is None:
                number = self.by_name[row.normalized_name] = -1 - len(self.created)
                slug = slugs.take(row.slug or f"attribute-{key[:8]}")
                self.created.append(NewAttribute(number, row.name, row.normalized_name, slug, row.type))
            elif number > 0 and number not in self.named_by:
                self.named_by[number] = key
                own = self.shop[number]
                named = replace(own, name=row.name, type=row.type or own.type)
                if named != own:
                    self.changed[number] = named
            self.by_onec_id[key] = number
            self.new_mappings.append(NewAttributeMapping(key, row.name, row.source, number))

    def _name_taken(self, row: StagedAttribute) -> RowIssue:
        file = self.files.get(row.file_no, "")
        place = (file, row.line, row.onec_id, row.name, "Наименование", row.name)
        return RowIssue(Severity.WARNING, "attribute_name_taken", *place)


def _once(staged: Sequence[StagedAttribute]) -> dict[str, StagedAttribute]:
    """Return the last record of each property, in the order of the first ones; goods take precedence over offers."""
    properties: dict[str, StagedAttribute] = {}
    for row in sorted(staged, key=lambda row: (row.file_no, row.position)):
        first = properties.get(row.onec_id, row)
        properties[row.onec_id] = row._replace(source=first.source)
    return properties


def _field_changes(
    created: Sequence[NewAttribute],
    changed: Sequence[ShopAttribute],
    new_mappings: Sequence[NewAttributeMapping],
    shop: Mapping[int, ShopAttribute],
) -> Iterator[FieldChange]:
    for new in created:
        yield FieldChange(Entity.ATTRIBUTE, new.normalized_name, new.name, "created", None, new.name)
    for wanted in changed:
        current = shop[wanted.id]
        for name in ("name", "type"):
            old, new_value = getattr(current, name), getattr(wanted, name)
            if old != new_value:
                yield FieldChange(Entity.ATTRIBUTE, current.normalized_name or "", current.name, name, old, new_value)
    for mapping in new_mappings:
        if mapping.number > 0:
            name = shop[mapping.number].name
            yield FieldChange(Entity.ATTRIBUTE, mapping.onec_id, name, "onec_id", None, mapping.onec_id)
