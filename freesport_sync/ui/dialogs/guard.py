"""A guard has stopped the run: shows the numbers and asks for the operator's decision."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QVBoxLayout, QWidget

from freesport_sync.core.tasks import Submission
from freesport_sync.errors import SyncError
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import (
    GAP,
    Tools,
    button,
    fit,
    label,
    row,
)

WIDTH = 600
GUARDS = ("large_change", "export_older", "export_date_unreadable", "export_undated_older")
"""Error codes of the guards that the operator may overrule."""

_CHANGES = (
    "products_deactivated",
    "products_moved",
    "products_unlisted",
    "variants_deactivated",
    "prices_zeroed",
    "stocks_zeroed",
)


def overruled(submission: Submission[ShopImport], code: str) -> Submission[ShopImport]:
    """The submission with leave to pass the guard."""
    request = submission.request
    if code == "large_change":
        return replace(submission, request=replace(request, accept_large_change=True))
    return replace(submission, request=replace(request, allow_older=True))


class GuardDialog(QDialog):
    """Shows the numbers; accepting means "import anyway".

    Args:
        tools: of the page.
        error: of the guard.
        is_dry_run: the stopped run is a dry run.
        parent: the window.
    """

    def __init__(self, tools: Tools, error: SyncError, is_dry_run: bool, parent: QWidget) -> None:
        super().__init__(parent)
        texts = tools.texts
        self.setWindowTitle(texts(f"guard.{error.code}_title"))
        self.setModal(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP + 4, GAP + 4, GAP + 4, GAP)
        layout.setSpacing(GAP)
        notice = Notice(tools)
        notice.say("warn", texts(f"guard.{error.code}_title"), texts(f"guard.{error.code}_why", **error.params))
        layout.addWidget(notice)
        layout.addLayout(self._numbers(tools, error))
        layout.addWidget(label(texts(f"guard.{error.code}_advice"), "muted", is_wrapped=True))
        layout.addWidget(label(texts("guard.nothing_changed"), "muted", is_wrapped=True))
        self.go_on = button(
            texts("guard.check_anyway" if is_dry_run else "guard.go_on"), self.accept, tools, role="danger"
        )
        self.leave = button(texts("guard.leave"), self.reject, tools, role="primary")
        self.leave.setDefault(True)
        layout.addLayout(row(None, self.go_on, self.leave))
        fit(self, layout, WIDTH)
        self.leave.setFocus()

    def _numbers(self, tools: Tools, error: SyncError) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(GAP)
        grid.setColumnStretch(0, 1)
        if error.code == "large_change":
            for number, name in enumerate(("change", "affected", "existing", "share")):
                grid.addWidget(label(tools.texts(f"guard.column_{name}"), "muted"), 0, number, _side(number))
            for line, change in enumerate(_CHANGES, 1):
                self._add_change(grid, line, tools, change, error)
        else:
            known = (name for name in ("created_at", "written", "modified", "imported") if name in error.params)
            for line, name in enumerate(known):
                grid.addWidget(label(tools.texts(f"guard.{name}")), line, 0)
                grid.addWidget(label(str(error.params[name]), "heading"), line, 1)
        return grid

    def _add_change(self, grid: QGridLayout, line: int, tools: Tools, change: str, error: SyncError) -> None:
        texts = tools.texts
        affected, existing = (int(number) for number in str(error.params.get(change, "0/0")).split("/"))
        share = 100 * affected / existing if existing else 0.0
        is_too_much = share > float(str(error.params.get("percent", 100))) or affected == existing > 0
        role = "bad" if is_too_much else ""
        cells = (
            texts(f"guard.{change}"),
            texts.number(affected),
            texts.number(existing),
            f"{texts.number(share)} %",
        )
        for number, text in enumerate(cells):
            cell = label(text, role)
            if is_too_much:
                cell.setAccessibleDescription(texts("guard.too_much"))
            grid.addWidget(cell, line, number, _side(number))


def _side(column: int) -> Qt.AlignmentFlag:
    return Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
