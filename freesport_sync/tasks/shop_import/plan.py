"""What a run reads, what it skips and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.run import ExportFile
from freesport_sync.core.shop import FileType, ImportKind, ImportType
from freesport_sync.errors import ConfigError, SourceMissing
from freesport_sync.sources.commerceml.discovery import discover, single_file
from freesport_sync.sources.commerceml.export import FileKind, SkippedFile, SourceFile, recognise
from freesport_sync.tasks.shop_import.request import ShopImport

_CUSTOMERS = frozenset({FileKind.CONTRAGENTS})
_REFERENCE_DATA = frozenset(kind for kind in FileKind if kind.is_reference_data) - _CUSTOMERS
_OFFERS = frozenset(
    {
        FileKind.PROPERTIES_OFFERS,
        FileKind.OFFERS,
        FileKind.PRICES,
        FileKind.RESTS,
        FileKind.PRICE_LISTS,
        FileKind.STORAGES,
    }
)

_KINDS: dict[FileType, frozenset[FileKind]] = {
    FileType.ALL: _REFERENCE_DATA | {FileKind.GOODS} | _OFFERS,
    FileType.GOODS: frozenset({FileKind.GROUPS, FileKind.PROPERTIES_GOODS, FileKind.UNITS, FileKind.GOODS}),
    FileType.OFFERS: _OFFERS,
    FileType.PRICES: frozenset({FileKind.PRICE_LISTS, FileKind.PRICES}),
    FileType.RESTS: frozenset({FileKind.STORAGES, FileKind.RESTS}),
}
"""Which files belong to which part of the catalogue (FILE-4)."""

_IMPORT_TYPES = {
    FileType.ALL: ImportType.CATALOG,
    FileType.GOODS: ImportType.CATALOG,
    FileType.OFFERS: ImportType.VARIANTS,
    FileType.PRICES: ImportType.PRICES,
    FileType.RESTS: ImportType.STOCKS,
}

_NARROWED = {
    ImportKind.STOCKS: FileType.RESTS,
    ImportKind.PRICES: FileType.PRICES,
    ImportKind.CUSTOMERS: FileType.ALL,
    ImportKind.ATTRIBUTES: FileType.ALL,
}

_ATTRIBUTES = frozenset({FileKind.PROPERTIES_GOODS, FileKind.PROPERTIES_OFFERS})
_DESCRIBING = _ATTRIBUTES | {FileKind.GOODS, FileKind.OFFERS}
_WITH_PICTURES = frozenset({FileKind.GOODS, FileKind.OFFERS})
"""Files that list pictures."""

LEFT_OVER_AFTER = timedelta(days=1)
_NAMED = 5
"""How many skipped files an error names."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The files of a run, in import order."""

    files: tuple[SourceFile, ...]
    skipped: tuple[tuple[str, str], ...]
    """(file, reason code) of other files in the folder."""
    catalog_type: ImportType = ImportType.CATALOG
    """The shop's name for the import, customers apart."""
    wanted: frozenset[FileKind] = frozenset(FileKind)
    """The kinds of records to import; a file of CommerceML 2.x may contain others."""
    only_pictures: bool = False
    """Only the pictures of the files are imported."""

    @property
    def kinds(self) -> frozenset[FileKind]:
        return frozenset(file.kind for file in self.files)

    @property
    def import_types(self) -> tuple[ImportType, ...]:
        """The shop's names for what will be imported, one import session each."""
        catalog = (self.catalog_type,) if self.has_catalog else ()
        return (*catalog, ImportType.CUSTOMERS) if self.has_customers else catalog

    @property
    def has_catalog(self) -> bool:
        return bool(self.kinds - _CUSTOMERS)

    @property
    def has_customers(self) -> bool:
        return bool(self.kinds & _CUSTOMERS)

    @property
    def has_rests(self) -> bool:
        """Whether the export has files with stock, even if this run does not read them."""
        names = [file.path.name for file in self.files] + [Path(name).name for name, _reason in self.skipped]
        return any(recognise(name)[0] is FileKind.RESTS for name in names)

    @property
    def offer_packages(self) -> dict[int, int]:
        """Number of an offers file -> number of the package that it is a segment of; older packages first.

        Segments differ only in the last number of their names, or are in numbered folders; and their dates are close,
        because 1C may give each file the time at which it began to write it.
        """
        packages: dict[int, int] = {}
        latest: dict[tuple[Path, tuple[int, ...]], SourceFile] = {}
        for file in self.files:
            if file.kind is not FileKind.OFFERS:
                continue
            # `offers/1/offers___<guid>.xml`; `webdata/000000001` is a catalogue.
            is_segment = file.path.parent.name.isdecimal() and not file.path.parent.name.startswith("0")
            folder = file.path.parent.parent if is_segment else file.path.parent
            key = folder, recognise(file.path.name)[1][:-1][:1]
            before = latest.get(key)
            is_later = before is not None and _is_later_export(before.created_at, file.created_at)
            packages[file.file_no] = file.file_no if before is None or is_later else packages[before.file_no]
            latest[key] = file
        return packages

    @property
    def wants_reference_data(self) -> bool:
        """Whether reference data is imported, from whichever file."""
        return any(kind.is_reference_data for kind in self.wanted)

    def wants_records_of(self, kind: FileKind) -> bool:
        """Whether goods, offers, prices or stocks of a file are imported, and not only its head."""
        return bool(self.wanted & kind.records)

    @property
    def describes_goods(self) -> bool:
        """Whether products and variants themselves are imported, and not only prices, stocks or pictures."""
        return self.has_catalog and not self.only_pictures and bool(self.wanted & _DESCRIBING)

    @property
    def imported_kinds(self) -> frozenset[FileKind]:
        """The kinds whose objects are imported."""
        return frozenset() if self.only_pictures else self.kinds & self.wanted

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

    @property
    def names(self) -> dict[int, str]:
        """Number -> name of the files, for the row issues."""
        return {file.file_no: file.name for file in self.files}

    @property
    def newest(self) -> dict[FileKind, datetime]:
        """Newest `ДатаФормирования` of each kind."""
        dates: dict[FileKind, datetime] = {}
        for file in self.files:
            if file.created_at is not None:
                dates[file.kind] = max(file.created_at, dates.get(file.kind, file.created_at))
        return dates

    @property
    def leftovers(self) -> tuple[RowIssue, ...]:
        """Files much older than others of their kind: leftovers of an earlier export."""
        newest = self.newest
        return tuple(
            RowIssue(Severity.WARNING, "file_left_over", file.name, value=f"{file.created_at:%d.%m.%Y %H:%M}")
            for file in self.files
            if _is_later_export(file.created_at, newest.get(file.kind))
        )

    @property
    def export_files(self) -> tuple[ExportFile, ...]:
        return tuple(ExportFile(file.kind.value, file.name, file.size_bytes, file.created_at) for file in self.files)


