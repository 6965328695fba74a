"""Masks what must not leave this computer: secrets, and in a support package also personal data.

Masks find their targets by shape, so they may hide too much; they must never hide too little. Names of computers, users
of the program, folders and goods stay: without them nobody can find a fault.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import quote, quote_plus

MASK = "***"
SHORTEST_SECRET = 4
"""Shorter passwords are only masked where a name or an address says that they are one."""
_SHORTEST_BASE64 = 5
_LONG_LINE = 4000

_QUOTED = r"""(?P<back{n}>\\*)(?P<quote{n}>["'])(?:.*?(?<!\\)(?P=back{n})(?P=quote{n})|.*)"""
"""A quoted value, also in a text that is quoted itself; without an end it reaches to the end of the line."""
_PLAIN = r"""(?:[^\s&<"']|&(?![\w.]+=)|<(?!/))+"""
_SEPARATOR = r"""\\*["']?\s*(?:=>?|:|%(?:25)*3[DA]|>)\s*[bru]?"""
_SECRET_NAME = (
    r"(?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|private[_-]?key|credential|sessid|session[_-]?id"
    r"|парол|\\+u043f\\+u0430\\+u0440\\+u043e\\+u043b[\\u0-9a-f]*|секрет|токен)[\w-]{0,40}"
)
_PERSONAL_NAME = (
    r"(?:(?:full|first|last|middle|company|legal|customer)_?name|patronymic|(?:legal|postal|delivery)_?address|e-?mail"
    r"|phone|tax_?id|inn|kpp|ogrn|birth(?:day|_date)|фио|имя|фамилия|отчество|(?:полное|официальное)_?наименование"
    r"|(?:юридический_?)?адрес\w{0,20}|дата_?рождения|телефон|почта|инн|кпп|огрн(?:ип)?|окпо|снилс|паспорт)"
)
_FLAGS = re.IGNORECASE
_KEY_BLOCK = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)


class _Shape(NamedTuple):
    """What a secret or a personal detail looks like.

    Args:
        hints: one of them is in each line that has it, in lower case; looking for them is ten times as fast.
        pattern: the group `kept` stays.
    """

    hints: tuple[str, ...]
    pattern: re.Pattern[str]


def _shape(hints: str, pattern: str) -> _Shape:
    return _Shape(tuple(hints.split()), re.compile(pattern, _FLAGS))


_SECRET_HINTS = "passw passphrase pwd secret token api private credential sess парол u043f секрет токен"
_SECRETS = (
    _shape("authorization cookie", r"""(?P<kept>(?:authorization|cookie)\\*["']?\s*(?:[:=,]|%3A)).*"""),
    _shape(_SECRET_HINTS, rf"(?P<kept><[\w:]{{0,40}}{_SECRET_NAME}[^<>]{{0,200}}>)[^<]+"),
    _shape(_SECRET_HINTS, rf"(?P<kept>{_SECRET_NAME}{_SEPARATOR})(?:{_QUOTED.format(n=1)}|{_PLAIN})"),
    _shape(_SECRET_HINTS, rf"(?P<kept>--?{_SECRET_NAME}\s+)(?:{_QUOTED.format(n=1)}|{_PLAIN})"),
    _shape("://", r"""(?P<kept>://[^\s:/@"'<>]{0,300}:)[^\s"'<>]{1,600}(?=@)"""),
    _shape("http", r"""(?P<kept>https?://)[^\s/"'<>]{1,300}(?=@)"""),
    _shape("%", r"""(?P<kept>%(?:25)*3A(?:%(?:25)*2F){2}[^\s"'&]{0,300}?%(?:25)*3A)[^\s"'&]+"""),
    _shape("basic bearer negotiate", r"(?P<kept>\b(?:basic|bearer|negotiate)\s+)[\w+/=.~-]{8,}"),
    _shape("eyj", r"(?P<kept>)\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*"),
    _shape("$argon2", r"(?P<kept>\$argon2\w*\$)\S+"),
)
_PERSONAL_HINTS = (
    "name patronymic address mail phone tax inn kpp ogrn birth фио имя фамил отчеств наименован адрес дата"
    " телефон почта инн кпп огрн окпо снилс паспорт"
)
_GAP = r"[\s()\-–.]{0,3}"
_PHONE = rf"[78]{_GAP}\d{{3}}{_GAP}\d{{3}}{_GAP}\d\d{_GAP}\d\d(?!\w)"
_PERSONAL = (
    _shape(_PERSONAL_HINTS, rf"(?P<kept><(?:\w+:)?{_PERSONAL_NAME}\b[^<>]{{0,200}}>)[^<]+"),
    _shape(_PERSONAL_HINTS, rf"(?P<kept>(?<!\w){_PERSONAL_NAME}{_SEPARATOR})(?:{_QUOTED.format(n=1)}|[^\s,;<&}}]+)"),
    # What PostgreSQL and SQLAlchemy say of a row that they refuse.
    _shape("failing ошибочная", r"(?P<kept>(?:Failing row contains|Ошибочная строка содержит) ).*"),
    _shape("key ключ", r"(?P<kept>(?:Key|Ключ) \(.{0,200}?\)=).*"),
    _shape("copy", r"(?P<kept>COPY \w+, \w+ \d+(?:, \w+ \w+)?: ).*"),
    _shape("[parameters", r"(?P<kept>\[parameters: ).*"),
    _shape("7 8", rf"(?P<kept>)(?<![\w.-])(?:\+|%2B)?{_PHONE}"),
    _shape("+ %2b", rf"(?P<kept>)(?:\+|%2B)\d(?:{_GAP}\d){{9,14}}(?!\d)"),
    _shape("-", r"(?P<kept>)(?<![\w-])(?:\(?\d{3,5}\)?[\s-]{1,2})?\d{2,3}-\d\d-\d\d(?![\w-])"),
    _shape("-", r"(?P<kept>)(?<![\w-])\d{3}-\d{3}-\d{3}[ -]\d\d(?![\w-])"),
    _shape("0 1 2 3 4 5 6 7 8 9", r"(?P<kept>)(?<!\w)\d{20}(?!\w)"),
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,254}(?:@|%40)(?P<domain>[\w-]+(?:\.[\w-]+)+)")
_TAX_ID = re.compile(r"(?<![\w.,-])(?:\d{10}|\d{12})(?![\w-]|[.,]\d)")
_LITERAL = re.compile(r"'(?:[^']|'')*(?:'|\Z)")
_XML_PART = re.compile(
    # An id, if it is nothing else, and what says nothing of a person.
    r"<Ид>[0-9a-f-]{36}(?=</)|<(?P<spoken>Роль|ПометкаУдаления|Тип)>[^<]*"
    r"|<!--.*?(?:-->|\Z)|<!\[CDATA\[(?P<data>.*?)(?:\]\]>|\Z)|<\?.*?(?:\?>|\Z)|<[^<>]*>?|[^<]+",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""(?<!\w)(?P<name>[\w:]+)\s*=\s*(?:"[^"]*"|'[^']*')""")
_SPOKEN_ATTRIBUTES = ("xmlns", "ВерсияСхемы", "ДатаФормирования")


def masked(text: str) -> str:
    """The text without passwords, tokens, keys and cookies."""
    return "".join(_without(_SECRETS, part) for part in _parts(_KEY_BLOCK.sub(MASK, text)))


class Masker:
    """Masks secrets and personal data.

    Args:
        secrets: those of this installation: masked wherever they stand, however they are encoded.
        hosts: that logins like `shop@host.ru` may name; with another host they would be taken for e-mail addresses.
    """

    def __init__(self, secrets: Iterable[str] = (), hosts: Iterable[str] = ()) -> None:
        spellings = {one for secret in secrets if len(secret) >= SHORTEST_SECRET for one in _spellings(secret)}
        longest_first = sorted(spellings, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, longest_first)), _FLAGS) if longest_first else None
        self._hosts = {host.lower() for host in hosts}

    def __call__(self, text: str) -> str:
        """The text without both."""
        if self._secrets is not None:
            text = self._secrets.sub(MASK, text)
        return "".join(map(self._masked_part, _parts(_KEY_BLOCK.sub(MASK, text))))

    def _masked_part(self, text: str) -> str:
        text = _without(_PERSONAL, _without(_SECRETS, text))
        if "@" in text or "%40" in text:
            text = _EMAIL.sub(self._mask_email, text)
        return _TAX_ID.sub(_mask_tax_id, text)

    def _mask_email(self, found: re.Match[str]) -> str:
        return found[0] if found["domain"].lower() in self._hosts else f"{MASK}@{MASK}"


