"""What a support package holds of a run's customers and files."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from freesport_sync.core.file_names import is_portable
from freesport_sync.core.history import HistoryDetails
from freesport_sync.core.issues import RowIssue
from freesport_sync.core.masking import Masker, blanked, blanked_xml
from freesport_sync.core.run import ExportFile, FieldChange
from freesport_sync.core.shop import Entity
from freesport_sync.errors import ConfigError

FILES_BYTES = 30_000_000
"""Size of all files together; masking takes a second for each two megabytes."""
_PERSONAL_KINDS = ("contragents", "orders")
_PERSONAL_ELEMENTS = re.compile(r"<(?:\w+:)?(?:Контрагент|Документ)[\s>/]")
_PERSONAL_CODES = ("customer_", "email_", "phone_")
_ENCODING = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["']([\w-]+)["']""")


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """Leaves of customers only the shape of what 1C says: letters become x, digits 0.

    Args:
        files: with customers.
    """

    files: frozenset[str]

    def issue(self, issue: RowIssue) -> RowIssue:
        """The issue without names and values if it is about a customer."""
        if issue.file not in self.files and not issue.code.startswith(_PERSONAL_CODES):
            return issue
        params = {name: blanked(value) for name, value in issue.params.items()}
        return replace(issue, name=blanked(issue.name), value=blanked(issue.value), params=params)

    def change(self, change: FieldChange) -> FieldChange:
        """The change without names and values if it is one of a customer."""
        if change.entity != Entity.CUSTOMER:
            return change
        old, new = change.old_value, change.new_value
        if change.field != "is_active":
            old, new = (None if value is None else blanked(value) for value in (old, new))
        return replace(change, name=blanked(change.name), old_value=old, new_value=new)


class RunFileText(NamedTuple):
    """A file of a run.

    Args:
        name: below the run's folder.
        text: masked; of customers only the shape.
        encoding: of the file.
        problem: why there is no text; empty: there is.
    """

    name: str
    text: str
    encoding: str
    problem: str


def without_customers(files: Iterable[ExportFile]) -> CustomerFilter:
    """A filter for the row issues and changes of a run.

    Args:
        files: that it has read.
    """
    return CustomerFilter(frozenset(file.path for file in files if file.kind in _PERSONAL_KINDS))


def file_texts(details: HistoryDetails, mask: Masker) -> Iterator[RunFileText]:
    """Read the files of a run where it found them, those of customers without names and values.

    Args:
        details: of the run.
        mask: for the other files.

    Raises:
        ConfigError: they are larger than `FILES_BYTES`.
    """
    root = Path(details.entry.data)
    size = sum(file.size_bytes for file in details.files)
    if size > FILES_BYTES:
        limit = FILES_BYTES // 1_000_000
        raise ConfigError("support_files_too_large", size=size // 1_000_000 + 1, limit=limit, folder=str(root))
    for file in details.files:
        path = _inside(root, file.path)
        if path is None:
            yield RunFileText(file.path, "", "", "elsewhere")
        else:
            yield _read(path, file, mask)


def _inside(root: Path, name: str) -> Path | None:
    """The file below the folder of the run; None if it is not there, or not below it."""
    parts = PurePosixPath(name)
    if parts.is_absolute() or ".." in parts.parts or not all(map(is_portable, parts.parts)):
        return None
    path = root.joinpath(*parts.parts)
    try:
        return path if path.is_file() and path.resolve().is_relative_to(root.resolve()) else None
    except OSError:
        return None


def _read(path: Path, file: ExportFile, mask: Masker) -> RunFileText:
    try:
        with path.open("rb") as stream:
            raw = stream.read(file.size_bytes + 1)
    except OSError:
        return RunFileText(file.path, "", "", "unreadable")
    if len(raw) != file.size_bytes:
        return RunFileText(file.path, "", "", "changed")
    encoding = _encoding_of(raw)
    if encoding is None:
        return RunFileText(file.path, "", "", "encoding")
    text = raw.decode(encoding, "surrogateescape")
    is_blanked = file.kind in _PERSONAL_KINDS or _PERSONAL_ELEMENTS.search(text) is not None
    return RunFileText(file.path, blanked_xml(text) if is_blanked else mask(text), encoding, "")


def _encoding_of(raw: bytes) -> str | None:
    """The encoding that a file declares; None if Russian words could not be found in it."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return None  # 1C writes none; `surrogateescape` could not write it back
    found = _ENCODING.match(raw.removeprefix(codecs.BOM_UTF8)[:200].lstrip())
    name = found[1].decode().lower() if found else "utf-8"
    return name if name in ("utf-8", "windows-1251") else None
