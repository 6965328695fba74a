"""`Картинка` of goods and offers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from lxml.etree import _Element

from freesport_sync.core.issues import Severity
from freesport_sync.core.staged import StagedPicture
from freesport_sync.rules.catalog.pictures import PICTURE_FIELD, PICTURE_SUFFIXES
from freesport_sync.sources.commerceml.elements import children, text_of
from freesport_sync.sources.commerceml.folders import PICTURE_FOLDER
from freesport_sync.sources.commerceml.reading import Reading

_DOCUMENT_SUFFIXES = (".pdf", ".doc", ".docx", ".xls", ".xlsx", ".rtf", ".txt", ".zip", ".rar", ".7z", ".htm", ".html")
"""1C also lists manuals and the like among the pictures; they are skipped without an issue."""


def pictures_of(element: _Element, owner: str, onec_id: str, reading: Reading) -> Iterator[StagedPicture]:
    """Yield the pictures of a record in its order; report files that the shop cannot show (PICTURE-6).

    Args:
        element: `Товар` or `Предложение`.
        owner: `product` or `variant`.
        onec_id: its `Ид`.
        reading: of the file.
    """
    if not reading.wants_pictures:
        return
    for number, picture in enumerate(children(element, PICTURE_FIELD)):
        path = _below_pictures(text_of(picture).replace("\\", "/"))
        if path.lower().endswith(PICTURE_SUFFIXES):
            yield StagedPicture(*reading.place, owner, onec_id, number, path)
        elif path:
            suffix = PurePosixPath(path).suffix.lower()
            severity = Severity.NOTE if suffix in _DOCUMENT_SUFFIXES else Severity.WARNING
            reading.report(
                severity, "picture_format", onec_id=onec_id, field=PICTURE_FIELD, value=path, format=suffix or "-"
            )


def _below_pictures(path: str) -> str:
    """Return the path below the folder of pictures, in any spelling: `./import_files/01/x.jpg`, `/01//x.jpg`."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." not in parts:
        folders = [number for number, part in enumerate(parts) if part.lower() == PICTURE_FOLDER]
        parts = parts[folders[-1] + 1 :] if folders else parts
    elif parts[0].lower() == PICTURE_FOLDER:
        parts = parts[1:]
    return "/".join(parts)
