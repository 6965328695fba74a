"""Parses one file: records -> rows and issues -> messages of limited size."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from lxml.etree import _Element

from freesport_sync.core.staged import TABLE_OF, ReferenceRow, StagedRow
from freesport_sync.errors import SourceMalformed
from freesport_sync.sources.commerceml import (
    contragents,
    goods,
    groups,
    offer_records,
    price_types,
    properties,
    storages,
    units,
)
from freesport_sync.sources.commerceml.copy_format import copy_line
from freesport_sync.sources.commerceml.discovery import has_later_reference_data
from freesport_sync.sources.commerceml.export import FileKind, SourceFile
from freesport_sync.sources.commerceml.parse_messages import (
    Block,
    FileDone,
    IssueBlock,
    Message,
    ParseTask,
    ReferenceBlock,
)
from freesport_sync.sources.commerceml.property_values import PropertyValues
from freesport_sync.sources.commerceml.reader import RecordReader
from freesport_sync.sources.commerceml.reading import Reading

MAX_BLOCK_CHARACTERS = 512 * 1024
"""Characters per block; Russian letters take two bytes, so that a block stays near 1 MB."""

MAX_ISSUES = 1000


class _RecordKind(NamedTuple):
    """A kind of record: its parent element, its kinds, and its reader."""

    parent: str
    kinds: frozenset[FileKind]
    read: Callable[[_Element, Reading], Sequence[ReferenceRow | StagedRow]]


def _skip(_element: _Element, _reading: Reading) -> Sequence[ReferenceRow]:
    """Read nothing; unwanted records must not stay in memory either."""
    return ()


_PROPERTY = _RecordKind(
    "Свойства", frozenset({FileKind.PROPERTIES_GOODS, FileKind.PROPERTIES_OFFERS}), properties.read_property
)

# Reference data is in files of its own (3.x) or before the goods or offers (2.x).
_REFERENCE_RECORDS = {
    # The whole tree at once: a group ends after its subgroups.
    "Классификатор": _RecordKind("", frozenset({FileKind.GROUPS}), groups.read_groups),
    "Свойство": _PROPERTY,
    "СвойствоНоменклатуры": _PROPERTY,  # the layout of 2.03
    "ТипЦены": _RecordKind("ТипыЦен", frozenset({FileKind.PRICE_LISTS}), price_types.read_price_type),
    "Склад": _RecordKind("Склады", frozenset({FileKind.STORAGES}), storages.read_storage),
    "ЕдиницаИзмерения": _RecordKind("ЕдиницыИзмерения", frozenset({FileKind.UNITS}), units.read_unit),
    # Elsewhere, for example below `Представитель`, it is part of another record.
    "Контрагент": _RecordKind("Контрагенты", frozenset({FileKind.CONTRAGENTS}), contragents.read_customer),
}

_RECORDS = {
    "Товар": _RecordKind("Товары", frozenset({FileKind.GOODS}), goods.read_product),
    "Предложение": _RecordKind(
        "Предложения", frozenset({FileKind.OFFERS, FileKind.PRICES, FileKind.RESTS}), offer_records.read_offer_record
    ),
}

_HEAVY = ("Свойство", "СвойствоНоменклатуры", "Классификатор")
"""Reference records of 2.x so large that they must be discarded while reading the goods."""


def parse_file(task: ParseTask, property_values: PropertyValues) -> Iterator[Message]:
    """Parse one file; the last message is `FileDone`.

    Args:
        task: the file, of an imported kind, and its context.
        property_values: those that this worker has read in the run.

    Raises:
        SourceMalformed: the file cannot be read to its end, see `reader.RecordReader`, or is too large for its kind.
        ImportFailed: the file was written to meanwhile.
    """
    _require_size(task.file)
    records = _records(task)
    parents = {tag: record.parent for tag, record in records.items()}
    reading = Reading(task.file, task.context, property_values)
    reader = RecordReader(task.file, parents, _end_of_head(task), is_head=task.is_head)
    outbox = _Outbox(reading, reader, task.context.chunk_size)
    catalogues: list[tuple[int, str]] = []
    for tag, element in reader:
        if tag in _RECORDS and not task.is_head and (not catalogues or catalogues[-1][1] != reader.catalogue):
            catalogues.append((reading.position + 1, reader.catalogue))
        rows = records[tag].read(element, reading)
        reading.end_record()
        yield from outbox.take(rows)
    yield from outbox.rest()
    yield FileDone(reading.file_no, reading.position, reading.failed, reader.bytes_read, tuple(catalogues))


def _end_of_head(task: ParseTask) -> Collection[str]:
    """Return the elements at which reading a head stops: goods and offers, unless more reference data follows them."""
    if not task.is_head or has_later_reference_data(task.file.path):
        return ()
    return {record.parent for record in _RECORDS.values() if task.file.kind in record.kinds}


def _records(task: ParseTask) -> Mapping[str, _RecordKind]:
    """Return the records to read from a file, by tag."""
    # A file of 2.x with both goods and offers is read twice, once for each.
    others = {
        tag: record._replace(read=_skip)
        for tag, record in _RECORDS.items()
        if task.is_head or task.file.kind not in record.kinds
    }
    if task.is_head or task.file.kind.is_reference_data:
        wanted = {tag: record for tag, record in _REFERENCE_RECORDS.items() if record.kinds & task.context.wanted}
        return others | wanted
    wanted = {tag: record for tag, record in _RECORDS.items() if task.file.kind in record.kinds}
    return others | wanted | {tag: _REFERENCE_RECORDS[tag]._replace(read=_skip) for tag in _HEAVY}


class _Outbox:
    """Collects rows and issues of a file into messages.

    Args:
        reading: has the issues.
        reader: knows the bytes read.
        chunk_size: maximum rows per block.
    """

    def __init__(self, reading: Reading, reader: RecordReader, chunk_size: int) -> None:
        self._reading = reading
        self._reader = reader
        self._chunk_size = chunk_size
        self._lines: dict[str, list[str]] = {table: [] for table in TABLE_OF.values()}
        self._characters = dict.fromkeys(self._lines, 0)
        self._reference_rows: list[ReferenceRow] = []

    def take(self, rows: Sequence[ReferenceRow | StagedRow]) -> Iterator[Message]:
        """Add the rows of a record; yields full messages."""
        for row in rows:
            if not isinstance(row, StagedRow):
                self._reference_rows.append(row)
                if len(self._reference_rows) >= self._chunk_size:
                    yield self._reference_block()
                continue
            table = TABLE_OF[type(row)]
            lines = self._lines[table]
            lines.append(line := copy_line(row))
            self._characters[table] += len(line)
            if len(lines) >= self._chunk_size or self._characters[table] >= MAX_BLOCK_CHARACTERS:
                yield self._block(table)
        if len(self._reading.issues) >= MAX_ISSUES:
            yield from self._issue_blocks()

    def rest(self) -> Iterator[Message]:
        """Yield the remaining messages at the end of the file."""
        if self._reference_rows:
            yield self._reference_block()
        for table, lines in self._lines.items():
            if lines:
                yield self._block(table)
        yield from self._issue_blocks()

    def _block(self, table: str) -> Block:
        lines = self._lines[table]
        block = Block(self._reading.file_no, table, len(lines), "".join(lines).encode(), self._reader.bytes_read)
        self._lines[table], self._characters[table] = [], 0
        return block

    def _reference_block(self) -> ReferenceBlock:
        rows, self._reference_rows = tuple(self._reference_rows), []
        return ReferenceBlock(self._reading.file_no, rows, self._reader.bytes_read)

    def _issue_blocks(self) -> Iterator[IssueBlock]:
        issues, self._reading.issues = self._reading.issues, []
        for start in range(0, len(issues), MAX_ISSUES):
            yield IssueBlock(self._reading.file_no, tuple(issues[start : start + MAX_ISSUES]), self._reader.bytes_read)


def _require_size(file: SourceFile) -> None:
    if file.kind is FileKind.GROUPS and file.size_bytes > groups.MAX_FILE_BYTES:
        raise SourceMalformed(
            "file_too_large", file=file.name, size_bytes=file.size_bytes, limit_bytes=groups.MAX_FILE_BYTES
        )
