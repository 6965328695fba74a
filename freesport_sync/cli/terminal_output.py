"""What the headless front prints for people: bars and tables; for scripts see `cli.json_output`."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.markup import escape
from rich.padding import Padding
from rich.progress import BarColumn, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from freesport_sync.cli.backups import backup_line, backup_row
from freesport_sync.cli.console import console_for, say
from freesport_sync.cli.files import amount, file_lines, pinned_line
from freesport_sync.cli.issues import SEVERITY_STYLE, IssuePrinter
from freesport_sync.cli.serve import exchange_lines
from freesport_sync.cli.terminal import is_unicode, local_time
from freesport_sync.core.events import (
    BackupFound,
    BackupMade,
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
from freesport_sync.core.history import REPAIR_DUE
from freesport_sync.core.issues import Severity
from freesport_sync.core.printable import printable
from freesport_sync.core.run import (
    CREATED,
    Entity,
    FieldChange,
    RunKind,
    RunReport,
    RunStatus,
    Stage,
)
from freesport_sync.i18n.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from freesport_sync.application import RunDetails, RunIssues
    from freesport_sync.core.backup import Backup
    from freesport_sync.core.exchange import ExchangeEvent
    from freesport_sync.core.history import CheckItem, IssueCount, PastRun
    from freesport_sync.core.run import Counts
    from freesport_sync.database.own.remote_control import CancelRequest, Unlocked
    from freesport_sync.errors import NothingNew, SyncError
    from freesport_sync.services.remote_export import PinnedHostKey
    from freesport_sync.settings.listing import ListedSetting

_UNBROKEN = ("number", "started", "made")
"""Columns that keep their width however narrow the terminal is."""

_MARK = "\0"
"""Stands for a word in colour while the rest of its sentence is made safe."""
_STATUS_STYLE = {"completed": "green", "running": "cyan", "cancelled": "yellow"}


class TerminalOutput:
    """Live bars on a terminal, plain lines in a pipe; errors on stderr.

    Args:
        texts: of the operator's language.
    """

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._out = console_for(sys.stdout)
        self._err = console_for(sys.stderr)
        self._issues = IssuePrinter(self._out, texts)
        self._bars: Bars | None = None
        self._tasks: dict[Stage, TaskID] = {}
        self._run: tuple[str, bool] | None = None
        """Kind of the run that is told of, and whether it only looks."""

    def __enter__(self) -> Self:
        if self._out.is_terminal:
            self._bars = Bars(
                TextColumn("{task.description:<28}"),
                BarColumn(),
                TaskProgressColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.fields[amount]}"),
                console=self._out,
            )
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._bars = None

    def __call__(self, event: Event) -> None:
        """Show an event of the run."""
        match event:
            case RunStarted():
                self._run = (event.kind, event.is_dry_run)
                names = {"run_id": event.run_id, "operator": event.operator, "database": event.database}
                self._line(
                    self._texts(self._texts.key_of_kind("cli.started", event), undone_id=event.undone_id, **names)
                )
            case FilesPulled() | FilesArchived() | ExportFound():
                for line in file_lines(event, self._texts):
                    self._line(line)
            case Progress():
                self._progress(event)
            case IssuesFound():
                pass  # totals at the end; a terminal is no place for a million lines
            case BackupFound() | BackupMade():
                self._line(backup_line(event, self._texts))
            case MergeRepeated():
                self._line(self._texts("cli.merge_repeated", attempt=event.attempt, reason=event.reason))
            case RunFinished():
                self.__exit__(None, None, None)
                self._summary(event.report)

    def error(self, error: SyncError) -> None:
        """What happened, what is affected, what to do."""
        if self._run is not None:
            error = self._texts.of_run(error, *self._run)
        text = self._texts.error(error)
        what, *more = map(printable, text.what.splitlines() or [""])
        self._err.print(f"[bold red]{escape(what)}[/] [dim]({escape(text.code)})[/]", highlight=False)
        for line in more:  # statements among them, to be pasted
            say(self._err, f"[bold red]{escape(line)}[/]")
        for part in (text.affected, text.hint):
            for line in part.splitlines():
                # In a command each space counts.
                words = map(printable, line.split(" ")) if line.startswith("  ") else [printable(line)]
                say(self._err, escape(" ".join(words)))
        if text.said:
            self._err.print(f"[dim]{escape(self._texts('cli.said', words=text.said))}[/]", highlight=False)

    def nothing_new(self, nothing: NothingNew) -> None:
        """That there is nothing to do."""
        self._line(self._texts.error(nothing).what)

    def exchange(self, event: ExchangeEvent) -> None:
        """A line or two for each event of the exchange server."""
        for line in exchange_lines(event, self._texts):
            self._out.print(escape(line), highlight=False, soft_wrap=True)

    def exchange_password_set(self, user: str) -> None:
        """Whose password it is."""
        self._line(self._texts("cli.exchange_password_set", user=user))

    def check(self, items: Sequence[CheckItem]) -> None:
        """One line a point."""
        # Consoles of Windows have no such signs; both would become question marks.
        good, bad = ("✓", "✗") if is_unicode(self._out.file) else ("+", "!")
        for item in items:
            mark = f"[green]{good}[/]" if item.is_ok else f"[bold red]{bad}[/]"
            mark = "[bold yellow]![/]" if item.is_advice else mark
            say(self._out, f"{mark} {escape(self._texts.check(item.code, item.params))}")
            if item.code == REPAIR_DUE:
                self._line(self._texts(f"cli.check_{item.code}"))

    def history(self, runs: Sequence[PastRun]) -> None:
        """A table of past runs."""
        if not runs:
            self._line(self._texts("cli.history_empty"))
            return
        table = self._table(
            "number", "started", "duration", "kind", "status", "operator", "created", "updated", "issues"
        )
        for run in runs:
            duration = (run.finished_at - run.started_at).total_seconds() if run.finished_at else None
            table.add_row(
                str(run.id),
                local_time(run.started_at),
                "" if duration is None else self._texts("cli.seconds", seconds=f"{duration:.1f}"),
                self._kind(run),
                self._outcome(run),
                escape(run.operator),
                str(sum(count.created for count in run.counts.values())),
                str(sum(count.updated for count in run.counts.values())),
                str(sum(total.count for total in run.issue_totals)),
            )
        self._out.print(table)

    def show(self, details: RunDetails) -> None:
        """Everything about one run."""
        run = details.run
        self._line(self._texts("cli.show_title", run_id=run.id, kind=self._kind(run)))
        self._out.print(f"{self._texts('cli.column_status')}: {self._outcome(run)}", highlight=False)
        values = {"started": local_time(run.started_at), "operator": run.operator}
        values["trigger"] = self._texts.word("trigger", run.trigger)
        if run.kind == RunKind.RESTORE or RunKind(run.kind).is_import:
            values["backup" if run.kind == RunKind.RESTORE else "source"] = run.data_dir
        for key, value in values.items():
            self._line(f"{self._texts(f'cli.column_{key}')}: {value}")
        if run.error_code:
            from freesport_sync.errors import SyncError

            self._run = (run.kind, run.is_dry_run)
            self.error(SyncError(run.error_code, **run.error_params))
        for file in details.files:
            created_at = f", {file.created_at:%d.%m.%Y %H:%M}" if file.created_at else ""
            self._line(f"  {file.path}{created_at}")
        self._counts(run.counts, RunKind(run.kind))
        self._issue_totals([(one.severity, one.code, self._issues.count(one)) for one in details.issue_counts])
        self._issues.print(details.issues, details.issue_counts)
        if len(details.issues) < sum(one.stored for one in details.issue_counts):
            shown = len(details.issues)
            self._line(self._texts("cli.more_issues", shown=shown, run_id=run.id))
        self._changes(details.changes)

    def issues(self, found: RunIssues) -> None:
        """All row issues of one run."""
        run = found.run
        self._line(self._texts("cli.show_title", run_id=run.id, kind=self._kind(run)))
        if not found.counts:
            self._line(self._texts("cli.no_issues"))
        self._issues.print(found.issues, found.counts)
        self._not_stored(found.counts)

    def issues_saved(self, found: RunIssues, count: int, file: Path | None) -> None:
        """That the issues are in a file; None: they went to stdout, which belongs to them alone."""
        if file is not None:
            self._line(self._texts("cli.issues_saved", count=count, file=str(file)))
        self._not_stored(found.counts)

    def cancel_requested(self, request: CancelRequest) -> None:
        """That the run was asked to stop, and where its end will be told."""
        self._line(
            self._texts(
                "cli.cancel_requested",
                run_id=request.run_id,
                operator=request.operator,
                host=request.host,
                stage=self._texts(f"stage.{request.stage}"),
                by=request.requested_by,
                at=local_time(request.requested_at),
            )
        )

    def unlocked(self, closed: Unlocked) -> None:
        """One line for each dead run and session."""
        if not closed.runs and not closed.sessions:
            self._line(self._texts("cli.nothing_stale"))
        for run in closed.runs:
            self._line(
                self._texts(
                    "cli.run_closed",
                    run_id=run.id,
                    operator=run.operator,
                    host=run.host,
                    stage=self._texts(f"stage.{run.stage}"),
                    since=local_time(run.started_at),
                    heartbeat=local_time(run.heartbeat_at),
                )
            )
        for session in closed.sessions:
            self._line(
                self._texts(
                    "cli.session_closed" if session.is_ours else "cli.session_closed_foreign",
                    session=session.id,
                    import_type=session.import_type,
                    since=local_time(session.started_at),
                    updated=local_time(session.updated_at),
                )
            )

    def backups(self, backups: Sequence[Backup]) -> None:
        """A table of backups."""
        if not backups:
            self._line(self._texts("cli.no_backups"))
            return
        table = self._table("backup", "made", "before_run", "operator", "rows", "size")
        for one in backups:
            table.add_row(*backup_row(one, self._texts))
        self._out.print(table)

    def host_key_pinned(self, key: PinnedHostKey) -> None:
        """Which key is on record now."""
        self._line(pinned_line(key, self._texts))

    def settings(self, settings: Sequence[ListedSetting], file: Path) -> None:
        """Every setting: key, value, meaning, default and environment variable."""
        key = "cli.settings_file" if file.exists() else "cli.settings_file_missing"
        self._line(self._texts(key, file=str(file)))
        not_set = self._texts("cli.not_set")
        for one in settings:
            value = not_set if one.value is None else f"= {one.value}"
            origin = self._texts(f"origin.{one.origin.value}")
            self._out.print(f"\n[bold]{escape(one.key)}[/] {escape(value)}  [dim]({origin})[/]", highlight=False)
            self._indented(self._texts(f"settings.{one.key}"))
            if one.value != one.default:
                self._indented(self._texts("cli.setting_default", default=one.default or not_set))
            self._indented(one.variable, "dim")

    def _progress(self, event: Progress) -> None:
        title = self._texts(f"stage.{event.stage.value}")
        if self._bars is None:
            if event.stage not in self._tasks:
                self._tasks[event.stage] = TaskID(0)
                self._line(f"{title}...")
            return
        total = event.total or None
        if event.stage not in self._tasks:
            self._tasks[event.stage] = self._bars.add_task(title, total=total, amount="")
        is_done = total is not None and event.done >= total
        self._bars.update(
            self._tasks[event.stage],
            completed=event.done,
            total=total if not is_done else max(event.done, 1),
            refresh=is_done,
            amount=amount(event, self._texts),
        )

    def _summary(self, report: RunReport) -> None:
        self._counts(report.counts, report.kind)
        self._issue_totals([(total.severity, total.code, str(total.count)) for total in report.issue_totals])
        status = self._status(report.status.value)
        duration = self._texts("cli.seconds", seconds=f"{report.duration_s:.1f}")
        names = {"run_id": report.run_id, "undone_id": report.undone_id}
        text = self._texts(self._texts.key_of_kind("cli.summary", report), status=_MARK, duration=duration, **names)
        say(self._out, escape(text).replace(_MARK, status))
        if report.issue_totals:
            self._line(self._texts("cli.summary_issues", run_id=report.run_id))
        is_catalog = report.kind not in (RunKind.CUSTOMERS, RunKind.BACKUP)
        if report.status is RunStatus.COMPLETED and is_catalog and not report.is_dry_run:
            self._line(self._texts("cli.cache_hint"))

    def _counts(self, counts: Mapping[Entity, Counts], kind: RunKind) -> None:
        if not counts:
            return
        back = ("set_back", "hidden", "kept")
        titles = back if kind.takes_back else ("created", "updated", "unchanged", "skipped", "failed")
        table = self._table("what", *titles)
        for entity in (entity for entity in Entity if entity in counts):
            one = counts[entity]
            every = (one.created, one.updated, one.unchanged, one.skipped, one.failed)
            numbers = (one.updated - one.hidden, one.hidden, one.skipped) if kind.takes_back else every
            table.add_row(self._texts(f"entity.{entity.value}"), *(str(number) for number in numbers))
        for column in table.columns[1:]:
            column.justify = "right"
        self._out.print(table)

    def _issue_totals(self, totals: Sequence[tuple[Severity, str, str]]) -> None:
        if not totals:
            return
        table = self._table("severity", "issue", "count", "code")
        for severity, code, count in totals:
            word = f"[{SEVERITY_STYLE[severity]}]{self._texts(f'severity.{severity.value}')}[/]"
            table.add_row(word, escape(self._texts.issue_title(code)), count, code)
        self._out.print(table)

    def _not_stored(self, counts: Sequence[IssueCount]) -> None:
        """On stderr, because it is no part of a list that goes into a file."""
        occurred, stored = sum(one.count for one in counts), sum(one.stored for one in counts)
        if stored < occurred:
            text = self._texts("cli.issues_not_stored", occurred=occurred, stored=stored)
            self._err.print(escape(text), highlight=False)

    def _changes(self, changes: Sequence[FieldChange]) -> None:
        for change in changes:
            entity = self._texts(f"entity_one.{change.entity.value}")
            if change.field == CREATED:
                text = self._texts("cli.change_created", entity=entity, name=change.name, onec_id=change.onec_id)
            else:
                old, new = self._texts.values(change)
                name = f"{change.name} ({change.onec_id})"
                text = self._texts(
                    "cli.change", entity=entity, name=name, field=self._texts.field(change), old=old, new=new
                )
            self._line(printable(text))

    def _table(self, *columns: str) -> Table:
        table = Table(header_style="bold")
        for column in columns:
            table.add_column(self._texts(f"cli.column_{column}"), overflow="fold", no_wrap=column in _UNBROKEN)
        return table

    def _kind(self, run: PastRun) -> str:
        return self._texts.kind(run.kind, run.is_dry_run, run.undone_id)

    def _outcome(self, run: PastRun) -> str:
        if run.undone_by is None:
            return self._status(run.status)
        return f"{self._status(run.status)}, {self._texts.undone(run.kind, run.undone_by)}"

    def _status(self, status: str) -> str:
        return f"[{_STATUS_STYLE.get(status, 'bold red')}]{self._texts(f'status.{status}')}[/]"

    def _line(self, text: str) -> None:
        say(self._out, escape(text))

    def _indented(self, text: str, style: str = "") -> None:
        self._out.print(Padding(Text(text, style), (0, 0, 0, 4), expand=False))
