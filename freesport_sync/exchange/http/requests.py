"""What 1C asks for: the parameters of its requests, and the names that it gives to files (EXCHANGE-20)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from urllib.parse import unquote_to_bytes

from freesport_sync.core.file_names import is_portable
from freesport_sync.core.printable import printable
from freesport_sync.errors import ExchangeRefused
from freesport_sync.sources.commerceml.folders import PICTURE_FOLDER
from freesport_sync.sources.commerceml.picture_files import is_packed_picture

MAX_NAME_BYTES = 255
"""Of one folder or file: no file system of ours takes more."""
MAX_PATH_BYTES = 1000
MAX_FOLDERS = 12

REPORTS = "reports"
"""Folder in which the module of 1C-Bitrix uploads its own logs."""


class Mode(StrEnum):
    """What a request is for."""

    CHECKAUTH = "checkauth"
    INIT = "init"
    FILE = "file"
    IMPORT = "import"
    DEACTIVATE = "deactivate"
    COMPLETE = "complete"
    QUERY = "query"
    SUCCESS = "success"


@dataclass(frozen=True, slots=True)
class ExchangeRequest:
    """The parameters of a request; an empty text where there is none.

    Args:
        type: `catalog`, `sale`, or a word that we do not know.
        mode: a `Mode`, or a word that we do not know.
        filename: as 1C writes it.
        version: only the module of 1C-Bitrix says it.
        timestamp: line 5 of an earlier answer to `checkauth`.
    """

    type: str = ""
    mode: str = ""
    filename: str = ""
    version: str = ""
    timestamp: str = ""

    @property
    def brings_export(self) -> bool:
        """Whether it is about an XML file or an archive, and not about a picture or a log."""
        name = self.filename.strip().lower()
        return self.mode in (Mode.FILE, Mode.IMPORT) and name.endswith((".xml", ".zip")) and REPORTS not in name


def parse_request(query: bytes) -> ExchangeRequest:
    """Read the query of an address.

    The first of repeated parameters counts; what we do not know is ignored, so that an address may have parameters of
    its own, even where 1C puts a second question mark behind them. A plus is a plus: 1C writes blanks as `%20`.
    """
    values: dict[str, str] = {}
    for part in re.split(b"[&?]", query):
        name, _, value = part.partition(b"=")
        values.setdefault(_decoded(name), _decoded(value))
    return ExchangeRequest(
        type=values.get("type", "").strip().lower(),
        mode=values.get("mode", "").strip().lower(),
        filename=values.get("filename", ""),
        version=values.get("version", "").strip(),
        timestamp=values.get("timestamp", "").strip(),
    )


def _decoded(raw: bytes) -> str:
    text = unquote_to_bytes(raw)
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("cp1251", "replace")  # old platforms


def file_path(filename: str) -> PurePosixPath:
    """Where a file of this name belongs, below the folder of what was received.

    Separators of either system are taken; a drive and leading separators are cut. Of an XML file or an archive only
    the last part counts, of a picture what stands from its last folder `import_files` on: 1C on Linux puts the path of
    its own temporary folder before both.

    Raises:
        ExchangeRefused: there is no name, or it could lead out of that folder or be none on some system.
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
    """Whether this is a picture of 1C's, and nothing is wrong with its name but that some system cannot have it."""
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
