"""A shop database as tests see it: import into it, ask what is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
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
from freesport_sync.core.shop import UpkeepKind
from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.database.server.engine import connect
from freesport_sync.database.undo.backup import database_identity
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.runs.context import Job, ShopTexts, Target
from freesport_sync.settings.model import Settings
from freesport_sync.sources.commerceml.parse_messages import Message, ParseTask
from freesport_sync.sources.commerceml.property_values import PropertyValues
from freesport_sync.sources.commerceml.worker import answers
from freesport_sync.tasks.backup import run_backup
from freesport_sync.tasks.repair import run_repair
from freesport_sync.tasks.restore import backup_of_run, run_restore
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.tasks.shop_import.runner import run_import
from freesport_sync.tasks.shop_import.workers import WorkerPool
from tests.databases import template_database

SECRET = "s3cret"
"""Password of the logins that tests make."""


class ReadsHere(WorkerPool):
    """Reads the files in this process: a worker takes longer to start than a test's few records to read."""

    def __init__(self) -> None:
        super().__init__()
        self._property_values = PropertyValues(0)

    def _start(self, size: int) -> None:
        """Nothing to start."""

    def read(self, tasks: Sequence[ParseTask], cancel: CancelToken) -> Iterator[Message]:
        return chain.from_iterable(answers(task, self._property_values) for task in tasks)


class Shop:
    """Imports on this thread, and plain SQL to look at the result.

    Args:
        url: of a database with the shop's tables.
        folder: for unpacked archives.
    """

    pool: type[WorkerPool] = ReadsHere
    """The fixture `workers` makes it the real one, for the tests to which processes matter."""

    def __init__(self, url: sa.URL, folder: Path) -> None:
        self.url = url
        self.settings = Settings()
        self.events: list[Event] = []
        self.cancel = CancelToken()
        self.folder = folder

    def __enter__(self) -> Self:
        self.connection = connect(self.url, "tests")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.connection.close()

    def run(self, folder: Path, on_event: Callable[[Event], None] | None = None, **options: Any) -> RunReport:
        """Import an export folder or zip; `options` are those of `ShopImport`."""
        report = self._listener(on_event)
        # Most tests are about something else, and a backup takes as long as their whole import.
        request = replace(ShopImport(data_dir=folder, operator="tester@here", skip_backup=True), **options)
        with self.pool() as pool:
            return run_import(self._job(request, report), pool)

    def back_up(self, on_event: Callable[[Event], None] | None = None) -> str:
        """Make a backup; returns its name."""
        request = ShopImport(kind=UpkeepKind.BACKUP, operator="tester@here")
        run_backup(self._job(request, self._listener(on_event)))
        return next(event.backup_id for event in self.events if isinstance(event, BackupMade))

    def restore(self, backup_id: str, on_event: Callable[[Event], None] | None = None, **options: Any) -> RunReport:
        """Restore a backup; `options` are those of `ShopImport`."""
        request = replace(ShopImport(kind=UpkeepKind.RESTORE, backup_id=backup_id, operator="tester@here"), **options)
        return run_restore(self._job(request, self._listener(on_event)))

    def undo(self, run_id: int, **options: Any) -> RunReport:
        """Undo an import with its backup."""
        backup_id = backup_of_run(self.backups, run_id, database_identity(self.connection))
        return self.restore(backup_id, undone_id=run_id, **options)

    def repair(self, on_event: Callable[[Event], None] | None = None, **options: Any) -> RunReport:
        """Give products with equal times of creation different ones; `options` are those of `ShopImport`."""
        request = replace(ShopImport(kind=UpkeepKind.REPAIR, operator="tester@here"), **options)
        return run_repair(self._job(request, self._listener(on_event)))

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

    def _job(self, request: ShopImport, report: Reporter) -> Job:
        target = Target(self.url, "shop")
        work_dir = self.folder / "work"
        return Job(request, target, self.settings, work_dir, self.backups, shop_texts(), report, self.cancel)

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
    """A login that may work with the shop's tables and has no right to make anything; returns the URL with it."""
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
def shop_texts() -> ShopTexts:
    """What a run writes for people, as the program itself does."""
    texts = Texts(Language.RUSSIAN)
    return ShopTexts(
        hidden_category=texts("report.hidden_category"),
        interrupted=texts("report.interrupted"),
        stale=texts("report.stale"),
        report_line=texts.report_line,
        error=lambda error: texts.error(error).sentence,
        outcome=texts.outcome,
    )
