"""What the records of one product or of one offer say together, as the model reads them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from tests.model import exports, values
from tests.model.characteristics import Properties, color, size
from tests.model.pictures import picture_paths
from tests.model.reference_data import brand_said

COLORS = ("тёмно-синий", "синий", "красный")
"""What the shop's `color_mappings` are taken to hold."""


@dataclass(slots=True)
class Good:
    """All records of one product: the first names a new one, the last has the values."""

    name: str = ""
    group: str | None = None
    last_name: str = ""
    last_group: str | None = None
    further_groups: list[tuple[str, ...]] = field(default_factory=list)
    """Of each record those after the first."""
    brand: str | None = None
    description: str = ""
    vat_rate: Decimal | None = None
    pictures: list[str] = field(default_factory=list)
    deleted: bool = False


@dataclass(slots=True)
class Offer:
    """All records of one offer: the first gives the place, the last the values."""

    product_key: str
    has_name: bool = False
    article: str = ""
    color: str = ""
    size: str = ""
    pictures: list[str] = field(default_factory=list)
    deleted: bool = False


def read_goods(records: Iterable[exports.Good], said_by: dict[str, bool]) -> dict[str, Good]:
    """All products of the files, by key; `said_by` are the properties that say the brand."""
    goods: dict[str, Good] = {}
    for record in records:
        key, name = values.variant_key(record.onec_id), (record.name or "").strip()[:300]
        if not is_readable(record):
            continue
        good = goods.setdefault(key, Good())
        if name and not good.name:
            good.name = name
        if name:
            good.last_name, good.last_group = name, values.reference(record.group) or good.last_group
        good.group = good.group or values.reference(record.group)
        good.further_groups.append(tuple(filter(None, map(values.reference, record.further_groups))))
        brand = brand_said(record, said_by)
        good.brand = (values.reference(brand[1]) if brand else None) or good.brand
        good.description = (record.description or "").strip() or good.description
        rate = values.vat(record.vat)
        good.vat_rate = good.vat_rate if rate is None else rate
        good.pictures += picture_paths(record.pictures)
        good.deleted = record.deleted
    return goods


def is_readable(record: exports.Good) -> bool:
    """Whether anything comes of a record."""
    key, name = values.variant_key(record.onec_id), (record.name or "").strip()
    return bool(key) and len(key) <= values.ID_LIMIT and bool(name or record.deleted)


def read_offers(records: Iterable[exports.Offer], known: Properties) -> dict[str, Offer]:
    """All offers of the files, by key."""
    offers: dict[str, Offer] = {}
    for record in records:
        key, name = values.variant_key(record.onec_id), (record.name or "").strip()
        if not key or len(key) > values.ID_LIMIT:
            continue
        offer = offers.setdefault(key, Offer(values.product_of(key)))
        offer.has_name = offer.has_name or bool(name)
        offer.article = (record.article or "").strip()[:100] or offer.article
        offer.color = color(record, COLORS, known) or offer.color
        offer.size = size(record, known) or offer.size
        offer.pictures += picture_paths(record.pictures)
        offer.deleted = record.deleted
    return offers


def wanted_slug(key: str, good: Good) -> str:
    """As the product would be called if it were alone."""
    return values.slug(good.name) or f"product-{key[:8]}"
