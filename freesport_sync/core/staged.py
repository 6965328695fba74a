"""The rows that workers make of 1C's files: the contract between `commerceml` and `database`.

Big kinds (products, offers, prices, rests) travel as COPY-ready text into temporary staging tables with the same
column names; small ones (reference data) travel as these objects and are resolved in Python.
Every row starts with its place in the export, because workers finish in any order: `file_no` is the number of the
file in import order, `position` the record's number in that file, `line` its line for the reports.
`None` means "the file does not say": the shop keeps what it has.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple


class StagedProduct(NamedTuple):
    """One `Товар` (table `stg_product`)."""

    file_no: int
    position: int
    line: int
    onec_id: str
    name: str | None
    """None in a tombstone, which has only an `Ид`."""
    article: str | None
    """The shop has no place for it; issues name it, because people find a product in 1C by it."""
    slug: str
    """Transliterated name, not yet unique, at most 255 characters; may be empty."""
    description: str | None
    category_onec_id: str | None
    brand_onec_id: str | None
    """Raw GUID of the brand; None without a brand and for the zero GUID."""
    vat_rate: Decimal | None
    is_deleted: bool
    properties: tuple[int, ...] | None
    """Its property values, as `StagedPropertyValue.number`; None where the file has none."""


class StagedProductGroup(NamedTuple):
    """One more group of a `Товар` than `StagedProduct.category_onec_id` (table `stg_product_group`)."""

    file_no: int
    position: int
    line: int
    onec_id: str
    number: int
    """Its place among the groups of its product."""
    category_onec_id: str


class StagedOffer(NamedTuple):
    """One `Предложение` of an offers file (table `stg_offer`)."""

    file_no: int
    position: int
    line: int
    onec_id: str
    product_onec_id: str
    """The part of `Ид` before `#`; equal to `onec_id` in the row of a product itself."""
    name: str | None
    article: str | None
    color_name: str | None
    size_value: str | None
    is_deleted: bool
    properties: tuple[int, ...] | None
    """Its characteristics, as in `StagedProduct`."""


NO_SIZES = ("да", "нет", "yes", "no", "true", "false", "-")
"""`Размер: Да` says that the product comes in sizes, not in which."""


class StagedOfferProperty(NamedTuple):
    """Colour and size of an offer that only its `ЗначенияСвойств` say (table `stg_offer_property`)."""

    file_no: int
    position: int
    line: int
    color_property: str | None
    """`Ид` of the property; None where the offer gives the colour itself, or none. The same goes for the size."""
    color: str | None
    """`ИдЗначения`, or the colour itself."""
    size_property: str | None
    size: str | None


class StagedCharacteristic(StagedOffer):
    """What a `Товар` of one characteristic says about its variant (table `stg_characteristic`).

    УТ 10.3 writes a `Товар` for each characteristic, with the `Ид` of its offer.
    """

    __slots__ = ()


class StagedPrice(NamedTuple):
    """The prices of one `Предложение`, already turned into the shop's columns (table `stg_price`)."""

    file_no: int
    position: int
    line: int
    onec_id: str
    rank: int
    """Priority of these prices where several price types stand for one column, 0 first; there is a row for each."""
    unreadable: str
    """The columns whose price is given but unreadable, separated by blanks: those prices are not missing."""
    retail_price: Decimal | None
    opt1_price: Decimal | None
    opt2_price: Decimal | None
    opt3_price: Decimal | None
    trainer_price: Decimal | None
    federation_price: Decimal | None
    rrp: Decimal | None
    msrp: Decimal | None


class StagedRest(NamedTuple):
    """The stock of one offer in one warehouse (table `stg_rest`)."""

    file_no: int
    position: int
    line: int
    onec_id: str
    warehouse_onec_id: str | None
    """None where the file gives a quantity without a warehouse; may be longer than the shop's column."""
    quantity: int | None
    """Whole pieces, never negative; None where it cannot be read, and then nothing of the offer's stock is written."""
    entry: int | None
    """Number of the warehouse in its record; the first of two warehouses with equal stock sells the offer.
    None: the record gives no quantity at all, which means 0 where the others of its file give one."""


class StagedPropertyValue(NamedTuple):
    """One pair of property and value that products or offers have (table `stg_property_value`).

    An export has few different pairs and very many uses of them, so the records only carry their numbers.
    """

    file_no: int
    number: int
    """Unique in the run, growing within a file; each worker numbers on its own, so a pair may have several."""
    line: int
    onec_id: str
    """The first product or offer that has it, for reports."""
    is_characteristic: bool
    """Of an offer, known by the property's name; a product's is known by the property's `Ид`."""
    property_key: str
    """`Ид` of the property, or the normalised name of the characteristic."""
    base_key: str | None
    """What stands before a bracket in the name of a characteristic, normalised: `Цвет (Ботинки)` may be `Цвет`."""
    property_name: str
    """As the file names the property; for reports."""
    value: str
    """`ИдЗначения`, or the value itself."""
    normalized_value: str
    slug: str
    is_reference: bool
    """Looks like an id of 1C: it never becomes a text that customers see."""


