"""Backups on a terminal."""

from __future__ import annotations

from rich.markup import escape

from freesport_sync.cli.results import BackupList
from freesport_sync.cli.terminal.screen import Screen, local_time
from freesport_sync.core.backup import Backup
from freesport_sync.core.events import BackupFound, BackupMade
from freesport_sync.i18n.texts import Texts


def show_backups(screen: Screen, result: BackupList) -> None:
    """Print a table of backups."""
    if not result.backups:
        screen.line(screen.texts("cli.no_backups"))
        return
    table = screen.table("backup", "made", "before_run", "operator", "rows", "size")
    for one in result.backups:
        table.add_row(*_row(one, screen.texts))
    screen.out.print(table)


def backup_line(event: BackupFound | BackupMade, texts: Texts) -> str:
    """The line for a backup that was made, or is about to be restored."""
    if isinstance(event, BackupMade):
        size = f"{event.size_bytes / 1_000_000:.1f}"
        return texts("cli.backup_made", backup_id=event.backup_id, size=size, file=event.file)
    key = "cli.undone_runs" if event.runs else "cli.undone_nothing"
    runs = ", ".join(map(str, event.runs))
    return texts(key, backup_id=event.backup_id, made_at=local_time(event.made_at), runs=runs)


def _row(backup: Backup, texts: Texts) -> tuple[str, ...]:
    size, made = f"{backup.size_bytes / 1_000_000:.1f}", backup.manifest
    if made is None:
        return backup.backup_id, f"[bold red]{texts('cli.backup_damaged')}[/]", "", "", "", size
    who = escape(f"{made.operator} ({made.host})")
    return backup.backup_id, local_time(made.made_at), str(made.run_id), who, str(made.rows), size
