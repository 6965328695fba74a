"""Reads the stock of a `Предложение` in any spelling: warehouses and quantities as written (STOCK-3, STOCK-6)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, auto
from functools import lru_cache
from typing import Any, NamedTuple

from lxml.etree import _Element

from freesport_sync.sources.commerceml.elements import LOCAL_NAME, child_text, children
from freesport_sync.sources.commerceml.values import parse_quantity, trim


class StockEntry(NamedTuple):
    """The quantity of one warehouse, as written."""

    warehouse: str
    """Empty if there is none."""
    quantity: str | None
    """None if there is none in a known form."""
    unknown: str = ""
    """The element in place of the quantity."""


class _Word(Enum):
    """Meaning of the name of an element or attribute within stock."""

    WAREHOUSE_ID = auto()
    TOTAL = auto()
    """A quantity; the total if there are warehouses beside it."""
    QUANTITY = auto()
    """Contains a warehouse and its quantity, or is the quantity."""
    STOCKS = auto()
    """Contains any number of these."""
    WAREHOUSE = auto()
    """Contains a warehouse and its quantity, or is the warehouse's id."""
    BESIDE = auto()
    """Known, but not stock."""
    STOCK_LIKE = auto()
    """Looks like stock, but unknown."""
    OTHER = auto()


# 3.x: `Остатки/Остаток/Склад{Ид,Количество}`; 2.07: `Склад[ИдСклада,КоличествоНаСкладе]`, by the schema `Склады[...]`
# of the type `ОстаткиПоСкладам`; 2.05: `КоличествоНаСкладах/КоличествоНаСкладе{ИдСклада,Количество}`; the oldest only
# `Количество`. Others nest these, write elements in place of attributes, or `Склады/Склад{СкладИД,КоличествоОстаток}`.
_NAMES = {
    _Word.WAREHOUSE_ID: "ид идсклада складид",
    _Word.TOTAL: "количество",
    _Word.QUANTITY: "остаток количествонаскладе количествоостаток остатокнаскладе остатокпоскладу",
    _Word.STOCKS: "остатки количествонаскладах остаткипоскладам остаткинаскладах",
    _Word.WAREHOUSE: "склад склады",
    _Word.BESIDE: "наименование единица базоваяединица коэффициент номерверсии пометкаудаления",
}
_KNOWN = {name: word for word, names in _NAMES.items() for name in names.split()}
_STOCK_PARTS = (
    "остат",
    "склад",
    "налич",
    "свободн",
    "доступн",
    "резерв",
    "колво",
    "stock",
    "quantity",
    "qty",
    "instock",
)
_STOCK_NAMES = frozenset(("количество", "запас", "запасы", "сток", "rest", "rests", "balance", "available"))
# `СкладскаяГруппа`, `МестоНаСкладе`, `МинКоличество`, `МинимальныйОстаток`, `КоличествоВУпаковке`.
_NO_STOCK_PARTS = ("складск", "мест", "мин", "макс", "упаков", "короб", "единиц")


class _Words(dict[Any, _Word]):
    def __missing__(self, tag: str) -> _Word:
        name = _letters(LOCAL_NAME[tag])
        is_like = _is_stock_like(name) or ("количеств" in name and _is_not_excluded(name))
        word = self[tag] = _KNOWN.get(name, _Word.STOCK_LIKE if is_like else _Word.OTHER)
        return word


def _letters(name: str) -> str:
    """`Кол-во_на_складе` and `Кол-во на складе` -> `колвонаскладе`."""
    return "".join(filter(str.isalpha, name.lower()))


def _is_not_excluded(name: str) -> bool:
    return not any(part in name for part in _NO_STOCK_PARTS)


def _is_stock_like(name: str) -> bool:
    is_like = name in _STOCK_NAMES or any(part in name for part in _STOCK_PARTS)
    return is_like and _is_not_excluded(name)


@lru_cache(maxsize=1000)
def _is_stock_requisite(name: str) -> bool:
    """Return whether a requisite looks like stock; unlike an element, `Количество карманов` does not."""
    return _is_stock_like(_letters(name))


