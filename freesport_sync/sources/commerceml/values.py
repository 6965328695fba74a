"""Parses single values of 1C: texts, numbers, names."""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from math import floor
from typing import NamedTuple

ZERO_GUID = "00000000-0000-0000-0000-000000000000"
"""1C's null reference."""

SLUG_LIMIT = 255

QUANTITY_LIMIT = 10**9
"""Limit for the stock of one warehouse; the sum must fit into the shop's `integer`."""

_NOT_SET = Decimal("-999999999.9")
"""1C's "number not set": `-999 999 999,9` in characteristics, `-999999999.9` in properties."""

_CENT = Decimal("0.01")
_PRICE_LIMIT = 10**8
_NUMBER_LENGTH = 60
_TRUE = frozenset(("true", "1", "да", "истина"))


class VariantId(NamedTuple):
    """The parts of `product#characteristic`, and the normalised key."""

    product: str
    characteristic: str
    """Empty if there is none: `p`, `p#` and `p#00000000-0000-0000-0000-000000000000` are one variant."""
    key: str


def variant_id(written: str) -> VariantId:
    """Split an `Ид`: `p#c` -> p, c, `p#c`; `p#` -> p, empty, `p` (ID-2)."""
    if "#" not in written:
        return VariantId(written, "", written)
    product, characteristic = map(trim, written.split("#", 1))
    if not characteristic or characteristic == ZERO_GUID:
        return VariantId(product, "", product)
    return VariantId(product, characteristic, written)


class NotANumber(ValueError):
    """A text in place of a number."""


_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def is_guid(text: str) -> bool:
    """Return whether a text looks like an id of 1C."""
    return _GUID.fullmatch(text) is not None


def trim(text: str | None) -> str:
    """Strip blanks, including non-breaking ones: `"796 "` -> `"796"`; None -> empty."""
    return text.strip() if text else ""


def cut(text: str, limit: int) -> str:
    """Cut to `limit` characters, as PostgreSQL counts them for `varchar(limit)`."""
    return text[:limit]


def parse_bool(text: str | None) -> bool:
    """Parse a flag: `true`, `1`, `да`, `истина` in any case are true, everything else is false."""
    return bool(text) and trim(text).lower() in _TRUE


def is_not_set(text: str) -> bool:
    """Return whether a characteristic has no value: empty, or 1C's "number not set" in any spelling (NUMBER-3)."""
    if not text or "999" not in text:
        return not text
    try:
        return parse_decimal(text) is None
    except NotANumber:
        return False


def parse_decimal(text: str) -> Decimal | None:
    """Parse a number in the spellings of 1C: `12.5`, `12,5`, `1 234,50` with any kind of space, `1,2E+3` (NUMBER-1).

    Returns None for 1C's "not set".

    Raises:
        NotANumber: empty, not a number, infinite, or too long.
    """
    if len(text) > _NUMBER_LENGTH or "_" in text:  # Decimal reads `1_000`
        raise NotANumber(text)
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = _spaced_decimal(text)
    if not value.is_finite():
        raise NotANumber(text)
    return None if value == _NOT_SET else value


def _spaced_decimal(text: str) -> Decimal:
    # `1,234.56` is refused: whether it means 1234.56 cannot be known.
    written = "".join(text.split()).replace(",", ".").replace("\N{MINUS SIGN}", "-")
    try:
        return Decimal(written)
    except InvalidOperation:
        raise NotANumber(text) from None


@lru_cache(maxsize=20_000)  # an export repeats few distinct prices many times
def parse_price(text: str) -> tuple[Decimal | None, str | None]:
    """Parse a price in roubles, rounded half up to kopecks; returns it and a problem code.

    None without a code is 1C's "not set".
    """
    try:
        value = parse_decimal(text)
    except NotANumber:
        return None, "price_not_number"
    if value is None:
        return None, None
    # Compared before rounding too: `1e999` cannot be rounded to kopecks.
    if 0 <= value < _PRICE_LIMIT and (price := value.quantize(_CENT, ROUND_HALF_UP)) < _PRICE_LIMIT:
        return price, None
    return None, "price_out_of_range"


