"""The records of an export and their XML, as 1C:УТ 11 writes it in CommerceML 3.1."""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

ZERO_GUID = "00000000-0000-0000-0000-000000000000"
BRAND_PROPERTY = "Бренд"

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A category with its sub-categories."""

    onec_id: str
    name: str
    children: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True)
class Property:
    """A property of goods or offers; `values` are the (ИдЗначения, text) of its dictionary."""

    onec_id: str
    name: str
    value_type: str = "Справочник"
    values: Pairs = ()


@dataclass(frozen=True, slots=True)
class Product:
    """One `Товар`; `slots` are its (property id, raw value)."""

    onec_id: str
    version: int
    article: str
    name: str
    group_id: str
    description: str
    country: str
    maker: str
    slots: Pairs
    vat: str
    item_kind: str
    code: str
    brand_id: str
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Characteristic:
    """One characteristic of an offer, as shown to people and as stored by property id."""

    property_id: str
    name: str
    shown: str
    raw: str


@dataclass(frozen=True, slots=True)
class Offer:
    """One `Предложение` of an offers file."""

    onec_id: str
    version: int
    name: str
    characteristics: tuple[Characteristic, ...]
    article: str = ""


def stable_guid(text: str) -> str:
    """The same GUID for the same text, on every machine."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, text))


def row_version(number: int) -> str:
    """1C's `НомерВерсии`: base64 of an 8-byte counter."""
    return base64.b64encode(number.to_bytes(8, "big")).decode("ascii")


def format_price(kopecks: int) -> tuple[str, str]:
    """(Представление, ЦенаЗаЕдиницу): `4 625 руб` with a no-break space and `4625`, or `4625.50`."""
    whole, part = divmod(kopecks, 100)
    shown = f"{whole:,}".replace(",", "\u00a0")
    return (f"{shown},{part:02} руб", f"{whole}.{part:02}") if part else (f"{shown} руб", str(whole))


def leaf(depth: int, tag: str, text: str) -> str:
    """An element with text; 1C writes an empty one self-closed."""
    tabs = "\t" * depth
    return f"{tabs}<{tag}>{escape(text)}</{tag}>\n" if text else f"{tabs}<{tag}/>\n"


def leaves(depth: int, **texts: str) -> str:
    """Elements with text, in the order of the arguments."""
    return "".join([leaf(depth, tag, text) for tag, text in texts.items()])


def _block(depth: int, tag: str, content: str) -> str:
    tabs = "\t" * depth
    return f"{tabs}<{tag}>\n{content}{tabs}</{tag}>\n"


def _blocks(depth: int, tag: str, keys: tuple[str, str], pairs: Iterable[tuple[str, str]]) -> str:
    """The same small element for every pair, its two children named by `keys`."""
    first, second = keys
    inner = depth + 1
    return "".join([_block(depth, tag, leaf(inner, first, a) + leaf(inner, second, b)) for a, b in pairs])


def _identity(depth: int, onec_id: str, version: int = 1) -> str:
    return leaves(depth, Ид=onec_id, НомерВерсии=row_version(version), ПометкаУдаления="false")


def _slots(pairs: Iterable[tuple[str, str]]) -> str:
    return _block(4, "ЗначенияСвойств", _blocks(5, "ЗначенияСвойства", ("Ид", "Значение"), pairs))


def group_xml(group: Group, depth: int = 3) -> str:
    """`Группа` with everything below it."""
    content = _identity(depth + 1, group.onec_id) + leaf(depth + 1, "Наименование", group.name)
    if group.children:
        content += _block(depth + 1, "Группы", "".join([group_xml(child, depth + 2) for child in group.children]))
    return _block(depth, "Группа", content)


def unit_xml(code: str, short: str, full: str, international: str) -> str:
    """`ЕдиницаИзмерения`; 1C pads the code to four characters."""
    names = {"НаименованиеКраткое": short, "Код": f"{code} ", "НаименованиеПолное": full}
    return _block(
        3, "ЕдиницаИзмерения", _identity(4, f"{code} ") + leaves(4, **names, МеждународноеСокращение=international)
    )


def warehouse_xml(onec_id: str, name: str) -> str:
    """`Склад` of storages.xml."""
    return _block(3, "Склад", _identity(4, onec_id) + leaf(4, "Наименование", name))


def price_type_xml(onec_id: str, name: str) -> str:
    """`ТипЦены` in roubles, with VAT inside."""
    tax = _block(4, "Налог", leaves(5, Наименование="НДС", УчтеноВСумме="true", Акциз="false"))
    return _block(3, "ТипЦены", _identity(4, onec_id) + leaves(4, Наименование=name, Валюта="RUB") + tax)


