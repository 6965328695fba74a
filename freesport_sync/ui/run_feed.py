"""Turns the events of a run into snapshots of its state, few enough for a window and each complete in itself."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from freesport_sync.core.events import (
    BackupFound,
    Event,
    ExportFound,
    FilesArchived,
    FilesPulled,
    IssuesFound,
    MergeRepeated,
    Progress,
    RunFinished,
    RunStarted,
)
from freesport_sync.core.issues import Severity
from freesport_sync.core.run import RunReport, RunStatus
from freesport_sync.core.shop import ImportKind
from freesport_sync.core.tasks import PlannedStage

MIN_INTERVAL_S = 0.1
ETA_AFTER_S = 3.0
ETA_FROM = 0.05
"""How long a stage must have run, and which part of it must be done, before its end is estimated."""


class StageState(StrEnum):
    """How a stage stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    """The run failed in the middle of it."""
    CANCELLED = "cancelled"
    """The operator has stopped it there."""


@dataclass(frozen=True, slots=True)
class StageLine:
    """One stage of a run on its way.

    Args:
        stage: its name.
        state: how it stands.
        done: units done.
        total: units in total; 0: not known yet.
        rate: units per second.
        eta_s: estimated seconds to go; None: unknown.
        entity: what is worked on, where that is known.
        weight: share of a usual run's time.
        is_optional: it may turn out that there is nothing to do.
    """

    stage: str
    state: StageState = StageState.WAITING
    done: int = 0
    total: int = 0
    rate: float = 0.0
    eta_s: float | None = None
    entity: str | None = None
    weight: int = 1
    is_optional: bool = False

    @property
    def fraction(self) -> float:
        if self.state is StageState.DONE:
            return 1.0
        return min(self.done / self.total, 1.0) if self.total else 0.0


@dataclass(frozen=True, slots=True)
class RunSnapshot:
    """A run at one moment.

    Args:
        stages: in order; only those that this run will have.
        run_id: None until it holds the lock.
        database: for people.
        is_dry_run: nothing is written.
        pulled: what came from the server; None so far.
        archived: what was archived there; None so far.
        kind: of the run.
        undone: the imports that an undo undoes; empty so far.
        export: what was found; None so far.
        errors: number of row issues of this severity.
        warnings: number of row issues of this severity.
        notes: number of row issues of this severity.
        attempt: of the merge, above 1 when it was repeated.
        report: of a run that has ended.
    """

    stages: tuple[StageLine, ...]
    run_id: int | None = None
    database: str = ""
    is_dry_run: bool = False
    pulled: FilesPulled | None = None
    archived: FilesArchived | None = None
    export: ExportFound | None = None
    errors: int = 0
    warnings: int = 0
    notes: int = 0
    attempt: int = 1
    kind: str = ImportKind.ALL
    undone: tuple[int, ...] = ()
    report: RunReport | None = None

    @property
    def fraction(self) -> float:
        """How far the whole run is, by the usual length of its stages."""
        whole = sum(line.weight for line in self.stages)
        return sum(line.weight * line.fraction for line in self.stages) / whole if whole else 0.0


def first_snapshot(kind: str, is_dry_run: bool, stages: Iterable[PlannedStage]) -> RunSnapshot:
    """Of a run that has not begun.

    Args:
        kind: what is done.
        is_dry_run: nothing is written.
        stages: those that it will have; see `TaskType.stages`.
    """
    lines = tuple(StageLine(one.name, weight=one.weight, is_optional=one.is_optional) for one in stages)
    return RunSnapshot(lines, is_dry_run=is_dry_run, kind=kind)


def stopped(snapshot: RunSnapshot, is_cancelled: bool = False) -> RunSnapshot:
    """Of a run that has ended with an error, perhaps before the engine could tell."""
    how = StageState.CANCELLED if is_cancelled else StageState.STOPPED
    return replace(snapshot, stages=tuple(_ended(line, how) for line in snapshot.stages))


class RunFeed:
    """The reporter of a run; called on the run's thread.

    Args:
        show: gets a snapshot, at most ten times a second; the last one always.
        first: where it begins.
        clock: monotonic seconds.
    """

    def __init__(
        self, show: Callable[[RunSnapshot], None], first: RunSnapshot, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._show = show
        self._clock = clock
        self._now = first
        self._shown_at = float("-inf")
        self._issues: Counter[Severity] = Counter()
        self._began: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        """Take in an event of the run."""
        match event:
            case RunStarted():
                self._now = replace(self._now, run_id=event.run_id, database=event.database)
            case FilesPulled():
                self._now = replace(self._now, pulled=event)
            case FilesArchived():
                self._now = replace(self._now, archived=event)
            case BackupFound():
                self._now = replace(self._now, undone=event.runs)
            case ExportFound():
                self._now = replace(self._now, export=event)
            case Progress():
                self._now = replace(self._now, stages=_advanced(self._now.stages, self._without_early_eta(event)))
            case IssuesFound():
                self._issues.update(issue.severity for issue in event.issues)
                self._now = replace(
                    self._now,
                    errors=self._issues[Severity.ERROR],
                    warnings=self._issues[Severity.WARNING],
                    notes=self._issues[Severity.NOTE],
                )
            case MergeRepeated():
                self._now = replace(self._now, attempt=event.attempt)
            case RunFinished():
                self._finish(event.report)
        is_last = isinstance(event, RunFinished | FilesArchived)  # the archive comes after the end
        if is_last or self._clock() - self._shown_at >= MIN_INTERVAL_S:
            self._shown_at = self._clock()
            self._show(self._now)

    def _without_early_eta(self, event: Progress) -> Progress:
        """An estimate from the first moments means nothing."""
        began_at = self._began.setdefault(event.stage, self._clock())
        is_early = self._clock() - began_at < ETA_AFTER_S or event.done < ETA_FROM * event.total
        return replace(event, eta_s=None) if is_early else event

    def _finish(self, report: RunReport) -> None:
        how = {RunStatus.COMPLETED: StageState.DONE, RunStatus.CANCELLED: StageState.CANCELLED}
        state = how.get(report.status, StageState.STOPPED)
        stages = tuple(_ended(line, state) for line in self._now.stages)
        self._now = replace(self._now, report=report, stages=stages)


def _advanced(stages: tuple[StageLine, ...], event: Progress) -> tuple[StageLine, ...]:
    """The stages before the one that moves are done; those after it (of a repeated merge) have not begun."""
    if event.stage not in [line.stage for line in stages]:
        return stages
    state = StageState.DONE if event.total and event.done >= event.total else StageState.RUNNING
    position = [line.stage for line in stages].index(event.stage)
    moved = replace(
        stages[position],
        state=state,
        done=event.done,
        total=event.total,
        rate=event.rate,
        eta_s=event.eta_s,
        entity=event.entity,
    )
    return (*map(_passed, stages[:position]), moved, *map(_not_begun, stages[position + 1 :]))


def _passed(line: StageLine) -> StageLine:
    """A stage before the one that moves is done; one that has not begun and may be missing was not needed."""
    is_skipped = line.state is StageState.WAITING and line.is_optional
    return line if is_skipped else replace(line, state=StageState.DONE)


def _not_begun(line: StageLine) -> StageLine:
    return StageLine(line.stage, weight=line.weight, is_optional=line.is_optional)


def _ended(line: StageLine, how: StageState) -> StageLine:
    is_over = line.state is StageState.RUNNING or (how is StageState.DONE and line.state is not StageState.WAITING)
    return replace(line, state=how) if is_over else line
