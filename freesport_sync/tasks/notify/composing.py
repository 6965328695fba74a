"""Words of a notification: what, when, counts, the first errors, what to do (NOTIFY-5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.notifications import Occasion, OutboxEntry, WatchMessage
from freesport_sync.core.printable import printable
from freesport_sync.core.run import IssueTotal
from freesport_sync.core.task_list import Task
from freesport_sync.errors import SyncError
from freesport_sync.i18n.texts import Texts

LONGEST_SUBJECT, LONGEST_LINE, LONGEST_BODY = 150, 600, 20_000
"""Characters; an error may carry whatever another program has said."""
SHOWN_ISSUES = 5


@dataclass(frozen=True, slots=True)
class Letter:
    """What a person reads.

    Args:
        subject: one line.
        body: plain text.
    """

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class TaskStory:
    """What is told about a task.

    Args:
        task: it.
        issue_totals: of its last run.
        issues: the first of them that are more than notes.
    """

    task: Task
    issue_totals: tuple[IssueTotal, ...] = ()
    issues: tuple[RowIssue, ...] = ()


def about_task(texts: Texts, place: str, story: TaskStory, entries: Sequence[OutboxEntry]) -> Letter:
    """The message about the latest of some tasks that have ended in the same way.

    Args:
        texts: in the reader's language.
        place: the database, for people.
        story: of the latest.
        entries: all of them, the first one first.
    """
    task, occasion = story.task, entries[-1].occasion
    kind = texts.kind(task.kind, task.is_dry_run)
    lines = [texts(f"notify.{occasion.value}", kind=kind), "", *_when_and_where(texts, place, task)]
    if occasion is Occasion.FAILURE and task.error is not None:
        lines += ["", *_error(texts, texts.of_run(task.error, task.kind, task.is_dry_run))]
    lines += _repeats(texts, entries)
    lines += _counts(texts, task)
    lines += _issues(texts, story)
    number = (
        texts("notify.more", task_id=task.id) if task.run_id is None else texts("notify.more_run", run_id=task.run_id)
    )
    return _message(texts(f"notify.{occasion.value}", kind=kind), place, [*lines, "", number])


def about_watch(texts: Texts, place: str, message: WatchMessage, entries: Sequence[OutboxEntry]) -> Letter:
    """The message of an observer."""
    error = SyncError(message.code, **message.params)
    subject = texts.error(error).what
    lines = [*_error(texts, error), "", texts("notify.database", place=place), *_repeats(texts, entries)]
    return _message(subject, place, lines)


def digest(
    texts: Texts, place: str, stories: Sequence[TaskStory], entries: Sequence[OutboxEntry], failures: int
) -> Letter:
    """The summary of a day.

    Args:
        texts: in the reader's language.
        place: the database, for people.
        stories: of the tasks that have ended well, the first one first.
        entries: about them.
        failures: that were told of one by one.
    """
    first, last = entries[0].created_at, entries[-1].created_at
    span = texts("notify.digest_span", first=texts.moment(first), last=texts.moment(last))
    counted: Counter[tuple[str, str]] = Counter()
    for story, entry in zip(stories, entries, strict=True):
        counted[(texts.kind(story.task.kind, story.task.is_dry_run), entry.occasion.value)] += 1
    lines = [span, ""]
    lines += [
        texts("notify.digest_line", kind=kind, outcome=texts(f"notify.digest_{occasion}"), count=count)
        for (kind, occasion), count in sorted(counted.items())
    ]
    lines += [texts("notify.digest_failures", count=failures)] if failures else []
    lines += [texts("notify.digest_last")]
    lines += [
        texts(
            "notify.digest_task",
            moment=texts.moment(entry.created_at),
            kind=texts.kind(story.task.kind, story.task.is_dry_run),
            outcome=texts(f"notify.digest_{entry.occasion.value}"),
            run_id=story.task.run_id,
        )
        for story, entry in list(zip(stories, entries, strict=True))[-20:]
    ]
    return _message(texts("notify.digest"), place, [*lines, "", texts("notify.database", place=place)])


def test_message(texts: Texts, place: str, host: str) -> Letter:
    """What is sent to try the way out."""
    return _message(texts("notify.test"), place, [texts("notify.test_body", host=host, place=place)])


def _message(subject: str, place: str, lines: Sequence[str]) -> Letter:
    body = "\n".join(printable(part, LONGEST_LINE) for line in lines for part in (line.splitlines() or [""]))
    short = body if len(body) <= LONGEST_BODY else f"{body[: LONGEST_BODY - 1]}…"
    return Letter(printable(f"{subject.rstrip('.')} · {place}", LONGEST_SUBJECT), f"{short.strip()}\n")


def _when_and_where(texts: Texts, place: str, task: Task) -> Iterator[str]:
    started, finished = task.started_at or task.created_at, task.finished_at
    ended = "" if finished is None else texts.moment(finished)
    yield texts("notify.when", started=texts.moment(started), finished=ended)
    trigger = texts.word("trigger", task.trigger)
    yield texts("notify.who", host=task.host, operator=task.operator, trigger=trigger)
    yield texts("notify.database", place=place)


def _error(texts: Texts, error: SyncError) -> Iterator[str]:
    text = texts.error(error)
    yield text.followed_by(text.affected)
    if text.hint:
        yield texts("notify.to_do", hint=text.hint)
    yield texts("notify.code", code=text.code)


def _repeats(texts: Texts, entries: Sequence[OutboxEntry]) -> Iterator[str]:
    if len(entries) > 1:
        first, last = texts.moment(entries[0].created_at), texts.moment(entries[-1].created_at)
        yield ""
        yield texts("notify.repeated", count=len(entries), first=first, last=last)


def _counts(texts: Texts, task: Task) -> Iterator[str]:
    shown = {entity: count for entity, count in task.counts.items() if count.total}
    if shown:
        yield ""
    for entity, count in shown.items():
        params = {
            "created": count.created,
            "updated": count.updated,
            "unchanged": count.unchanged,
            "skipped": count.skipped,
            "failed": count.failed,
        }
        yield texts("notify.counts", entity=texts.word("entity", entity), **params)


def _issues(texts: Texts, story: TaskStory) -> Iterator[str]:
    totals = [total for total in story.issue_totals if total.severity is not Severity.NOTE]
    if totals:
        yield ""
        yield texts("notify.issues", count=sum(total.count for total in totals))
        for total in totals[:SHOWN_ISSUES]:
            yield texts("notify.issue_total", title=texts.issue_title(total.code), count=total.count)
    shown = [issue for issue in story.issues if not _is_personal(issue)]
    if shown:
        yield ""
        yield texts("notify.first_issues")
    for issue in shown:
        what, hint = texts.issue(issue)
        about = ", ".join(part for part in (issue.article, issue.name) if part)
        yield f"- {about + ': ' if about else ''}{what} {hint}".rstrip()


def _is_personal(issue: RowIssue) -> bool:
    """Whether its text may name a customer; mail passes through the hands of others."""
    return issue.code.startswith(("customer_", "email_", "phone_")) or "contragent" in issue.file.lower()
