"""The history on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape

from freesport_sync.cli.results import EntryList, EntryShown, IssueList, IssuesSaved
from freesport_sync.cli.terminal.issues import IssuePrinter
from freesport_sync.cli.terminal.run_totals import show_counts, show_issue_totals, status_markup
from freesport_sync.cli.terminal.screen import Screen, local_time
from freesport_sync.core.history import EntrySource, HistoryEntry, IssueCount
from freesport_sync.core.printable import printable
from freesport_sync.core.run import FieldChange
from freesport_sync.core.shop import UpkeepKind, is_import
from freesport_sync.i18n.task_words import state_of
from freesport_sync.i18n.texts import Texts


def show_entries(screen: Screen, result: EntryList) -> None:
    """Print a table of entries."""
    texts = screen.texts
    if not result.entries:
        screen.line(texts("cli.history_empty"))
        return
    table = screen.table("number", "started", "duration", "kind", "status", "operator", "created", "updated", "issues")
    for entry in result.entries:
        issues = sum(total.count for total in entry.issue_totals) or entry.errors + entry.warnings
        table.add_row(
            str(entry.key),
            local_time(entry.started_at),
            "" if entry.finished_at is None else texts("cli.seconds", seconds=f"{entry.duration_s:.1f}"),
            _kind(entry, texts),
            _outcome(entry, texts),
            escape(printable(entry.operator) or texts.word("trigger", entry.trigger)),
            str(sum(count.created for count in entry.counts.values())),
            str(sum(count.updated for count in entry.counts.values())),
            str(issues),
        )
    screen.out.print(table)


def show_entry(screen: Screen, result: EntryShown) -> None:
    """Print everything about an entry."""
    details, texts, issues = result.details, screen.texts, IssuePrinter(screen.out, screen.texts)
    entry = details.entry
    _show_head(screen, entry)
    if details.task is not None:
        screen.line(texts("cli.entry_task", task_id=details.task.id, state=state_of(details.task, texts)))
    for file in details.files:
        created_at = f", {file.created_at:%d.%m.%Y %H:%M}" if file.created_at else ""
        screen.line(f"  {file.path}{created_at}")
    show_counts(screen, entry.counts, entry.kind)
    show_issue_totals(screen, [(one.severity, one.code, issues.count(one)) for one in details.issue_counts])
    issues.print(result.issues, details.issue_counts)
    if len(result.issues) < sum(one.stored for one in details.issue_counts):
        screen.line(texts("cli.more_issues", shown=len(result.issues), run_id=entry.key.id))
    for change in result.changes:
        screen.line(_change(change, texts))
    if entry.key.source is EntrySource.SHOP:
        for line in (*details.report.splitlines(), *details.error_message.splitlines()):
            screen.line(printable(line))


def show_issues(screen: Screen, result: IssueList) -> None:
    """Print all row issues of an entry."""
    found = result.found
    _show_title(screen, found.entry)
    if not found.counts:
        screen.line(screen.texts("cli.no_issues"))
    IssuePrinter(screen.out, screen.texts).print(found.issues, found.counts)
    _show_not_stored(screen, found.counts)


def show_issues_saved(screen: Screen, result: IssuesSaved) -> None:
    """Print how many issues are in the file."""
    if result.file is not None:
        screen.line(screen.texts("cli.issues_saved", count=result.count, file=str(result.file)))
    _show_not_stored(screen, result.found.counts)


def _show_head(screen: Screen, entry: HistoryEntry) -> None:
    texts = screen.texts
    _show_title(screen, entry)
    screen.out.print(f"{texts('cli.column_status')}: {_outcome(entry, texts)}", highlight=False)
    values = {"started": local_time(entry.started_at), "operator": entry.operator}
    values["trigger"] = texts.word("trigger", entry.trigger)
    if entry.kind == UpkeepKind.RESTORE:
        values["backup"] = entry.data
    elif is_import(entry.kind):
        values["source"] = entry.data
    for key, value in values.items():
        if value:
            screen.line(f"{texts(f'cli.column_{key}')}: {printable(value)}")
    if entry.error is not None:
        screen.error(texts.error(texts.of_run(entry.error, entry.kind, entry.is_dry_run)))


def _show_title(screen: Screen, entry: HistoryEntry) -> None:
    key = "cli.show_title" if entry.key.source is EntrySource.RUN else "cli.show_title_shop"
    screen.line(screen.texts(key, run_id=entry.key.id, kind=_kind(entry, screen.texts)))


def _show_not_stored(screen: Screen, counts: Sequence[IssueCount]) -> None:
    """Say on stderr how many issues are missing, so that it does not get into a file with the list."""
    occurred, stored = sum(one.count for one in counts), sum(one.stored for one in counts)
    if stored < occurred:
        text = screen.texts("cli.issues_not_stored", occurred=occurred, stored=stored)
        screen.err.print(escape(text), highlight=False)


def _change(change: FieldChange, texts: Texts) -> str:
    entity = texts.word("entity_one", change.entity)
    if change.is_creation:
        return printable(texts("cli.change_created", entity=entity, name=change.name, onec_id=change.onec_id))
    old, new = texts.values(change)
    name, field = f"{change.name} ({change.onec_id})", texts.field(change)
    return printable(texts("cli.change", entity=entity, name=name, field=field, old=old, new=new))


def _kind(entry: HistoryEntry, texts: Texts) -> str:
    return texts.kind(entry.kind, entry.is_dry_run, entry.undone_id)


def _outcome(entry: HistoryEntry, texts: Texts) -> str:
    status = status_markup(entry.status.as_run_status.value, texts)
    return status if entry.undone_by is None else f"{status}, {texts.undone(entry.kind, entry.undone_by)}"
