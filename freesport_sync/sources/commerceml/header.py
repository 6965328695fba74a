"""The beginning of a CommerceML file: is it one, is it safe, and when was it made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from lxml import etree

from freesport_sync.errors import SourceMalformed, reason_of
from freesport_sync.sources.commerceml.dates import read_date
from freesport_sync.sources.commerceml.elements import LOCAL_NAME
from freesport_sync.sources.commerceml.faults import ROOT_TAG, malformed

_STEP_BYTES = 4096
_BOM_AND_BLANKS = b"\xef\xbb\xbf \t\r\n"


@dataclass(frozen=True, slots=True)
class Header:
    """The root element's attributes.

    Args:
        created_at: `ДатаФормирования`, see `dates.read_date`; None where it is absent or cannot be read.
        unread_date: what is written in place of one that cannot be read; else empty.
        schema_version: `ВерсияСхемы`, for example `3.1`; empty where it is absent.
    """

    created_at: datetime | None
    unread_date: str
    schema_version: str


def read_header(path: Path, name: str) -> Header:
    """Reads no more than the file's beginning.

    Args:
        path: the file.
        name: how errors call it.

    Raises:
        SourceMalformed: not readable, empty, not XML, with a DOCTYPE, or of another root element.
    """
    try:
        with path.open("rb") as source:
            return check_header(source, name)
    except OSError as error:
        raise SourceMalformed("file_unreadable", path=name, reason=reason_of(error)) from error


def check_header(source: BinaryIO, name: str) -> Header:
    """Like `read_header`, from an open file; leaves it somewhere behind the root's start tag."""
    root = _root(source, name)
    # A DOCTYPE stands before the root. 1C never writes one; without it no entity can be declared, so none of the
    # entity attacks is possible and no `&name;` can be lost in silence.
    if root.getroottree().docinfo.doctype:
        raise SourceMalformed("doctype_refused", file=name)
    tag = LOCAL_NAME[root.tag]
    if tag != ROOT_TAG:
        raise SourceMalformed("not_commerceml", file=name, root=tag)
    return Header(*_date(root.get("ДатаФормирования", "")), root.get("ВерсияСхемы", ""))


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
                return root  # an entity bomb: the DOCTYPE is what is wrong with it
            raise malformed(source, name, error, parser.feed_error_log) from error
        if (root := _first(parser)) is not None:
            return root
    if not is_blank:
        try:
            parser.close()  # raises, unless the document is so small that it was held back until now
        except etree.XMLSyntaxError as error:
            raise malformed(source, name, error, parser.feed_error_log) from error
        if (root := _first(parser)) is not None:
            return root
    raise SourceMalformed("file_empty", file=name)


def _first(parser: etree.XMLPullParser) -> etree._Element | None:
    return next((element for _event, element in parser.read_events()), None)


def _date(text: str) -> tuple[datetime | None, str]:
    """The date, and what is written in place of one (DATE-2)."""
    try:
        return read_date(text), ""
    except ValueError:
        return None, text
