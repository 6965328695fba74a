"""The model's own reading of 1C's texts (NUMBER-1, BRAND-4, SLUG-4), slow and plain."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum

ZERO_GUID = "00000000-0000-0000-0000-000000000000"
ID_LIMIT = 100
STOCK_LIMIT = 2_147_483_647


class Odd(Enum):
    """A text that is no value."""

    NOT_SET = "not set"
    UNREADABLE = "unreadable"


def variant_key(written: str | None) -> str:
    """`p#` and `p#00000000-0000-0000-0000-000000000000` are `p`; empty without a product."""
    product, _, characteristic = (written or "").strip().partition("#")
    if not product.strip() or characteristic.strip() in ("", ZERO_GUID):
        return product.strip()
    return (written or "").strip()


def product_of(key: str) -> str:
    """The product of a variant."""
    return key.partition("#")[0].strip()


def number(text: str) -> Decimal | Odd:
    """`1 234,50` -> 1234.50."""
    written = "".join(text.split()).replace(",", ".").replace("\N{MINUS SIGN}", "-")
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", written):
        return Odd.UNREADABLE
    value = Decimal(written)
    return Odd.NOT_SET if value == Decimal("-999999999.9") else value


def price(text: str) -> Decimal | Odd:
    """Roubles and kopecks that fit numeric(10,2)."""
    value = number(text)
    if isinstance(value, Odd):
        return value
    rounded = value.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return rounded if value >= 0 and rounded < 10**8 else Odd.UNREADABLE


def quantity(text: str) -> int | Odd:
    """Whole pieces: negative ones count as none, of a fraction only the whole."""
    value = number(text)
    if isinstance(value, Odd):
        return value
    return Odd.UNREADABLE if value >= 10**9 else max(0, int(value))


def vat(text: str | None) -> Decimal | None:
    """A rate in per cent; None where the text names none."""
    written = (text or "").strip().lower().rstrip("% ").strip()
    value = number(written) if written else Odd.NOT_SET
    if isinstance(value, Odd) or not 0 <= value <= 100:
        return None
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def normalized(name: str) -> str:
    """The form by which the shop knows brands and attributes."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
    return "".join(char for char in plain.lower() if re.match(r"\w", char) and char != "_")


_ALPHABET = "а=a б=b в=v г=g д=d е=e ё=e ж=zh з=z и=i й=j к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=h ц=ts ч=ch"
_ALPHABET += " ш=sh щ=sch ъ=' ы=y ь=' э=e ю=ju я=ja"
_LATIN = dict(pair.split("=") for pair in _ALPHABET.split())


def slug(name: str) -> str:
    """Transliterated, and what Django's slugify makes of it."""
    latin = "".join(_LATIN.get(char.lower(), char) for char in name)
    plain = unicodedata.normalize("NFKD", latin).encode("ascii", "ignore").decode()
    words = re.sub(r"[^\w\s-]", "", plain).strip().lower()
    return re.sub(r"[-\s]+", "-", words).strip("-_")[:255]


def unique(wanted: str, taken: Collection[str], limit: int, first_number: int, own_words: Collection[str] = ()) -> str:
    """The wanted name, or with the smallest number that makes it unique and none of what others want to be called."""
    name, counter = wanted[:limit], first_number
    while name in taken or (name != wanted[:limit] and name in own_words):
        suffix = f"-{counter}"
        name = wanted[: limit - len(suffix)] + suffix
        counter += 1
    return name


def is_numbered(name: str, base: str, limit: int) -> bool:
    """Whether a name is the base with a number that made it unique."""
    match = re.fullmatch(r"(.*)(-\d+)", name)
    return match is not None and match[1] == base[: limit - len(match[2])]


def is_guid(text: str) -> bool:
    """Whether a text looks like an id of 1C."""
    return re.fullmatch("-".join(f"[0-9a-fA-F]{{{length}}}" for length in (8, 4, 4, 4, 12)), text) is not None


def property_id(text: str | None) -> str:
    """The id of a property, or of a value that a property lists; empty where the shop cannot keep it."""
    key = (text or "").strip()
    return "" if len(key) > 255 else key


def reference(text: str | None) -> str | None:
    """The id of another object; the zero GUID refers to nothing."""
    key = (text or "").strip()
    return None if not key or key == ZERO_GUID or len(key) > ID_LIMIT else key


def price_column(name: str) -> str | None:
    """The column that a price type's name stands for."""
    words = " ".join(name.lower().split())
    tests: list[tuple[Callable[[str], bool], str]] = [
        (lambda text: "опт 1" in text or "опт1" in text, "opt1_price"),
        (lambda text: "опт 2" in text or "опт2" in text, "opt2_price"),
        (lambda text: "опт 3" in text or "опт3" in text, "opt3_price"),
        (lambda text: "тренер" in text, "trainer_price"),
        (lambda text: "ррц" in text and "рекоменд" in text, "rrp"),
        (lambda text: "ррц" in text, "retail_price"),
        (lambda text: "мрц" in text, "msrp"),
        (lambda text: "рознич" in text, "retail_price"),
    ]
    return next((column for fits, column in tests if fits(words)), None)


def is_value(text: str) -> bool:
    """Neither empty nor 1C's number that is not set."""
    return bool(text.strip()) and number(text) is not Odd.NOT_SET
