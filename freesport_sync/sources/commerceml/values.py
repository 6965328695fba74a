"""1C's values as texts, numbers and names: everything that can be said about a value without its record."""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from math import floor
from typing import NamedTuple

ZERO_GUID = "00000000-0000-0000-0000-000000000000"
"""1C's "refers to nothing"."""

SLUG_LIMIT = 255

QUANTITY_LIMIT = 10**9
"""A stock of one warehouse is less than that; the sum has to fit into an `integer` of the shop."""

_NOT_SET = Decimal("-999999999.9")
"""1C's "number not set": `-999 999 999,9` in characteristics, `-999999999.9` in properties."""

_CENT = Decimal("0.01")
_PRICE_LIMIT = 10**8
_NUMBER_LENGTH = 60
_TRUE = frozenset(("true", "1", "да", "истина"))


class VariantId(NamedTuple):
    """The two parts of `product#characteristic`, and what both together are known by."""

    product: str
    characteristic: str
    """Empty where there is none: `p`, `p#` and `p#00000000-0000-0000-0000-000000000000` are one variant."""
    key: str


def variant_id(written: str) -> VariantId:
    """Take an `Ид` apart: `p#c` -> p, c, `p#c`; `p#` -> p, nothing, `p` (ID-2)."""
    if "#" not in written:
        return VariantId(written, "", written)
    product, characteristic = map(trim, written.split("#", 1))
    if not characteristic or characteristic == ZERO_GUID:
        return VariantId(product, "", product)
    return VariantId(product, characteristic, written)


class NotANumber(ValueError):
    """A text where a number should be."""


_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def is_guid(text: str) -> bool:
    """Whether a text looks like an id of 1C."""
    return _GUID.fullmatch(text) is not None


def trim(text: str | None) -> str:
    """Without blanks at the ends, also non-breaking ones: `"796 "` -> `"796"`; None -> empty."""
    return text.strip() if text else ""


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, as PostgreSQL counts them for `varchar(limit)`."""
    return text[:limit]


def parse_bool(text: str | None) -> bool:
    """`true`, `1`, `да`, `истина` in any case are true; everything else is false."""
    return bool(text) and trim(text).lower() in _TRUE


def is_not_set(text: str) -> bool:
    """Whether a characteristic has no value: an empty text, or 1C's "number not set" in any spelling (NUMBER-3)."""
    if not text or "999" not in text:
        return not text
    try:
        return parse_decimal(text) is None
    except NotANumber:
        return False


def parse_decimal(text: str) -> Decimal | None:
    """Reads a number as 1C may write it: `12.5`, `12,5`, `1 234,50` with any kind of space, `1,2E+3` (NUMBER-1).

    Returns None for 1C's "not set".

    Raises:
        NotANumber: empty, no number, infinite, or longer than a number can be.
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
    # `1,234.56` is left a text that is no number: whether it means 1234.56 cannot be known.
    written = "".join(text.split()).replace(",", ".").replace("\N{MINUS SIGN}", "-")
    try:
        return Decimal(written)
    except InvalidOperation:
        raise NotANumber(text) from None


@lru_cache(maxsize=20_000)  # an export has far fewer different prices than prices
def parse_price(text: str) -> tuple[Decimal | None, str | None]:
    """A price in roubles, rounded half up to kopecks, and the code of what is wrong with it.

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
    """A stock in whole pieces, and the code of what is wrong with it (STOCK-4).

    A negative one becomes 0, of a fraction only the whole pieces count.
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
    """A VAT rate in per cent from `20`, `22%`, `НДС 20%` or `20/120`, and the code of what is wrong with it (VAT-1).

    None without a code: the text is empty or says that there is no VAT (`Без НДС`, `Без налога (НДС)`).
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
    """What stands before the bracket that ends a text, and what is in it, with at most one bracket more inside.

    `Кимоно, синий (А5 (2XL))` -> `Кимоно, синий` and `А5 (2XL)`; the whole text and nothing where none ends it.
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
    """The form by which the shop knows brands, attributes and values: `Nike Pro`, `NIKE-PRO` -> `nikepro` (BRAND-4).

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
    """Russian letters as Latin ones, the way the shop's slugs are made; everything else stays (SLUG-4)."""
    return text.translate(_TRANSLITERATION)


def slugify(text: str) -> str:
    """`Кимоно (А5 (2XL))` -> `kimono-a5-2xl`; at most 255 characters, empty where nothing Latin is left (SLUG-3)."""
    latin = unicodedata.normalize("NFKD", transliterate(text)).encode("ascii", "ignore").decode("ascii")
    words = _NOT_SLUG.sub("", latin).strip().lower()
    return cut(_SLUG_GAP.sub("-", words).strip("-_"), SLUG_LIMIT)


def spelling(value: str) -> tuple[str, str]:
    """Normalised form and slug of a value of an attribute."""
    return cut(normalize_name(value), SLUG_LIMIT), slugify(value)
