"""`--show`: one run, or with `--issues` or `--csv` all its row issues."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from freesport_sync.cli.arguments import STDOUT
from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.results import IssueList, IssuesSaved, RunShown
from freesport_sync.cli.streams import encoded_stdout
from freesport_sync.errors import ExitCode

if TYPE_CHECKING:
    from freesport_sync.application import RunIssues

SHOWN_ISSUES = 200


def show(invocation: Invocation) -> int:
    """Show a run with the first of its issues, or all its issues."""
    options, application = invocation.options, invocation.open_application()
    if not options.issues and options.csv is None:
        invocation.output.show(RunShown(application.show(options.show, SHOWN_ISSUES)))
        return ExitCode.DONE
    with application.issues(options.show, invocation.cancel.check) as found:
        if options.csv is None:
            invocation.output.show(IssueList(found))
        else:
            _save(found, options.csv, invocation)
    return ExitCode.DONE


def _save(found: RunIssues, file: Path, invocation: Invocation) -> None:
    from freesport_sync.services.issue_export import ENCODING, save_csv, write_csv

    texts = invocation.texts
    if file == STDOUT:
        result = IssuesSaved(found, write_csv(found.issues, texts, encoded_stdout(ENCODING)), None)
    else:
        result = IssuesSaved(found, save_csv(found.issues, texts, file), file)
    invocation.output.show(result)
