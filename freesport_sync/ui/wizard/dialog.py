"""The wizard: steps one after another, each saved when it is passed."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QDialog, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from freesport_sync.errors import SyncError
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import (
    GAP,
    SPACE,
    Tools,
    button,
    label,
    name_inner_parts,
    rename,
    row,
    scrolled,
)
from freesport_sync.ui.wizard.database_step import DatabaseStep
from freesport_sync.ui.wizard.files_step import FilesStep
from freesport_sync.ui.wizard.last_steps import EndStep, ExchangeStep
from freesport_sync.ui.wizard.purpose_step import Purpose, PurposeStep
from freesport_sync.ui.wizard.step import WizardStep

SIZE = QSize(860, 680)
SMALLEST = QSize(720, 480)


class SetupWizard(QDialog):
    """Leads through the first start; can be left at any step, and opened again.

    Args:
        tools: of the window.
        parent: the window.
    """

    demo_wanted = Signal()
    """Try the demo data."""
    check_wanted = Signal()
    """Show what an import would change."""
    exchange_wanted = Signal()
    """Go to the server for 1C."""

    def __init__(self, tools: Tools, parent: QWidget) -> None:
        super().__init__(parent)
        self._tools = tools
        texts = tools.texts
        self.setWindowTitle(texts("wizard.title"))
        self.setModal(True)
        self.purpose, self.database, self.files = PurposeStep(tools), DatabaseStep(tools), FilesStep(tools)
        self.exchange, self.end = ExchangeStep(tools), EndStep(tools)
        self._ways: dict[Purpose, tuple[WizardStep, ...]] = {
            Purpose.DEMO: (self.purpose,),
            Purpose.SHOP: (self.purpose, self.database, self.files, self.end),
            Purpose.EXCHANGE: (self.purpose, self.database, self.exchange),
        }
        self._number = 0
        self._waits = False
        """The engine is loading with what the last step has saved."""
        self.stack = QStackedWidget()
        self._steps = (self.purpose, self.database, self.files, self.exchange, self.end)
        for step in self._steps:
            self.stack.addWidget(scrolled(step))
            step.passed.connect(self._on_passed)
            step.changed.connect(self._show_buttons)
            # Once it has its size.
            step.shown.connect(self._scroll_to, Qt.ConnectionType.QueuedConnection)
        self.notice = Notice(tools)
        self.notice.hide()
        self.place = label("", "muted")
        self.close_button = button(texts("wizard.close"), self.reject, tools)
        self.back = button(texts("wizard.back"), self._go_back, tools)
        self.next = button(texts("wizard.next"), self._on_next, tools, role="primary")
        self.next.setDefault(True)
        self._lay_out()
        name_inner_parts(self, texts("window.clear"))
        tools.backend.opened.connect(self._on_opened)
        tools.backend.failed.connect(self._on_failed)
        self._show_step()

    @property
    def way(self) -> tuple[WizardStep, ...]:
        """The steps for what was chosen."""
        return self._ways[self.purpose.purpose]

    @property
    def step(self) -> WizardStep:
        """The one that is shown."""
        return self.way[self._number]

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP, GAP, GAP, GAP)
        layout.setSpacing(SPACE + 4)
        layout.addWidget(self.stack, 1)
        layout.addWidget(self.notice)
        layout.addWidget(label(self._tools.texts("wizard.leave_note"), "muted", is_wrapped=True))
        layout.addLayout(row(self.close_button, self.place, None, self.back, self.next))
        room = self.screen().availableGeometry().size()
        self.setMinimumSize(SMALLEST.boundedTo(room))
        self.resize(SIZE.boundedTo(room))

    def _scroll_to(self, part: QWidget) -> None:
        area = self.stack.currentWidget()
        if isinstance(area, QScrollArea) and area.isAncestorOf(part):
            # Else the part would still have the size that it had without its text.
            QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
            area.ensureWidgetVisible(part)

    def _on_next(self) -> None:
        self.notice.hide()
        self.step.submit()

    def _on_passed(self) -> None:
        """Go on; if the engine is loading with what was saved, as soon as it is loaded."""
        if self._tools.backend.application is None:
            self._waits = True
            self._show_buttons()
        else:
            self._advance()

    def _on_opened(self) -> None:
        if self._waits:
            self._waits = False
            self._advance()

    def _on_failed(self, error: SyncError) -> None:
        self._waits = False
        self.notice.say_error(error)
        self.notice.show()
        self._show_buttons()

    def _advance(self) -> None:
        if self._number + 1 < len(self.way):
            self._number += 1
            self._show_step()
        else:
            self._finish()

    def _finish(self) -> None:
        self.accept()
        match self.purpose.purpose:
            case Purpose.DEMO:
                self.demo_wanted.emit()
            case Purpose.EXCHANGE:
                self.exchange_wanted.emit()
            case Purpose.SHOP if self.end.has_files:
                self.check_wanted.emit()

    def done(self, result: int) -> None:
        """Close it; what still runs ends without consequences."""
        self._waits = False
        self.step.leave()
        super().done(result)

    def _go_back(self) -> None:
        self.step.leave()
        self._number -= 1
        self._show_step()

    def _show_step(self) -> None:
        self.step.enter()
        if self.step is self.end:
            self.end.show_summary((self.database.summary, self.files.summary), self.files.is_chosen)
        self.stack.setCurrentIndex(self._steps.index(self.step))
        self._show_buttons()
        field = self.step.first_field
        (self.next if field is self.step else field).setFocus()

    def _show_buttons(self) -> None:
        texts, count = self._tools.texts, len(self.way)
        is_last = self.step is self.end and self.end.has_files
        self.place.setText(texts("wizard.step", number=self._number + 1, count=count) if count > 1 else "")
        rename(self.next, self.step.next_text)
        self.next.setEnabled(self.step.may_go_on and not self._waits)
        rename(self.close_button, texts("wizard.later" if is_last else "wizard.close"))
        self.back.setVisible(self._number > 0)
        self.back.setEnabled(not self._waits)
