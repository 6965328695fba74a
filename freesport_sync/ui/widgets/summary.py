"""Sentences about an entry or a run."""

from __future__ import annotations

from freesport_sync.core.history import EntrySource, EntryStatus, HistoryDetails
from freesport_sync.core.issues import Severity
from freesport_sync.core.shop import UpkeepKind
from freesport_sync.core.tasks import Request
from freesport_sync.ui.models.history import result_of
from freesport_sync.ui.texts import UiTexts


def done_of(texts: UiTexts, kind: str, undone_id: int, is_dry_run: bool, duration_s: float) -> str:
    """The sentence that a run has succeeded, in the words of its kind."""
    dry, time = "_dry" if is_dry_run else "", texts.duration(duration_s)
    key = f"done.{kind}{dry}"
    if kind == UpkeepKind.RESTORE and undone_id:
        key = f"done.undo{dry}"
    elif not texts.has(key):
        key = f"done.import{dry}"
    return texts(key, undone_id=undone_id, time=time)


def real_run_label(texts: UiTexts, request: Request) -> str:
    """The text of the button that does what a dry run only tried."""
    key = f"in_earnest.{request.kind}"
    return texts(key if texts.has(key) else "import_page.now_for_real", undone_id=request.undone_id)


def summary_of(texts: UiTexts, details: HistoryDetails) -> tuple[str, ...]:
    """What happened, what changed, what to do; the first is the headline."""
    entry = details.entry
    if entry.status is EntryStatus.RUNNING:
        return texts("summary.running", time=texts.duration(round(entry.duration_s))), result_of(texts, entry)
    if entry.status is EntryStatus.STUCK:
        key = "summary.stuck_shop" if entry.key.source is EntrySource.SHOP else "summary.stuck"
        return texts(key), texts(f"{key}_more", host=entry.host)
    if entry.key.source is EntrySource.SHOP and entry.status is EntryStatus.FAILED:
        return texts("summary.failed_shop"), details.error_message
    if entry.error is not None:
        error = texts.error(texts.of_run(entry.error, entry.kind, entry.is_dry_run))
        return error.what, error.affected, error.hint
    result = texts.changed(entry.counts, entry.is_dry_run, entry.kind) or result_of(texts, entry)
    undone = "" if entry.undone_by is None else texts.undone(entry.kind, entry.undone_by)
    notes = sum(one.count for one in details.issue_counts if one.severity is Severity.NOTE)
    done = done_of(texts, entry.kind, entry.undone_id, entry.is_dry_run, entry.duration_s)
    return (
        *((sentence(undone), done) if undone else (done,)),
        "" if result == "—" else sentence(result),
        texts("undo.look_explained") if entry.undone_id and entry.is_dry_run else "",
        texts.remarks(errors=entry.errors, warnings=entry.warnings, notes=notes) or texts("import_page.no_issues"),
    )


def sentence(text: str) -> str:
    """The text with a capital letter."""
    return f"{text[:1].upper()}{text[1:]}"
