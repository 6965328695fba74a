"""The icon in the system tray, beside the clock, which the program may be while its window is closed."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, SignalInstance
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from freesport_sync.core.database_status import DatabaseStatus
from freesport_sync.core.freshness import DataKind
from freesport_sync.core.history import EntryKey, EntryStatus, HistoryEntry, HistoryQuery, Page
from freesport_sync.ui.icons import program_icon
from freesport_sync.ui.service_process import ServiceState
from freesport_sync.ui.widgets.parts import Tools

CHOSEN = "window/to_tray"
TOLD = "window/told_of_tray"
_TOLD_STATUSES = (EntryStatus.FAILED, EntryStatus.INTERRUPTED)
_CLICKS = (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick)


class Tray(QObject):
    """The icon and its menu; visible if the operator wants the program to stay when the window closes.

    Args:
        tools: of the window.
        parent: the window.
    """

    open_wanted = Signal()
    import_wanted = Signal()
    """The page that starts imports."""
    exchange_wanted = Signal()
    """1C's server on or off."""
    quit_wanted = Signal()

    def __init__(self, tools: Tools, parent: QObject) -> None:
        super().__init__(parent)
        self._tools = tools
        texts = tools.texts
        self.icon = QSystemTrayIcon(program_icon(), self)
        self.menu = QMenu()
        self.open = self._action("tray.open", self.open_wanted)
        self.menu.setDefaultAction(self.open)
        self.start_import = self._action("tray.start_import", self.import_wanted)
        self.menu.addSeparator()
        self.latest = QAction(texts("tray.no_latest"), self)
        self.latest.setEnabled(False)
        self.menu.addAction(self.latest)
        self.state = QAction(self)
        self.state.setEnabled(False)
        self.menu.addAction(self.state)
        self.exchange = self._action("tray.switch_on", self.exchange_wanted)
        self.menu.addSeparator()
        self.quit = self._action("tray.quit", self.quit_wanted)
        self.icon.setContextMenu(self.menu)
        self.icon.activated.connect(self._on_activated)
        self.icon.setToolTip(texts("window.title"))
        self.icon.messageClicked.connect(self.open_wanted)
        tools.backend.exchange_process.state_changed.connect(self._show_exchange)
        self._show_exchange()
        self._newest: tuple[object, ...] = ()
        self._seen: tuple[EntryKey, EntryStatus] | None = None
        tools.backend.opened.connect(self._on_opened)
        tools.backend.database_status_changed.connect(self._on_database_status)
        self._told_overdue: frozenset[DataKind] = frozenset()
        tools.backend.freshness.changed.connect(self._show_freshness)
        self.icon.setVisible(self.is_chosen)

    @property
    def is_available(self) -> bool:
        """Whether the desktop shows such icons; GNOME without an extension does not."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    @property
    def is_chosen(self) -> bool:
        """Whether the program stays when the window closes; also if it was started as an icon."""
        return bool(self._tools.state.text(CHOSEN)) or self._tools.backend.options.is_in_tray

    @property
    def keeps_program(self) -> bool:
        """Whether closing the window leaves the program running, with an icon to bring it back."""
        return self.is_chosen and self.is_available

    def choose(self, is_chosen: bool) -> None:
        """Let the program stay, or end, when the window closes."""
        self._tools.state.keep(CHOSEN, "yes" if is_chosen else "")
        self._tools.state.save()
        self.icon.setVisible(self.is_chosen)

    def tell_once(self) -> None:
        """Say where the program is, the first time that its window was closed."""
        texts, state = self._tools.texts, self._tools.state
        if not state.text(TOLD):
            state.keep(TOLD, "yes")
            self.icon.showMessage(texts("tray.still_here"), texts("tray.still_here_more"), program_icon())

    def _action(self, key: str, signal: SignalInstance) -> QAction:
        action = QAction(self._tools.texts(key), self)
        action.triggered.connect(signal)
        self.menu.addAction(action)
        return action

    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in _CLICKS:
            self.open_wanted.emit()

    def _on_opened(self) -> None:
        """Another database has another history."""
        self._newest, self._seen = (), None

    def _on_database_status(self, status: DatabaseStatus) -> None:
        if status.newest != self._newest:
            self._newest = status.newest
            self._tools.backend.ask(lambda history: history.entries(HistoryQuery(), 0, 1), self._on_latest, _ignore)

    def _on_latest(self, page: Page[HistoryEntry]) -> None:
        """Show what ended last, and tell at once of a failure that nobody may be looking at."""
        texts = self._tools.texts
        entry = next((one for one in page.rows if one.status is not EntryStatus.RUNNING), None)
        if entry is None:
            return
        outcome = texts.outcome_of(entry)
        self.latest.setText(
            texts("tray.latest", outcome=outcome, when=texts.moment(entry.finished_at or entry.started_at))
        )
        before, self._seen = self._seen, (entry.key, entry.status)
        if before is None or before == self._seen or entry.status not in _TOLD_STATUSES:
            return
        if self.icon.isVisible() and not self._is_looked_at():
            error = (
                None if entry.error is None else texts.error(texts.of_run(entry.error, entry.kind, entry.is_dry_run))
            )
            more = "" if error is None else f"{error.what} {error.hint}".strip()
            self.icon.showMessage(outcome, more, QSystemTrayIcon.MessageIcon.Critical)

    def _is_looked_at(self) -> bool:
        window = self.parent()
        return isinstance(window, QWidget) and window.isVisible() and window.isActiveWindow()

    def _show_freshness(self) -> None:
        """Say in the tool tip what is too old, and once in a message of the desktop."""
        texts, overdue = self._tools.texts, self._tools.backend.freshness.overdue
        title = texts("window.title")
        self.icon.setToolTip(f"{title}\n{texts.overdue(overdue)}" if overdue else title)
        new = {kind: one for kind, one in overdue.items() if kind not in self._told_overdue}
        self._told_overdue = frozenset(overdue)
        if new and self.icon.isVisible():
            hint = texts.error(next(iter(new.values()))).hint
            self.icon.showMessage(texts.overdue(new), hint, QSystemTrayIcon.MessageIcon.Warning)

    def _show_exchange(self) -> None:
        texts, process = self._tools.texts, self._tools.backend.exchange_process
        self.state.setText(texts("tray.exchange", state=texts(f"exchange.state_{process.state.value}").lower()))
        self.exchange.setText(texts("tray.switch_off" if process.is_on else "tray.switch_on"))
        self.exchange.setEnabled(process.state is not ServiceState.STOPPING)


def _ignore(_: object) -> None:
    """The next change of the database asks again."""
