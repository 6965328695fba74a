"""Past runs on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape

from freesport_sync.cli.results import IssueList, IssuesSaved, RunList, RunShown
from freesport_sync.cli.terminal.issues import IssuePrinter
from freesport_sync.cli.terminal.run_totals import show_counts, show_issue_totals, status_markup
from freesport_sync.cli.terminal.screen import Screen, local_time
from freesport_sync.core.history import IssueCount, PastRun
from freesport_sync.core.printable import printable
from freesport_sync.core.run import CREATED, FieldChange
from freesport_sync.core.shop import UpkeepKind, is_import
from freesport_sync.errors import SyncError
from freesport_sync.i18n.texts import Texts


def show_runs(screen: Screen, result: RunList) -> None:
    """Print a table of runs."""
    texts = screen.texts
    if not result.runs:
        screen.line(texts("cli.history_empty"))
        return
    table = screen.table("number", "started", "duration", "kind", "status", "operator", "created", "updated", "issues")
    for run in result.runs:
        duration = (run.finished_at - run.started_at).total_seconds() if run.finished_at else None
        table.add_row(
            str(run.id),
            local_time(run.started_at),
            "" if duration is None else texts("cli.seconds", seconds=f"{duration:.1f}"),
            _kind(run, texts),
            _outcome(run, texts),
            escape(run.operator),
            str(sum(count.created for count in run.counts.values())),
            str(sum(count.updated for count in run.counts.values())),
            str(sum(total.count for total in run.issue_totals)),
        )
    screen.out.print(table)


def show_run(screen: Screen, result: RunShown) -> None:
    """Print everything about a run."""
    details, texts = result.details, screen.texts
    run, issues = details.run, IssuePrinter(screen.out, texts)
    _show_head(screen, run)
    for file in details.files:
        created_at = f", {file.created_at:%d.%m.%Y %H:%M}" if file.created_at else ""
        screen.line(f"  {file.path}{created_at}")
    show_counts(screen, run.counts, run.kind)
    show_issue_totals(screen, [(one.severity, one.code, issues.count(one)) for one in details.issue_counts])
    issues.print(details.issues, details.issue_counts)
    if len(details.issues) < sum(one.stored for one in details.issue_counts):
        screen.line(texts("cli.more_issues", shown=len(details.issues), run_id=run.id))
    for change in details.changes:
        screen.line(_change(change, texts))


def show_issues(screen: Screen, result: IssueList) -> None:
    """Print all row issues of a run."""
    found = result.found
    _show_title(screen, found.run)
    if not found.counts:
        screen.line(screen.texts("cli.no_issues"))
    IssuePrinter(screen.out, screen.texts).print(found.issues, found.counts)
    _show_not_stored(screen, found.counts)


def show_issues_saved(screen: Screen, result: IssuesSaved) -> None:
    """Print how many issues are in the file."""
    if result.file is not None:
        screen.line(screen.texts("cli.issues_saved", count=result.count, file=str(result.file)))
    _show_not_stored(screen, result.found.counts)


def _show_head(screen: Screen, run: PastRun) -> None:
    texts = screen.texts
    _show_title(screen, run)
    screen.out.print(f"{texts('cli.column_status')}: {_outcome(run, texts)}", highlight=False)
    values = {"started": local_time(run.started_at), "operator": run.operator}
    values["trigger"] = texts.word("trigger", run.trigger)
    if run.kind == UpkeepKind.RESTORE or is_import(run.kind):
        values["backup" if run.kind == UpkeepKind.RESTORE else "source"] = run.data_dir
    for key, value in values.items():
        screen.line(f"{texts(f'cli.column_{key}')}: {value}")
    if run.error_code:
        error = SyncError(run.error_code, **run.error_params)
        screen.error(texts.error(texts.of_run(error, run.kind, run.is_dry_run)))


def _show_title(screen: Screen, run: PastRun) -> None:
    screen.line(screen.texts("cli.show_title", run_id=run.id, kind=_kind(run, screen.texts)))


def _show_not_stored(screen: Screen, counts: Sequence[IssueCount]) -> None:
    """On stderr, because it is no part of a list that goes into a file."""
    occurred, stored = sum(one.count for one in counts), sum(one.stored for one in counts)
    if stored < occurred:
        text = screen.texts("cli.issues_not_stored", occurred=occurred, stored=stored)
        screen.err.print(escape(text), highlight=False)


def _change(change: FieldChange, texts: Texts) -> str:
    entity = texts.word("entity_one", change.entity)
    if change.field == CREATED:
        return printable(texts("cli.change_created", entity=entity, name=change.name, onec_id=change.onec_id))
    old, new = texts.values(change)
    name, field = f"{change.name} ({change.onec_id})", texts.field(change)
    return printable(texts("cli.change", entity=entity, name=name, field=field, old=old, new=new))


def _kind(run: PastRun, texts: Texts) -> str:
    return texts.kind(run.kind, run.is_dry_run, run.undone_id)


def _outcome(run: PastRun, texts: Texts) -> str:
    if run.undone_by is None:
        return status_markup(run.status, texts)
    return f"{status_markup(run.status, texts)}, {texts.undone(run.kind, run.undone_by)}"
