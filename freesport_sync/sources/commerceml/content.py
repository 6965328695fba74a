"""Determines the kind of a file by its content, because programs that talk like 1C name files freely."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from lxml import etree

from freesport_sync.errors import SourceMalformed, reason_of
from freesport_sync.os_support import open_shared
from freesport_sync.sources.commerceml.discovery import has_records
from freesport_sync.sources.commerceml.elements import LOCAL_NAME
from freesport_sync.sources.commerceml.export import FileKind, recognise
from freesport_sync.sources.commerceml.faults import malformed
from freesport_sync.sources.commerceml.header import read_header
from freesport_sync.sources.commerceml.values import parse_bool

_STEP_BYTES = 256 * 1024
_KINDS = {
    "Классификатор": FileKind.GOODS,
    "Каталог": FileKind.GOODS,
    "ПакетПредложений": FileKind.OFFERS,
    "ИзмененияПакетаПредложений": FileKind.OFFERS,
    "Контрагенты": FileKind.CONTRAGENTS,
    "Контрагент": FileKind.CONTRAGENTS,
    "Документ": FileKind.ORDERS,
    "Контейнер": FileKind.ORDERS,
}
_FAMILIES = {FileKind.PRICES: FileKind.OFFERS, FileKind.RESTS: FileKind.OFFERS}
_CATALOGUE = "Каталог"


@dataclass(frozen=True, slots=True)
class Content:
    """Kind of a file.

    Args:
        kind: None if unknown.
        is_full: whether it declares that it has the whole catalogue.
    """

    kind: FileKind | None
    is_full: bool


def content_of(path: Path) -> Content:
    """Read a file up to the start of its catalogue.

    The name decides unless it contradicts the content.

    Raises:
        SourceMalformed: it is not CommerceML, see `header.read_header`.
    """
    read_header(path, path.name)
    kinds, is_full = _first_elements(path)
    named, _ = recognise(path.name)
    is_reference = named is not None and named.is_reference_data and named is not FileKind.CONTRAGENTS
    # A file of reference data of 3.x has a catalogue too, without goods.
    if named is not None and (not kinds or (is_reference and not has_records(path, "Товар", "Предложение"))):
        return Content(named, is_full)
    if named is not None and _FAMILIES.get(named, named) in kinds:
        return Content(named, is_full)
    return Content(kinds[-1] if kinds else None, is_full)


def _first_elements(path: Path) -> tuple[list[FileKind], bool]:
    """Return the kinds of the elements below the root, up to the catalogue, and whether that is declared complete."""
    parser = etree.XMLPullParser(events=("start", "end"), resolve_entities=False, no_network=True, huge_tree=False)
    kinds: list[FileKind] = []
    try:
        with open_shared(path) as source:
            for element in _below_root(source, path.name, parser):
                name = LOCAL_NAME[element.tag]
                if name in _KINDS:
                    kinds.append(_KINDS[name])
                if name in _KINDS and name != "Классификатор":
                    return kinds, name == _CATALOGUE and _is_whole(element)
    except OSError as error:
        raise SourceMalformed("file_unreadable", path=path.name, reason=reason_of(error)) from error
    return kinds, False


def _below_root(source: BinaryIO, name: str, parser: etree.XMLPullParser) -> Iterator[etree._Element]:
    depth = 0
    try:
        while chunk := source.read(_STEP_BYTES):
            parser.feed(chunk)
            for event, element in parser.read_events():
                depth += 1 if event == "start" else -1
                if event == "end":
                    element.clear()
                elif depth == 2:
                    yield element
    except etree.XMLSyntaxError as error:
        raise malformed(source, name, error, parser.feed_error_log) from error


def _is_whole(catalogue: etree._Element) -> bool:
    only_changes = catalogue.get("СодержитТолькоИзменения")
    return only_changes is not None and not parse_bool(only_changes)
