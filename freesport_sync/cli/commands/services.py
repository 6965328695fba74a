"""`--serve`, `--work`: what runs until it is stopped, one of them or several in one process."""

from __future__ import annotations

from collections.abc import Callable

from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.service_options import drain_s
from freesport_sync.cli.services_together import run_together
from freesport_sync.cli.stdin import stop_with_stdin
from freesport_sync.errors import ExitCode


def run_services(invocation: Invocation) -> int:
    """Run until Ctrl-C, with `--stop-with-stdin` until stdin is closed, or until one of them fails."""
    application, options, cancel = invocation.open_application(), invocation.options, invocation.cancel
    if options.stop_with_stdin:
        stop_with_stdin(cancel)
    services = dict[str, Callable[[], None]]()
    with invocation.output as output:
        if options.serve:
            shop_texts, is_dry_run = invocation.shop_texts, options.dry_run
            services["exchange"] = lambda: application.serve(shop_texts, is_dry_run, output.event, output.event, cancel)
        if options.work:
            jobs = options.jobs or 0
            services["worker"] = lambda: application.work(jobs, drain_s(options), output.event, cancel)
        run_together(services, cancel)
    return ExitCode.DONE
