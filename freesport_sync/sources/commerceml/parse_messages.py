"""Messages between the runner and its worker processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from freesport_sync.core.issues import RowIssue
from freesport_sync.core.staged import ReferenceRow
from freesport_sync.errors import SyncError
from freesport_sync.rules.catalog.brands import BRAND_PROPERTY
from freesport_sync.sources.commerceml.export import FileKind, SourceFile


@dataclass(frozen=True, slots=True)
class ParseContext:
    """What a worker must know about the shop.

    Args:
        price_columns: `Ид` of a price type -> column of `staged.PRICE_COLUMNS`; None for a known type whose
            prices are not written.
        colors: names from `color_mappings`, in the order in which an offer's name is searched for them.
        wanted: kinds to import. A file may have more: in 2.x groups and goods share a file, as do offers, prices and
            stock.
        chunk_size: maximum rows per block, at least 1.
        wants_pictures: read `Картинка` too.
        brand_properties: `Ид` of each property with the brand -> whether its value is the name, not an id.
        has_rests: the export has files with stock, so that offers files need none.
        property_names: `Ид` of each property -> its name; empty for files without offers.
        price_ranks: `Ид` of a price type -> number of types that take precedence in its column, if any.
        currencies: `Ид` of a price type -> its currency, unless roubles.
        price_names: `Ид` of a price type -> its name, for issues.
    """

    price_columns: Mapping[str, str | None]
    colors: tuple[str, ...]
    wanted: frozenset[FileKind] = frozenset(FileKind)
    chunk_size: int = 1000
    wants_pictures: bool = True
    brand_properties: Mapping[str, bool] = field(default_factory=lambda: {BRAND_PROPERTY: False})
    has_rests: bool = False
    property_names: Mapping[str, str] = field(default_factory=dict)
    price_ranks: Mapping[str, int] = field(default_factory=dict)
    currencies: Mapping[str, str] = field(default_factory=dict)
    price_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ParseTask:
    """One file to read.

    Args:
        file: the file.
        context: what is known about the shop.
        is_head: read only the reference data before the goods or offers.
    """

    file: SourceFile
    context: ParseContext
    is_head: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """Rows for one staging table.

    Args:
        file_no: the file they come from.
        table: a key of `staged.STAGING_TABLES`.
        rows: number of rows, at least 1.
        data: the rows in PostgreSQL's COPY text format, UTF-8.
        bytes_read: bytes of the file consumed so far.
    """

    file_no: int
    table: str
    rows: int
    data: bytes
    bytes_read: int


@dataclass(frozen=True, slots=True)
class ReferenceBlock:
    """Rows of reference data; `bytes_read` as in `Block`."""

    file_no: int
    rows: tuple[ReferenceRow, ...]
    bytes_read: int


@dataclass(frozen=True, slots=True)
class IssueBlock:
    """Issues of a file, at most 1000; `bytes_read` as in `Block`."""

    file_no: int
    issues: tuple[RowIssue, ...]
    bytes_read: int


@dataclass(frozen=True, slots=True)
class FileDone:
    """The file was read as requested.

    Args:
        file_no: the file.
        records: number of 1C's objects, including those without a row.
        failed: number of those that could not be imported.
        bytes_read: bytes of the file consumed.
        catalogues: (position of the first record, `Ид`) of the catalogues whose goods or offers the file has.
    """

    file_no: int
    records: int
    failed: int
    bytes_read: int
    catalogues: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FileFailed:
    """The file could not be read to its end; no more messages about it follow."""

    file_no: int
    error: SyncError


Message = Block | ReferenceBlock | IssueBlock | FileDone | FileFailed
"""Everything that a worker sends."""
