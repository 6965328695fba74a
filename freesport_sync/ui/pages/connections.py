"""«Подключения»: the database and the SSH host in use, saved connections, tests that name the step that failed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from freesport_sync.core.connections import EMBEDDED, PasswordPlace, SavedConnection, in_place
from freesport_sync.errors import SyncError
from freesport_sync.tasks.repair.request import RepairCreatedAt
from freesport_sync.ui.pages.connections_list import ConnectionList
from freesport_sync.ui.widgets.bootstrap import BootstrapNotice
from freesport_sync.ui.widgets.database_pane import NEW_URL, DatabasePane
from freesport_sync.ui.widgets.fixed import why_database_is_fixed, why_ssh_host_is_fixed
from freesport_sync.ui.widgets.parts import (
    GAP,
    Card,
    Tools,
    button,
    label,
    row,
    scrolled,
)
from freesport_sync.ui.widgets.ssh_host_pane import EditedSshHost, SshHostPane, kept

if TYPE_CHECKING:
    from freesport_sync.application import Application

DEMO = "demo"
_FIXED = (EMBEDDED, DEMO)


@dataclass(frozen=True, slots=True)
class _Saved:
    """An SSH host was saved.

    Args:
        connections: all of them, as saved.
        place: where its secrets are; None: the host was removed.
    """

    connections: tuple[SavedConnection, ...]
    place: PasswordPlace | None


class ConnectionsPage(QWidget):
    """Chooses the database that everything works on, and the SSH host that its files come from.

    Args:
        tools: of the window.
    """

    connected = Signal()
    """Another database is in use; the next step is a dry run."""
    run_wanted = Signal(object)
    """`Submission`."""
    wizard_wanted = Signal()

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._tools = tools
        self._connections: tuple[SavedConnection, ...] = ()
        self._wanted: str | None = None
        self._shown: str | None = None
        self._offered: SavedConnection | None = None
        texts = tools.texts
        self.list = ConnectionList(tools)
        self.list.currentRowChanged.connect(self._on_selected)
        self.database = DatabasePane(tools)
        self.database.use_wanted.connect(self._use)
        self.database.check_wanted.connect(self.connected)
        self.database.repair_wanted.connect(self._repair)
        self.ssh_host = SshHostPane(tools)
        self.ssh_host.saved.connect(self._save_ssh_host)
        self.ssh_host.result_shown.connect(
            self._scroll_to_result, Qt.ConnectionType.QueuedConnection
        )  # once it has its size
        self.add = button(texts("connections.add"), self._add, tools)
        self.remove = button(texts("connections.remove"), self._remove, tools)
        self.export = button(
            texts("connections.export"), self._pick_export, tools, tooltip=texts("connections.export_tip")
        )
        self.load = button(texts("connections.import"), self._pick_import, tools)
        self.wizard = button(texts("wizard.again"), self.wizard_wanted.emit, tools, tooltip=texts("wizard.again_tip"))
        self._lay_out()
        tools.backend.opened.connect(self._on_opened)
        tools.backend.failed.connect(self._on_failed)
        tools.backend.run_started.connect(self._show_reasons)
        tools.backend.run_ended.connect(self._show_reasons)
        tools.theme.changed.connect(self._draw)

    named = Signal(str)
    """The name of the connection in use."""

    def show_ssh_host(self) -> None:
        """Go to the SSH host of the connection in use."""
        self.list.setCurrentRow(max(0, self.list.row_of(self._active())))
        self.tabs.setCurrentIndex(1)
        self.ssh_host.host.setFocus()

    def _repair(self) -> None:
        self.run_wanted.emit(self._tools.backend.submission(RepairCreatedAt()))

    def refresh(self) -> None:
        """Nothing to reload; what was typed stays."""

    def save_state(self) -> None:
        """Nothing to remember."""

    def _lay_out(self) -> None:
        texts = self._tools.texts
        left = Card(texts("connections.saved"))
        left.content.addWidget(self.list, 1)
        left.content.addLayout(row(self.add, self.remove))
        left.content.addLayout(row(self.export, self.load))
        left.content.addWidget(self.wizard)
        self.tabs = QTabWidget()
        self.tabs.setEnabled(False)  # until the saved connections are loaded and would overwrite what was typed
        self.tabs.setAccessibleName(texts("connections.parts"))
        self.tabs.tabBar().setAccessibleName(texts("connections.parts"))
        self.tabs.addTab(scrolled(self.database), texts("connections.database"))
        self._ssh_host_scroll = scrolled(self.ssh_host)
        self.tabs.addTab(self._ssh_host_scroll, texts("connections.server"))
        cards = QHBoxLayout()
        cards.setSpacing(GAP)
        cards.addWidget(left, 2)
        cards.addWidget(self.tabs, 5)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP + 4, GAP, GAP + 4, GAP)
        layout.setSpacing(GAP)
        layout.addWidget(label(texts("connections.title"), "title"))
        layout.addWidget(BootstrapNotice(self._tools))
        layout.addLayout(cards, 1)

    def _on_opened(self) -> None:
        self._tools.backend.do(
            lambda application: application.connections.saved(), self._show_connections, self._on_failed
        )

    def _show_connections(self, connections: tuple[SavedConnection, ...]) -> None:
        active = self._active()
        self._connections = self._with_settings(connections, active)
        wanted, self._wanted = self._wanted or active, None
        fixed = [(self._tools.texts(f"connections.{one}"), one) for one in _FIXED]
        others = [(one.name, one.database_url) for one in self._connections if one.database_url not in _FIXED]
        self.list.show_connections([*fixed, *others])
        if (row_in_use := self.list.row_of(active)) >= 0:
            self.named.emit(self.list.item(row_in_use).text())
        self.list.setCurrentRow(max(0, self.list.row_of(wanted)))
        self.tabs.setEnabled(True)
        self._draw()

    def _with_settings(self, connections: tuple[SavedConnection, ...], active: str) -> tuple[SavedConnection, ...]:
        """The connections, with the one in use as the settings or the command line have it, whatever was saved."""
        application = self._tools.backend.application
        if active == DEMO or application is None:
            return connections
        ssh = application.connections.ssh_host
        if active in (one.database_url for one in connections):
            return tuple(replace(one, ssh=ssh) if one.database_url == active else one for one in connections)
        name = (
            self._tools.texts("connections.embedded")
            if active == EMBEDDED
            else active.partition("@")[2].partition("?")[0]
        )
        return (SavedConnection(name, active, ssh), *connections)

    def _connection(self, address: str) -> SavedConnection:
        """The saved connection of a database."""
        known = (one for one in self._connections if one.database_url == address)
        return next(known, SavedConnection(self._tools.texts("connections.embedded"), address))

    def _active(self) -> str:
        backend = self._tools.backend
        if backend.options.is_demo:
            return DEMO
        url = backend.options.database_url
        if url is None and backend.application is not None:
            url = backend.application.connections.database_url
        return url or EMBEDDED

    def _draw(self) -> None:
        self.list.mark(self._active())

    def _on_selected(self, _: int) -> None:
        texts, chosen = self._tools.texts, self.list.chosen()
        is_fixed = chosen in _FIXED
        if chosen != self._shown:  # else the same database was opened again, and the results are about it
            self._shown = chosen
            self.database.forget_results()
            self.ssh_host.forget_results()
        name = self.list.currentItem().text()
        about = texts(f"connections.{chosen}_about") if is_fixed else ""
        self.database.show_database(name, None if is_fixed else chosen, about, chosen == self._active())
        offered, self._offered = self._offered, None
        self.ssh_host.show_ssh_host((offered or self._connection(chosen)).ssh)
        if offered is not None:
            for pane in (self.database, self.ssh_host):
                pane.say("good", texts("connections.imported"), texts("connections.imported_more"))
        self.tabs.setTabEnabled(1, chosen != DEMO)
        self.remove.setEnabled(not is_fixed)
        self.export.setEnabled(chosen != DEMO)
        self._show_reasons()

    def _show_reasons(self) -> None:
        """Show why another database or another SSH host cannot be chosen."""
        self.database.set_fixed(why_database_is_fixed(self._tools))
        self.ssh_host.set_fixed(why_ssh_host_is_fixed(self._tools))

    def _add(self) -> None:
        ssh = self._connection(self._active()).ssh
        connection = SavedConnection(self._tools.texts("connections.new"), NEW_URL, ssh)
        self._save((*self._connections, connection), connection.database_url)

    def _remove(self) -> None:
        chosen = self.list.chosen()
        self._save(tuple(one for one in self._connections if one.database_url != chosen), self._active())

    def _save(self, connections: tuple[SavedConnection, ...], wanted: str) -> None:
        self._wanted = wanted

        def save(application: Application) -> tuple[SavedConnection, ...]:
            application.connections.save(connections)
            return connections

        self._tools.backend.do(save, self._show_connections, self._on_failed)

    def _edited(self) -> SavedConnection:
        """The chosen connection, with its database as the form has it."""
        saved = self._connection(self.list.chosen())
        form = self.database.form
        return saved if self.list.chosen() in _FIXED else replace(saved, name=form.title(), database_url=form.url())

    def _use(self) -> None:
        backend, chosen = self._tools.backend, self.list.chosen()
        if chosen == DEMO:
            backend.reopen(replace(backend.options, is_demo=True))
            self._say_connected(None)
            return
        edited, ssh_host = self._edited(), self.ssh_host.edited()
        url = None if chosen == EMBEDDED else edited.database_url
        password = self.database.form.password.text() if url else None
        is_ssh_host_fixed, connections = self.ssh_host.is_fixed, self._connections
        self._wanted = edited.database_url

        def choose(application: Application) -> PasswordPlace:
            ssh, _ = kept(application, ssh_host)
            application.connections.save(in_place(connections, chosen, replace(edited, ssh=ssh)))
            if not is_ssh_host_fixed:
                application.connections.choose_ssh_host(ssh)
            return application.connections.choose_database(url, password)

        backend.do(choose, self._on_database_chosen, self._on_failed)

    def _on_database_chosen(self, place: PasswordPlace) -> None:
        backend = self._tools.backend
        self._shown = self._wanted
        backend.reopen(replace(backend.options, is_demo=False))
        self._say_connected(place)

    def _say_connected(self, place: PasswordPlace | None) -> None:
        texts = self._tools.texts
        where = "" if place is None else texts(f"connections.password_{place.value}")
        self.database.form.password.clear()
        self.database.say("good", texts("connections.connected"), where, texts("connections.next"))
        self.database.next.show()

    def _save_ssh_host(self, ssh_host: EditedSshHost) -> None:
        chosen, others = self.list.chosen(), self._connections
        saved, is_active = self._connection(chosen), chosen == self._active()

        def save(application: Application) -> _Saved:
            ssh, place = kept(application, ssh_host)
            connections = in_place(others, chosen, replace(saved, ssh=ssh))
            application.connections.save(connections)
            if is_active:
                application.connections.choose_ssh_host(ssh)
            return _Saved(connections, place)

        self._wanted = saved.database_url
        self._tools.backend.do(save, self._on_ssh_host_saved, self.ssh_host.say_error)

    def _on_ssh_host_saved(self, saved: _Saved) -> None:
        backend, is_active = self._tools.backend, self._wanted == self._active()
        self.ssh_host.say_saved(saved.place, is_active)
        if is_active:
            backend.reopen(backend.options)
        else:
            self._show_connections(saved.connections)

    def _scroll_to_result(self) -> None:
        for part in (self.ssh_host.checks, self.ssh_host.notice):
            self._ssh_host_scroll.ensureWidgetVisible(part)

    def _pick_export(self) -> None:
        texts = self._tools.texts
        file, _ = QFileDialog.getSaveFileName(self, texts("connections.export_tip"), "freesport.toml", "TOML (*.toml)")
        if file:
            self.export_to(Path(file))

    def export_to(self, file: Path) -> None:
        """Write the chosen connection into a file, without its secrets."""
        chosen = replace(self._edited(), ssh=self.ssh_host.edited().ssh)

        def export() -> None:
            from freesport_sync.services.connections import export_connection

            export_connection(file, chosen)

        self._tools.backend.work(export, self._on_exported, self._on_failed)

    def _on_exported(self, _: object) -> None:
        pane = self.database if self.tabs.currentIndex() == 0 else self.ssh_host
        pane.say("good", self._tools.texts("connections.exported"))

    def _pick_import(self) -> None:
        texts = self._tools.texts
        file, _ = QFileDialog.getOpenFileName(self, texts("connections.import_tip"), "", "TOML (*.toml)")
        if file:
            self.import_from(Path(file))

    def import_from(self, file: Path) -> None:
        """Add the connections of a file; one with a database that is known takes the place of the old one."""

        def read() -> tuple[SavedConnection, ...]:
            from freesport_sync.services.connections import read_connections

            return read_connections(file)

        self._tools.backend.work(read, self._on_imported, self._on_failed)

    def _on_imported(self, found: tuple[SavedConnection, ...]) -> None:
        new = {one.database_url for one in found}
        if found:
            self._offered = found[0]  # also where something else is in use: it is to be looked at, and saved
            others = (one for one in self._connections if one.database_url not in new)
            self._save((*others, *found), found[0].database_url)

    def _on_failed(self, error: SyncError) -> None:
        self.tabs.setEnabled(True)
        self.tabs.setCurrentIndex(0)
        self.database.say_error(error)
