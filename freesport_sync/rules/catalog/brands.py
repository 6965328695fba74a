"""Compares 1C's brands with the shop's: staged rows in, a plan of writes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from freesport_sync.core.run import Counts, FieldChange
from freesport_sync.core.shop import Entity
from freesport_sync.core.staged import StagedBrand
from freesport_sync.rules.catalog.attributes import Property
from freesport_sync.rules.unique_names import SLUG_LENGTH, UniqueNames

NO_BRAND = "nobrand"
"""Normalised name of the shop's brand for products without one (BRAND-2)."""

BRAND_PROPERTY = "Бренд"
"""Name of the brand property, in some exports also its `Ид`; in most that is a GUID."""

_NAMES = ("бренд",), ("brand", "торговая марка", "торговаямарка")
"""Names of the brand property; the second group counts if no property has a name of the first."""

_DICTIONARY = "справочник"


@dataclass(frozen=True, slots=True)
class ShopBrand:
    """A brand of the shop."""

    id: int
    name: str
    normalized_name: str
    slug: str
    is_undone: bool = False
    """Hidden by undoing the import that inserted it."""


@dataclass(frozen=True, slots=True)
class NewBrand:
    """A brand to insert."""

    name: str
    normalized_name: str
    slug: str


@dataclass(frozen=True, slots=True)
class BrandMapping:
    """A mapping from 1C's GUID to a brand; several GUIDs may map to one brand."""

    onec_id: str
    onec_name: str
    normalized_name: str
    brand_id: int | None = None


@dataclass(frozen=True, slots=True)
class BrandPlan:
    """Writes for brands."""

    created: tuple[NewBrand, ...] = ()
    new_mappings: tuple[BrandMapping, ...] = ()
    renamed_mappings: tuple[tuple[str, str], ...] = ()
    """(1C key, new name in 1C); the brand itself keeps its name in the shop."""
    shown: tuple[str, ...] = ()
    """Normalised names of brands that an undo had hidden and this export has again."""
    mappings: Mapping[str, BrandMapping] = field(default_factory=dict)
    """1C key -> brand, of existing and new mappings."""
    counts: Counts = field(default_factory=Counts)
    changes: tuple[FieldChange, ...] = ()


def brand_rank(name: str) -> int | None:
    """Return how reliably a property of this name gives the brand, 0 being best; None if it does not (BRAND-1).

    УТ 11 appends the set of properties: `Бренд (Обувь)`. `Производитель` is the manufacturer, which has an element of
    its own in CommerceML.
    """
    words = " ".join(name.partition("(")[0].split()).rstrip(" :").casefold()
    return next((rank for rank, names in enumerate(_NAMES) if words in names), None)


def brand_properties(properties: Mapping[str, Property]) -> Mapping[str, bool]:
    """Return `Ид` of each brand property -> whether its value is the brand's name, not an id; best ones first.

    Args:
        properties: of export and shop by their `Ид`.
    """
    ranks = {key: rank for key, one in properties.items() if (rank := brand_rank(one.name)) is not None}
    surest = [key for key, rank in ranks.items() if rank == min(ranks.values())]
    surest.sort(key=lambda key: "(" in properties[key].name)
    named = {key: properties[key].type.casefold() != _DICTIONARY for key in surest}
    return {BRAND_PROPERTY: False} | named


def plan_brands(
    staged: Sequence[StagedBrand],
    shop: Sequence[ShopBrand],
    mapped: Sequence[BrandMapping],
) -> BrandPlan:
    """Find or create the shop's brand for each of 1C's GUIDs (BRAND-4).

    An existing mapping decides, then the normalised name, then the name ignoring case. A new brand gets the first
    spelling.

    Args:
        staged: values of brand properties; real exports repeat them in each segment.
        shop: all brands of the shop.
        mapped: all mappings of the shop.
    """
    return _BrandPlanner(shop, mapped).plan(sorted(staged, key=lambda row: (row.is_guess, row.file_no, row.position)))


