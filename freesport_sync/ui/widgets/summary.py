"""One sentence about a session."""

from __future__ import annotations

from freesport_sync.core.history import SessionDetails, SessionStatus, Source
from freesport_sync.core.issues import Severity
from freesport_sync.errors import SyncError
from freesport_sync.ui.models.sessions import result_of
from freesport_sync.ui.texts import UiTexts


def summary_of(texts: UiTexts, details: SessionDetails) -> tuple[str, ...]:
    """What happened, what changed, what to do; the first is the headline."""
    session, run = details.session, details.run
    if session.status is SessionStatus.RUNNING:
        return texts("summary.running", time=texts.duration(round(session.duration_s))), result_of(texts, session)
    if session.status is SessionStatus.STUCK:
        key = "summary.stuck_shop" if session.key.source is Source.SHOP else "summary.stuck"
        return texts(key), texts(f"{key}_more", host=session.host)
    if session.key.source is Source.SHOP and session.status is SessionStatus.FAILED:
        return texts("summary.failed_shop"), details.error_message
    code = "interrupted" if session.status is SessionStatus.INTERRUPTED else run.error_code if run is not None else None
    if run is not None and code:
        error = texts.error(SyncError(code, **run.error_params))
        return error.what, error.affected, error.hint
    key = "summary.checked" if session.is_dry_run else "summary.done"
    result = result_of(texts, session)
    notes = sum(one.count for one in details.issue_counts if one.severity is Severity.NOTE)
    return (
        texts(key, time=texts.duration(session.duration_s)),
        "" if result == "—" else result,
        texts.remarks(errors=session.errors, warnings=session.warnings, notes=notes) or texts("exchange.no_issues"),
    )
