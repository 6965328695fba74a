"""Finds the files of an export and puts them into import order."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from freesport_sync.core.run import storable
from freesport_sync.errors import SourceMalformed, SourceMissing, reason_of
from freesport_sync.sources.commerceml.folders import is_picture_folder, number_of, xml_files
from freesport_sync.sources.commerceml.header import read_header
from freesport_sync.sources.commerceml.import_order import Part, in_import_order, without_copies


class FileKind(StrEnum):
    """What a file contains, by the words of 1C's file names; imported kinds in import order."""

    GROUPS = "groups"
    PROPERTIES_GOODS = "propertiesGoods"
    PROPERTIES_OFFERS = "propertiesOffers"
    PRICE_LISTS = "priceLists"
    STORAGES = "storages"
    UNITS = "units"
    GOODS = "goods"
    OFFERS = "offers"
    PRICES = "prices"
    RESTS = "rests"
    CONTRAGENTS = "contragents"
    ORDERS = "orders"

    @property
    def is_reference_book(self) -> bool:
        """Small, resolved in Python: everything that goods, offers, prices and rests refer to, and customers."""
        return self in _REFERENCE_BOOKS

    @property
    def records(self) -> frozenset[FileKind]:
        """What the goods or offers of such a file stand for; in 2.x offers carry prices and stock."""
        return _OFFER_RECORDS if self is FileKind.OFFERS else frozenset({self})

    @property
    def is_imported(self) -> bool:
        return self not in _NOT_IMPORTED


_KINDS = tuple(FileKind)
_ORDER = {kind: number for number, kind in enumerate(_KINDS)}
_BY_WORD = {kind.value.lower(): kind for kind in _KINDS} | {
    "import": FileKind.GOODS,  # 2.x: classifier and catalogue in one file
    "properties": FileKind.PROPERTIES_GOODS,
}
_REFERENCE_BOOKS = frozenset((*_KINDS[: _ORDER[FileKind.GOODS]], FileKind.CONTRAGENTS))
_NOT_IMPORTED = {FileKind.ORDERS: "kind_not_imported"}
_OFFER_RECORDS = frozenset({FileKind.OFFERS, FileKind.PRICES, FileKind.RESTS})
_CARRIERS = {
    FileKind.PROPERTIES_GOODS: FileKind.GOODS,
    FileKind.PROPERTIES_OFFERS: FileKind.OFFERS,
    FileKind.PRICES: FileKind.OFFERS,
    FileKind.RESTS: FileKind.OFFERS,
}
"""Where 2.x has what 3.x writes into a file of its own."""
_BOOKS = ("Классификатор", "ТипыЦен")
"""What 2.x writes reference books into; of each an export of one catalogue has one before its goods or offers."""
_COMBINED_WORD = "import"
_STEP_BYTES = 1024 * 1024

# `goods.xml`, `goods_1_2_<guid>.xml`, `PriceLists_1_1_<guid>.xml`, `offers0_1.xml` (2.x)
_STEM = re.compile(r"(?P<word>[a-z]+)_?(?P<segments>|(?<=_).+|\d.*)")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file to import.

    Args:
        file_no: its number in import order, from 1.
        kind: what it contains.
        path: where it is.
        name: path below the export's root with forward slashes, for reports.
        size_bytes: size when it was found.
        modified_ns: time of its last change when it was found, in nanoseconds since 1970.
        created_at: `ДатаФормирования`: local time of the 1C server, without a zone; None where there is none, or none
            that can be read.
        unread_date: what is written in place of one that cannot be read; else empty.
    """

    file_no: int
    kind: FileKind
    path: Path
    name: str
    size_bytes: int
    modified_ns: int
    created_at: datetime | None
    unread_date: str = ""


class SkippedFile(NamedTuple):
    """An XML file that is not imported, or a folder or an archive that is not looked into.

    `reason` is a word of the section `skipped` in the text files.
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Export:
    """The files of an export, in import order, and those left out."""

    files: tuple[SourceFile, ...]
    skipped: tuple[SkippedFile, ...]

    def of_kind(self, *kinds: FileKind) -> tuple[SourceFile, ...]:
        """The files of these kinds, in import order."""
        return tuple(file for file in self.files if file.kind in kinds)


class _Found(NamedTuple):
    kind: FileKind
    segments: tuple[int, ...]
    """Numbers of its folders, then those of its name."""
    path: Path
    name: str


def discover(folder: Path, wanted: Collection[FileKind] | None = None) -> Export:
    """Looks for 1C's files in a folder and its sub-folders; the name decides, not the place.

    Args:
        folder: the export's root, see `archive.opened_export`.
        wanted: what is to be imported now; files of other kinds are not even opened, unless they are what 2.x has in
            place of a wanted kind. None: all.

    Raises:
        SourceMissing: the folder cannot be read.
        SourceMalformed: a file that is to be imported is no CommerceML, see `header.read_header`.
    """
    found: list[_Found] = []
    skipped: list[SkippedFile] = []
    for path, problem in xml_files(folder):
        name = path.relative_to(folder).as_posix()
        kind, segments = recognise(path.name)
        problem = problem or refusal_of(kind)
        if kind is None or problem:
            skipped.append(SkippedFile(name, problem))
        else:
            segments = (*_numbers(name), *segments)
            found.append(_Found(kind, segments, path, name))
            if path.stem.lower().startswith(_COMBINED_WORD) and has_records(path, "Предложение"):
                part = f"{name} (ПакетПредложений)"  # the history knows a file of a run by its name
                found.append(_Found(FileKind.OFFERS, segments, path, part))
    if wanted is not None:
        opened = opened_kinds({item.kind for item in found}, wanted)
        skipped += [SkippedFile(item.name, "not_in_this_run") for item in found if item.kind not in opened]
        found = [item for item in found if item.kind in opened]
    parts, copies = without_copies([Part(_source_file(item), item.segments, _export_of(item.name)) for item in found])
    skipped += [SkippedFile(file.name, "other_copy") for file in copies]
    files = tuple(replace(file, file_no=number) for number, file in enumerate(in_import_order(parts, _ORDER), start=1))
    return Export(files, tuple(sorted(SkippedFile(storable(name), reason) for name, reason in skipped)))


