"""The log of an entry in the style of 1C's own log: each stage with its time and its counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from freesport_sync.core.history import (
    EntrySource,
    EntryStatus,
    HistoryDetails,
    HistoryEntry,
    StageRecord,
)
from freesport_sync.core.shop import STAGES_IN_BYTES, Stage, sorted_entities
from freesport_sync.ui.texts import UiTexts

_STAMP = re.compile(r"^\[(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)(?:\+00:00)?\]", re.MULTILINE)
"""Of the shop's report: UTC, whatever the zone of the shop."""


def story_of(texts: UiTexts, details: HistoryDetails) -> str:
    """The lines of the log; of an import session of the shop its report, in this computer's time zone."""
    if details.entry.key.source is EntrySource.SHOP:
        report = _STAMP.sub(lambda found: _local(texts, found[1]), details.report.rstrip())
        return "\n".join(part for part in (report, details.error_message) if part)
    return "\n".join(_lines(texts, details))


def _local(texts: UiTexts, stamp: str) -> str:
    return f"{texts.moment(datetime.fromisoformat(stamp).replace(tzinfo=UTC), has_seconds=True)} "


def _lines(texts: UiTexts, details: HistoryDetails) -> Iterator[str]:
    entry = details.entry

    def line(moment: datetime, text: str) -> str:
        return f"{texts.moment(moment, has_seconds=True)}  {text}"

    kind = texts.kind(entry.kind, entry.is_dry_run, entry.undone_id)
    trigger = texts.word("trigger", entry.trigger)
    who = ", ".join(word for word in (entry.operator, entry.host, trigger) if word)
    yield line(entry.started_at, texts("story.begin", kind=kind, who=who))
    ends = [*(stage.started_at for stage in details.stages[1:]), entry.finished_at]
    for number, (stage, end) in enumerate(zip(details.stages, ends, strict=False)):
        is_last = number == len(details.stages) - 1
        is_cut = is_last and entry.status not in (EntryStatus.COMPLETED, EntryStatus.REMARKS)
        yield line(end or stage.started_at, _stage(texts, details, stage, end, is_cut))
    yield from _counts(texts, entry)
    for issue in details.issue_counts:
        level = texts(f"severity.{issue.severity.value}")
        title = texts.issue_title(issue.code)
        yield _PAD + texts("story.issue", level=level.capitalize(), title=title, count=texts.number(issue.count))
    if entry.finished_at is not None:
        yield line(entry.finished_at, _outcome(texts, details))


_PAD = 21 * " "
"""As wide as a moment."""


def _stage(texts: UiTexts, details: HistoryDetails, stage: StageRecord, end: datetime | None, is_cut: bool) -> str:
    name = texts.stage(stage.stage, details.entry.kind)
    if is_cut:
        key = "running" if end is None else "cut_off"
        share = f"{100 * stage.done // stage.total} %" if stage.total else ""
        return texts(f"story.{key}", stage=name, share=share)
    time = texts.duration(max((end or stage.started_at) - stage.started_at, timedelta()).total_seconds())
    return texts("story.done", stage=name, time=time, amount=_amount(texts, details, stage))


def _amount(texts: UiTexts, details: HistoryDetails, stage: StageRecord) -> str:
    if stage.stage == Stage.PLAN and details.files:
        size = texts.size(sum(file.size_bytes for file in details.files))
        return texts.count("import_page.files", len(details.files), size=size)
    if stage.total <= 1 or stage.stage in (Stage.RESOLVE, Stage.REPORT):
        return ""
    return texts.size(stage.total) if stage.stage in STAGES_IN_BYTES else texts.count("window.rows", stage.total)


def _counts(texts: UiTexts, entry: HistoryEntry) -> Iterator[str]:
    prefix = "would_" if entry.is_dry_run else ""
    names = {f"{prefix}created": "created", f"{prefix}updated": "updated"}
    names |= {name: name for name in ("unchanged", "skipped", "failed")}
    for entity in sorted_entities(entry.counts):
        count = entry.counts[entity]
        parts = [
            texts(f"story.{key}", n=texts.number(number))
            for key, name in names.items()
            if (number := getattr(count, name))
        ]
        if parts:
            yield f"{_PAD}{texts.word('entity', entity)}: {', '.join(parts)}"


def _outcome(texts: UiTexts, details: HistoryDetails) -> str:
    entry = details.entry
    if entry.error is not None:
        error = texts.error(texts.of_run(entry.error, entry.kind, entry.is_dry_run))
        return error.followed_by(error.affected)
    time = texts.duration(entry.duration_s)
    return texts("story.end", kind=texts.kind(entry.kind, entry.is_dry_run, entry.undone_id), time=time)
