"""Describes why a file is not well-formed XML: the kind of fault, the place, the object of 1C (XML-4)."""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from collections.abc import Iterator
from html import unescape
from typing import BinaryIO, NamedTuple

from lxml import etree

from freesport_sync.errors import ImportFailed, SourceMalformed

ROOT_TAG = "КоммерческаяИнформация"

_STEP_BYTES = 16 * 1024 * 1024
"""Larger than the longest text that the parser accepts, so that a chunk contains the start of its object."""
_SHOWN = 60
"""Maximum characters shown of an id, a name or a text."""
_AFTER = 20_000
"""Characters after the fault that are searched for the rest of its object."""
_RECORDS = ("Товар", "Предложение", "Контрагент", "Группа", "Свойство", "ТипЦены", "Склад", "ЕдиницаИзмерения")
"""Elements of objects, outer ones before those nested in them."""

_Errors = etree.ErrorTypes
_CONTROL, _ENCODING, _UNESCAPED, _TAGS, _CUT_OFF = "control_character", "encoding", "unescaped", "tags", "cut_off"
_UNKNOWN_ENCODING = "unknown_encoding"
_PROBLEMS = {
    _Errors.ERR_INVALID_CHAR: _CONTROL,
    _Errors.ERR_CDATA_NOT_FINISHED: _CONTROL,
    _Errors.ERR_INVALID_ENCODING: _ENCODING,
    _Errors.I18N_CONV_FAILED: _ENCODING,
    _Errors.ERR_UNSUPPORTED_ENCODING: _UNKNOWN_ENCODING,
    _Errors.ERR_UNKNOWN_ENCODING: _UNKNOWN_ENCODING,
    _Errors.ERR_ENCODING_NAME: _UNKNOWN_ENCODING,
    _Errors.ERR_NAME_REQUIRED: _UNESCAPED,
    _Errors.ERR_ENTITYREF_SEMICOL_MISSING: _UNESCAPED,
    _Errors.ERR_LT_IN_ATTRIBUTE: _UNESCAPED,
    _Errors.ERR_ATTRIBUTE_WITHOUT_VALUE: _UNESCAPED,
    _Errors.ERR_MISPLACED_CDATA_END: _UNESCAPED,
    _Errors.ERR_UNDECLARED_ENTITY: "unknown_entity",
    _Errors.WAR_UNDECLARED_ENTITY: "unknown_entity",
    _Errors.ERR_TAG_NAME_MISMATCH: _TAGS,
    _Errors.ERR_ATTRIBUTE_REDEFINED: "attribute_twice",
    _Errors.ERR_DOCUMENT_END: "two_documents",
    _Errors.ERR_RESERVED_XML_NAME: "two_documents",
    _Errors.ERR_DOCUMENT_EMPTY: "no_xml",
}
"""Error of libxml2 -> our problem, a suffix of `xml_malformed` in the text files."""
_NEVER_CUT_OFF = (_TAGS, "two_documents", "no_xml")

