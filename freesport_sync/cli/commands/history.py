"""`--history`: the latest runs, and the import sessions of the shop's own importer."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.results import EntryList
from freesport_sync.core.history import HistoryQuery
from freesport_sync.errors import ExitCode


def history(invocation: Invocation) -> int:
    """List the latest entries of the history, newest first."""
    with invocation.open_application().history() as history:
        page = history.entries(HistoryQuery(), 0, invocation.options.history)
    invocation.output.show(EntryList(page.rows))
    return ExitCode.DONE
