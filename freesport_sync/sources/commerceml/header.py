"""Reads the start of a CommerceML file: whether it is one, whether it is safe, and its date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from lxml import etree

from freesport_sync.errors import SourceMalformed, reason_of
from freesport_sync.os_support import open_shared
from freesport_sync.sources.commerceml.dates import read_date
from freesport_sync.sources.commerceml.elements import LOCAL_NAME
from freesport_sync.sources.commerceml.faults import ROOT_TAG, ended_early, malformed

_STEP_BYTES = 4096
_BOM_AND_BLANKS = b"\xef\xbb\xbf \t\r\n"


@dataclass(frozen=True, slots=True)
class FileHeader:
    """The root element's attributes.

    Args:
        created_at: `ДатаФормирования`, see `dates.read_date`; None if missing or unreadable.
        unread_date: the text of an unreadable date, else empty.
        schema_version: `ВерсияСхемы`, for example `3.1`; empty if missing.
    """

    created_at: datetime | None
    unread_date: str
    schema_version: str


def read_header(path: Path, name: str) -> FileHeader:
    """Read only the start of a file.

    Args:
        path: the file.
        name: of the file, for errors.

    Raises:
        SourceMalformed: unreadable, empty, not XML, with a DOCTYPE, or with another root element.
    """
    try:
        with open_shared(path) as source:
            return check_header(source, name)
    except OSError as error:
        raise SourceMalformed("file_unreadable", path=name, reason=reason_of(error)) from error


def check_header(source: BinaryIO, name: str) -> FileHeader:
    """Read the header of an open file, leaving its position somewhere after the root's start tag."""
    root = _root(source, name)
    # A DOCTYPE precedes the root. 1C never writes one; without it no entity can be declared, so entity attacks are
    # impossible and no `&name;` is lost silently.
    if root.getroottree().docinfo.doctype:
        raise SourceMalformed("doctype_refused", file=name)
    tag = LOCAL_NAME[root.tag]
    if tag != ROOT_TAG:
        raise SourceMalformed("not_commerceml", file=name, root=tag)
    return FileHeader(*_date(root.get("ДатаФормирования", "")), root.get("ВерсияСхемы", ""))


def _root(source: BinaryIO, name: str) -> etree._Element:
    parser = etree.XMLPullParser(
        events=("start",), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    is_blank = True
    while chunk := source.read(_STEP_BYTES):
        is_blank = is_blank and not chunk.strip(_BOM_AND_BLANKS)
        try:
            parser.feed(chunk)
        except etree.XMLSyntaxError as error:
            root = _first(parser)
            if root is not None and root.getroottree().docinfo.doctype:
                return root  # an entity bomb: report its DOCTYPE
            raise malformed(source, name, error, parser.feed_error_log) from error
        if (root := _first(parser)) is not None:
            return root
    if not is_blank:
        try:
            parser.close()  # raises, unless the document is so small that the parser has buffered it so far
        except etree.XMLSyntaxError as error:
            raise malformed(source, name, error, parser.feed_error_log) from error
        if (root := _first(parser)) is not None:
            return root
    raise SourceMalformed("file_empty", file=name) if is_blank else ended_early(source, name)


def _first(parser: etree.XMLPullParser) -> etree._Element | None:
    return next((element for _event, element in parser.read_events()), None)


def _date(text: str) -> tuple[datetime | None, str]:
    """Return the date, or the text of an unreadable one (DATE-2)."""
    try:
        return read_date(text), ""
    except ValueError:
        return None, text
