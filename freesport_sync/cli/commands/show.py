"""`--show`: one run, or with `--issues` or `--csv` all its row issues."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from freesport_sync.cli.arguments import STDOUT
from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.terminal import encoded_stdout
from freesport_sync.errors import ExitCode

if TYPE_CHECKING:
    from freesport_sync.application import RunIssues

SHOWN_ISSUES = 200


def show(invocation: Invocation) -> int:
    """Show a run with the first of its issues, or all its issues."""
    options, application = invocation.options, invocation.open_application()
    if not options.issues and options.csv is None:
        invocation.output.show(application.show(options.show, SHOWN_ISSUES))
        return ExitCode.DONE
    with application.issues(options.show, invocation.cancel.check) as found:
        if options.csv is None:
            invocation.output.issues(found)
        else:
            _save(found, options.csv, invocation)
    return ExitCode.DONE


def _save(found: RunIssues, file: Path, invocation: Invocation) -> None:
    from freesport_sync.services.issue_export import ENCODING, save_csv, write_csv

    texts, output = invocation.texts, invocation.output
    if file == STDOUT:
        output.issues_saved(found, write_csv(found.issues, texts, encoded_stdout(ENCODING)), None)
    else:
        output.issues_saved(found, save_csv(found.issues, texts, file), file)