def left_out_issues(skipped: Iterable[tuple[str, str]]) -> tuple[RowIssue, ...]:
    """Issues for XML that is not imported, except for what the operator did not ask for.

    Args:
        skipped: path and reason code of files, and of folders and archives that were not opened.
    """
    return tuple(
        RowIssue(
            Severity.NOTE if reason == "kind_not_imported" else Severity.WARNING,
            "file_left_out",
            name,
            value=name,
            params={"skipped": reason},
        )
        for name, reason in skipped
        if reason != "not_in_this_run"
    )


def _is_later_export(before: datetime | None, date: datetime | None) -> bool:
    return before is not None and date is not None and date - before > LEFT_OVER_AFTER


def file_type_of(request: ShopImport) -> FileType:
    """The part of the catalogue that a request imports.

    Raises:
        ConfigError: `--run stocks --file-type goods` and the like contradict themselves.
    """
    narrowed = _NARROWED.get(request.kind)
    if narrowed is None:
        return request.file_type
    if request.file_type not in (FileType.ALL, narrowed):
        raise ConfigError("file_type_contradicts", run=request.kind.value, file_type=request.file_type.value)
    return narrowed


def import_type_of(request: ShopImport) -> ImportType:
    """The shop's name for what a request imports, before its files are known; afterwards see `Plan.import_types`.

    Raises:
        ConfigError: the request contradicts itself.
    """
    return ImportType.CUSTOMERS if request.kind is ImportKind.CUSTOMERS else _catalog_type_of(request)


