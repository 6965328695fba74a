"""What the terminal is told of backups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape

from freesport_sync.cli.terminal import local_time
from freesport_sync.core.events import BackupFound, BackupMade
from freesport_sync.i18n.texts import Texts

if TYPE_CHECKING:
    from freesport_sync.core.backup import Backup


def backup_line(event: BackupFound | BackupMade, texts: Texts) -> str:
    """That a backup was made, or which imports its restore undoes."""
    if isinstance(event, BackupMade):
        size = f"{event.size_bytes / 1_000_000:.1f}"
        return texts("cli.backup_made", backup_id=event.backup_id, size=size, file=event.file)
    key = "cli.undone_runs" if event.runs else "cli.undone_nothing"
    runs = ", ".join(map(str, event.runs))
    return texts(key, backup_id=event.backup_id, made_at=local_time(event.made_at), runs=runs)


def backup_row(backup: Backup, texts: Texts) -> tuple[str, ...]:
    """Name, time, run, operator, rows and megabytes, as the table of backups shows them."""
    size, made = f"{backup.size_bytes / 1_000_000:.1f}", backup.manifest
    if made is None:
        return backup.backup_id, f"[bold red]{texts('cli.backup_damaged')}[/]", "", "", "", size
    who = escape(f"{made.operator} ({made.host})")
    return backup.backup_id, local_time(made.made_at), str(made.run_id), who, str(made.rows), size
