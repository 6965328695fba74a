"""What a command of the command line works with."""

from __future__ import annotations

import argparse
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.printable import printable, replace_surrogates
from freesport_sync.core.tasks import Header, Request, Trigger
from freesport_sync.crash_reports import ProcessKind
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.tasks.registry import Registry

if TYPE_CHECKING:
    from freesport_sync.application import Application
    from freesport_sync.cli.output import Output
    from freesport_sync.core.run import RunReport
    from freesport_sync.sources.commerceml.workers import WorkerPool


LONGEST_OPERATOR = 200
"""Characters."""


def process_kind(options: argparse.Namespace) -> ProcessKind:
    """What a process with these arguments does, if it opens no window."""
    if options.work:
        return ProcessKind.TASK_WORKER
    return ProcessKind.EXCHANGE if options.serve else ProcessKind.COMMAND_LINE


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of the program.

    Args:
        options: the parsed arguments.
        tasks: what can be run.
        texts: in the operator's language.
        output: where results go.
        cancel: set by Ctrl-C.
        at_end: what is still waited for once the outcome is shown; nothing of it changes the exit code.
    """

    options: argparse.Namespace
    tasks: Registry
    texts: Texts
    output: Output
    cancel: CancelToken
    at_end: ExitStack = field(default_factory=ExitStack)

    @property
    def operator(self) -> str:
        """Name for the history: `--operator`, else user and computer."""
        from freesport_sync.os_support import user_and_host

        given = printable(replace_surrogates(self.options.operator or ""), LONGEST_OPERATOR)
        return given or replace_surrogates(user_and_host())

    @property
    def header(self) -> Header:
        """Who asks for a run, and how."""
        trigger = Trigger.SCHEDULE if self.options.scheduled else Trigger.COMMAND_LINE
        return Header(self.operator, trigger, self.options.dry_run)

    @property
    def shop_texts(self) -> Texts:
        """The shop's administrators read Russian, whatever the operator's terminal speaks."""
        return Texts(Language.RUSSIAN)

    def run(self, application: Application, request: Request) -> RunReport:
        """Run a task and show its events.

        Raises:
            SyncError: it was refused, failed or was cancelled.
        """
        with self.output as output:
            return application.run(request, self.header, output.event, self.cancel)

    def open_application(self, workers: WorkerPool | None = None, is_diagnosis: bool = False) -> Application:
        """Load the settings and start logging.

        Args:
            workers: already started, for the run that follows.
            is_diagnosis: open it even if the bootstrap file is wrong, and say so.

        Raises:
            ConfigError: a setting is wrong, or the bootstrap file that should have made the settings is: without it an
                import would go into the private database instead of the shop's.
        """
        from freesport_sync.application import Application

        options = self.options
        application = Application(
            options.home,
            options.database_url,
            options.demo,
            options.create_shop_tables,
            tasks=self.tasks,
            open_workers=None if workers is None else lambda: nullcontext(workers),
        )
        self.at_end.callback(application.notifications.wait)
        application.configure_logs(options.verbose, process_kind(options))
        error = application.installation.bootstrap_error
        if error is not None and not (is_diagnosis or options.demo):
            raise error
        return application
