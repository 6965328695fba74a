"""What the headless front prints for scripts: one JSON object a line."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime
from enum import Enum
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from freesport_sync.cli.terminal import is_unicode
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
from freesport_sync.core.exchange import (
    ExchangeEvent,
    ExchangeStarted,
    ImportNotRequested,
    RequestHandled,
)
from freesport_sync.core.issues import RowIssue
from freesport_sync.core.run import RunReport, RunStatus
from freesport_sync.i18n.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from freesport_sync.application import RunDetails, RunIssues
    from freesport_sync.core.backup import Backup
    from freesport_sync.core.history import CheckItem, IssueCount, PastRun
    from freesport_sync.database.own.remote_control import CancelRequest, Unlocked
    from freesport_sync.errors import NothingNew, SyncError
    from freesport_sync.services.remote_export import PinnedHostKey
    from freesport_sync.settings.listing import ListedSetting


class JsonOutput:
    """The events, then the result; errors are lines too."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._failed: RunReport | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Nothing to close."""

    def __call__(self, event: Event) -> None:
        """Write an event of the run."""
        match event:
            case RunStarted():
                self._write("run_started", asdict(event))
            case FilesPulled():
                self._write("files_pulled", asdict(event))
            case FilesArchived():
                self._write("files_archived", asdict(event))
            case ExportFound():
                self._write("export_found", asdict(event))
            case Progress():
                self._write("progress", asdict(event))
            case IssuesFound():
                for issue in event.issues:
                    self._issue(issue)
            case BackupFound():
                self._write("backup_found", asdict(event))
            case BackupMade():
                self._write("backup_made", asdict(event))
            case MergeRepeated():
                self._write("merge_repeated", asdict(event))
            case RunFinished() if event.report.status is RunStatus.COMPLETED:
                self._write("result", asdict(event.report))
            case RunFinished():
                self._failed = event.report  # the result comes last, after the error

    def error(self, error: SyncError) -> None:
        """Write the code and its text."""
        text = asdict(self._texts.error(error))
        params = {name: str(value) for name, value in error.params.items()}
        self._write("error", text | {"params": params, "exit_code": int(error.exit_code)})
        self._write_failed()

    def nothing_new(self, nothing: NothingNew) -> None:
        """That there is nothing to do."""
        self._write("nothing_new", dict(nothing.params) | {"text": self._texts.error(nothing).what})

    def _write_failed(self) -> None:
        failed, self._failed = self._failed, None  # at once: the server imports and answers on two threads
        if failed is not None:
            self._write("result", asdict(failed))

    def exchange(self, event: ExchangeEvent) -> None:
        """An event of the exchange server."""
        self._write_failed()  # of an import: its error is the answer to the request
        match event:
            case ExchangeStarted():
                self._write("server_started", asdict(event))
            case RequestHandled():
                self._write("request", asdict(event))
            case ImportNotRequested():
                self._write("not_asked_for", asdict(event))

    def exchange_password_set(self, user: str) -> None:
        """Whose password it is."""
        self._write("exchange_password_set", {"user": user})

    def check(self, items: Sequence[CheckItem]) -> None:
        """One line a point."""
        for item in items:
            self._write("check", asdict(item) | {"text": self._texts.check(item.code, item.params)})

    def history(self, runs: Sequence[PastRun]) -> None:
        """One line a run."""
        for run in runs:
            self._write("run", asdict(run))

    def show(self, details: RunDetails) -> None:
        """The run, then its files, issues and changes."""
        self._write("run", asdict(details.run))
        for file in details.files:
            self._write("file", asdict(file))
        self._issue_counts(details.issue_counts)
        for issue in details.issues:
            self._issue(issue)
        for change in details.changes:
            self._write("change", asdict(change))

    def issues(self, found: RunIssues) -> None:
        """How often each kind occurred, then the issues."""
        self._issue_counts(found.counts)
        for issue in found.issues:
            self._issue(issue)

    def issues_saved(self, found: RunIssues, count: int, file: Path | None) -> None:
        """Where the issues are; `--json` never comes with CSV on stdout."""
        self._write("issues_saved", {"count": count, "file": file})

    def cancel_requested(self, request: CancelRequest) -> None:
        """The run that was asked to stop."""
        self._write("cancel_requested", asdict(request))

    def unlocked(self, closed: Unlocked) -> None:
        """What was closed; empty lists where nothing was dead."""
        self._write("unlocked", asdict(closed))

    def backups(self, backups: Sequence[Backup]) -> None:
        """One line a backup."""
        for one in backups:
            self._write("backup", asdict(one))

    def host_key_pinned(self, key: PinnedHostKey) -> None:
        """The key that is on record now."""
        self._write("host_key_pinned", asdict(key))

    def settings(self, settings: Sequence[ListedSetting], file: Path) -> None:
        """One line a setting."""
        for one in settings:
            self._write("setting", asdict(one) | {"meaning": self._texts(f"settings.{one.key}")})

    def _issue(self, issue: RowIssue) -> None:
        what, hint = self._texts.issue(issue)
        self._write("issue", asdict(issue) | {"what": what, "hint": hint})

    def _issue_counts(self, counts: Sequence[IssueCount]) -> None:
        for one in counts:
            self._write("issue_count", asdict(one))

    def _write(self, event: str, values: dict[str, Any]) -> None:
        line = json.dumps({"event": event, **values}, ensure_ascii=not is_unicode(sys.stdout), default=_plain)
        print(f"{line}\n", end="", flush=True)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else str(value)
