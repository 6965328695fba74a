"""Files of an export on a terminal: found, pulled from the SSH host, archived there."""

from __future__ import annotations

from collections.abc import Iterator

from freesport_sync.core.events import ExportFound, FilesArchived, FilesPulled
from freesport_sync.core.printable import printable
from freesport_sync.i18n.texts import Texts

SHOWN_FILES = 20
"""How many files are listed; the others are only counted."""


def file_lines(event: FilesPulled | FilesArchived | ExportFound, texts: Texts) -> Iterator[str]:
    """The lines for an event about files."""
    match event:
        case FilesPulled():
            return _pulled(event, texts)
        case FilesArchived():
            return _archived(event, texts)
        case ExportFound():
            return _found(event, texts)


def _found(event: ExportFound, texts: Texts) -> Iterator[str]:
    yield texts("cli.found", files=event.files, size=f"{event.size_bytes / 1_000_000:.1f}")
    if event.created_at is not None and event.age_s is not None:
        age = _age(event.age_s, texts)
        yield texts("cli.export_age", created_at=f"{event.created_at:%d.%m.%Y %H:%M}", age=age)
    else:
        yield texts("cli.export_undated")
    for name, reason in event.skipped:
        yield texts("cli.file_skipped", file=printable(name), reason=texts(f"skipped.{reason}"))


def _pulled(event: FilesPulled, texts: Texts) -> Iterator[str]:
    size = f"{event.fetched_bytes / 1_000_000:.1f}"
    counts = {"fetched": event.fetched, "size": size, "unchanged": event.unchanged}
    yield texts("cli.pulled", server=event.server, folder=event.folder, **counts)
    yield from _listed("cli.pull_unfinished", event.unfinished, texts)
    yield from _listed("cli.pull_left_out", event.left_out, texts)


def _archived(event: FilesArchived, texts: Texts) -> Iterator[str]:
    yield texts("cli.archived", moved=event.moved, folder=event.folder)
    yield from _listed("cli.archive_kept", event.kept, texts)


def _listed(key: str, files: tuple[tuple[str, str], ...], texts: Texts) -> Iterator[str]:
    for path, reason in files[:SHOWN_FILES]:
        yield texts(key, file=printable(path), reason=texts(f"skipped.{reason}"))
    if len(files) > SHOWN_FILES:
        yield texts("cli.more_files", count=len(files) - SHOWN_FILES)


def _age(age_s: float, texts: Texts) -> str:
    if age_s < 0:
        return texts("cli.age_future")
    if age_s < 3600:
        return texts("cli.age_minutes", minutes=int(age_s // 60))
    if age_s < 48 * 3600:
        return texts("cli.age_hours", hours=int(age_s // 3600))
    return texts("cli.age_days", days=int(age_s // 86400))
