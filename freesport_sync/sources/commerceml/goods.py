"""`Товар` -> products."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache

from lxml.etree import _Element

from freesport_sync.core.issues import Severity
from freesport_sync.core.staged import (
    StagedBrand,
    StagedCharacteristic,
    StagedOffer,
    StagedProduct,
    StagedProductGroup,
    StagedRow,
)
from freesport_sync.rules.catalog.pictures import PRODUCT
from freesport_sync.sources.commerceml.brands import brand_of
from freesport_sync.sources.commerceml.elements import (
    any_namespace,
    child_text,
    children,
    fields_of,
    is_deleted,
    text_of,
)
from freesport_sync.sources.commerceml.export import FileKind
from freesport_sync.sources.commerceml.offers import offer_rows
from freesport_sync.sources.commerceml.pairs import Pair, pairs_of
from freesport_sync.sources.commerceml.pictures import pictures_of
from freesport_sync.sources.commerceml.reading import Reading
from freesport_sync.sources.commerceml.values import (
    VariantId,
    normalize_name,
    parse_vat,
    slugify,
    split_bracket,
    trim,
)

NAME_LIMIT = 300
DESCRIPTION_LIMIT = 100_000
"""The shop's full-text index refuses rows with more than 1 MB of words."""


_DESCRIPTIONS = (
    ("описаниевформатеhtml", "описаниевhtml", "описаниеhtml", "htmlописание"),
    ("описание", "полноеописание", "подробноеописание"),
)
"""Names of requisites with a description, formatted ones first."""

_NAME_TAG = any_namespace("Наименование")


def read_product(element: _Element, reading: Reading) -> Sequence[StagedRow | StagedBrand]:
    """Read one `Товар` with its pictures, preceded by values and brand not seen before.

    A `Товар` for one characteristic keeps its whole `Ид` here; `database.merge.staging` folds them into one product.
    Returns nothing without a usable id, or without a name unless deleted. The rules are those of the shop's own
    importer, except for deletion marks (DELETE-1) and unreadable VAT (NUMBER-2).
    """
    fields = fields_of(element)
    reading.next_record(element.sourceline, fields)
    found = reading.variant_id(fields)
    if found is None:
        return ()
    name, onec_id = text_of(fields.get("Наименование")), found.key
    deleted = is_deleted(element, fields)
    if not reading.has_name(name, onec_id=onec_id, deleted=deleted):
        return ()
    of_variant: Sequence[StagedRow] = ()
    if found.characteristic:
        of_variant = _variant_rows(element, fields, found, reading)
        name = _product_name(name, pairs_of(fields.get("ХарактеристикиТовара"), "Наименование"))
    name = reading.shortened(name, NAME_LIMIT, onec_id=onec_id, field="Наименование")
    description = reading.shortened(
        _description(fields), DESCRIPTION_LIMIT, onec_id=onec_id, field="Описание", name=name
    )
    properties = fields.get("ЗначенияСвойств")
    pairs = pairs_of(properties, "Ид")
    numbers = None if properties is None else reading.property_values.of_product(pairs, onec_id, reading)
    brand, new_brands = brand_of(pairs, onec_id, reading)
    return (
        *new_brands,
        *of_variant,
        *reading.property_values.take_new(),
        StagedProduct(
            *reading.place,
            onec_id,
            name or None,
            text_of(fields.get("Артикул")) or None,
            slugify(name),
            description or None,
            reading.reference(child_text(fields.get("Группы"), "Ид"), onec_id=onec_id, field="Группы"),
            brand,
            _vat_rate(fields, onec_id, name, reading),
            deleted,
            numbers,
        ),
        *_further_groups(fields.get("Группы"), onec_id, reading),
        *pictures_of(element, PRODUCT, onec_id, reading),
    )


def _further_groups(groups: _Element | None, onec_id: str, reading: Reading) -> Iterator[StagedProductGroup]:
    """Yield the groups after the first one, which may be outside the imported tree (CATEGORY-7)."""
    if groups is None or len(groups) < 2:
        return
    for number, group in enumerate(children(groups, "Ид")):
        key = reading.reference(text_of(group), onec_id=onec_id, field="Группы") if number else None
        if key is not None:
            yield StagedProductGroup(*reading.place, onec_id, number, key)


def _description(fields: dict[str, _Element]) -> str:
    """Return `Описание`, else the requisite in which УТ 10.3 and МойСклад send formatted text (PRODUCT-6)."""
    if text := text_of(fields.get("Описание")):
        return text
    requisites = fields.get("ЗначенияРеквизитов")
    found: dict[int, str] = {}
    for named in () if requisites is None else requisites.iter(*_NAME_TAG):
        rank = _description_rank(named.text)
        if rank is not None and not found.get(rank):
            found[rank] = child_text(named.getparent(), "Значение")
    return next((text for _, text in sorted(found.items()) if text), "")


@lru_cache(maxsize=1000)
def _description_rank(name: str | None) -> int | None:
    written = normalize_name(name or "")
    return next((rank for rank, names in enumerate(_DESCRIPTIONS) if written in names), None)


def _variant_rows(
    element: _Element, fields: dict[str, _Element], found: VariantId, reading: Reading
) -> Sequence[StagedRow]:
    """Return the variant of a `Товар` for one characteristic (ID-1); only ids in a run without variants."""
    if FileKind.OFFERS not in reading.wanted:
        deleted = is_deleted(element, fields)
        return (StagedCharacteristic(*reading.place, found.key, found.product, None, None, None, None, deleted, None),)
    own = {tag: child for tag, child in fields.items() if tag != "ЗначенияСвойств"}  # these belong to the product
    rows = offer_rows(element, own, found, reading)
    return [StagedCharacteristic(*row) if isinstance(row, StagedOffer) else row for row in rows]


def _product_name(name: str, characteristics: Sequence[Pair]) -> str:
    """`Ботинки (синий, 41)` of a characteristic -> `Ботинки`; any other bracket belongs to the product."""
    before, inside = split_bracket(name)
    values = {trim(value).lower() for _, value in characteristics}
    shown = inside.lower()
    is_theirs = shown in values or values.issuperset(trim(part) for part in shown.split(","))
    return before if inside and is_theirs else name


def _vat_rate(fields: dict[str, _Element], onec_id: str, name: str, reading: Reading) -> Decimal | None:
    field, text = "СтавкаНДС", text_of(fields.get("СтавкаНДС"))
    if not text:
        field, text = "Ставка", _tax(fields.get("СтавкиНалогов"))
    rate, problem = parse_vat(text)
    if problem:
        reading.report(Severity.WARNING, problem, onec_id=onec_id, name=name, field=field, value=text)
    return rate


def _tax(taxes: _Element | None) -> str:
    for tax in children(taxes, "СтавкаНалога"):
        if child_text(tax, "Наименование") == "НДС":
            return child_text(tax, "Ставка")
    return ""
