"""The names that 1C gives to the files it uploads (EXCHANGE-20)."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

from freesport_sync.core.file_names import is_portable
from freesport_sync.core.printable import printable
from freesport_sync.errors import ExchangeRefused
from freesport_sync.sources.commerceml.folders import PICTURE_FOLDER
from freesport_sync.sources.commerceml.picture_files import is_packed_picture

MAX_NAME_BYTES = 255
"""Of one folder or file; common file systems take no more."""
MAX_PATH_BYTES = 1000
MAX_FOLDERS = 12
REPORTS = "reports"
"""Folder into which the 1C-Bitrix module uploads its own logs."""


def file_path(filename: str) -> PurePosixPath:
    """Where a file of this name belongs, relative to the folder of its batch.

    Accepts the separators of Windows and Linux; drops a drive and leading separators. Keeps only the last part of an
    XML file or an archive, and of a picture everything from its last folder `import_files` on: 1C on Linux prefixes
    both with the path of its own temporary folder.

    Raises:
        ExchangeRefused: the name is empty, leads out of the folder, or is invalid on Windows or Linux.
    """
    name = unicodedata.normalize("NFC", filename.strip())
    path = PurePosixPath(re.sub(r"^[A-Za-z]:", "", name.replace("\\", "/")).lstrip("/"))
    parts = path.parts
    if not parts:
        raise ExchangeRefused("exchange_name_missing")
    folders = [part.lower() for part in parts[:-1]]
    if path.suffix.lower() == ".xml" or (path.suffix.lower() == ".zip" and REPORTS not in folders):
        parts, folders = parts[-1:], []
    if PICTURE_FOLDER in folders:
        parts = parts[len(folders) - 1 - folders[::-1].index(PICTURE_FOLDER) :]
    if any(map(_is_bad, path.parts)) or len(parts) > MAX_FOLDERS or len("/".join(parts).encode()) > MAX_PATH_BYTES:
        raise ExchangeRefused("exchange_name_unsafe", name=printable(filename, 100))
    return PurePosixPath(*parts)


def is_bad_picture(filename: str) -> bool:
    """Whether this is a picture whose only fault is a name that is invalid on Windows or Linux."""
    path = PurePosixPath(filename.replace("\\", "/"))
    if not is_packed_picture(path) or ".." in path.parts or not filename.isprintable():
        return False
    try:
        file_path(filename)
    except ExchangeRefused:
        return True
    return False


def _is_bad(part: str) -> bool:
    return not is_portable(part) or not part.isprintable() or len(part.encode("utf-8", "replace")) > MAX_NAME_BYTES
