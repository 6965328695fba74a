"""Everything that a run works with, put together by the application."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.events import Reporter
from freesport_sync.core.task_list import Claim
from freesport_sync.core.tasks import Header, PlannedStage, TaskIdentity
from freesport_sync.database.server.engine import Connection, Url
from freesport_sync.database.shop.verify import TableCreation
from freesport_sync.i18n.texts import Texts
from freesport_sync.settings.model import Settings

if TYPE_CHECKING:
    from freesport_sync.sources.commerceml.workers import WorkerPool
    from freesport_sync.sources.ssh.host import SshHost


Announce: TypeAlias = Callable[[Connection, int], None]
"""Tells people how a task has ended; called with its id in the transaction that ends it."""


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
class Folders:
    """Where files of runs are kept.

    Args:
        work: unpacked archives, for the duration of a run.
        backups: of the databases.
        received: what was fetched from the SSH host.
    """

    work: Path
    backups: Path
    received: Path


@dataclass(frozen=True, slots=True)
class RunContext:
    """One run: who asked for it, and what it works with.

    Args:
        task: what is run.
        header: who asked, and how.
        settings: the effective ones.
        folders: where files are kept.
        texts: in the language of the shop's administrators, whatever the operator speaks.
        reporter: receives the events of the run.
        cancel: stops the run.
        open_target: the database; the embedded one runs as long as it is open.
        open_ssh_host: connects to the one in the settings.
        open_workers: the processes that read 1C's files.
        stages: those that the run will have.
        claim: of the task that this is a try of; None: the run's task is made with it.
        announce: see `Announce`.
    """

    task: TaskIdentity
    header: Header
    settings: Settings
    folders: Folders
    texts: Texts
    reporter: Reporter
    cancel: CancelToken
    open_target: Callable[[], AbstractContextManager[Target]]
    open_ssh_host: Callable[[], SshHost]
    open_workers: Callable[[], AbstractContextManager[WorkerPool]]
    stages: tuple[PlannedStage, ...]
    claim: Claim | None = None
    announce: Announce = lambda _connection, _task_id: None
