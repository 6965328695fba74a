"""Makes equal creation times of products distinct, or undoes such a repair (PRODUCT-8)."""

from __future__ import annotations

import time
from collections.abc import Callable

from freesport_sync.core.events import IssuesFound
from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.progress import StageMeter
from freesport_sync.core.run import Counts, FieldChange, RunReport
from freesport_sync.core.shop import ImportType, Stage, UpkeepKind
from freesport_sync.database.own.earlier_runs import note_repair_undone, read_undoer
from freesport_sync.database.undo import created_times
from freesport_sync.errors import ConfigError
from freesport_sync.runs.context import RunContext
from freesport_sync.runs.life import LockedRun, RunResult, run_locked
from freesport_sync.tasks.repair.request import RepairCreatedAt
from freesport_sync.tasks.shop_import.merge import MAX_FIELD_CHANGES
from freesport_sync.tasks.shop_sessions import ShopSessions


def run_repair(context: RunContext, request: RepairCreatedAt) -> RunReport:
    """Repair equal creation times, or undo the repair that the request names.

    What is written becomes visible with one COMMIT, or not at all.

    Raises:
        ConfigError: the repair is undone already.
        SyncError: the run was refused, failed or was cancelled; nothing was written.
    """
    sessions = ShopSessions(context, ImportType.CATALOG)  # keeps the shop's importers from starting meanwhile
    return run_locked(context, request, lambda run: _Repair(run, request).run(), sessions)


class _Repair:
    """The steps of a repair.

    Args:
        run: holds the lock.
        request: whether to repair, or which repair to undo.
    """

    def __init__(self, run: LockedRun, request: RepairCreatedAt) -> None:
        self._run = run
        self._connection = run.connection
        self._request = request
        self._is_undo = request.kind is UpkeepKind.UNDO_REPAIR
        self._has_reported = False

    def run(self) -> RunResult:
        undoer = read_undoer(self._connection, self._request.undone_id)
        if undoer is not None:
            raise ConfigError("repair_undone", run_id=self._request.undone_id, undone_by=undoer)
        return self._run.write(self._attempt)

    def _attempt(self) -> RunResult:
        meter = StageMeter(self._run.report, Stage.RESOLVE, 1, time.monotonic)
        counts = self._compare()
        self._report_result(counts)
        changes: tuple[FieldChange, ...] = ()
        if self._run.is_dry_run:
            changes = created_times.read_changes(self._connection, MAX_FIELD_CHANGES)
        meter.finish()
        if not self._run.is_dry_run:
            self._apply(sum(count.updated for count in counts.values()))
        return RunResult({entity: count for entity, count in counts.items() if count.total}, changes, {})

    def _compare(self) -> dict[str, Counts]:
        if self._is_undo:
            return created_times.compare_undo(self._connection, self._request.undone_id)
        return created_times.compare(self._connection)

    def _report_result(self, counts: dict[str, Counts]) -> None:
        """Report that there is nothing to do or what is kept; once, however often the comparison is repeated."""
        if self._has_reported:
            return
        self._has_reported = True
        kept = sum(count.skipped for count in counts.values())
        if kept:
            self._note("created_at_kept", str(kept))
        elif not any(count.updated for count in counts.values()):
            self._note("created_at_nothing_back" if self._is_undo else "created_at_distinct", "")

    def _note(self, code: str, value: str) -> None:
        self._run.report(IssuesFound((RowIssue(Severity.NOTE, code, field="created_at", value=value),)))

    def _apply(self, rows: int) -> None:
        meter = StageMeter(self._run.report, Stage.APPLY, rows, time.monotonic)
        created_times.apply(self._connection, self._advancing(meter))
        if self._is_undo:
            if rows:
                note_repair_undone(self._connection, self._request.undone_id, self._run.run_id)
        else:
            created_times.store(self._connection, self._run.run_id)
        meter.finish()

    def _advancing(self, meter: StageMeter) -> Callable[[int], None]:
        def advance(done: int) -> None:
            self._run.context.cancel.check()
            meter.advance(done)

        return advance
