"""Gives products with equal times of creation different ones, or takes that back."""

from __future__ import annotations

import time
from collections.abc import Callable

from freesport_sync.core.events import IssuesFound
from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.progress import StageMeter
from freesport_sync.core.run import Counts, FieldChange, RunReport
from freesport_sync.core.shop import Entity, Stage, UpkeepKind
from freesport_sync.database.own.history import note_repair_undone, read_undoer
from freesport_sync.database.undo import created_times
from freesport_sync.errors import ConfigError
from freesport_sync.runs.context import Job
from freesport_sync.runs.life import LockedRun, RunResult, run_locked
from freesport_sync.tasks.shop_import.merge import MAX_FIELD_CHANGES


def run_repair(job: Job) -> RunReport:
    """Repair equal times of creation, or take back the repair that the request names.

    What is written becomes visible with one COMMIT, or not at all.

    Raises:
        ConfigError: the repair is taken back already.
        SyncError: the run was refused, failed or was cancelled; nothing was written.
    """
    return run_locked(job, lambda run: _Repair(run).run())


class _Repair:
    """The steps of a repair; `run` holds the lock."""

    def __init__(self, run: LockedRun) -> None:
        self._run = run
        self._connection = run.connection
        self._request = run.job.request
        self._has_reported = False

    def run(self) -> RunResult:
        undoer = read_undoer(self._connection, self._request.undone_id)
        if undoer is not None:
            raise ConfigError("repair_undone", run_id=self._request.undone_id, undone_by=undoer)
        return self._run.write(self._attempt)

    def _attempt(self) -> RunResult:
        meter = StageMeter(self._run.report, Stage.RESOLVE, 1, time.monotonic)
        counts = self._compare()
        self._tell(counts)
        changes: tuple[FieldChange, ...] = ()
        if self._request.is_dry_run:
            changes = created_times.read_changes(self._connection, MAX_FIELD_CHANGES)
        meter.finish()
        if not self._request.is_dry_run:
            self._apply(sum(count.updated for count in counts.values()))
        return RunResult({entity: count for entity, count in counts.items() if count.total}, changes, {})

    def _compare(self) -> dict[str, Counts]:
        if self._request.kind is UpkeepKind.UNDO_REPAIR:
            return created_times.compare_back(self._connection, self._request.undone_id)
        return created_times.compare(self._connection)

    def _tell(self, counts: dict[str, Counts]) -> None:
        """That there is nothing to do, or that something stays; once however often the comparison is repeated."""
        if self._has_reported:
            return
        self._has_reported = True
        is_back = self._request.kind is UpkeepKind.UNDO_REPAIR
        kept = sum(count.skipped for count in counts.values())
        if kept:
            self._note("created_at_kept", str(kept))
        elif not any(count.updated for count in counts.values()):
            self._note("created_at_nothing_back" if is_back else "created_at_distinct", "")

    def _note(self, code: str, value: str) -> None:
        self._run.report(IssuesFound((RowIssue(Severity.NOTE, code, field="created_at", value=value),)))

    def _apply(self, rows: int) -> None:
        meter = StageMeter(self._run.report, Stage.APPLY, rows, time.monotonic)
        created_times.apply(self._connection, self._advancing(meter))
        if self._request.kind is UpkeepKind.UNDO_REPAIR:
            if rows:
                note_repair_undone(self._connection, self._request.undone_id, self._run.run_id)
        else:
            created_times.store(self._connection, self._run.run_id)
        meter.finish()

    def _advancing(self, meter: StageMeter) -> Callable[[int], None]:
        def advance(done: int) -> None:
            self._run.job.cancel.check()
            meter.advance(done)

        return advance
