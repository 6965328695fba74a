"""Composition root: settings and paths in, wired parts out; the only place where the layers meet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from freesport_sync.core.backup import Backup
from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.events import Reporter
from freesport_sync.core.exchange import ExchangeEvent, address_for_1c
from freesport_sync.core.history import CheckItem, IssueCount, PastRun
from freesport_sync.core.issues import RowIssue
from freesport_sync.core.run import ExportFile, FieldChange, RunReport
from freesport_sync.core.shop import UpkeepKind
from freesport_sync.core.tasks import Header, Request, Submission
from freesport_sync.database.own.history import (
    read_field_changes,
    read_files,
    read_issue_counts,
    read_issues,
    read_run,
    read_runs,
)
from freesport_sync.database.own.remote_control import (
    CancelRequest,
    Unlocked,
    request_cancel,
    unlock_stale,
)
from freesport_sync.database.preflight import check_database
from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.database.server.embedded_binaries import BINARIES_VARIABLE
from freesport_sync.database.server.engine import (
    Connection,
    Url,
    connect,
    login_of,
    parse_url,
    translated_errors,
)
from freesport_sync.database.shop.verify import TableCreation
from freesport_sync.database.undo.backup import database_identity, list_backups
from freesport_sync.errors import ConfigError
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.os_support import computer_name
from freesport_sync.runs.context import Folders, RunContext, Target
from freesport_sync.runs.requests import decode
from freesport_sync.runs.task import Registry
from freesport_sync.services.history import History
from freesport_sync.services.remote_export import PinnedHostKey, ServerFiles
from freesport_sync.settings.environment import refuse_unknown_variables
from freesport_sync.settings.listing import ListedSetting, list_settings
from freesport_sync.settings.loading import load_settings, read_written
from freesport_sync.settings.model import Settings
from freesport_sync.settings.paths import Paths, find_paths
from freesport_sync.settings.secrets import database_password
from freesport_sync.tasks.registry import TASKS
from freesport_sync.tasks.repair.task import RepairCreatedAt
from freesport_sync.tasks.restore.task import RestoreBackup
from freesport_sync.tasks.shop_import.run_folders import RunFolders

# What only some of the methods need is loaded by them: the window can be used a quarter of a second sooner.
if TYPE_CHECKING:
    from freesport_sync.services.connections import Connections
    from freesport_sync.sources.commerceml.workers import WorkerPool

DATABASE = "freesport"
DEMO_DATABASE = "freesport_demo"
"""Apart from the other one, so that trying the demo never touches what somebody has imported for real."""


@dataclass(frozen=True, slots=True)
class RunDetails:
    """Everything the history knows of one run."""

    run: PastRun
    files: tuple[ExportFile, ...]
    issue_counts: tuple[IssueCount, ...]
    issues: tuple[RowIssue, ...]
    """The first of them."""
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class RunIssues:
    """All row issues of one run."""

    run: PastRun
    counts: tuple[IssueCount, ...]
    issues: Iterator[RowIssue]
    """Read while they are asked for; errors first, those of one kind together."""


class Application:
    """What the command line and the window can ask for.

    Args:
        home: one folder for all state; None: where the system keeps such things.
        database_url: overrides the setting `database.url`.
        is_demo: always the private server, in a database of its own.
        create_shop_tables: create the shop's tables in a database that has none.
        tasks: what can be run.
        open_workers: the processes that read 1C's files, for one run; None: started for it.
    """

    def __init__(
        self,
        home: Path | None,
        database_url: str | None = None,
        is_demo: bool = False,
        create_shop_tables: bool = False,
        tasks: Registry = TASKS,
        open_workers: Callable[[], AbstractContextManager[WorkerPool]] | None = None,
    ) -> None:
        refuse_unknown_variables({BINARIES_VARIABLE})
        self.paths: Paths = find_paths(home)
        self.settings: Settings = load_settings(self.paths.settings_file)
        self._server_files = ServerFiles(self.settings, self.paths)
        self.tasks = tasks
        self._open_workers = open_workers or _new_workers
        self._is_demo = is_demo
        self._creation = TableCreation.IN_EMPTY if create_shop_tables else TableCreation.NEVER
        self._url = None if is_demo else self._shop_url(database_url)

    @cached_property
    def connections(self) -> Connections:
        """The databases and servers to choose from."""
        from freesport_sync.services.connections import Connections

        return Connections(self.settings, self.paths, self._server_files, self._creation)

    def run(self, request: Request, header: Header, reporter: Reporter, cancel: CancelToken) -> RunReport:
        """Run a task.

        Args:
            request: of one of `tasks`.
            header: who asks, and how.
            reporter: receives the events of the run, on this thread.
            cancel: stops it.

        Raises:
            SyncError: it was refused, failed or was cancelled.
        """
        task = self.tasks.of(request)
        context = RunContext(
            task=task,
            header=header,
            settings=self.settings,
            folders=Folders(self.paths.work, self._backup_folder, self.paths.received),
            texts=self._shop_texts,
            reporter=reporter,
            cancel=cancel,
            open_target=self._target,
            open_ssh_host=lambda: self._server_files.open(cancel),
            open_workers=self._open_workers,
        )
        return task.run(context, request)

    def stored_submission(self, stored: Mapping[str, Any]) -> Submission[Any]:
        """What a past run was asked for; see `runs.requests.decode`."""
        return decode(self.tasks, stored)

    def backups(self) -> tuple[Backup, ...]:
        """The backups of this database and the damaged ones, newest first."""
        with self._connection() as connection:
            own = database_identity(connection)
        found = list_backups(self._backup_folder)
        return tuple(one for one in found if one.manifest is None or one.manifest.database == own)

    def backup_of_run(self, run_id: int) -> str:
        """The name of the backup that a run made before it wrote.

        Raises:
            ConfigError: there is none here.
        """
        from freesport_sync.tasks.restore.restoring import backup_of_run

        with self._connection() as connection:
            return backup_of_run(self._backup_folder, run_id, database_identity(connection))

    def undoing(self, run_id: int) -> RestoreBackup | RepairCreatedAt:
        """The request that undoes a run: a repair is taken back, an import by the backup that it made.

        Raises:
            ConfigError: there is no such backup here.
        """
        with self._connection() as connection:
            run = read_run(connection, run_id)
        if run is not None and run.kind == UpkeepKind.REPAIR:
            return RepairCreatedAt(undone_id=run_id)
        return RestoreBackup(self.backup_of_run(run_id), undone_id=run_id)

    def serve(
        self,
        shop_texts: Texts,
        is_dry_run: bool,
        report: Callable[[ExchangeEvent], None],
        reporter: Reporter,
        cancel: CancelToken,
    ) -> None:
        """Let 1C send its exports until `cancel` is set; see `exchange_server.serve`."""
        from freesport_sync.exchange.server import serve  # the server's libraries take long to load

        with self._target():  # the private server is not stopped between two imports
            serve(self.settings, self.paths, self.run, self.backups, shop_texts, is_dry_run, report, reporter, cancel)

    def set_exchange_password(self, password: str) -> None:
        """Set the password that 1C has to give; a running server asks for it at once.

        Raises:
            ConfigError: it is too short, or cannot be kept.
        """
        from freesport_sync.exchange.access.passwords import PasswordFile

        PasswordFile(self.paths.exchange_password).set(password)

    @property
    def exchange_address(self) -> str:
        """Where the exchange server will listen."""
        rules = self.settings.exchange
        return address_for_1c(rules.host, rules.port, rules.certificate is not None, computer_name())

    def self_test_exchange(
        self, password: str, address: str | None, cancel: CancelToken, report: Callable[[CheckItem], None]
    ) -> tuple[CheckItem, ...]:
        """Play a small exchange as 1C would; see `exchange.self_test`."""
        from freesport_sync.exchange.self_test.run import run_self_test

        return run_self_test(self.settings, self.paths, password, address, cancel, report)

    def pull(self, reporter: Reporter, cancel: CancelToken) -> None:
        """Only fetch the files of the server; see `ServerFiles.pull`."""
        self._server_files.pull(reporter, cancel)

    def pin_host_key(self, fingerprint: str, replaces: bool = False) -> PinnedHostKey:
        """Record the server's key if it is the expected one; see `ServerFiles.pin_host_key`."""
        return self._server_files.pin_host_key(fingerprint, replaces=replaces)

    def accept_host_key_once(self, fingerprint: str) -> None:
        """Trust a host key that nobody has pinned, as long as this object lives."""
        self._server_files.accept_host_key_once(fingerprint)

    def files_of(self, run_id: int) -> Path:
        """The folder with the files that a run has fetched from the server.

        Raises:
            ConfigError: there is no such run, it fetched none, or they are not kept any more.
        """
        with self._connection() as connection:
            folder = Path(_existing_run(connection, run_id).data_dir)
        sources = (self._server_files.received.runs, RunFolders(self.paths.exchange / "runs"))
        source = next((one for one in sources if one.is_of_run(folder)), None)
        if source is None:
            raise ConfigError("run_fetched_nothing", run_id=run_id, path=str(folder))
        if not source.has(folder):
            raise ConfigError("received_files_gone", run_id=run_id, path=str(folder))
        return folder

    def reader(self) -> History:
        """Reads the history for as long as a window is open; to be closed."""
        return History(self._target)

    def check(self, media_root: Path | None = None, with_server: bool = True) -> tuple[CheckItem, ...]:
        """Whether an import could run, point by point; writes nothing.

        Args:
            media_root: folder of the shop's pictures; None: as the setting says.
            with_server: the server that 1C exports to, too.
        """
        from freesport_sync.tasks.shop_import.media_root import check_media_root

        with self._target() as target:
            items = check_database(target.url, target.label, target.creation)
        folder = media_root or self.settings.pictures.media_root
        items = items if folder is None else (*items, check_media_root(folder))
        return items + (self._server_files.check(CancelToken()) if with_server else ())

    def history(self, limit: int) -> tuple[PastRun, ...]:
        """The newest runs first."""
        with self._connection() as connection:
            return read_runs(connection, limit)

    def show(self, run_id: int, limit: int) -> RunDetails:
        """One run with its files, row issues and dry-run changes.

        Raises:
            ConfigError: there is no such run.
        """
        with self._connection() as connection:
            run = _existing_run(connection, run_id)
            return RunDetails(
                run,
                read_files(connection, run_id),
                read_issue_counts(connection, run),
                tuple(read_issues(connection, run_id, limit)),
                read_field_changes(connection, run_id, limit),
            )

    @contextmanager
    def issues(self, run_id: int, check_cancelled: Callable[[], None]) -> Iterator[RunIssues]:
        """All row issues of one run, while the block lasts.

        Args:
            run_id: the run.
            check_cancelled: called at every issue; may raise.

        Raises:
            ConfigError: there is no such run.
        """
        with self._connection() as connection:
            run = _existing_run(connection, run_id)

            def issues() -> Iterator[RowIssue]:
                for issue in read_issues(connection, run_id):
                    check_cancelled()
                    yield issue

            yield RunIssues(run, read_issue_counts(connection, run), issues())

    def cancel(self, run_id: int, by: str) -> CancelRequest:
        """Ask a run to stop that another program has started, here or on another computer.

        Raises:
            ConfigError: there is no such run, or it is not running.
        """
        with self._connection() as connection:
            return request_cancel(connection, run_id, by)

    def unlock_stale(self, shop_texts: Texts) -> Unlocked:
        """Close what dead importers have left open.

        Raises:
            LockHeld: somebody is importing; nothing is closed.
        """
        interrupted, stale = shop_texts("report.interrupted"), shop_texts("report.stale")
        with self._connection() as connection:
            return unlock_stale(connection, interrupted, stale)

    def list_settings(self) -> tuple[ListedSetting, ...]:
        """Every setting with the value in force."""
        return list_settings(self.settings, self.paths.settings_file)

    @cached_property
    def _shop_texts(self) -> Texts:
        return Texts(Language.RUSSIAN)  # as the shop's administrators read

    @property
    def _backup_folder(self) -> Path:
        return self.settings.backup.folder or self.paths.backups

    def _shop_url(self, argument: str | None) -> Url | None:
        url = self.settings.database.url if argument is None else argument
        try:
            return None if url is None else parse_url(url)
        except ConfigError as error:
            place: dict[str, object] = {"setting_place": "argument", "argument": "--database-url"}
            if argument is None:
                place = read_written(self.paths.settings_file).place_of(("database", "url"))
            raise ConfigError(error.code, **error.params, **place) from error

    @contextmanager
    def _target(self) -> Iterator[Target]:
        if self._url is not None:
            login = login_of(self._url)
            password = database_password(login, self.settings.database.password_file)
            with translated_errors():
                yield Target(self._url.set(password=password), login, self._creation)
            return
        with EmbeddedPostgres(self.paths.postgres, self.settings.database.postgres_bin) as server:
            name = DEMO_DATABASE if self._is_demo else DATABASE
            server.ensure_database(name)
            with translated_errors():
                yield Target(server.url(name), name, TableCreation.MISSING)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        with self._target() as target:
            connection = connect(target.url, "freesport_sync")
            try:
                yield connection
            finally:
                connection.close()


def _new_workers() -> WorkerPool:
    from freesport_sync.sources.commerceml.workers import WorkerPool

    return WorkerPool()


def _existing_run(connection: Connection, run_id: int) -> PastRun:
    run = read_run(connection, run_id)
    if run is None:
        raise ConfigError("run_not_found", run_id=run_id)
    return run
