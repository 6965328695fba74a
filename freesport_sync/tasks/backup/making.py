"""Backs up all tables that an import may write to: saves one snapshot, verifies it, then gives it its name."""

from __future__ import annotations

import os
import shutil
import socket
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from freesport_sync import __version__
from freesport_sync.core.backup import Manifest, expired, new_backup_id
from freesport_sync.core.events import BackupMade, IssuesFound, Reporter
from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.progress import StageMeter
from freesport_sync.core.run import RunReport
from freesport_sync.core.shop import Stage
from freesport_sync.database.own.runs import runs_without_effect
from freesport_sync.database.server.engine import (
    SNAPSHOT,
    DatabaseError,
    as_sync_error,
    server_time,
    server_version,
    transaction,
)
from freesport_sync.database.undo import backup
from freesport_sync.errors import (
    ConnectionFailed,
    ImportFailed,
    SyncError,
    reason_of,
)
from freesport_sync.os_support import DISK_FULL, make_private, rename_fresh
from freesport_sync.runs.context import RunContext
from freesport_sync.runs.life import LockedRun, RunResult, run_locked
from freesport_sync.tasks.backup.request import MakeBackup
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.tasks.shop_sessions import ShopSessions

COMPRESSION = 1
"""Keeps up with the server; a higher level saves little."""
SPACE_SHARE = 3
"""An archive takes about a fifth of the size of the tables; a third of it must be free."""


def run_backup(context: RunContext, request: MakeBackup) -> RunReport:
    """Make a backup without an import.

    Raises:
        SyncError: it could not be made; no partial archive is left.
    """

    def work(run: LockedRun) -> RunResult:
        make_backup(run)
        return RunResult({})

    return run_locked(context, request, work, ShopSessions(context, None))  # it only reads


def back_up_before_import(run: LockedRun, request: ShopImport) -> None:
    """Make the backup of an import that can be undone.

    Raises:
        SyncError: it could not be made, and the request does not make it optional; or the run was cancelled, or the
            connection was lost.
    """
    if not request.is_undoable or request.skip_backup or run.is_dry_run:
        return
    try:
        make_backup(run)
    except (SyncError, DatabaseError) as error:
        run.context.cancel.check()
        failure = as_sync_error(error)
        if not request.is_backup_optional or isinstance(failure, ConnectionFailed):
            raise failure from error
        reason = run.context.texts.error(failure).sentence
        run.report(IssuesFound((RowIssue(Severity.WARNING, "backup_failed", params={"reason": reason}),)))


def make_backup(run: LockedRun) -> None:
    """Make a backup and delete expired ones.

    Raises:
        ImportFailed: the disk is full, or the folder cannot be written to.
        BackupUnusable: verifying the archive failed.
        SyncError: the run was cancelled, or the connection was lost.
    """
    folder, connection = run.context.folders.backups, run.connection
    tables = backup.existing_tables(connection)
    sizes = backup.table_sizes(connection, tables)
    meter = ByteMeter(run.report, Stage.BACKUP, sizes, passes=2, check=run.context.cancel.check)
    backup_id = new_backup_id(server_time(connection), run.run_id, backup.database_identity(connection))
    path = backup.backup_path(folder, backup_id)
    with _naming_faults(path):
        make_private(folder)
        backup.remove_drafts(folder)
        _require_space(folder, sum(sizes.values()))
        manifest = _make_archive(run, path, tables, meter)
    meter.finish()
    run.report(BackupMade(backup_id, str(path), manifest.rows, path.stat().st_size))
    _rotate(run, folder, manifest)


def _make_archive(run: LockedRun, path: Path, tables: Sequence[backup.Table], meter: ByteMeter) -> Manifest:
    draft = backup.draft_path(path)
    descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with open(descriptor, "w+b") as file:
            manifest = _write(run, file, path.stem, tables, meter.advance)
        meter.next_pass()
        backup.verify(draft, manifest, meter.advance)
        rename_fresh(draft, path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise
    return manifest


def _write(
    run: LockedRun, file: IO[bytes], backup_id: str, tables: Sequence[backup.Table], advance: Callable[[str, int], None]
) -> Manifest:
    connection, context = run.connection, run.context
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION) as archive:
        with transaction(connection, SNAPSHOT):
            made_at = server_time(connection)
            saved = backup.save_tables(connection, tables, archive, advance)
            manifest = Manifest(
                backup_id=backup_id,
                run_id=run.run_id,
                made_at=made_at,
                database=backup.database_identity(connection),
                label=run.target.label,
                server_version=server_version(connection),
                fingerprint=backup.fingerprint(connection, tables),
                operator=context.header.operator,
                host=socket.gethostname(),
                program_version=__version__,
                tables=saved,
            )
        backup.write_manifest(archive, manifest)
    file.flush()
    os.fsync(file.fileno())
    return manifest


def _require_space(folder: Path, size_bytes: int) -> None:
    needed, free = size_bytes // SPACE_SHARE, shutil.disk_usage(folder).free
    if free < needed:
        megabytes = {"needed_mb": needed // 10**6 + 1, "free_mb": free // 10**6}
        raise ImportFailed("backup_no_space", folder=str(folder), **megabytes)


def _rotate(run: LockedRun, folder: Path, newest: Manifest) -> None:
    kept, without_effect = run.context.settings.backup, runs_without_effect(run.connection)
    for one in expired(backup.list_backups(folder), newest, kept.keep_count, kept.keep_days, without_effect):
        with suppress(OSError):  # open elsewhere; the next backup tries again
            backup.backup_path(folder, one.backup_id).unlink()


@contextmanager
def _naming_faults(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in DISK_FULL:
            raise ImportFailed("backup_disk_full", path=str(path)) from error
        raise ImportFailed("backup_not_written", path=str(path), reason=reason_of(error)) from error


class ByteMeter:
    """The progress of reading tables, in the bytes that they take in the server.

    Args:
        report: receives the events.
        stage: of the run.
        sizes: table -> bytes.
        passes: how often all tables are read.
        check: called with every progress; may raise to stop.
    """

    def __init__(
        self, report: Reporter, stage: Stage, sizes: dict[str, int], passes: int, check: Callable[[], None]
    ) -> None:
        self._sizes = sizes
        self._check = check
        self._done = dict.fromkeys(sizes, 0)
        self._before = 0
        self._meter = StageMeter(report, stage, passes * sum(sizes.values()), time.monotonic)

    def advance(self, table: str, done: int) -> None:
        """Report how many bytes of a table have been read."""
        self._check()
        self._done[table] = min(done, self._sizes[table])
        self._meter.advance(self._before + sum(self._done.values()))

    def next_pass(self) -> None:
        """Start reading all tables again."""
        self._before += sum(self._sizes.values())
        self._done = dict.fromkeys(self._sizes, 0)

    def finish(self) -> None:
        """Send the last event of the stage."""
        self._meter.finish()
