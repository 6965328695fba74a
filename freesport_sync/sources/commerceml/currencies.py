"""Recognises the currency of a price; the shop's prices are in roubles (PRICE-6)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml.etree import _Element

from freesport_sync.core.issues import SHOWN_LENGTH
from freesport_sync.sources.commerceml.values import cut, trim

_FIELDS = ("Валюта", "КодВалюты")
_WORD = re.compile(r"[^\W_]+|₽")
_ROUBLES = frozenset(
    ("руб", "рубль", "рубля", "рублей", "рубли", "р", "rub", "rur", "ruble", "rubles", "rouble", "643", "810", "₽")
)
_RUSSIAN = frozenset(("россии", "рф", "российский", "российских", "российские", "рос", "росс", "russian"))
"""Words that may accompany roubles; `бел. руб.` and `тыс. руб` mean something else."""


def currency_of(element: _Element, fields: Mapping[str, _Element]) -> str:
    """Return the currency of a `Цена` or `ТипЦены` as written, from element or attribute; empty if missing."""
    for name in _FIELDS:
        part = fields.get(name)
        text = element.get(name) if part is None else " ".join(filter(None, map(trim, part.itertext())))
        if trimmed := trim(text):
            return cut(trimmed, SHOWN_LENGTH)
    return ""


def is_rouble(currency: str) -> bool:
    """Return whether a currency is roubles in any spelling: `руб.`, `RUB`, `643`; none at all counts as roubles."""
    words = set(_WORD.findall(currency.lower()))
    return not trim(currency) or (not words.isdisjoint(_ROUBLES) and words <= _ROUBLES | _RUSSIAN)
