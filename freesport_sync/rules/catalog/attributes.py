"""1C's properties compared with the shop's attributes: rows in, a plan of what to write out."""

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
    """A property as 1C describes it."""

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
    """Switched on: buyers can filter by it."""


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


def known_properties(staged: Iterable[StagedAttribute], shop: Mapping[str, Property]) -> Mapping[str, Property]:
    """The properties of the export and of the shop by their `Ид`; the last word of the export goes first (ATTR-1).

    Args:
        staged: properties of the export.
        shop: those that the shop has met, by their `Ид`.
    """
    in_order = sorted(staged, key=lambda row: (row.file_no, row.position))
    return {**shop, **{row.onec_id: Property(row.name, row.type) for row in in_order}}


def plan_attributes(
    staged: Sequence[StagedAttribute],
    shop: Sequence[ShopAttribute],
    mapped: Sequence[tuple[str, int]],
    files: Mapping[int, str],
) -> AttributePlan:
    """Find or make the shop's attribute for each of 1C's properties (ATTR-1).

    First the attributes that the shop has get 1C's new names; then an existing mapping decides, then the normalised
    name. The first property of an attribute names it, now and later: others of the same words do not, or each import
    would name it after the last that it met.

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
    """The attributes by which buyers filter: those that are switched on, and colour and size (FILTER-1).

    Args:
        plan: for `shop`.
        shop: all attributes of the shop.
        column_of: the column of a variant that an attribute of this name stands for.

    Returns:
        Number -> column whose texts are values of the attribute, of each column for one attribute only; never for
        that of one set of properties, `Цвет (Ботинки)`.
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
    """The steps of `plan_attributes`, which share who has which name."""

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
        """Attribute -> the property that was mapped to it first."""
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
        """Give the shop's attributes 1C's names and types, in an order that never has two of one name (ATTR-1)."""
        waiting: list[tuple[ShopAttribute, StagedAttribute]] = []
        for attribute in self.shop.values():
            row = self.properties.get(self.named_by.get(attribute.id, ""))
            if row is None:
                continue
            if row.type and row.type != attribute.type:
                self.changed[attribute.id] = replace(attribute, type=row.type)
            if row.name != attribute.name:
                waiting.append((attribute, row))
        # Whoever takes a name gives up another, for which somebody else may be waiting.
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
        self.changed.pop(attribute.id, None)  # to its end: it may need a name that another has just given up
        self.changed[attribute.id] = replace(
            attribute, name=row.name, normalized_name=row.normalized_name, type=row.type or attribute.type
        )

    def _map(self) -> None:
        """Find or make the attribute of each property that the shop has no mapping of."""
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
    """Each property where it stands first, as its last record says; a property of goods and offers is one of goods."""
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
