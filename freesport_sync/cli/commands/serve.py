"""`--serve`: the exchange, to which 1C sends its exports."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.stdin import stop_with_stdin
from freesport_sync.errors import ExitCode


def serve(invocation: Invocation) -> int:
    """Serve until Ctrl-C, or with `--stop-with-stdin` until stdin is closed."""
    application, options, cancel = invocation.open_application(), invocation.options, invocation.cancel
    if options.stop_with_stdin:
        stop_with_stdin(cancel)
    with invocation.output as output:
        application.serve(invocation.shop_texts, options.dry_run, output.event, output.event, cancel)
    return ExitCode.DONE
