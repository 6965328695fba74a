"""Which files of a batch a run needs, and of which kind the run is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from freesport_sync.core.shop import ImportKind
from freesport_sync.errors import ExchangeRefused, SourceMalformed
from freesport_sync.exchange.uploads.batch import UploadBatch
from freesport_sync.exchange.uploads.uploaded_file import UploadedFile
from freesport_sync.sources.commerceml.content import Content, content_of
from freesport_sync.sources.commerceml.export import FileKind, recognise
from freesport_sync.sources.commerceml.folders import PICTURE_FOLDER

REFERENCE_KINDS = frozenset(kind for kind in FileKind if kind.is_reference_data) - {FileKind.CONTRAGENTS}
"""Files that goods, offers, prices and stocks refer to."""
_RUN_KINDS: Mapping[FileKind | None, ImportKind] = {
    FileKind.PRICES: ImportKind.PRICES,
    FileKind.RESTS: ImportKind.STOCKS,
    FileKind.CONTRAGENTS: ImportKind.CUSTOMERS,
}
_USUAL_NAMES: Mapping[FileKind | None, str] = {FileKind.OFFERS: "offers", FileKind.CONTRAGENTS: "contragents"}

Contents = Mapping[UploadedFile, Content]


def readable_contents(batch: UploadBatch, files: Iterable[UploadedFile]) -> Contents:
    """The contents of files, without those that cannot be imported now."""
    found = {file: _readable_content(batch, file) for file in files}
    return {file: content for file, content in found.items() if content is not None}


def required_contents(batch: UploadBatch, files: Iterable[UploadedFile]) -> Contents:
    """The contents of the files that 1C asks to import.

    Raises:
        SourceMalformed: one cannot be read.
        ExchangeRefused: one has orders.
    """
    found = {file: content_of(batch.folder / file.path) for file in files}
    if any(content.kind is FileKind.ORDERS for content in found.values()):
        raise ExchangeRefused("exchange_orders_later")
    return found


def run_kind(contents: Iterable[Content]) -> ImportKind:
    """The kind of a run that imports these files, as the history shows it."""
    kinds = {content.kind for content in contents} - REFERENCE_KINDS
    if len(kinds) == 1:
        return _RUN_KINDS.get(next(iter(kinds)), ImportKind.CATALOG)
    return ImportKind.ALL if FileKind.CONTRAGENTS in kinds else ImportKind.CATALOG


def files_of_run(batch: UploadBatch, contents: Contents) -> Mapping[str, Path]:
    """What a run needs: the files, the reference data of the batch, and its pictures.

    A file whose name 1C's exports never have gets a usual one, or the run would ignore it.

    Returns:
        The path in the folder of the run -> the file.
    """
    found = {str(file.path): batch.folder / file.path for file in _reference_files(batch)}
    for number, (file, content) in enumerate(contents.items(), start=1):
        is_usual = recognise(file.path.name)[0] is content.kind
        # Not `import_1.xml`: a file of the batch may be called so.
        name = str(file.path) if is_usual else f"{_USUAL_NAMES.get(content.kind, 'import')}_{number}_renamed.xml"
        found[name] = batch.folder / file.path
    if any(content.kind in (FileKind.GOODS, FileKind.OFFERS) for content in contents.values()):
        found |= {str(file.path): batch.folder / file.path for file in pictures(batch)}
    return found


def pictures(batch: UploadBatch) -> tuple[UploadedFile, ...]:
    """Everything below a folder of pictures."""
    return tuple(file for file in batch.files if file.path.parts[0].lower() == PICTURE_FOLDER)


def _reference_files(batch: UploadBatch) -> tuple[UploadedFile, ...]:
    kinds = {file: recognise(file.path.name)[0] for file in batch.files if file.path.suffix.lower() == ".xml"}
    return tuple(file for file, kind in kinds.items() if kind is not None and kind in REFERENCE_KINDS)


def _readable_content(batch: UploadBatch, file: UploadedFile) -> Content | None:
    try:
        content = content_of(batch.folder / file.path)
    except SourceMalformed:
        return None
    return None if content.kind is FileKind.ORDERS else content
