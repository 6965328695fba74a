"""Finds the files of an export and puts them into import order."""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from freesport_sync.core.printable import replace_surrogates
from freesport_sync.errors import SourceMalformed, SourceMissing, reason_of
from freesport_sync.os_support import open_shared
from freesport_sync.sources.commerceml.export import (
    KIND_BY_WORD,
    Export,
    FileKind,
    SkippedFile,
    SourceFile,
    opened_kinds,
    recognise,
    refusal_of,
)
from freesport_sync.sources.commerceml.folders import is_picture_folder, number_of, xml_files
from freesport_sync.sources.commerceml.header import read_header
from freesport_sync.sources.commerceml.import_order import Part, in_import_order, without_copies

_REFERENCE_ELEMENTS = ("Классификатор", "ТипыЦен")
"""The elements of 2.x with reference data; an export of one catalogue has one of each, before its goods or offers."""
_COMBINED_WORD = "import"
_STEP_BYTES = 1024 * 1024


class _Found(NamedTuple):
    kind: FileKind
    segments: tuple[int, ...]
    """Numbers of its folders, then those of its name."""
    path: Path
    name: str


def discover(folder: Path, wanted: Collection[FileKind] | None = None) -> Export:
    """Find 1C's files in a folder and its subfolders, by name and not by place (FILE-1).

    Args:
        folder: the export's root, see `archive.opened_export`.
        wanted: kinds to import; files of other kinds are not opened, unless 2.x has a wanted kind in them. None
            means all.

    Raises:
        SourceMissing: the folder cannot be read.
        SourceMalformed: a file to import is not CommerceML, see `header.read_header`.
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
                part = f"{name} (ПакетПредложений)"  # names of files are unique within a run of the history
                found.append(_Found(FileKind.OFFERS, segments, path, part))
    if wanted is not None:
        opened = opened_kinds({item.kind for item in found}, wanted)
        skipped += [SkippedFile(item.name, "not_in_this_run") for item in found if item.kind not in opened]
        found = [item for item in found if item.kind in opened]
    parts, copies = without_copies([Part(_source_file(item), item.segments, _export_of(item.name)) for item in found])
    skipped += [SkippedFile(file.name, "other_copy") for file in copies]
    files = tuple(replace(file, file_no=number) for number, file in enumerate(in_import_order(parts), start=1))
    return Export(files, tuple(sorted(SkippedFile(replace_surrogates(name), reason) for name, reason in skipped)))


def _numbers(name: str) -> Iterator[int]:
    """Return the numbers of the folders of a file: `webdata/000000001/goods/2/import.xml` -> 1, 2."""
    folders = PurePosixPath(name).parts[:-1]
    return (number for folder in folders if (number := number_of(folder)) is not None)


def _export_of(name: str) -> str:
    """Return the folder of the export that a file belongs to.

    `webdata/000000001/goods/2/import.xml` and `webdata/000000002/rests/rests.xml` belong to `webdata`. Content of
    archives counts as lying beside them.
    """
    folders = [folder for folder in PurePosixPath(name).parent.parts if not folder.lower().endswith(".zip")]
    while folders and _is_layout(folders[-1]):
        folders.pop()
    return "/".join(folders)


def _is_layout(folder: str) -> bool:
    """Return whether 1C creates such a folder inside an export: for a kind, pictures, a catalogue or a segment."""
    return folder.lower() in KIND_BY_WORD or is_picture_folder(folder) or number_of(folder) is not None


def single_file(path: Path, kind: FileKind) -> Export:
    """Return an export of a single file, whatever its name.

    Args:
        path: the file.
        kind: what it contains.

    Raises:
        SourceMissing: the file is missing, or is a folder or an archive.
        SourceMalformed: it is not CommerceML, see `header.read_header`.
    """
    if path.is_dir() or (path.is_file() and zipfile.is_zipfile(path)):
        raise SourceMissing("file_not_single", path=str(path))
    if not path.is_file():
        raise SourceMissing("data_dir_missing", path=str(path))
    file = _source_file(_Found(kind, (), path, path.name))
    return Export((replace(file, file_no=1),), ())


def has_records(path: Path, *names: str) -> bool:
    """Return whether a file contains elements of these names; unreadable files are reported elsewhere."""
    starts = [f"<{name}{end}".encode(encoding) for name in names for end in "> " for encoding in ("utf-8", "cp1251")]
    longest, before = max(map(len, starts)), b""
    with suppress(OSError), open_shared(path) as source:
        while piece := source.read(_STEP_BYTES):
            text = before + piece
            if any(start in text for start in starts):
                return True
            before = text[-longest:]
    return False


def has_later_reference_data(path: Path) -> bool:
    """Return whether a file that begins with reference data has that of another catalogue after its records."""
    starts = [f"<{name}".encode(encoding) for name in _REFERENCE_ELEMENTS for encoding in ("utf-8", "cp1251")]
    with suppress(OSError), open_shared(path) as source:
        head = source.read(_STEP_BYTES)  # 3.x has none there, and its files are not read to their end
        return any(_is_twice(path, start) for start in starts if start in head)
    return False


def _is_twice(path: Path, start: bytes) -> bool:
    count, before = 0, b""
    with open_shared(path) as source:
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
        replace_surrogates(found.name),
        status.st_size,
        status.st_mtime_ns,
        header.created_at,
        header.unread_date,
    )
