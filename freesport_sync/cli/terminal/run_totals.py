"""The result of a run on a terminal: its counts, issues and status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.markup import escape

from freesport_sync.cli.terminal.issues import SEVERITY_STYLE
from freesport_sync.cli.terminal.screen import Screen, say
from freesport_sync.core.issues import Severity
from freesport_sync.core.run import Counts, RunReport, RunStatus
from freesport_sync.core.shop import sorted_entities, undoes, writes_catalogue
from freesport_sync.i18n.texts import Texts

_MARK = "\0"
"""Stands for a coloured word while the rest of its sentence is escaped."""
_STATUS_STYLE = {"completed": "green", "running": "cyan", "cancelled": "yellow"}


def show_report(screen: Screen, report: RunReport) -> None:
    """Print how a run ended."""
    texts = screen.texts
    show_counts(screen, report.counts, report.kind)
    show_issue_totals(screen, [(total.severity, total.code, str(total.count)) for total in report.issue_totals])
    duration = texts("cli.seconds", seconds=f"{report.duration_s:.1f}")
    names = {"run_id": report.run_id, "undone_id": report.undone_id}
    text = texts(texts.key_of_kind("cli.summary", report), status=_MARK, duration=duration, **names)
    say(screen.out, escape(text).replace(_MARK, status_markup(report.status.value, texts)))
    if report.issue_totals:
        screen.line(texts("cli.summary_issues", run_id=report.run_id))
    is_written = report.status is RunStatus.COMPLETED and not report.is_dry_run
    if is_written and writes_catalogue(report.kind):
        screen.line(texts("cli.cache_hint"))


def show_counts(screen: Screen, counts: Mapping[str, Counts], kind: str) -> None:
    """Print a table of what happened to the records of each entity, if there are any."""
    if not counts:
        return
    is_undo = undoes(kind)
    titles = ("set_back", "hidden", "kept") if is_undo else ("created", "updated", "unchanged", "skipped", "failed")
    table = screen.table("what", *titles)
    for entity in sorted_entities(counts):
        one = counts[entity]
        every = (one.created, one.updated, one.unchanged, one.skipped, one.failed)
        numbers = (one.updated - one.hidden, one.hidden, one.skipped) if is_undo else every
        table.add_row(screen.texts.word("entity", entity), *(str(number) for number in numbers))
    for column in table.columns[1:]:
        column.justify = "right"
    screen.out.print(table)


def show_issue_totals(screen: Screen, totals: Sequence[tuple[Severity, str, str]]) -> None:
    """Print how often each kind of issue occurred.

    Args:
        screen: where to.
        totals: severity, code and count of each kind.
    """
    if not totals:
        return
    table = screen.table("severity", "issue", "count", "code")
    for severity, code, count in totals:
        word = f"[{SEVERITY_STYLE[severity]}]{screen.texts(f'severity.{severity.value}')}[/]"
        table.add_row(word, escape(screen.texts.issue_title(code)), count, code)
    screen.out.print(table)


def status_markup(status: str, texts: Texts) -> str:
    """The text for a status in its colour."""
    return f"[{_STATUS_STYLE.get(status, 'bold red')}]{texts(f'status.{status}')}[/]"