def _without(shapes: Iterable[_Shape], text: str) -> str:
    lowered = text.lower()
    for hints, pattern in shapes:
        if any(hint in lowered for hint in hints):
            text = pattern.sub(_keep_name, text)
    return text


def blanked(text: str) -> str:
    """The shape of a text: each letter is `x`, each digit `0`; punctuation and spaces stay."""
    return "".join("x" if char.isalpha() else "0" if char.isalnum() else char for char in text)


def blanked_xml(text: str) -> str:
    """A file with its elements, but only the shape of what they contain; need not be well-formed."""
    return _XML_PART.sub(_blank_part, text)


def without_literals(text: str) -> str:
    """SQL without the values in quotes."""
    return _LITERAL.sub(f"'{MASK}'", text)


def _keep_name(found: re.Match[str]) -> str:
    name: str = found["kept"]
    # A setting like `database.password_file` names a place, no secret.
    return found[0] if re.search(r"(?:file|folder)\W*[bru]?$", name, _FLAGS) else f"{name}{MASK}"


def _spellings(secret: str) -> set[str]:
    """How a secret may stand in a file: as it is, in JSON, Python, a URL, XML, a header, another encoding."""
    escaped = json.dumps(secret)[1:-1]
    texts = (secret, escaped, json.dumps(escaped)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    raw, wide = secret.encode("utf-8", "replace"), secret.encode("utf-16-le", "replace")
    pythons = (repr(secret)[1:-1], repr(raw)[2:-1])
    urls = (quote(raw, safe=""), quote(raw), quote_plus(raw), quote(quote(raw, safe=""), safe=""))
    pages = (html.escape(secret), html.escape(secret, quote=False))
    misread = (one.decode("utf-8", "replace") for one in (wide, secret.encode("cp1251", "replace")))
    return {*texts, *pythons, *urls, *pages, *misread, raw.hex(), *_in_base64(raw), *_in_base64(wide)}


def _in_base64(raw: bytes) -> Iterator[str]:
    """What all texts in Base64 have in common that contain these bytes, such as `user:password` of a header."""
    yield base64.b64encode(raw).decode()
    for before, begin in enumerate((0, 2, 3)):  # letters that depend on the bytes before, too
        text = base64.b64encode(bytes(before) + raw).decode()
        end = (before + len(raw)) * 8 // 6
        if end - begin >= _SHORTEST_BASE64:
            yield text[begin:end]


def _parts(text: str) -> Iterable[str]:
    """The text in lines; a very long one, of an XML file for instance, is cut where an element ends."""
    begin = 0
    while begin < len(text):
        end = text.find("\n", begin) + 1 or len(text)
        if end - begin > _LONG_LINE:
            cut = text.find(">", text.find("</", begin + _LONG_LINE // 2) + 1 or end) + 1
            end = cut if begin < cut < end else end
        yield text[begin:end]
        begin = end


def _mask_tax_id(found: re.Match[str]) -> str:
    return MASK if is_tax_id(found[0]) else found[0]


_WEIGHTS = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)


def is_tax_id(digits: str) -> bool:
    """Whether 10 or 12 digits are a Russian INN: the last one or two check the others."""
    numbers = list(map(int, digits))
    checks = (9,) if len(numbers) == 10 else (10, 11)
    return all(
        sum(weight * number for weight, number in zip(_WEIGHTS[-at:], numbers, strict=False)) % 11 % 10 == numbers[at]
        for at in checks
    )


def _blank_part(found: re.Match[str]) -> str:
    part = found[0]
    if part.startswith("<!--"):
        return "<!-- -->"
    if found["data"] is not None:
        return f"<![CDATA[{blanked(found['data'])}]]>"
    if part.startswith(("<?", "<Ид>")) or found["spoken"]:
        return part
    if part.startswith("<"):
        return _ATTRIBUTE.sub(_blank_attribute, part)
    return blanked(part)


def _blank_attribute(found: re.Match[str]) -> str:
    name: str = found["name"]
    if name.startswith(_SPOKEN_ATTRIBUTES):
        return found[0]
    return name + blanked(found[0].removeprefix(name))