def kinds_of(request: ShopImport) -> frozenset[FileKind]:
    """The kinds of files that a request is about.

    Raises:
        ConfigError: it contradicts itself.
    """
    file_type = file_type_of(request)
    kinds = _KINDS[file_type]
    match request.kind:
        case ImportKind.CUSTOMERS:
            return _CUSTOMERS
        case ImportKind.ATTRIBUTES:
            return _ATTRIBUTES
        case ImportKind.ALL if file_type is FileType.ALL:
            return kinds | _CUSTOMERS
        case ImportKind.IMAGES if not kinds & _WITH_PICTURES:
            raise ConfigError("file_type_contradicts", run=request.kind.value, file_type=request.file_type.value)
        case ImportKind.IMAGES:
            return kinds & _WITH_PICTURES
        case _:
            return kinds


def wants_pictures(request: ShopImport) -> bool:
    """Whether a run looks at the pictures of its files."""
    return not request.skip_images and bool(kinds_of(request) & _WITH_PICTURES)


def refuse_contradiction(request: ShopImport) -> None:
    """Refuse a request that no export can satisfy, before anything is touched.

    Raises:
        ConfigError: `--run stocks --file-type goods`, a single file of a catalogue, and the like.
    """
    kinds_of(request)
    if request.file is not None and request.kind is not ImportKind.CUSTOMERS:
        raise ConfigError("file_needs_customers", run=request.kind.value)


def refuse_unseen(request: ShopImport) -> None:
    """Refuse a request that contradicts itself, or whose files or folders are not on this computer.

    Raises:
        ConfigError: no export can satisfy it, or the folder for pictures is missing.
        SourceMissing: the export is missing.
    """
    refuse_contradiction(request)
    if not request.is_pull and not request.source.exists():
        raise SourceMissing("data_dir_missing", path=str(request.source))
    if request.media_root is not None and not request.media_root.is_dir():
        raise ConfigError("media_root_missing", path=str(request.media_root))


def make_plan(request: ShopImport, source: Path, left_out: Iterable[SkippedFile] = ()) -> Plan:
    """Find the files that the request is about.

    Args:
        request: what is asked for.
        source: the export, unpacked, or the request's single file.
        left_out: while the export was unpacked.

    Raises:
        SourceMissing: there are none.
        SourceMalformed: one of them is not CommerceML.
        ConfigError: the request contradicts itself.
    """
    file_type, wanted = file_type_of(request), kinds_of(request)
    export = discover(source, wanted) if request.file is None else single_file(source, FileKind.CONTRAGENTS)
    skipped = tuple(sorted((*export.skipped, *left_out)))
    if not export.files or (file_type is FileType.RESTS and not export.of_kind(FileKind.RESTS, FileKind.OFFERS)):
        kinds = ", ".join(kind.value for kind in FileKind if kind in wanted)
        raise SourceMissing("no_files", path=str(request.source), kinds=kinds, **found_instead(skipped))
    only_pictures = request.kind is ImportKind.IMAGES
    return Plan(export.files, skipped, _catalog_type_of(request), wanted, only_pictures)


def found_instead(skipped: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Error parameters that name what there is instead of the wanted files, and why it does not count."""
    if not skipped:
        return {}
    names = ", ".join(name for name, _ in skipped[:_NAMED]) + (", ..." if len(skipped) > _NAMED else "")
    reasons = ", ".join(dict.fromkeys(reason for _, reason in skipped))
    return {"problem": "but_others", "files": names, "skipped": reasons}


def _catalog_type_of(request: ShopImport) -> ImportType:
    match request.kind:
        case ImportKind.IMAGES:
            return ImportType.IMAGES
        case ImportKind.ATTRIBUTES:
            return ImportType.ATTRIBUTES
        case _:
            return _IMPORT_TYPES[file_type_of(request)]
