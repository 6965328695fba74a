"""Row issues on a terminal: grouped by kind, with what to fix in 1C above the objects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.printable import printable

if TYPE_CHECKING:
    from freesport_sync.core.history import IssueCount
    from freesport_sync.i18n.texts import Texts

SEVERITY_STYLE = {"error": "bold red", "warning": "yellow", "note": "cyan"}


class IssuePrinter:
    """Prints issues one by one, so that a hundred thousand of them are never in memory together.

    Args:
        console: a file or a pipe gets whole lines, whatever their length.
        texts: in the operator's language.
    """

    def __init__(self, console: Console, texts: Texts) -> None:
        self._console = console
        self._texts = texts

    def print(self, issues: Iterable[RowIssue], counts: Sequence[IssueCount]) -> None:
        """Print issues, each kind under a heading.

        Args:
            issues: sorted by kind.
            counts: how often each kind occurred.
        """
        numbers = {(one.severity, one.code): one for one in counts}
        for (severity, code), group in groupby(issues, key=lambda issue: (issue.severity, issue.code)):
            self._heading(severity, code, numbers.get((severity, code)))
            last_hint = ""
            for issue in group:
                what, hint = self._texts.issue(issue)
                if hint and hint != last_hint:
                    self._line(self._texts("cli.to_fix_hint", hint=printable(hint)), 2, "bold")
                last_hint = hint
                self._issue(issue, what)

    def count(self, one: IssueCount) -> str:
        """How often a kind occurred, and how many of them are stored if not all are."""
        if one.stored == one.count:
            return str(one.count)
        return self._texts("cli.count_stored", count=one.count, stored=one.stored)

    def _heading(self, severity: Severity, code: str, count: IssueCount | None) -> None:
        heading = Text("\n")
        heading.append(self._texts(f"severity.{severity.value}"), SEVERITY_STYLE[severity])
        heading.append(f"  {self._texts.issue_title(code)}", "bold")
        heading.append(f": {self.count(count)}" if count else "")
        self._console.print(heading, soft_wrap=True)

    def _issue(self, issue: RowIssue, what: str) -> None:
        labelled = (
            printable(issue.name),
            issue.article and self._texts("cli.article", article=printable(issue.article)),
            issue.onec_id and self._texts("cli.onec_id", onec_id=printable(issue.onec_id)),
        )
        place = printable(f"{issue.file}:{issue.line}" if issue.line else issue.file)
        value = printable(f"{issue.field}: {issue.value}" if issue.value else issue.field)
        # The first line is indented least, so that the eye finds the next object.
        lines = [
            (part, style)
            for part, style in (
                (", ".join(filter(None, labelled)), ""),
                (printable(what), ""),
                ("   ".join(filter(None, (place, value))), "dim"),
            )
            if part
        ]
        for number, (line, style) in enumerate(lines):
            self._line(line, 4 if number else 2, style)

    def _line(self, line: str, indent: int, style: str) -> None:
        if self._console.is_terminal:
            self._console.print(Padding(Text(line, style), (0, 0, 0, indent), expand=False))
        else:
            self._console.file.write(f"{' ' * indent}{line}\n")
