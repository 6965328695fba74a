"""Sentences for the people at 1C, in Russian; 1C shows them next to the step."""

from __future__ import annotations

import re
from dataclasses import replace

from freesport_sync.core.printable import printable
from freesport_sync.core.run import RunReport
from freesport_sync.errors import (
    Cancelled,
    ConnectionFailed,
    ExchangeRefused,
    ImportFailed,
    LockHeld,
    SyncError,
)
from freesport_sync.exchange.http.replies import (
    MAX_REASON,
    ExchangeReply,
    failure,
    lines,
    progress,
)
from freesport_sync.exchange.imports.exchange_import import ExchangeImport
from freesport_sync.i18n.texts import Texts

_FOLDERS = re.compile(r"(?:[A-Za-z]:)?(?:[\\/][^\\/'\"«»]+)+[\\/]")
_MAX_VALUE = 150
"""Characters of a value in a text, so that its end, which says what to do, is not cut off."""
_OF_1C = (Cancelled, ExchangeRefused, ImportFailed, LockHeld)
"""Errors that people at 1C can do something about. The others concern the shop's database or settings: their details,
such as host and port, are for its administrator only."""
_NEEDS_OPERATOR = ("export_older", "export_date_unreadable", "export_undated_older", "large_change")
"""Refusals of a guard, which only the operator can override."""


class Messages:
    """Makes answers that are sentences.

    Args:
        texts: of the program.
    """

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def refusal(self, error: SyncError) -> ExchangeReply:
        """Why something was not done, and what to do; the code comes first, for clients that garble Russian."""
        if error.code == "exchange_busy":
            return lines("failure", "Import already in progress")
        if isinstance(error, _OF_1C):
            return failure(self.reason(error))
        key = "onec.shop_unavailable" if isinstance(error, ConnectionFailed) else "onec.shop_trouble"
        log_text = printable(self.reason(error), MAX_REASON)
        return replace(failure(f"{error.code}: {self._texts(key)}"), log_text=log_text)

    def reason(self, error: SyncError) -> str:
        """The code and the text of an error in one line, without folders of this computer."""
        params = {name: _short(_FOLDERS.sub("", str(value))) for name, value in error.params.items()}
        text = self._texts.error(SyncError(error.code, **params))
        hint = self._texts("onec.ask_operator") if error.code in _NEEDS_OPERATOR else text.hint
        said = f"({text.said})" if text.said else ""
        return " ".join(" ".join((f"{error.code}:", text.what, said, hint)).split())

    def working(self, one: ExchangeImport, current: ExchangeImport | None) -> ExchangeReply:
        """The progress of an import, or what it waits for.

        Args:
            one: the import.
            current: the import that is running.
        """
        if one.progress is not None:
            stage = self._texts.word("stage", one.progress.stage)
            percent = 100 * one.progress.done // one.progress.total if one.progress.total else 0
            return progress(self._texts("onec.working", file=one.name, stage=stage, percent=percent))
        if one.holder is not None:
            holder = LockHeld("lock_held_unknown") if "address" in one.holder.params else one.holder
            return progress(self._texts("onec.waiting", who=self._texts.error(holder).what))
        if current is not None and current is not one:
            return progress(self._texts("onec.queued", file=current.name))
        return progress(self._texts("onec.starting", file=one.name))

    def checked(self, report: RunReport) -> ExchangeReply:
        """The result of a dry run; `success` makes 1C forget changes that the shop does not have (EXCHANGE-11)."""
        issues = sum(total.count for total in report.issue_totals)
        created = sum(count.created for count in report.counts.values())
        updated = sum(count.updated for count in report.counts.values())
        return failure(self._texts("onec.dry_run", created=created, updated=updated, issues=issues))

    def too_often(self) -> str:
        return self._texts("onec.too_often")

    def wrong_password(self) -> str:
        return self._texts("onec.wrong_password")

    def not_allowed(self) -> str:
        return self._texts("onec.not_allowed")

    def left_out(self) -> str:
        return self._texts("onec.left_out")

    def not_found(self) -> str:
        return self._texts("onec.not_found")


def _short(value: str) -> str:
    return value if len(value) <= _MAX_VALUE else f"{value[: _MAX_VALUE - 1]}…"
