"""What an export of 1C says, before it is written as XML: every value is a text, as in the files.

Texts are as 1C would write them. `None` leaves an element out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from freesport_sync.core.shop import FileType, ImportKind

Pairs = tuple[tuple[str, str], ...]

PARTS = (
    *("groups", "properties_goods", "properties_offers", "price_lists", "storages"),
    *("goods", "offers", "prices", "rests"),
)
"""The kinds of files by the names that `Export` and `builders.ExportBuilder` have for them, in import order."""


@dataclass(frozen=True, slots=True)
class Group:
    """A `Группа` with those below it."""

    onec_id: str | None
    name: str | None
    description: str | None = None
    deleted: bool = False
    children: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True)
class Value:
    """One of the values that a property lists; a value of the property `Бренд` is a brand too."""

    onec_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Property:
    """A `Свойство` with its `ВариантыЗначений`; without a name a tombstone."""

    onec_id: str | None
    name: str | None
    values: tuple[Value, ...] = ()
    value_type: str = "Справочник"
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class PriceTypeRecord:
    """A `ТипЦены`; without a name a tombstone."""

    onec_id: str
    name: str | None
    deleted: bool = False
    currency: str | None = "RUB"


@dataclass(frozen=True, slots=True)
class Storage:
    """A `Склад`."""

    onec_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Good:
    """A `Товар`; without a name a tombstone."""

    onec_id: str | None
    name: str | None
    group: str | None = None
    brand: str | None = None
    description: str | None = None
    vat: str | None = None
    properties: Pairs = ()
    """(id of the property, id or text of the value), the brand apart."""
    pictures: tuple[str, ...] = ()
    deleted: bool = False
    characteristics: Pairs = ()
    """Of a `Товар` of one characteristic."""
    further_groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """A `Предложение` of an offers file; without a name and deleted it is a tombstone."""

    onec_id: str | None
    name: str | None
    article: str | None = None
    characteristics: Pairs = ()
    pictures: tuple[str, ...] = ()
    deleted: bool = False
    quantity: str | None = None
    """`Количество`, as exports without rests files have it."""
    properties: Pairs = ()
    """(id of the property, id or text of the value)."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A `Цена`.

    Args:
        factor: `Коэффициент`.
        least: `МинКоличество`.
        unit: `Единица`.
    """

    price_type: str
    amount: str
    currency: str | None = "руб"
    factor: str | None = None
    least: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class OfferPrices:
    """A `Предложение` of a prices file, also with several prices of one type."""

    onec_id: str
    amounts: tuple[Amount, ...]


@dataclass(frozen=True, slots=True)
class OfferRests:
    """A `Предложение` of a rests file: (warehouse, quantity); an empty warehouse is a bare quantity."""

    onec_id: str
    stock: Pairs


Record = Group | Property | PriceTypeRecord | Storage | Good | Offer | OfferPrices | OfferRests
R = TypeVar("R", bound=Record, covariant=True)


@dataclass(frozen=True, slots=True)
class File(Generic[R]):
    """One file: `goods_1_<segment>_<guid>.xml`."""

    records: tuple[R, ...]
    segment: int = 1
    created_at: str = "2025-09-12T21:25:39"
    spelling: str = "%Y-%m-%dT%H:%M:%S"


@dataclass(frozen=True, slots=True)
class Export:
    """One run: the files of an export, and how it is asked to be imported.

    Args:
        is_tried: the same run is made dry first.
        places: folders of the export that have their pictures with them.
        has_media: the shop's folder of pictures is known.
    """

    groups: tuple[File[Group], ...] = ()
    properties_goods: tuple[File[Property], ...] = ()
    properties_offers: tuple[File[Property], ...] = ()
    price_lists: tuple[File[PriceTypeRecord], ...] = ()
    storages: tuple[File[Storage], ...] = ()
    goods: tuple[File[Good], ...] = ()
    offers: tuple[File[Offer], ...] = ()
    prices: tuple[File[OfferPrices], ...] = ()
    rests: tuple[File[OfferRests], ...] = ()
    kind: ImportKind = ImportKind.ALL
    file_type: FileType = FileType.ALL
    is_full: bool = False
    is_tried: bool = False
    places: tuple[str, ...] = ("goods", "offers")
    has_media: bool = True
    skips_pictures: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """What the shop itself does between two runs, to one of its objects if it has it: `Edit("products", "p1", ...)`.

    Args:
        key: 1C key of the object; of an attribute its slug.
        value: of a list as JSON.
    """

    table: str
    key: str
    column: str
    value: str | int | bool | None


@dataclass(frozen=True, slots=True)
class OwnCategory:
    """A root category that the shop has made itself."""

    name: str
    slug: str
    onec_id: str | None
    is_active: bool


@dataclass(frozen=True, slots=True)
class OwnBrand:
    """A brand that the shop has made itself."""

    name: str
    slug: str
    normalized_name: str


@dataclass(frozen=True, slots=True)
class OwnAttribute:
    """An attribute that the shop has made itself, with the value `Да`."""

    name: str
    slug: str
    normalized_name: str | None


@dataclass(frozen=True, slots=True)
class Link:
    """An operator gives a product or a variant a value, if the shop has both.

    Args:
        key: 1C key of the product or variant.
        slug: of the attribute.
        value: normalised.
    """

    table: str
    key: str
    slug: str
    value: str


@dataclass(frozen=True, slots=True)
class Remap:
    """An operator finds that 1C's property, or one of its values, is what the shop has already.

    Args:
        key: 1C key of the property or value.
        slug: of the attribute that it is, or that has the value.
        value: normalised; None where it is a property.
    """

    key: str
    slug: str
    value: str | None = None


ShopStep = Edit | OwnCategory | OwnBrand | OwnAttribute | Link | Remap
Step = Export | ShopStep
