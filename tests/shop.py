"""A shop database for tests: import into it, query it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import fields, replace
from functools import cache
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import sqlalchemy as sa

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.events import (
    BackupMade,
    Event,
    IssuesFound,
    Reporter,
)
from freesport_sync.core.run import RunReport
from freesport_sync.core.tasks import Header, Request
from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.database.server.engine import connect
from freesport_sync.database.shop.verify import TableCreation
from freesport_sync.database.undo.backup import database_identity
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.observers.announcer import Announcer
from freesport_sync.runs.context import Folders, RunContext, Target
from freesport_sync.runs.task_type import TaskType
from freesport_sync.settings.model import Settings
from freesport_sync.sources.commerceml.parse_messages import Message, ParseTask
from freesport_sync.sources.commerceml.property_values import PropertyValues
from freesport_sync.sources.commerceml.worker import answers
from freesport_sync.sources.commerceml.workers import WorkerPool
from freesport_sync.sources.ssh.host import SshHost
from freesport_sync.tasks.backup.request import MakeBackup
from freesport_sync.tasks.registry import TASKS
from freesport_sync.tasks.repair.request import RepairCreatedAt
from freesport_sync.tasks.restore.request import RestoreBackup
from freesport_sync.tasks.restore.restoring import backup_of_run
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.tasks.shop_import.task import SHOP_IMPORT
from tests.databases import template_database

SECRET = "s3cret"
"""Password of the logins that tests make."""


class InProcessPool(WorkerPool):
    """Reads the files in this process, because a worker takes longer to start than a test's few records to read."""

    def __init__(self) -> None:
        super().__init__()
        self._property_values = PropertyValues(0)

    def _start(self, size: int) -> None:
        """Nothing to start."""

    def read(self, tasks: Sequence[ParseTask], cancel: CancelToken) -> Iterator[Message]:
        return chain.from_iterable(answers(task, self._property_values) for task in tasks)


class Shop:
    """Runs tasks on this thread, and plain SQL to inspect the result.

    Args:
        url: of a database with the shop's tables.
        folder: for unpacked archives.
    """

    pool: type[WorkerPool] = InProcessPool
    """The fixture `workers` sets the real one, for tests that need processes."""

    def __init__(self, url: sa.URL, folder: Path) -> None:
        self.url = url
        self.settings = Settings()
        self.events: list[Event] = []
        self.cancel = CancelToken()
        self.folder = folder
        self.creation = TableCreation.NEVER

    def __enter__(self) -> Self:
        self.connection = connect(self.url, "tests")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.connection.close()

    def run(self, folder: Path, on_event: Callable[[Event], None] | None = None, **options: Any) -> RunReport:
        """Import an export folder or zip; `options` are those of `ShopImport` and of `Header`."""
        # Most tests are about something else, and a backup takes as long as their whole import.
        return self._run(ShopImport(data_dir=folder, skip_backup=True), on_event, options)

    def back_up(self, on_event: Callable[[Event], None] | None = None) -> str:
        """Make a backup; returns its name."""
        self._run(MakeBackup(), on_event, {})
        return next(event.backup_id for event in self.events if isinstance(event, BackupMade))

    def restore(self, backup_id: str, on_event: Callable[[Event], None] | None = None, **options: Any) -> RunReport:
        """Restore a backup; `options` are those of `RestoreBackup` and of `Header`."""
        return self._run(RestoreBackup(backup_id), on_event, options)

    def undo(self, run_id: int, **options: Any) -> RunReport:
        """Undo an import with its backup."""
        backup_id = backup_of_run(self.backups, run_id, database_identity(self.connection))
        return self.restore(backup_id, undone_id=run_id, **options)

    def repair(self, on_event: Callable[[Event], None] | None = None, **options: Any) -> RunReport:
        """Give products with equal creation times different ones; `options` as for the others."""
        return self._run(RepairCreatedAt(), on_event, options)

    def context(self, header: Header, report: Reporter, task: TaskType[Any] = SHOP_IMPORT) -> RunContext:
        """What a run works with."""
        return RunContext(
            task=task,
            header=header,
            settings=self.settings,
            folders=Folders(self.folder / "work", self.backups, self.folder / "received"),
            texts=shop_texts(),
            reporter=report,
            cancel=self.cancel,
            open_target=lambda: nullcontext(Target(self.url, "shop", self.creation)),
            open_ssh_host=_no_ssh_host,
            open_workers=self.pool,
            stages=(),
            announce=Announcer(self.settings.notifications).announce,
        )

    def _run(self, request: Request, on_event: Callable[[Event], None] | None, options: Mapping[str, Any]) -> RunReport:
        of_header = {one.name for one in fields(Header)}
        header = replace(Header("tester@here"), **{name: options[name] for name in options.keys() & of_header})
        request = replace(request, **{name: options[name] for name in options.keys() - of_header})  # type: ignore[type-var]
        task = TASKS.of(request)
        report = task.run(self.context(header, self._listener(on_event), task), request)
        assert isinstance(report, RunReport)
        return report

    @property
    def backups(self) -> Path:
        """The folder of the backups."""
        return self.folder / "backups"

    def _listener(self, on_event: Callable[[Event], None] | None) -> Reporter:
        self.events.clear()
        self.cancel = CancelToken()

        def report(event: Event) -> None:
            self.events.append(event)
            if on_event is not None:
                on_event(event)

        return report

    def rows(self, query: str, **params: Any) -> list[tuple[Any, ...]]:
        """The rows of a query, as plain tuples."""
        return [tuple(row) for row in self.connection.execute(sa.text(query), params)]

    def row(self, query: str, **params: Any) -> tuple[Any, ...]:
        """The only row of a query."""
        (row,) = self.rows(query, **params)
        return row

    def value(self, query: str, **params: Any) -> Any:
        """The only value of a query."""
        (value,) = self.row(query, **params)
        return value

    def execute(self, statement: str, **params: Any) -> None:
        """Change the shop as its own program or its operators would."""
        self.connection.execute(sa.text(statement), params)

    def issues(self) -> dict[str, list[str]]:
        """Issue code -> 1C keys, of the last run."""
        found: dict[str, list[str]] = {}
        for event in self.events:
            if isinstance(event, IssuesFound):
                for issue in event.issues:
                    found.setdefault(issue.code, []).append(issue.onec_id)
        return found


def new_role(shop: Shop, *grants: str, but: str = "") -> sa.URL:
    """Make a login that may use the shop's tables but create nothing; returns the URL with it."""
    name = f"role_{uuid4().hex}"
    statements = [
        f"CREATE ROLE {name} LOGIN PASSWORD '{SECRET}'",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}",
        *(f"{grant} TO {name}" for grant in grants),
        *([f"REVOKE {but} FROM {name}"] if but else []),
    ]
    for statement in statements:
        shop.connection.exec_driver_sql(statement)
    return shop.url.set(username=name, password=SECRET)


def imported_template(postgres: EmbeddedPostgres, template: str, name: str, export: Path) -> str:
    """A database to clone: the shop of `template`, into which an export has been imported."""

    def run_import(url: sa.URL) -> None:
        with Shop(url, export.parent) as shop:
            shop.run(export)

    return template_database(postgres, name, run_import, template)


@cache
def shop_texts() -> Texts:
    """What a run writes for people, as the program itself does."""
    return Texts(Language.RUSSIAN)


def _no_ssh_host() -> SshHost:
    raise AssertionError("these tests have no SSH host")
