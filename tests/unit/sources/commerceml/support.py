"""What the tests of this package share: one record, or one file, read with little ceremony."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from lxml import etree
from lxml.etree import _Element

from freesport_sync.core.issues import RowIssue
from freesport_sync.core.staged import (
    ReferenceRow,
    StagedPropertyValue,
    StagedRest,
    StagedRow,
)
from freesport_sync.sources.commerceml.export import FileKind, SourceFile
from freesport_sync.sources.commerceml.offer_records import read_offer_record
from freesport_sync.sources.commerceml.parse_messages import (
    Block,
    FileDone,
    IssueBlock,
    Message,
    ParseContext,
    ParseTask,
    ReferenceBlock,
)
from freesport_sync.sources.commerceml.parsing import parse_file
from freesport_sync.sources.commerceml.property_values import PropertyValues
from freesport_sync.sources.commerceml.reading import Reading

Row = TypeVar("Row")

CONTEXT = ParseContext(
    price_columns={
        "retail": "retail_price",
        "opt1": "opt1_price",
        "rrp": "rrp",
        "msrp": "msrp",
        "retail2": "retail_price",
        "unwritten": None,
    },
    colors=("красный", "синий", "тёмно-синий"),
    price_ranks={"retail2": 1},
)


def read_record(
    read: Callable[[_Element, Reading], Sequence[Row]],
    xml: str,
    context: ParseContext = CONTEXT,
) -> tuple[Sequence[Row], list[RowIssue]]:
    """The rows and issues that one record gives."""
    reading = Reading(source_file(Path("x.xml"), FileKind.GOODS), context, PropertyValues(0))
    parser = etree.XMLParser(remove_blank_text=True)
    rows = read(etree.fromstring(f"<?xml version='1.0'?>{xml}".encode(), parser), reading)
    return rows, reading.issues


def source_file(path: Path, kind: FileKind, file_no: int = 1) -> SourceFile:
    """A file as `discover` gives it; one that does not exist has no size."""
    status = path.stat() if path.exists() else None
    size, modified = (status.st_size, status.st_mtime_ns) if status else (0, 0)
    return SourceFile(file_no, kind, path, path.name, size, modified, None)


@dataclass
class Parsed:
    """Everything that one file gave."""

    messages: list[Message]
    issues: list[RowIssue] = field(default_factory=list)
    rows: list[ReferenceRow] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    records: int = 0
    failed: int = 0

    @property
    def blocks(self) -> list[Block]:
        return [message for message in self.messages if isinstance(message, Block)]

    @property
    def codes(self) -> list[str]:
        return [issue.code for issue in self.issues]


def parse(path: Path, kind: FileKind, context: ParseContext = CONTEXT) -> Parsed:
    """Reads a file as a worker does."""
    return parse_found(source_file(path, kind), context)


def parse_found(file: SourceFile, context: ParseContext = CONTEXT) -> Parsed:
    """Reads a file that `discover` found."""
    parsed = Parsed(list(parse_file(ParseTask(file, context), PropertyValues(0))))
    for message in parsed.messages:
        if isinstance(message, Block):
            parsed.lines += message.data.decode().splitlines()
        elif isinstance(message, ReferenceBlock):
            parsed.rows += message.rows
        elif isinstance(message, IssueBlock):
            parsed.issues += message.issues
        elif isinstance(message, FileDone):
            parsed.records, parsed.failed = message.records, message.failed
    return parsed


def read_offer(element: _Element, reading: Reading) -> Sequence[StagedRow]:
    """A `Предложение` of an offers file beside rests files, without the property values before it."""
    reading.kind, reading.has_rests = FileKind.OFFERS, True
    return [row for row in read_offer_record(element, reading) if not isinstance(row, StagedPropertyValue)]


def read_prices(element: _Element, reading: Reading) -> Sequence[StagedRow]:
    """A `Предложение` of a prices file."""
    reading.kind = FileKind.PRICES
    return read_offer_record(element, reading)


def read_rests(element: _Element, reading: Reading) -> Sequence[StagedRest]:
    """A `Предложение` of a rests file."""
    reading.kind = FileKind.RESTS
    return [row for row in read_offer_record(element, reading) if isinstance(row, StagedRest)]
