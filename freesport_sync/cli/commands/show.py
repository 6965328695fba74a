"""`--show`: one entry of the history, or with `--issues` or `--csv` all its row issues."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from freesport_sync.cli.argument_values import STDOUT
from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.results import EntryShown, IssueList, IssuesSaved
from freesport_sync.cli.streams import encoded_stdout
from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.history import ChangeQuery, EntryIssues, EntryKey, EntrySource, IssueQuery
from freesport_sync.core.issues import RowIssue
from freesport_sync.errors import ExitCode
from freesport_sync.services.history import History

SHOWN_ROWS = 200
"""Row issues and changes that are shown without `--issues`."""


def show(invocation: Invocation) -> int:
    """Show an entry with the first of its issues, or all its issues."""
    options = invocation.options
    with invocation.open_application().history() as history:
        if not options.issues and options.csv is None:
            invocation.output.show(_shown(history, options.show))
            return ExitCode.DONE
        with history.all_issues(options.show) as found:
            found = replace(found, issues=_cancellable(found.issues, invocation.cancel))
            if options.csv is None:
                invocation.output.show(IssueList(found))
            else:
                _save(found, options.csv, invocation)
    return ExitCode.DONE


def _shown(history: History, key: EntryKey) -> EntryShown:
    details = history.details(key)
    if key.source is EntrySource.SHOP:
        return EntryShown(details)
    issues = history.issues(IssueQuery(key.id), 0, SHOWN_ROWS)
    changes = history.changes(ChangeQuery(key.id), 0, SHOWN_ROWS)
    return EntryShown(details, issues.rows, changes.rows)


def _cancellable(issues: Iterator[RowIssue], cancel: CancelToken) -> Iterator[RowIssue]:
    for issue in issues:
        cancel.check()
        yield issue


def _save(found: EntryIssues, file: Path, invocation: Invocation) -> None:
    from freesport_sync.services.issue_export import ENCODING, save_csv, write_csv

    texts = invocation.texts
    if file == STDOUT:
        result = IssuesSaved(found, write_csv(found.issues, texts, encoded_stdout(ENCODING)), None)
    else:
        result = IssuesSaved(found, save_csv(found.issues, texts, file), file)
    invocation.output.show(result)