class _BrandPlanner:
    """The steps of `plan_brands`, one value after the other."""

    def __init__(self, shop: Sequence[ShopBrand], mapped: Sequence[BrandMapping]) -> None:
        self.shop = shop
        self.mappings = {mapping.onec_id: mapping for mapping in mapped}
        self.by_normalized = {brand.normalized_name: brand for brand in shop}
        self.by_name = {brand.name.lower(): brand for brand in shop}
        self.slugs = UniqueNames((brand.slug for brand in shop), SLUG_LENGTH, first_suffix=2)
        self.created: dict[str, NewBrand] = {}
        self.new_mappings: dict[str, BrandMapping] = {}
        self.renamed: dict[str, str] = {}

    def plan(self, rows: Sequence[StagedBrand]) -> BrandPlan:
        for row in rows:
            self._add(row)
        mappings, created = self.mappings, self.created
        renamed = {key: name for key, name in self.renamed.items() if mappings[key].onec_name != name}
        keys = dict.fromkeys(row.onec_id for row in rows if row.onec_id in mappings)
        undone = {brand.normalized_name for brand in self.shop if brand.is_undone}
        shown = {mappings[key].normalized_name: key for key in keys if mappings[key].normalized_name in undone}
        changed = len({*self.new_mappings, *renamed, *shown.values()}) - len(created)
        new_mappings = tuple(self.new_mappings.values())
        return BrandPlan(
            created=tuple(created.values()),
            new_mappings=new_mappings,
            renamed_mappings=tuple(renamed.items()),
            shown=tuple(shown),
            mappings=mappings,
            counts=Counts(created=len(created), updated=changed, unchanged=len(keys) - len(created) - changed),
            changes=tuple(_field_changes(created.values(), new_mappings, renamed, shown, mappings, self.shop)),
        )

    def _add(self, row: StagedBrand) -> None:
        if row.is_guess and row.onec_id in self.mappings:
            return
        if row.onec_id in self.new_mappings:  # as if the records had come one after the other
            self._map(replace(self.new_mappings[row.onec_id], onec_name=row.name))
        elif row.onec_id in self.mappings:
            self.renamed[row.onec_id] = row.name
        else:
            self._add_new(row)

    def _add_new(self, row: StagedBrand) -> None:
        """Map an unknown GUID to a brand of its name, which is created if missing; a guess creates none."""
        known = self.by_normalized.get(row.normalized_name) or self.by_name.get(row.name.lower())
        if known is None and row.normalized_name not in self.created:
            if row.is_guess:
                return
            slug = self.slugs.take(row.slug or f"brand-{row.onec_id[:8]}")
            self.created[row.normalized_name] = NewBrand(row.name, row.normalized_name, slug)
        normalized_name = known.normalized_name if known else row.normalized_name
        self._map(BrandMapping(row.onec_id, row.name, normalized_name, known.id if known else None))

    def _map(self, mapping: BrandMapping) -> None:
        self.mappings[mapping.onec_id] = self.new_mappings[mapping.onec_id] = mapping


def _field_changes(
    created: Iterable[NewBrand],
    new_mappings: Iterable[BrandMapping],
    renamed: Mapping[str, str],
    shown: Mapping[str, str],
    mappings: Mapping[str, BrandMapping],
    shop: Iterable[ShopBrand],
) -> Iterator[FieldChange]:
    names = {brand.id: brand.name for brand in shop}
    for brand in created:
        yield FieldChange(Entity.BRAND, brand.normalized_name, brand.name, "created", None, brand.name)
    for mapping in new_mappings:
        if mapping.brand_id is not None:
            name = names[mapping.brand_id]
            yield FieldChange(Entity.BRAND, mapping.onec_id, name, "onec_id", None, mapping.onec_id)
    for key, onec_name in renamed.items():
        mapping = mappings[key]
        name = names.get(mapping.brand_id or 0, "")
        yield FieldChange(Entity.BRAND, key, name, "onec_name", mapping.onec_name, onec_name)
    for key in shown.values():
        yield FieldChange(Entity.BRAND, key, names.get(mappings[key].brand_id or 0, ""), "is_active", "false", "true")