_WORDS = _Words()
_STOCK = frozenset((_Word.TOTAL, _Word.QUANTITY, _Word.STOCKS, _Word.WAREHOUSE))
_STOCK_RELATED = _STOCK | {_Word.STOCK_LIKE}


def mentions_stock(names: Iterable[str]) -> bool:
    """Return whether a child of a `Предложение` is, or looks like, stock."""
    return not _STOCK_RELATED.isdisjoint([_WORDS[name] for name in names])


def stock_entries(offer: _Element) -> tuple[list[StockEntry], str]:
    """Read all stock of a `Предложение`.

    УТ 11 lists every warehouse, empty ones with an empty quantity, which is ignored beside others.

    Returns:
        The quantities, if any, and the first element that only looks like stock.
    """
    parts = [part for part in offer if _WORDS[part.tag] in _STOCK or LOCAL_NAME[part.tag] == "ИдСклада"]
    entries = [entry for entry in _entries(parts) if entry.quantity is not None or entry.unknown]
    like = next(
        (LOCAL_NAME[part.tag] for part in offer if _WORDS[part.tag] is _Word.STOCK_LIKE and _is_given(part)), ""
    )
    return [entry for entry in entries if trim(entry.quantity) or entry.unknown] or entries, like


def stock_requisite(requisites: _Element | None) -> str:
    """Return the name of the first of `ЗначенияРеквизитов` that looks like stock and has a value; else empty."""
    for requisite in children(requisites, "ЗначениеРеквизита"):
        name = child_text(requisite, "Наименование")
        if _is_stock_requisite(name) and child_text(requisite, "Значение"):
            return name
    return ""


def _entries(
    parts: Iterable[_Element], warehouse: str = "", quantity: str | None = None, unknown: str = ""
) -> list[StockEntry]:
    """Yield the entries of one container, some of whose values may be attributes."""
    inner: list[StockEntry] = []
    for part in parts:
        word = _WORDS[part.tag]
        if word is _Word.WAREHOUSE_ID:
            warehouse = part.text or ""
        elif word is _Word.TOTAL and not len(part) and not _names_warehouse(part):
            quantity = part.text or ""
        elif word in _STOCK:
            inner += _holder_entries(part, word)
        elif word is not _Word.BESIDE and _is_given(part):
            unknown = unknown or LOCAL_NAME[part.tag]
    if any(trim(entry.quantity) for entry in inner):
        # 2.x writes the total beside the warehouses, so it counts only without them.
        entries = [entry._replace(warehouse=entry.warehouse or warehouse) for entry in inner]
        return [*entries, StockEntry("", quantity)] if _is_unreadable(quantity) else entries
    if quantity is not None:
        named = {trim(entry.warehouse) for entry in inner} - {""}
        return [StockEntry(warehouse or (named.pop() if len(named) == 1 else ""), quantity)]
    return inner or ([StockEntry(warehouse, None, unknown)] if warehouse or unknown else [])


def _holder_entries(holder: _Element, word: _Word) -> list[StockEntry]:
    warehouse, quantity, unknown = "", None, ""
    for name, value in holder.items():
        match _WORDS[name]:
            case _Word.WAREHOUSE_ID | _Word.WAREHOUSE:
                warehouse = value
            case _Word.TOTAL | _Word.QUANTITY:
                quantity = trim(value) or None
            case _Word.STOCK_LIKE | _Word.OTHER | _Word.STOCKS:
                unknown = unknown or name
    text = trim(holder.text)
    if not len(holder) and quantity is None and (text or word is _Word.QUANTITY):
        if word is _Word.WAREHOUSE and not warehouse:
            warehouse = text
        else:
            quantity = text
    return _entries(holder, warehouse, quantity, unknown)


def _names_warehouse(part: _Element) -> bool:
    return any(_WORDS[name] in (_Word.WAREHOUSE_ID, _Word.WAREHOUSE) for name, _ in part.items())


def _is_given(part: _Element) -> bool:
    return bool(len(part) or part.attrib or trim(part.text))


def _is_unreadable(total: str | None) -> bool:
    """Return whether a total is given but unreadable; an empty one beside warehouses is ignored (STOCK-7)."""
    return bool(trim(total)) and parse_quantity(trim(total))[0] is None
