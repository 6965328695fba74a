"""Restores a backup by difference: reverts what imports wrote since, keeps what the shop changed (UNDO-1)."""

from __future__ import annotations

import time
from pathlib import Path

from freesport_sync.core.backup import Manifest
from freesport_sync.core.events import BackupFound, IssuesFound
from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.progress import StageMeter
from freesport_sync.core.run import Counts, FieldChange, RunReport
from freesport_sync.core.shop import ImportType, Stage
from freesport_sync.database.merge import merge
from freesport_sync.database.own.earlier_runs import is_outlived, note_undone, read_undoer, undoable_runs_since
from freesport_sync.database.undo import backup
from freesport_sync.database.undo.restore import Comparison, is_compared, load_table
from freesport_sync.errors import BackupUnusable, ConfigError
from freesport_sync.runs.context import RunContext
from freesport_sync.runs.life import LockedRun, RunResult, run_locked
from freesport_sync.tasks.backup.making import ByteMeter
from freesport_sync.tasks.restore.request import RestoreBackup
from freesport_sync.tasks.shop_import.merge import MAX_FIELD_CHANGES
from freesport_sync.tasks.shop_sessions import ShopSessions


def run_restore(context: RunContext, request: RestoreBackup) -> RunReport:
    """Restore the backup that the request names.

    All of it is read and verified before the first row of the shop is written; what is reverted becomes visible with
    one COMMIT, or not at all.

    Raises:
        ConfigError: there is no such backup.
        BackupUnusable: it is damaged, of another database, or of a newer program.
        SyncError: the run was refused, failed or was cancelled; nothing was reverted.
    """
    path = backup.backup_path(context.folders.backups, request.backup_id)
    manifest = backup.read_manifest(path)
    sessions = ShopSessions(context, ImportType.CATALOG)  # keeps the shop's importers from starting meanwhile
    return run_locked(context, request, lambda run: _Restore(run, path, manifest).run(), sessions)


def backup_of_run(folder: Path, run_id: int, database: str) -> str:
    """The name of the backup that a run made before it wrote.

    Raises:
        ConfigError: there is none in this folder.
    """
    backups = backup.list_backups(folder)
    for one in backups:
        made = one.manifest
        if made is not None and (made.run_id, made.database) == (run_id, database):
            return one.backup_id
    for one in backups:  # "damaged" helps more than "missing"
        if one.manifest is None and one.backup_id.split("-")[2] == str(run_id):
            return one.backup_id
    raise ConfigError("backup_of_run_missing", run_id=run_id, folder=str(folder))


class _Restore:
    """The steps of a restore.

    Args:
        run: holds the lock.
        path: the archive.
        manifest: of the archive.
    """

    def __init__(self, run: LockedRun, path: Path, manifest: Manifest) -> None:
        self._run = run
        self._connection = run.connection
        self._path = path
        self._manifest = manifest
        self._has_reported = False

    def run(self) -> RunResult:
        self._refuse_foreign()
        self._load()
        self._report_runs()
        return self._run.write(self._attempt)

    def _refuse_foreign(self) -> None:
        manifest, path = self._manifest, str(self._path)
        if manifest.database != backup.database_identity(self._connection):
            raise BackupUnusable("backup_foreign", path=path, label=manifest.label)
        if by := read_undoer(self._connection, manifest.run_id):
            raise BackupUnusable("run_undone_already", run_id=manifest.run_id, undone_by=by)
        if is_outlived(self._connection, manifest.run_id):
            raise BackupUnusable("backup_outlived", path=path)
        tables = backup.existing_tables(self._connection)
        if [table.name for table in manifest.tables] != [table.name for table in tables]:
            raise BackupUnusable("backup_other_tables", path=path)
        if manifest.fingerprint != backup.fingerprint(self._connection, tables):
            raise BackupUnusable("backup_other_tables", path=path)

    def _load(self) -> None:
        """Read the whole archive: compared tables into temporary ones, the others only to verify them."""
        check = self._run.context.cancel.check
        sizes = {table.name: table.size_bytes for table in self._manifest.tables}
        meter = ByteMeter(self._run.report, Stage.STAGE, sizes, passes=1, check=check)
        for table in self._manifest.tables:
            with backup.opened_table(self._path, table, meter.advance) as file:
                if is_compared(table.name):
                    load_table(self._connection, table, file)
                else:
                    backup.read_to_end(file)
        meter.finish()

    def _report_runs(self) -> None:
        """Report which imports will be undone: perhaps more than the one that made the backup."""
        runs = undoable_runs_since(self._connection, self._manifest.run_id)
        self._run.report(BackupFound(self._manifest.backup_id, self._manifest.made_at, runs))
        if runs:
            params = {"runs": ", ".join(map(str, runs))}
            self._run.report(IssuesFound((RowIssue(Severity.NOTE, "restore_runs", params=params),)))

    def _attempt(self) -> RunResult:
        is_dry_run = self._run.is_dry_run
        meter = StageMeter(self._run.report, Stage.RESOLVE, 1, time.monotonic)
        tables = frozenset(table.name for table in self._manifest.tables)
        comparison = Comparison(self._connection, tables, self._manifest.run_id)
        comparison.make(is_locking=not is_dry_run)
        counts = comparison.counts()
        self._report_issues(comparison, counts)
        changes: tuple[FieldChange, ...] = comparison.changes(MAX_FIELD_CHANGES) if is_dry_run else ()
        meter.finish()
        if not is_dry_run:
            self._apply(comparison)
        return RunResult(counts, changes)

    def _report_issues(self, comparison: Comparison, counts: dict[str, Counts]) -> None:
        """Report what is kept; once, however often the comparison is repeated."""
        if self._has_reported:
            return
        self._has_reported = True
        if not any(count.updated for count in counts.values()):
            self._run.report(IssuesFound((RowIssue(Severity.NOTE, "restore_nothing"),)))
        for issues in comparison.kept():
            self._run.report(IssuesFound(issues))
            self._run.context.cancel.check()

    def _apply(self, comparison: Comparison) -> None:
        meter = StageMeter(self._run.report, Stage.APPLY, comparison.steps, time.monotonic)
        done = 0

        def advance() -> None:
            nonlocal done
            done += 1
            self._run.context.cancel.check()
            meter.advance(done)

        comparison.apply(self._run.run_id, advance)
        note_undone(self._connection, self._manifest.run_id, self._run.run_id)
        merge.check_constraints(self._connection)
        meter.finish()
