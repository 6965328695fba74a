"""What support needs to know about the program, this computer and one run, as text."""

from __future__ import annotations

import locale
import os
import platform
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from freesport_sync import __version__
from freesport_sync.core.history import EntrySource, HistoryDetails
from freesport_sync.core.masking import masked
from freesport_sync.i18n.texts import Texts


def program_facts(operator: str, database: str | None, *more: str) -> str:
    """Versions, system, who works here and with which database, without secrets.

    Args:
        operator: who works with the program.
        database: its name; None: unknown.
        more: further versions, such as Qt's.
    """
    versions = ", ".join((f"freesport_sync {__version__}", f"Python {platform.python_version()}", *more))
    return masked("\n".join((versions, f"{platform.platform()}, {operator}", f"database: {database or '-'}")))


def system_facts(folders: Iterable[Path]) -> str:
    """How the program runs here, and how much room is left.

    Args:
        folders: of the program's state; they may be missing.
    """
    lines = [
        f"program: {sys.executable}{' (frozen)' if getattr(sys, 'frozen', False) else ''}",
        f"process: {os.getpid()}, {os.cpu_count()} processors, {platform.machine()}",
        f"encodings: {sys.getfilesystemencoding()}, {locale.getpreferredencoding(False)}",
        *(f"{folder}: {_room_in(folder)}" for folder in folders),
    ]
    return "\n".join(lines)


def entry_report(texts: Texts, details: HistoryDetails) -> str:
    """Everything about one entry of the history except its long lists, without secrets."""
    entry = details.entry
    is_ours = entry.key.source is EntrySource.RUN
    kind = texts.kind(entry.kind, entry.is_dry_run, entry.undone_id)
    lines = [
        texts("cli.show_title" if is_ours else "cli.show_title_shop", run_id=entry.key.id, kind=kind),
        f"{entry.status.value}, {entry.started_at.isoformat()}, {entry.duration_s:.1f} s",
        f"{entry.operator} {entry.host} {entry.trigger}",
    ]
    if is_ours:
        lines += [f"{name}: {value}" for name, value in details.request.items()]
        lines += [f"{one.stage}: {one.started_at.isoformat()}, {one.done}/{one.total}" for one in details.stages]
        lines += [f"{entity}: {count}" for entity, count in entry.counts.items()]
        lines += [f"{one.severity.value} {one.code}: {one.count}" for one in details.issue_counts]
        lines += [f"{file.path} {file.size_bytes} {file.created_at or ''}" for file in details.files]
        if entry.error is not None:
            lines.append(texts.error(texts.of_run(entry.error, entry.kind, entry.is_dry_run)).sentence)
    lines += [details.error_message, details.report]
    return masked("\n".join(line for line in lines if line))


def _room_in(folder: Path) -> str:
    existing = next((one for one in (folder, *folder.parents) if one.exists()), folder)
    try:
        usage = shutil.disk_usage(existing)
    except OSError as error:
        return str(error.strerror)
    return f"{usage.free // 1_000_000} MB of {usage.total // 1_000_000} MB free"