@lru_cache(maxsize=20_000)
def parse_quantity(text: str) -> tuple[int | None, str | None]:
    """Parse a stock in whole pieces; returns it and a problem code (STOCK-4).

    Negative stock becomes 0, fractions are rounded down.
    """
    try:
        value = parse_decimal(text)
    except NotANumber:
        return None, "quantity_not_number"
    if value is None:
        return None, "quantity_not_set"
    if value < 0:
        return 0, "quantity_negative"
    if value >= QUANTITY_LIMIT:
        return None, "quantity_out_of_range"
    pieces = floor(value)
    return pieces, None if pieces == value else "quantity_fractional"


@lru_cache(maxsize=1000)
def parse_vat(text: str) -> tuple[Decimal | None, str | None]:
    """Parse a VAT rate in per cent from `20`, `22%`, `НДС 20%` or `20/120`; returns it and a problem code (VAT-1).

    None without a code means no VAT: an empty text, `Без НДС`, `Без налога (НДС)`.
    """
    written = trim(text).lower()
    if not written or written.startswith("без"):
        return None, None
    try:
        value = parse_decimal(written.removeprefix("ндс").partition("/")[0].rstrip("% \N{NO-BREAK SPACE}"))
    except NotANumber:
        return None, "vat_not_understood"
    if value is None:
        return None, None
    if not 0 <= value <= 100:
        return None, "vat_not_understood"
    return value.quantize(_CENT, ROUND_HALF_UP), None


def split_bracket(text: str) -> tuple[str, str]:
    """Split off the bracket at the end of a text, with at most one nested bracket.

    `Кимоно, синий (А5 (2XL))` -> `Кимоно, синий` and `А5 (2XL)`; the whole text and an empty one if there is none.
    """
    depth = 0
    for index in range(len(text) - 1 if text.endswith(")") else -1, -1, -1):
        if text[index] == ")":
            depth += 1
            if depth > 2:
                break
        elif text[index] == "(":
            depth -= 1
            if depth == 0:
                return text[:index].rstrip(), text[index + 1 : -1].strip()
    return text, ""


_WHITESPACE = re.compile(r"\s+")
_NOT_WORD = re.compile(r"[^\w]")


def normalize_name(name: str) -> str:
    """Normalise a name of a brand, attribute or value as the shop does: `Nike Pro`, `NIKE-PRO` -> `nikepro` (BRAND-4).

    Note `й` -> `и`, `ё` -> `е`.
    """
    decomposed = unicodedata.normalize("NFKD", name)
    letters = "".join(char for char in decomposed if not unicodedata.combining(char)).lower()
    return _NOT_WORD.sub("", _WHITESPACE.sub("", letters)).replace("_", "")


_LATIN = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z", "и": "i", "й": "j",
    "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
    "х": "h", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sch", "ъ": "'", "ы": "y", "ь": "'", "э": "e", "ю": "ju",
    "я": "ja",
}  # fmt: skip
_TRANSLITERATION = str.maketrans(_LATIN | {char.upper(): latin.capitalize() for char, latin in _LATIN.items()})
_NOT_SLUG = re.compile(r"[^\w\s-]")
_SLUG_GAP = re.compile(r"[-\s]+")


def transliterate(text: str) -> str:
    """Transliterate Russian letters as in the shop's slugs; everything else stays (SLUG-4)."""
    return text.translate(_TRANSLITERATION)


def slugify(text: str) -> str:
    """`Кимоно (А5 (2XL))` -> `kimono-a5-2xl`; at most 255 characters, empty if no Latin letters are left (SLUG-3)."""
    latin = unicodedata.normalize("NFKD", transliterate(text)).encode("ascii", "ignore").decode("ascii")
    words = _NOT_SLUG.sub("", latin).strip().lower()
    return cut(_SLUG_GAP.sub("-", words).strip("-_"), SLUG_LIMIT)


def spelling(value: str) -> tuple[str, str]:
    """Return normalised form and slug of an attribute's value."""
    return cut(normalize_name(value), SLUG_LIMIT), slugify(value)