_LIMIT = re.compile("huge text node|Huge input lookup|too big found|[Nn]ame too long|Excessive depth|limit exceeded")
# Characters that XML forbids, even as `&#11;`.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOT_UTF_8 = "not proper UTF-8"
"""What libxml2 2.11 says of such bytes, and of control characters in CDATA."""
_REFERENCE_CODE = re.compile(r"[Cc]har(?: value)? (0x[0-9A-Fa-f]+|\d+)")
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)""")
_HALF_CHARACTER = re.compile("ED [AB][0-9A-F] [0-9A-F]{2}")
"""Half of a surrogate pair: 1C has cut a text in the middle of an emoji."""
_NAMES = re.compile(r"mismatch: (\S+) line \d+ and (\S+)")
_QUOTED = re.compile(r"'([^']*)'|Attribute (\S+) redefined")
_ANY_RECORD = re.compile(rf"</?(?:[\w.-]+:)?(?:{'|'.join(_RECORDS)})[\s>]")
_TAG = re.compile(r"<(/?)(?:[\w.-]+:)?(\w+)[^<>]*?(/?)>")
_CLOSING_TAG = re.compile(r"</([^<>\s]+)")
_BEGUN_TAG = re.compile(r"<(?:[\w.-]+:)?([^\W\d]\w*)[^<>]*$")
_ROOT_CLOSED = re.compile(rf"</(?:[\w.-]+:)?{ROOT_TAG}\s*>")
_ROOT_END = re.compile(rf"</(?:[\w.-]+:)?{ROOT_TAG}\s*>\s*$")


def malformed(source: BinaryIO, name: str, error: etree.XMLSyntaxError, log: etree._ListErrorLog) -> ImportFailed:
    """Describe the first error of the parser; later ones only follow from it.

    Args:
        source: the open file, which is read again up to the fault.
        name: of the file, for the error.
        error: raised by the parser.
        log: of the parser; the error's own log includes other files.
    """
    first = next(iter(log), None)
    is_limit = first is not None and _is_limit(first)
    if (
        error.code == _Errors.ERR_NO_MEMORY and not is_limit
    ):  # lxml raises MemoryError only for some of its own allocations
        return ImportFailed("out_of_memory", file=name)
    if first is None:
        return ended_early(source, name, error.msg)
    encoding = _Encoding.of(source)
    problem, text = _problem(source, encoding, first)
    if is_limit:
        return SourceMalformed("xml_limit", file=name, problem="too_large", reason=first.message, **text.position)
    return _refusal(name, problem, text, encoding, first.message)


def ended_early(source: BinaryIO, name: str, reason: str = "") -> SourceMalformed:
    """Describe why the parser has not met the end of the root, though it has not complained.

    libxml2 2.11, which the lxml of Windows comes with, takes bytes that the declared encoding lacks for the end of the
    file.

    Args:
        source: the open file, which is read again.
        name: of the file, for the error.
        reason: what the parser said after all.
    """
    encoding = _Encoding.of(source)
    text = _undecodable(source, encoding)
    problem = _CUT_OFF if text is None else _ENCODING
    return _refusal(name, problem, text or _end_of(source, encoding), encoding, reason)


def _refusal(name: str, problem: str, text: _Text, encoding: _Encoding, reason: str) -> SourceMalformed:
    details = _details(problem, text, encoding, reason)
    return SourceMalformed("xml_malformed", file=name, problem=problem, reason=reason, **text.position, **details)


def _is_limit(entry: etree._LogEntry) -> bool:
    """Return whether a limit was exceeded, which older versions report as lack of memory or internal error."""
    return entry.type == _Errors.ERR_RESOURCE_LIMIT or _LIMIT.search(entry.message) is not None


def _problem(source: BinaryIO, encoding: _Encoding, first: etree._LogEntry) -> tuple[str, _Text]:
    """Return the kind of a fault and the text around it."""
    problem = _PROBLEMS.get(first.type, "other")
    if _NOT_UTF_8 in first.message and _undecodable(source, encoding):
        problem = _ENCODING
    text = _text_around(source, encoding, first.line, first.column)
    if problem == _UNKNOWN_ENCODING or encoding.is_contradicted:
        return _UNKNOWN_ENCODING, text
    if problem == _CONTROL and "CharRef" not in first.message and (illegal := _first_illegal(source, encoding)):
        return _CONTROL, illegal
    if problem == _ENCODING:
        text = _undecodable(source, encoding) or text
        if encoding.name == "utf-8" and _HALF_CHARACTER.match(text.bad_bytes):
            return _CONTROL, text
    if first.type == _Errors.ERR_CDATA_NOT_FINISHED or (text.is_end and problem not in _NEVER_CUT_OFF):
        return _CUT_OFF, text
    if first.type == _Errors.ERR_DOCUMENT_END and text.is_end and not _ROOT_CLOSED.search(text.before):
        return _CUT_OFF, text  # so says libxml2 2.11
    return problem, text.before_closing_tag() if problem == _TAGS else text


class _Encoding(NamedTuple):
    """The encoding of a file.

    Args:
        name: of a Python codec; UTF-8 if the file declares none or an unknown one.
        declared: as the file declares it, if it does.
        is_contradicted: the declaration cannot be in the declared encoding.
    """

    name: str
    declared: str
    is_contradicted: bool = False

    @classmethod
    def of(cls, source: BinaryIO) -> _Encoding:
        source.seek(0)
        head = source.read(200)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return cls("utf-16", "UTF-16")
        match = _DECLARED.match(head.removeprefix(codecs.BOM_UTF8))
        declared = match[1].decode() if match else ""
        if declared.upper().startswith(("UTF-16", "UTF-32", "UCS-")):
            return cls("utf-8", declared, is_contradicted=True)
        try:
            known = codecs.lookup(declared or "utf-8").name
        except LookupError:
            known = "utf-8"
        return cls("utf-8" if head.startswith(codecs.BOM_UTF8) else known, declared or "UTF-8")


class _Text(NamedTuple):
    """The text around a fault."""

    before: str
    after: str
    line: int
    column: int
    is_end: bool = False
    """The file ends with the fault, before its root is closed."""
    bad_bytes: str = ""

    def before_closing_tag(self) -> _Text:
        """Return the text before the last closing tag, where its object is still open."""
        at = self.before.rfind("</")
        return self if at < 0 else self._replace(before=self.before[:at], after=self.before[at:] + self.after)

    @property
    def position(self) -> dict[str, object]:
        """Return where the fault is, as parameters of an error."""
        return {"line": self.line, "column": self.column, "place": self.place, "context": self.context}

    @property
    def context(self) -> str:
        """Return the last words before the fault, or the tag that contains it."""
        text = self.before[-_SHOWN:]
        return _shown(text[text.rfind(">") + 1 :]) or _shown(text[max(0, text.rfind("<")) :])

    @property
    def place(self) -> str:
        """Return the object and its field as the file names them: `Товар «Мяч» (Ид p1), Описание`."""
        for record in _RECORDS:
            starts = list(re.finditer(rf"<(?:[\w.-]+:)?{record}[\s>]", self.before))
            ended = re.compile(rf"</(?:[\w.-]+:)?{record}\s*>")
            if starts and not ended.search(self.before, starts[-1].start()):
                inside = self.before[starts[-1].start() :]
                return self._described(record, inside, inside + _ANY_RECORD.split(self.after[:_AFTER])[0])
        return _field(self.before) or ROOT_TAG

    def _described(self, record: str, inside: str, whole: str) -> str:
        onec_id, name, field = _value(whole, "Ид"), _value(whole, "Наименование"), _field(inside)
        words = [record, f"«{name}»" if name else "", f"(Ид {onec_id})" if onec_id else ""]
        return " ".join(filter(None, words)) + (f", {field}" if field not in ("", record) else "")


def _value(text: str, tag: str) -> str:
    match = re.search(rf"<(?:[\w.-]+:)?{tag}>([^<]*)", text)
    return _shown(unescape(match[1])) if match else ""


def _field(text: str) -> str:
    """Return the element that is still open at the end of a text, if any."""
    if begun := _BEGUN_TAG.search(text[-_AFTER:]):
        return begun[1]
    tags = _TAG.findall(text[-_AFTER:])
    closing, name, closed = tags[-1] if tags else ("", "", "")
    return "" if closing or closed else str(name)


def _shown(text: str) -> str:
    plain = " ".join(_ILLEGAL.sub("�", text).split())
    return plain if len(plain) <= _SHOWN else f"{plain[:_SHOWN]}…"


def _details(problem: str, text: _Text, encoding: _Encoding, message: str) -> dict[str, object]:
    """Return the further text parameters of a problem."""
    if problem == _CONTROL:
        illegal = _ILLEGAL.match(text.after)
        known = _REFERENCE_CODE.search(message)
        half = _HALF_CHARACTER.match(text.bad_bytes)
        character = bytes.fromhex(half[0]).decode("utf-8", "surrogatepass") if half else illegal[0] if illegal else "?"
        return {"character": f"0x{int(known[1], 0) if known else ord(character):02X}"}
    if problem == _TAGS and (names := _NAMES.search(message)):
        return {"opened": names[1], "closed": names[2]}
    if problem in ("unknown_entity", "attribute_twice") and (quoted := _QUOTED.search(message)):
        return {"what": quoted[1] or quoted[2]}
    if problem in (_ENCODING, _UNKNOWN_ENCODING):
        return {"encoding": encoding.declared, "bytes": text.bad_bytes}
    return {}


def _pieces(source: BinaryIO, encoding: _Encoding, errors: str) -> Iterator[str]:
    source.seek(0)
    decoder = codecs.getincrementaldecoder(encoding.name)(errors)
    while block := source.read(_STEP_BYTES):
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def _text_around(source: BinaryIO, encoding: _Encoding, line: int, column: int) -> _Text:
    """Return the text around a place: at least one chunk before and after it, as far as there are any."""
    before, current = "", 1
    pieces = _pieces(source, encoding, "replace")
    for piece in pieces:
        breaks = piece.count("\n")
        if current + breaks < line:
            before, current = piece, current + breaks
            continue
        start = 0
        for _ in range(line - current):
            start = piece.index("\n", start) + 1
        return _text_in_line(before + piece[:start], piece[start:], pieces, line, column)
    return _Text(before, "", line, column, is_end=True)


def _text_in_line(before: str, after: str, pieces: Iterator[str], line: int, column: int) -> _Text:
    wanted, passed = max(0, column - 1), 0
    more = next(pieces, "")
    while more and wanted >= len(after) + _overcounted(after):  # a file without line breaks
        end = max(after.rfind("<"), 1)  # no tag is split
        before = after[:end]
        wanted, passed = wanted - end - _overcounted(before), passed + end
        after = after[end:] + more
        more = next(pieces, "")
    after += more
    longest = min(wanted, len(after)) + 1
    at = bisect_right(range(longest), wanted, key=lambda end: end + _overcounted(after[:end])) - 1
    rest = after[at:]
    is_end = len(rest) < _SHOWN and ">" not in rest and not _ROOT_END.search((before + after)[-200:])
    return _Text(before + after[:at], rest, line, passed + at + 1, is_end)


def _overcounted(text: str) -> int:
    """Return by how many columns libxml2 miscounts: it counts bytes in the names of closing tags."""
    return sum(len(name.encode()) - len(name) for name in _CLOSING_TAG.findall(text))


def _first_illegal(source: BinaryIO, encoding: _Encoding) -> _Text | None:
    """Return the text around the first forbidden character, whose exact place the parser does not report."""
    before, place = "", (1, 1)
    pieces = _pieces(source, encoding, "replace")
    for piece in pieces:
        if match := _ILLEGAL.search(piece):
            text = piece[: match.start()]
            after = piece[match.start() :] + next(pieces, "")
            return _Text(before + text, after, *_moved(place, text))
        before, place = piece, _moved(place, piece)
    return None


def _undecodable(source: BinaryIO, encoding: _Encoding) -> _Text | None:
    """Return the text before the first bytes invalid in the file's encoding; None if there are none."""
    before, place = "", (1, 1)
    try:
        for piece in _pieces(source, encoding, "strict"):
            before, place = piece, _moved(place, piece)
    except UnicodeDecodeError as error:
        text = error.object[: error.start].decode(encoding.name, "replace")
        bad = error.object[error.start : error.start + 4].hex(" ").upper()
        return _Text(before + text, "", *_moved(place, text), error.reason == "unexpected end of data", bad)
    return None


def _end_of(source: BinaryIO, encoding: _Encoding) -> _Text:
    """Return the text before the end of the file."""
    before, place = "", (1, 1)
    for piece in _pieces(source, encoding, "replace"):
        before, place = before[-_AFTER:] + piece, _moved(place, piece)
    return _Text(before, "", *place, is_end=True)


def _moved(place: tuple[int, int], text: str) -> tuple[int, int]:
    """Return line and column of the end of a text that starts at a given place."""
    line, column = place
    breaks = text.count("\n")
    return line + breaks, len(text) - text.rfind("\n") if breaks else column + len(text)