def property_xml(item: Property) -> str:
    """`Свойство` with its dictionary; the brand is the one property without a version."""
    version = "" if item.onec_id == BRAND_PROPERTY else row_version(1)
    content = leaves(4, Ид=item.onec_id, Наименование=item.name, НомерВерсии=version, ПометкаУдаления="false")
    content += leaves(4, Внешний="false", Информационное="true", ТипЗначений=item.value_type)
    if item.values:
        content += _block(4, "ВариантыЗначений", _blocks(5, "Справочник", ("ИдЗначения", "Значение"), item.values))
    return _block(3, "Свойство", content)


def product_xml(product: Product) -> str:
    """`Товар` with its property slots and requisites."""
    rate = _block(5, "СтавкаНалога", leaves(6, Наименование="НДС", Ставка=product.vat))
    requisites = _blocks(5, "ЗначениеРеквизита", ("Наименование", "Значение"), _requisites(product))
    parts = (
        _identity(4, product.onec_id, product.version),
        leaves(4, Штрихкод="", Артикул=product.article, Наименование=product.name, БазоваяЕдиница="796 "),
        _block(4, "Группы", leaf(5, "Ид", product.group_id)),
        leaf(4, "Описание", product.description),
        *[leaf(4, "Картинка", picture) for picture in product.pictures],
        leaf(4, "Страна", product.country),
        _maker(product.maker),
        _slots(product.slots),
        _block(4, "СтавкиНалогов", rate),
        _block(4, "ЗначенияРеквизитов", requisites),
        leaves(4, Ширина="0", Длина="0", Высота="0"),
    )
    return _block(3, "Товар", "".join(parts))


def _maker(name: str) -> str:
    """`Изготовитель`, which many goods do not have."""
    names = leaves(5, Ид=stable_guid(name), Наименование=name, ОфициальноеНаименование=name)
    return _block(4, "Изготовитель", names) if name else ""


def _requisites(product: Product) -> list[tuple[str, str]]:
    """The captions of pictures come in reverse order, as in 1C."""
    return [
        ("ВидНоменклатуры", product.item_kind),
        ("ТипНоменклатуры", "Товар"),
        ("Полное наименование", product.name),
        ("Код", product.code),
        ("Планируемая дата поступления", ""),
        (BRAND_PROPERTY, product.brand_id),
        *[("ОписаниеФайла", f"{picture}#{product.name}") for picture in reversed(product.pictures)],
    ]


def offer_xml(offer: Offer) -> str:
    """`Предложение` of an offers file: every characteristic twice, by name and by property id."""
    content = _identity(4, offer.onec_id, offer.version)
    if offer.article:
        content += leaf(4, "Артикул", offer.article)
    content += leaf(4, "Наименование", offer.name)
    if offer.characteristics:
        shown = [(item.name, item.shown) for item in offer.characteristics]
        shown_xml = _blocks(5, "ХарактеристикаТовара", ("Наименование", "Значение"), shown)
        content += _block(4, "ХарактеристикиТовара", shown_xml)
        content += _slots([(item.property_id, item.raw) for item in offer.characteristics])
    return _block(3, "Предложение", content + leaves(4, КодГруппыТоваров="5140", Ширина="0", Длина="0", Высота="0"))


def price_row_xml(onec_id: str, prices: Iterable[tuple[str, tuple[str, str]]]) -> str:
    """`Предложение` of a prices file from (price type id, (shown, price))."""
    tax = _block(6, "Налог", leaves(7, Наименование="НДС", УчтеноВСумме="true"))
    rows = [
        leaves(6, Представление=shown, ИдТипаЦены=type_id, ЦенаЗаЕдиницу=price, Валюта="руб") + tax
        for type_id, (shown, price) in prices
    ]
    content = "".join([_block(5, "Цена", row) for row in rows])
    return _block(3, "Предложение", leaf(4, "Ид", onec_id) + _block(4, "Цены", content))


def rests_row_xml(onec_id: str, stocks: Iterable[tuple[str, str]]) -> str:
    """`Предложение` of a rests file from (warehouse id, quantity), one `Остаток` per warehouse."""
    rows = [_block(6, "Склад", leaves(7, Ид=warehouse, Количество=quantity)) for warehouse, quantity in stocks]
    content = "".join([_block(5, "Остаток", row) for row in rows])
    return _block(3, "Предложение", leaf(4, "Ид", onec_id) + _block(4, "Остатки", content))
