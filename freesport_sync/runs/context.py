"""Everything that describes one run to the pipeline, put together by the application."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.events import Event, Reporter
from freesport_sync.core.issues import RowIssue
from freesport_sync.core.run import RunStatus
from freesport_sync.database.server.engine import Url
from freesport_sync.database.shop.verify import TableCreation
from freesport_sync.errors import SyncError
from freesport_sync.settings.model import Settings
from freesport_sync.tasks.shop_import.request import ShopImport

if TYPE_CHECKING:
    from freesport_sync.sources.ssh.host import SshHost


@dataclass(frozen=True, slots=True)
class Target:
    """The database that a run writes into.

    Args:
        url: with the password.
        label: `user@host/database`, for people.
        creation: whether to create the shop's tables where they are missing.
    """

    url: Url
    label: str
    creation: TableCreation = TableCreation.NEVER


@dataclass(frozen=True, slots=True)
class ShopTexts:
    """What a run writes into the shop's tables for people to read.

    Args:
        hidden_category: name of the category for products of unknown groups.
        interrupted: why a dead run of ours was closed.
        stale: why a dead run of another importer was closed.
        report_line: line of the session's report for an event; the second argument is the percentage.
        error: one sentence and the code.
        outcome: last line of the session's report.
    """

    hidden_category: str
    interrupted: str
    stale: str
    report_line: Callable[[Event, int], str]
    error: Callable[[SyncError], str]
    outcome: Callable[[RunStatus], str]


@dataclass(frozen=True, slots=True)
class Job:
    """One run.

    Args:
        request: what to do.
        target: where to.
        settings: the rules.
        work_dir: folder for unpacked archives.
        backup_dir: folder of the backups.
        texts: for the shop's session rows.
        reporter: receives the events of the run.
        cancel: stops the run.
        issues: what is known of the files before they are read.
        server: for pictures, where the shop's media are on one.
    """

    request: ShopImport
    target: Target
    settings: Settings
    work_dir: Path
    backup_dir: Path
    texts: ShopTexts
    reporter: Reporter
    cancel: CancelToken
    issues: tuple[RowIssue, ...] = ()
    server: SshHost | None = None