class StagedDictionaryValue(NamedTuple):
    """One `Справочник` of a property: a value that 1C has an id for (table `stg_dictionary_value`)."""

    file_no: int
    position: int
    line: int
    onec_id: str
    property_onec_id: str
    value: str
    normalized_value: str
    slug: str
    source: str
    """`goods` or `offers`: what it is a property of."""


class StagedPicture(NamedTuple):
    """One `Картинка` of a product or an offer (table `stg_picture`)."""

    file_no: int
    position: int
    line: int
    owner: str
    """`product` or `variant`."""
    onec_id: str
    number: int
    """Its place among the pictures of its record."""
    path: str
    """Below the folder of pictures, with forward slashes; not checked, see `rules.catalog.pictures`."""


PRICE_COLUMNS = StagedPrice._fields[6:]
"""Columns of `product_variants` that a price type can stand for."""
OPTIONAL_PRICE_COLUMNS = PRICE_COLUMNS[1:]
"""Those that may be empty in the shop: all but `retail_price`."""

StagedRow = (
    StagedProduct
    | StagedProductGroup
    | StagedOffer
    | StagedOfferProperty
    | StagedCharacteristic
    | StagedPrice
    | StagedRest
    | StagedPicture
    | StagedPropertyValue
    | StagedDictionaryValue
)

TABLE_OF: dict[type[StagedRow], str] = {
    StagedProduct: "stg_product",
    StagedProductGroup: "stg_product_group",
    StagedOffer: "stg_offer",
    StagedOfferProperty: "stg_offer_property",
    StagedCharacteristic: "stg_characteristic",
    StagedPrice: "stg_price",
    StagedRest: "stg_rest",
    StagedPropertyValue: "stg_property_value",
    StagedDictionaryValue: "stg_dictionary_value",
    StagedPicture: "stg_picture",
}
"""Staging table of each kind of row."""

STAGING_TABLES: dict[str, tuple[str, ...]] = {table: row._fields for row, table in TABLE_OF.items()}
"""Staging table -> its columns in COPY order."""


class StagedCategory(NamedTuple):
    """One `Группа` of the classifier."""

    file_no: int
    position: int
    line: int
    onec_id: str
    parent_onec_id: str | None
    """None for a root of the tree."""
    name: str | None
    slug: str
    description: str
    is_deleted: bool
    catalogue: str = ""
    """`Ид` of its `Классификатор`."""


class StagedBrand(NamedTuple):
    """One value of a property that says the brand."""

    file_no: int
    position: int
    line: int
    onec_id: str
    """`ИдЗначения`; the name itself where the property has texts for values."""
    name: str
    normalized_name: str
    """See `sources.commerceml.values.normalize_name`; the shop knows a brand by it."""
    slug: str
    property_onec_id: str
    is_guess: bool
    """Written where an id should be: a brand if one is known by this name."""


class StagedAttribute(NamedTuple):
    """One `Свойство` of goods or offers."""

    file_no: int
    position: int
    line: int
    onec_id: str
    name: str
    normalized_name: str
    """See `sources.commerceml.values.normalize_name`; properties of one name are one attribute of the shop."""
    slug: str
    type: str
    """`ТипЗначений` as written: `Справочник`, `Число`, `Строка`."""
    source: str
    """`goods` or `offers`."""


class StagedPriceType(NamedTuple):
    """One `ТипЦены`."""

    file_no: int
    position: int
    line: int
    onec_id: str
    name: str | None
    product_field: str | None
    """Column of `product_variants` that the name stands for; None where the name is not recognised."""
    currency: str
    """As written; empty for roubles and where the file does not say."""
    is_deleted: bool
    catalogue: str = ""
    """`Ид` of the catalogue that it belongs to."""


class StagedWarehouse(NamedTuple):
    """One `Склад` of storages.xml."""

    file_no: int
    position: int
    line: int
    onec_id: str
    name: str


class CustomerType(StrEnum):
    """The shop's kinds of customers; it also writes them into its log."""

    LEGAL_ENTITY = "legal_entity"
    INDIVIDUAL_ENTREPRENEUR = "individual_entrepreneur"
    INDIVIDUAL = "individual"


class StagedCustomer(NamedTuple):
    """One `Контрагент`, already in the shop's terms; an empty text is "1C does not say"."""

    file_no: int
    position: int
    line: int
    onec_id: str
    name: str | None
    """None in a tombstone, which has only an `Ид`."""
    customer_type: CustomerType
    is_buyer: bool
    first_name: str
    last_name: str
    """Both names are parts of `Наименование`, also where it is the name of a company."""
    company_name: str
    legal_name: str
    tax_id: str
    kpp: str
    legal_address: str
    email: str
    """Valid, as 1C writes it; not yet unique."""
    phone: str
    """`+7` and ten digits."""
    is_deleted: bool


class RejectedCustomer(NamedTuple):
    """A `Контрагент` that cannot be imported; besides its issue, the shop's own customer log gets a row."""

    file_no: int
    position: int
    line: int
    onec_id: str
    reason: str
    """Code of the issue."""


ReferenceRow = (
    StagedCategory
    | StagedBrand
    | StagedAttribute
    | StagedPriceType
    | StagedWarehouse
    | StagedCustomer
    | RejectedCustomer
)
