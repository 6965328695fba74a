"""The last requests of 1C, on the page of the exchange."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QStackedWidget

from freesport_sync.ui.exchange_feed import LoggedRequest
from freesport_sync.ui.models.newest import NewestModel
from freesport_sync.ui.models.paged import Column
from freesport_sync.ui.widgets.empty import Placeholder
from freesport_sync.ui.widgets.parts import (
    Card,
    Tools,
    check_box,
    label,
    row,
    selectable,
    set_role,
)
from freesport_sync.ui.widgets.table import ROW_HEIGHT, Table

MAX_REQUESTS = 1000
TABLE_ROWS = 5
"""How many are visible without scrolling, at least."""
_ANSWERS = ("success", "progress", "failure", "xml")
_MODES = ("checkauth", "init", "file", "import", "deactivate", "complete", "query", "success")


class RequestsCard(Card):
    """One row a request, the newest first.

    Args:
        tools: of the page.
    """

    def __init__(self, tools: Tools) -> None:
        super().__init__()
        self._tools = tools
        texts = tools.texts

        def title(name: str) -> str:
            return texts(f"exchange.{name}")

        columns: list[Column[LoggedRequest]] = [
            Column("time", title("time"), lambda one: f"{one.at:%H:%M:%S}", 9),
            Column("what", title("request"), self._what, 18),
            Column("file", title("file"), lambda one: one.request.file, 18),
            Column("size", title("size"), self._size, 9, is_number=True),
            Column("answer", title("answer"), self._answer, 16),
            Column("duration", title("duration"), self._duration, 9, is_number=True),
            Column("address", title("client"), lambda one: one.request.address, 14),
        ]
        self.model: NewestModel[LoggedRequest] = NewestModel(columns, self, MAX_REQUESTS)
        self.table = Table(tools, "server_requests", title("requests"), self.model, "file", ("address", "size"))
        self.table.set_delegates(answer="badge")
        self.table.setMinimumHeight((TABLE_ROWS + 1) * ROW_HEIGHT)
        self.table.selectionModel().currentRowChanged.connect(self._on_row_changed)
        self.failures = check_box(title("only_failures"))
        self.failures.toggled.connect(self._on_filter_toggled)
        self.details = selectable()
        self.details.hide()
        self.empty = Placeholder(tools)
        self.stack = QStackedWidget()
        self.stack.setObjectName("inner")
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.table)
        self.content.addLayout(row(label(title("requests"), "heading"), None, self.failures))
        self.content.addWidget(self.stack, 1)
        self.content.addWidget(self.details)
        self._is_on = False
        self._show()

    def add(self, rows: Sequence[LoggedRequest]) -> None:
        """Add requests, the newest last."""
        self.model.add(rows)
        self._show()

    def show_process(self, is_on: bool) -> None:
        """Show whether the exchange is on, so that requests can come."""
        self._is_on = is_on
        self._show()

    def _on_filter_toggled(self, is_filtered: bool) -> None:
        self.model.show_only(_is_failure if is_filtered else None)
        self.details.hide()
        self._show()

    def _show(self) -> None:
        texts = self._tools.texts
        self.stack.setCurrentIndex(1 if self.model.rows else 0)
        if self.model.known:
            self.empty.say("completed", texts("exchange.no_failures"), tone="good")
        elif self._is_on:
            self.empty.say("waiting", texts("exchange.no_requests"), texts("exchange.no_requests_more"))
        else:
            self.empty.say("stop", texts("exchange.no_requests_off"))

    def _on_row_changed(self) -> None:
        one = self.table.selected()
        if not isinstance(one, LoggedRequest):
            self.details.hide()
            return
        request, texts = one.request, self._tools.texts
        words = " ".join(filter(None, (request.type, request.mode, request.file)))
        answer = " ".join(filter(None, (str(request.status), request.answer, request.text)))
        client = texts.client(request.client)
        self.details.setText(texts("exchange.details", request=words, answer=answer, client=client))
        set_role(self.details, "role", "bad" if one.is_failure else "muted")
        self.details.show()
        QTimer.singleShot(0, self, self._keep_in_view)

    def _keep_in_view(self) -> None:
        """Scroll to the row again: the details below have made the table smaller."""
        self.table.scrollTo(self.table.currentIndex())

    def _what(self, one: LoggedRequest) -> str:
        """What 1C asks for, in words."""
        mode = one.request.mode
        return self._tools.texts(f"exchange.mode_{mode}") if mode in _MODES else mode or "—"

    def _size(self, one: LoggedRequest) -> str:
        return self._tools.texts.size(one.request.size_bytes) if one.request.size_bytes else ""

    def _duration(self, one: LoggedRequest) -> str:
        seconds, texts = one.request.duration_s, self._tools.texts
        return texts.duration(seconds) if seconds >= 1 else texts("exchange.milliseconds", n=round(1000 * seconds))

    def _answer(self, one: LoggedRequest) -> str:
        request = one.request
        if request.answer not in _ANSWERS:  # lines without a keyword, as those of `init`
            return self._tools.texts("exchange.answer_success")
        word = self._tools.texts(f"exchange.answer_{request.answer}")
        return word if request.status == 200 else f"{word}, {request.status}"


def _is_failure(one: LoggedRequest) -> bool:
    return one.is_failure
