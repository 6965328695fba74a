"""Row issues and changes as a CSV file that the Excel of a Russian office opens with a double click."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TextIO

from freesport_sync.core.issues import RowIssue
from freesport_sync.core.run import FieldChange
from freesport_sync.errors import ConfigError, reason_of
from freesport_sync.i18n.texts import Texts
from freesport_sync.os_support import replaced_whole

ENCODING = "utf-8-sig"
"""Without the BOM Excel takes the file for windows-1251."""

_COLUMNS = (
    "severity",
    "name",
    "article",
    "onec_id",
    "field",
    "value",
    "file",
    "line",
    "what_is_wrong",
    "to_fix",
    "code",
)
_CHANGE_COLUMNS = ("what", "name", "field", "old", "new", "onec_id")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def save_csv(issues: Iterable[RowIssue], texts: Texts, file: Path) -> int:
    """Write issues into a file, see `_save`; returns how many there were."""
    return _save(file, lambda stream: write_csv(issues, texts, stream))


def save_changes(changes: Iterable[FieldChange], texts: Texts, file: Path) -> int:
    """Write the changes that a dry run listed into a file; returns how many there were."""
    return _save(file, lambda stream: write_changes(changes, texts, stream))


def write_csv(issues: Iterable[RowIssue], texts: Texts, stream: TextIO) -> int:
    """Write issues into a stream opened with `ENCODING` and `newline=""`; returns how many there were."""
    columns = [texts(f"cli.column_{name}") for name in _COLUMNS]
    return _write(columns, (_cells(issue, texts) for issue in issues), stream)


def write_changes(changes: Iterable[FieldChange], texts: Texts, stream: TextIO) -> int:
    """As `write_csv`, of the changes that a dry run listed."""
    columns = [texts(f"cli.column_{name}") for name in _CHANGE_COLUMNS]
    return _write(columns, (_change_cells(one, texts) for one in changes), stream)


def _save(file: Path, write: Callable[[TextIO], int]) -> int:
    """Write a file, which appears whole or not at all; one that exists is replaced.

    Args:
        file: where to.
        write: fills the stream, returns how many lines.

    Raises:
        ConfigError: the folder is missing, or the file cannot be written or replaced.
    """
    target = Path(os.path.realpath(file))  # a link stays, and the file behind it is replaced
    try:
        if target.exists() and not target.is_file():
            raise ConfigError("csv_not_a_file", file=str(file))
        if not target.parent.is_dir():  # not before: `nul` of Windows lies in none
            raise ConfigError("csv_folder_missing", folder=str(target.parent))
        with (
            replaced_whole(target) as unfinished,
            unfinished.open("w", encoding=ENCODING, newline="") as stream,
        ):
            return write(stream)
    except OSError as error:
        raise ConfigError("csv_not_writable", file=str(file), reason=reason_of(error)) from error


def _write(columns: Sequence[str], rows: Iterable[Sequence[str]], stream: TextIO) -> int:
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    writer.writerow(columns)
    count = 0
    for row in rows:
        writer.writerow([_harmless(cell) for cell in row])
        count += 1
    return count


def _cells(issue: RowIssue, texts: Texts) -> tuple[str, ...]:
    what, hint = texts.issue(issue)
    return (
        texts(f"severity.{issue.severity.value}"),
        issue.name,
        issue.article,
        issue.onec_id,
        issue.field,
        issue.value,
        issue.file,
        str(issue.line or ""),
        what,
        hint,
        issue.code,
    )


def _change_cells(change: FieldChange, texts: Texts) -> tuple[str, ...]:
    entity = texts.word("entity_one", change.entity)
    return (entity, change.name or change.onec_id, texts.field(change), *texts.values(change), change.onec_id)


def _harmless(cell: str) -> str:
    """The cell, quoted if a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