def _numbers(name: str) -> Iterator[int]:
    """Numbers of the folders of a file: `webdata/000000001/goods/2/import.xml` -> 1, 2."""
    folders = PurePosixPath(name).parts[:-1]
    return (number for folder in folders if (number := number_of(folder)) is not None)


def _export_of(name: str) -> str:
    """The folder of the export that a file belongs to.

    `webdata/000000001/goods/2/import.xml` and `webdata/000000002/rests/rests.xml` belong to `webdata`. What is in
    archives belongs together as if it lay beside them.
    """
    folders = [folder for folder in PurePosixPath(name).parent.parts if not folder.lower().endswith(".zip")]
    while folders and _is_layout(folders[-1]):
        folders.pop()
    return "/".join(folders)


def _is_layout(folder: str) -> bool:
    """Whether 1C makes such a folder inside an export: of a kind, of pictures, of a catalogue or a portion."""
    return folder.lower() in _BY_WORD or is_picture_folder(folder) or number_of(folder) is not None


def opened_kinds(present: Collection[FileKind], wanted: Collection[FileKind]) -> frozenset[FileKind]:
    """The kinds that must be read for those that are wanted: of an export of 2.x also those that carry them.

    Args:
        present: what the export has.
        wanted: what is to be imported.
    """
    carriers = {_CARRIERS[kind] for kind in wanted if kind in _CARRIERS and kind not in present}
    return frozenset(wanted) | carriers


def single_file(path: Path, kind: FileKind) -> Export:
    """A file by itself, whatever its name.

    Args:
        path: the file.
        kind: what it contains.

    Raises:
        SourceMissing: there is no such file, or it is a folder or an archive.
        SourceMalformed: it is no CommerceML, see `header.read_header`.
    """
    if path.is_dir() or (path.is_file() and zipfile.is_zipfile(path)):
        raise SourceMissing("file_not_single", path=str(path))
    if not path.is_file():
        raise SourceMissing("data_dir_missing", path=str(path))
    file = _source_file(_Found(kind, (), path, path.name))
    return Export((replace(file, file_no=1),), ())


def recognise(file_name: str) -> tuple[FileKind | None, tuple[int, ...]]:
    """Kind and numeric segments by the file's name: `goods_1_10_<guid>.xml` -> goods, (1, 10)."""
    match = _STEM.fullmatch(Path(file_name).stem.lower())
    kind = _BY_WORD.get(match["word"]) if match else None
    if match is None or kind is None:
        return None, ()
    return kind, tuple(map(int, takewhile(str.isdecimal, match["segments"].split("_"))))


def refusal_of(kind: FileKind | None) -> str:
    """Why files of a kind are never imported, an empty text where they are; None is a name that 1C does not give."""
    return "unknown_name" if kind is None else _NOT_IMPORTED.get(kind, "")


def has_records(path: Path, *names: str) -> bool:
    """Whether there are elements of such names somewhere in a file; one that cannot be read is told of elsewhere."""
    starts = [f"<{name}{end}".encode(encoding) for name in names for end in "> " for encoding in ("utf-8", "cp1251")]
    longest, before = max(map(len, starts)), b""
    with suppress(OSError), path.open("rb") as source:
        while piece := source.read(_STEP_BYTES):
            text = before + piece
            if any(start in text for start in starts):
                return True
            before = text[-longest:]
    return False


def has_later_books(path: Path) -> bool:
    """Whether a file that begins with reference books has those of a second catalogue after its goods or offers."""
    starts = [f"<{name}".encode(encoding) for name in _BOOKS for encoding in ("utf-8", "cp1251")]
    with suppress(OSError), path.open("rb") as source:
        head = source.read(_STEP_BYTES)  # 3.x has none there, and its files are not read to their end
        return any(_is_twice(path, start) for start in starts if start in head)
    return False


def _is_twice(path: Path, start: bytes) -> bool:
    count, before = 0, b""
    with path.open("rb") as source:
        while count < 2 and (piece := source.read(_STEP_BYTES)):
            count += (before + piece).count(start)
            before = piece[1 - len(start) :]
    return count > 1


def _source_file(found: _Found) -> SourceFile:
    header = read_header(found.path, found.name)
    try:
        status = found.path.stat()
    except OSError as error:
        raise SourceMalformed("file_unreadable", path=found.name, reason=reason_of(error)) from error
    return SourceFile(
        0,
        found.kind,
        found.path,
        storable(found.name),
        status.st_size,
        status.st_mtime_ns,
        header.created_at,
        header.unread_date,
    )
