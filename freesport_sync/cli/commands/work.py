"""`--work`: runs tasks that wait in the queue."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.stdin import stop_with_stdin
from freesport_sync.errors import ExitCode


def work(invocation: Invocation) -> int:
    """Work until Ctrl-C, or with `--stop-with-stdin` until stdin is closed."""
    application, options, cancel = invocation.open_application(), invocation.options, invocation.cancel
    if options.stop_with_stdin:
        stop_with_stdin(cancel)
    with invocation.output as output:
        application.work(options.jobs or 0, output.event, cancel)
    return ExitCode.DONE
