"""One file from its first byte to its last: records -> rows and issues -> messages of a bearable size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from lxml.etree import _Element

from freesport_sync.commerceml import (
    brands,
    contragents,
    goods,
    groups,
    offers,
    price_types,
    prices,
    rests,
    storages,
    units,
)
from freesport_sync.commerceml.copytext import copy_line
from freesport_sync.commerceml.discovery import FileKind, SourceFile
from freesport_sync.commerceml.messages import Block, FileDone, IssueBlock, Message, ParseTask, ReferenceBlock
from freesport_sync.commerceml.reader import RecordReader
from freesport_sync.commerceml.reading import Reading
from freesport_sync.core.staged import TABLE_OF, ReferenceRow, StagedRow
from freesport_sync.errors import SourceMalformed

ReadReference = Callable[[_Element, Reading], Sequence[ReferenceRow]]
ReadStaged = Callable[[_Element, Reading], Sequence[StagedRow]]

MAX_BLOCK_CHARACTERS = 512 * 1024
"""A Russian letter takes two bytes, so that a block stays near 1 MB."""

MAX_ISSUES = 1000

# kind -> tag of its records, what reads one
_REFERENCE_BOOKS: dict[FileKind, tuple[str, ReadReference]] = {
    FileKind.GROUPS: (groups.RECORD_TAG, groups.read_groups),
    FileKind.PROPERTIES_GOODS: (brands.RECORD_TAG, brands.read_brands),
    FileKind.PROPERTIES_OFFERS: (brands.RECORD_TAG, brands.read_brands),
    FileKind.PRICE_LISTS: (price_types.RECORD_TAG, price_types.read_price_type),
    FileKind.STORAGES: (storages.RECORD_TAG, storages.read_storage),
    FileKind.UNITS: (units.RECORD_TAG, units.read_unit),
    FileKind.CONTRAGENTS: (contragents.RECORD_TAG, contragents.read_customer),
}

# kind -> tag of its records, what reads one
_STAGED: dict[FileKind, tuple[str, ReadStaged]] = {
    FileKind.GOODS: (goods.RECORD_TAG, goods.read_product),
    FileKind.OFFERS: (offers.RECORD_TAG, offers.read_offer),
    FileKind.PRICES: (prices.RECORD_TAG, prices.read_prices),
    FileKind.RESTS: (rests.RECORD_TAG, rests.read_rests),
}


def parse_file(task: ParseTask) -> Iterator[Message]:
    """Reads one file; the last message is `FileDone`.

    Args:
        task: the file, of an imported kind, and what is known of the shop.

    Raises:
        SourceMalformed: the file cannot be read to its end, see `reader.RecordReader`, or is too large for its kind.
        ImportFailed: the file was written to meanwhile.
    """
    reading = Reading(task.file, task.context)
    if task.file.kind.is_reference_book:
        yield from _reference_messages(task, reading)
    else:
        yield from _staged_messages(task, reading)
    yield FileDone(task.file.file_no, reading.position)


def _reference_messages(task: ParseTask, reading: Reading) -> Iterator[Message]:
    _require_size(task.file)
    tag, read = _REFERENCE_BOOKS[task.file.kind]
    reader = RecordReader(task.file, tag)
    size = task.context.chunk_size
    for element in reader:
        rows = read(element, reading)
        for start in range(0, len(rows), size):
            yield ReferenceBlock(reading.file_no, tuple(rows[start : start + size]), reader.bytes_read)
        if len(reading.issues) >= MAX_ISSUES:
            yield from _issue_blocks(reading, reader.bytes_read)
    yield from _issue_blocks(reading, reader.bytes_read)


def _staged_messages(task: ParseTask, reading: Reading) -> Iterator[Message]:
    tag, read = _STAGED[task.file.kind]
    reader = RecordReader(task.file, tag)
    chunk_size = task.context.chunk_size
    lines: dict[str, list[str]] = {}
    characters: Counter[str] = Counter()
    for element in reader:
        for row in read(element, reading):
            table = TABLE_OF[type(row)]
            line = copy_line(row)
            waiting = lines.setdefault(table, [])
            waiting.append(line)
            characters[table] += len(line)
            if len(waiting) >= chunk_size or characters[table] >= MAX_BLOCK_CHARACTERS:
                yield _block(reading, table, lines.pop(table), reader.bytes_read)
                del characters[table]
        if len(reading.issues) >= MAX_ISSUES:
            yield from _issue_blocks(reading, reader.bytes_read)
    for table, waiting in lines.items():
        yield _block(reading, table, waiting, reader.bytes_read)
    yield from _issue_blocks(reading, reader.bytes_read)


def _block(reading: Reading, table: str, lines: list[str], bytes_read: int) -> Block:
    return Block(reading.file_no, table, len(lines), "".join(lines).encode(), bytes_read)


def _issue_blocks(reading: Reading, bytes_read: int) -> Iterator[IssueBlock]:
    issues, reading.issues = reading.issues, []
    for start in range(0, len(issues), MAX_ISSUES):
        yield IssueBlock(reading.file_no, tuple(issues[start : start + MAX_ISSUES]), bytes_read)


def _require_size(file: SourceFile) -> None:
    if file.kind is FileKind.GROUPS and file.size_bytes > groups.MAX_FILE_BYTES:
        raise SourceMalformed(
            "file_too_large", file=file.name, size_bytes=file.size_bytes, limit_bytes=groups.MAX_FILE_BYTES
        )
