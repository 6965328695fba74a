"""Composition root: settings and paths in, wired services out; no logic of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.events import Reporter
from freesport_sync.core.exchange import ExchangeEvent
from freesport_sync.core.history import EntryKey, EntrySource
from freesport_sync.core.run import Done, RunReport
from freesport_sync.core.shop import UpkeepKind
from freesport_sync.core.task_list import Claim
from freesport_sync.core.tasks import SHOP_LOCK, Header, PlannedStage, Request, Submission
from freesport_sync.core.worker_events import WorkerEvent
from freesport_sync.crash_reports import ProcessKind
from freesport_sync.database.own.history_list import read_entry
from freesport_sync.database.own.tasks import ClaimedTask
from freesport_sync.database.server.embedded_binaries import BINARIES_VARIABLE
from freesport_sync.database.shop.verify import TableCreation
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.runs.context import Folders, RunContext
from freesport_sync.runs.requests import decode
from freesport_sync.services.backups import Backups
from freesport_sync.services.database import Database, refuse_unusable_url, shop_url
from freesport_sync.services.history import NO_LIMITS, History
from freesport_sync.services.installation import Installation
from freesport_sync.services.notifications import Notifications
from freesport_sync.services.remote_export import RemoteExport
from freesport_sync.settings.bootstrap import apply_bootstrap
from freesport_sync.settings.environment import refuse_unknown_variables
from freesport_sync.settings.loading import load_settings
from freesport_sync.settings.model import Settings
from freesport_sync.settings.paths import Paths, find_paths, located
from freesport_sync.tasks.registry import TASKS, Registry
from freesport_sync.tasks.repair.request import RepairCreatedAt
from freesport_sync.tasks.restore.request import RestoreBackup

# What only some of the methods need they import themselves: the window can be used a quarter of a second sooner.
if TYPE_CHECKING:
    from freesport_sync.exchange.setup import ExchangeSetup
    from freesport_sync.observers.freshness_observer import FreshnessObserver
    from freesport_sync.services.autostart import Autostart
    from freesport_sync.services.checks import Checks
    from freesport_sync.services.connections import Connections
    from freesport_sync.services.import_schedule import ImportSchedule
    from freesport_sync.services.remote_control import RemoteControl
    from freesport_sync.services.run_files import RunFiles
    from freesport_sync.services.schedules import Schedules
    from freesport_sync.services.support import Support
    from freesport_sync.services.task_queue import TaskQueue
    from freesport_sync.services.worker_task import WorkerTask
    from freesport_sync.sources.commerceml.workers import WorkerPool


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
        self._home = None if home is None else located(home, Path())
        self._paths: Paths = find_paths(home)
        bootstrap = apply_bootstrap(self._paths.settings_file, refuse_unusable_url)
        self._settings: Settings = load_settings(self._paths.settings_file)
        self.installation = Installation(self._settings, self._paths, bootstrap)
        self.tasks = tasks
        self._open_workers = open_workers or _new_workers
        self.remote_export = RemoteExport(self._settings, self._paths)
        creation = TableCreation.IN_EMPTY if create_shop_tables else TableCreation.NEVER
        url = None if is_demo else shop_url(database_url, self._settings, self._paths.settings_file)
        self.database = Database(url, self._settings, self._paths, creation, is_demo)
        self._limits = NO_LIMITS if is_demo else self._settings.freshness.limits  # the demo export is old
        self.notifications = Notifications(self.database, self._settings, self._paths)
        self.backups = Backups(self.database, self._settings.backup.folder or self._paths.backups)

    def configure_logs(self, is_verbose: bool, process_kind: ProcessKind) -> None:
        """Write the log of this process into the installation's folder; see `settings.logs.configure_logs`."""
        from freesport_sync.settings.logs import configure_logs

        configure_logs(self._paths.logs, is_verbose, process_kind)
        self.installation.log_bootstrap()

    def history(self) -> History:
        """The history, to be closed; a private server runs until then."""
        return History(self.database, self._limits)

    @cached_property
    def connections(self) -> Connections:
        """The databases and SSH hosts to choose from."""
        from freesport_sync.services.connections import Connections

        return Connections(self._settings, self._paths, self.remote_export, self.database.creation)

    @cached_property
    def checks(self) -> Checks:
        """Checks whether an import could run."""
        from freesport_sync.services.checks import Checks

        return Checks(self._settings, self.database, self.remote_export, self._limits)

    @cached_property
    def support(self) -> Support:
        """Support packages."""
        from freesport_sync.services.support import Support, SupportSources

        login, listed = self.database.login, self.installation.list_settings
        sources = SupportSources(self._settings, login, listed, self.checks.database, self.history)
        return Support(self._paths, sources)

    @cached_property
    def remote_control(self) -> RemoteControl:
        """Stops runs of other programs."""
        from freesport_sync.services.remote_control import RemoteControl

        return RemoteControl(self.database)

    @cached_property
    def queue(self) -> TaskQueue:
        """Tasks of all computers that work on the database."""
        from freesport_sync.services.task_queue import TaskQueue

        return TaskQueue(self.database, self.tasks)

    @cached_property
    def run_files(self) -> RunFiles:
        """The files of past runs."""
        from freesport_sync.services.run_files import RunFiles
        from freesport_sync.tasks.shop_import.run_folders import RunFolders

        return RunFiles(self.database, (self.remote_export.received.runs, RunFolders(self._paths.exchange / "runs")))

    @cached_property
    def import_schedule(self) -> ImportSchedule:
        """The daily import."""
        from freesport_sync.services.import_schedule import ImportSchedule

        return ImportSchedule(self._home, self._shop_texts("schedule.about"))

    @cached_property
    def schedules(self) -> Schedules:
        """What workers start when."""
        from freesport_sync.services.schedules import Schedules
        from freesport_sync.tasks.ready_schedules import ready_schedules

        remote, installation = self.remote_export, self.installation
        return Schedules(
            self.database,
            self.tasks,
            lambda: ready_schedules(remote.folders is not None, installation.data_dir.absolute()),
        )

    @cached_property
    def worker_task(self) -> WorkerTask:
        """The worker that the system keeps running."""
        from freesport_sync.services.worker_task import WorkerTask

        return WorkerTask(self._home, self._shop_texts("service.about_worker"))

    @cached_property
    def autostart(self) -> Autostart:
        """The start of the window with the session."""
        from freesport_sync.services.autostart import Autostart

        return Autostart(self._home)

    @cached_property
    def exchange(self) -> ExchangeSetup:
        """Address, password and self-test of the exchange."""
        from freesport_sync.exchange.setup import ExchangeSetup

        return ExchangeSetup(self._settings, self._paths)

    def stages(self, request: Request, header: Header) -> tuple[PlannedStage, ...]:
        """The stages that a run of a task will have."""
        return self.tasks.of(request).stages(request, header, self._settings)

    def run(self, request: Request, header: Header, reporter: Reporter, cancel: CancelToken) -> RunReport:
        """Run a task here and now.

        Args:
            request: of one of `tasks` that make runs.
            header: who asks, and how.
            reporter: receives the events of the run, on this thread.
            cancel: stops it.

        Raises:
            SyncError: it was refused, failed or was cancelled.
        """
        try:
            report = self._run(Submission(request, header), None, reporter, cancel)
        finally:
            self.notifications.send_own()
        if not isinstance(report, RunReport):
            raise TypeError(f"{request.kind} makes no run")
        return report

    def perform(self, claimed: ClaimedTask, reporter: Reporter, cancel: CancelToken) -> RunReport | Done:
        """Work on a task that was taken from the queue; its row is ended with its run, if it makes one.

        Args:
            claimed: the task.
            reporter: receives the events of its run, on this thread.
            cancel: stops it.

        Raises:
            SyncError: it was refused, failed or was cancelled.
        """
        return self._run(self.stored_submission(claimed.request), claimed.claim, reporter, cancel)

    def work(self, jobs: int, drain_s: float, report: Callable[[WorkerEvent], None], cancel: CancelToken) -> None:
        """Run queued tasks until `cancel` is set.

        Args:
            jobs: tasks that run at once; 0: one for each lock.
            drain_s: how long a worker that has to end lets its tasks run; then they are stopped and wait again.
            report: receives events, on any thread.
            cancel: ends the worker, once the tasks that it runs have ended.

        Raises:
            SyncError: it cannot work on this database.
        """
        from freesport_sync.jobs.worker import TaskWorker  # the queue's libraries take long to load

        self.notifications.resume()
        announce, observe = self.notifications.announcer.announce, self._freshness_observer.look
        TaskWorker(self.database.target, self.tasks, jobs, drain_s, self.perform, announce, observe, report).run(cancel)

    def observe(self) -> None:
        """Notify people of data that is too old, unless they were lately; for programs that stay open.

        Raises:
            SyncError: the database cannot be reached, or its history not be read.
        """
        self.notifications.observe(self._freshness_observer.look)

    @cached_property
    def _freshness_observer(self) -> FreshnessObserver:
        from freesport_sync.observers.freshness_observer import FreshnessObserver

        return FreshnessObserver(self._limits, self.notifications.announcer)

    def _run(
        self, submission: Submission[Any], claim: Claim | None, reporter: Reporter, cancel: CancelToken
    ) -> RunReport | Done:
        request, header = submission.request, submission.header
        task = self.tasks.of(request)
        context = RunContext(
            task=task,
            header=header,
            settings=self._settings,
            folders=Folders(self._paths.work, self.backups.folder, self._paths.received),
            texts=self._shop_texts,
            reporter=reporter,
            cancel=cancel,
            open_target=self.database.target,
            open_ssh_host=lambda: self.remote_export.open(cancel),
            open_workers=self._open_workers,
            stages=self.stages(request, header),
            claim=claim,
            announce=self.notifications.announcer.announce,
        )
        return task.run(context, request)

    def stored_submission(self, stored: Mapping[str, Any]) -> Submission[Any]:
        """What a past run was asked for; see `runs.requests.decode`."""
        return decode(self.tasks, stored)

    def undoing(self, run_id: int) -> RestoreBackup | RepairCreatedAt:
        """The request that undoes a run: a repair by its own log, an import by the backup that it made.

        Raises:
            ConfigError: there is no such backup here.
        """
        with self.database.connection() as connection:
            run = read_entry(connection, EntryKey(EntrySource.RUN, run_id))
        if run is not None and run.kind == UpkeepKind.REPAIR:
            return RepairCreatedAt(undone_id=run_id)
        return RestoreBackup(self.backups.of_run(run_id), undone_id=run_id)

    def serve(
        self,
        shop_texts: Texts,
        is_dry_run: bool,
        report: Callable[[ExchangeEvent], None],
        reporter: Reporter,
        cancel: CancelToken,
    ) -> None:
        """Let 1C send its exports until `cancel` is set; see `exchange.server.serve`."""
        from freesport_sync.exchange.server import serve  # the server's libraries take long to load

        with self.database.target():  # the private server is not stopped between two imports
            serve(
                self._settings,
                self._paths,
                self.run,
                lambda: self.database.ahead_of_queue(SHOP_LOCK),
                self.backups.list,
                shop_texts,
                is_dry_run,
                report,
                reporter,
                cancel,
            )

    @cached_property
    def _shop_texts(self) -> Texts:
        return Texts(Language.RUSSIAN)  # as the shop's administrators read


def _new_workers() -> WorkerPool:
    from freesport_sync.sources.commerceml.workers import WorkerPool

    return WorkerPool()
