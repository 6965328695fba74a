"""«Подключения»: which database, saved connections, a test that names the step that fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from freesport_sync.core.history import CheckItem
from freesport_sync.errors import SyncError
from freesport_sync.settings.profiles import Profile, load_profiles, save_profiles
from freesport_sync.ui.icons import icon
from freesport_sync.ui.widgets.checks import CheckList
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import GAP, SPACE, Card, Tools, button, label, row

if TYPE_CHECKING:
    from freesport_sync.application import PasswordPlace

EMBEDDED, DEMO = "embedded", "demo"
_FIXED = (EMBEDDED, DEMO)
_USUAL_PORT = 5432


class ConnectionsPage(QWidget):
    """Chooses the database that everything else is about.

    Args:
        tools: of the window.
    """

    connected = Signal()
    """Another database was chosen, and the program uses it."""

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._tools = tools
        self._profiles: tuple[Profile, ...] = ()
        self._wanted: str | None = None
        texts = tools.texts
        self.list = QListWidget()
        self.list.setAccessibleName(texts("connections.saved"))
        self.list.setIconSize(QSize(18, 18))
        self.list.currentRowChanged.connect(self._show_profile)
        self.form = _DatabaseForm(tools)
        self.about = label("", "", is_wrapped=True)
        self.reason = Notice(tools)
        self.reason.hide()
        self.said = Notice(tools)
        self.said.hide()
        self.checks = CheckList(tools)
        self.test = button(texts("connections.test"), self._test, tools, "check", tooltip=texts("connections.test_tip"))
        self.use = button(texts("connections.use"), self._use, tools, "connections", "primary")
        self.to_exchange = button(texts("connections.to_exchange"), self.connected.emit, tools, "exchange")
        self.to_exchange.hide()
        self.add = button(texts("connections.add"), self._add, tools)
        self.remove = button(texts("connections.remove"), self._remove, tools)
        self.export = button(
            texts("connections.export"), self._pick_export, tools, tooltip=texts("connections.export_tip")
        )
        self.load = button(texts("connections.import"), self._pick_import, tools)
        self._lay_out()
        tools.backend.opened.connect(self._opened)
        tools.backend.failed.connect(self._failed)
        tools.theme.changed.connect(self._draw)

    def save_state(self) -> None:
        """Nothing to remember."""

    def _lay_out(self) -> None:
        texts = self._tools.texts
        left = Card(texts("connections.saved"))
        left.content.addWidget(self.list, 1)
        left.content.addLayout(row(self.add, self.remove))
        left.content.addLayout(row(self.export, self.load))
        right = Card(texts("connections.database"))
        for widget in (self.reason, self.about, self.form):
            right.content.addWidget(widget)
        right.content.addLayout(row(self.test, self.use, None, self.to_exchange))
        right.content.addWidget(self.said)
        right.content.addWidget(self.checks)
        right.content.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(right)
        cards = QHBoxLayout()
        cards.setSpacing(GAP)
        cards.addWidget(left, 2)
        cards.addWidget(scroll, 5)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP + 4, GAP, GAP + 4, GAP)
        layout.setSpacing(GAP)
        layout.addWidget(label(texts("connections.title"), "title"))
        layout.addLayout(cards, 1)

    def _opened(self) -> None:
        self._do(lambda application: application.profiles(), self._show_profiles)

    def _show_profiles(self, profiles: tuple[Profile, ...]) -> None:
        self._profiles = profiles
        active = self._active()
        if active not in (*_FIXED, *(one.database_url for one in profiles)):  # set in the file or on the command line
            self._profiles = (Profile(active.partition("@")[2] or active, active), *profiles)
        wanted = self._wanted or active
        self._wanted = None
        self.list.blockSignals(True)
        self.list.clear()
        texts = self._tools.texts
        for one in _FIXED:
            self._add_item(texts(f"connections.{one}"), one)
        for profile in self._profiles:
            self._add_item(profile.name, profile.database_url)
        self.list.blockSignals(False)
        addresses = [self.list.item(number).data(Qt.ItemDataRole.UserRole) for number in range(self.list.count())]
        self.list.setCurrentRow(addresses.index(wanted) if wanted in addresses else 0)
        self._draw()

    def _add_item(self, text: str, address: str) -> None:
        item = QListWidgetItem(text)
        item.setData(Qt.ItemDataRole.UserRole, address)
        self.list.addItem(item)

    def _active(self) -> str:
        backend = self._tools.backend
        if backend.options.is_demo:
            return DEMO
        url = backend.options.database_url
        if url is None and backend.application is not None:
            url = backend.application.settings.database.url
        return url or EMBEDDED

    def _draw(self) -> None:
        texts, theme = self._tools.texts, self._tools.theme
        active = self._active()
        for number in range(self.list.count()):
            item = self.list.item(number)
            is_active = item.data(Qt.ItemDataRole.UserRole) == active
            item.setIcon(icon("completed" if is_active else "waiting", theme.color("good" if is_active else "muted")))
            item.setToolTip(texts("connections.active") if is_active else "")

    def _chosen(self) -> str:
        item = self.list.currentItem()
        return EMBEDDED if item is None else str(item.data(Qt.ItemDataRole.UserRole))

    def _show_profile(self, _: int) -> None:
        texts = self._tools.texts
        chosen = self._chosen()
        is_fixed = chosen in _FIXED
        self.said.hide()
        self.checks.clear()
        self.about.setVisible(is_fixed)
        self.form.setVisible(not is_fixed)
        if is_fixed:
            self.about.setText(texts(f"connections.{chosen}_about"))
        else:
            self.form.fill(self.list.currentItem().text(), chosen)
        self.remove.setEnabled(not is_fixed)
        self.export.setEnabled(not is_fixed)
        self.test.setVisible(not is_fixed or chosen == self._active())
        self._show_reason()

    def _show_reason(self) -> None:
        """Why another database cannot be chosen here."""
        backend, texts = self._tools.backend, self._tools.texts
        from_environment = any(
            one.key == "database.url" and one.origin == "environment"
            for one in (backend.application.list_settings() if backend.application else ())
        )
        key = ""
        if backend.options.database_url is not None:
            key = "connections.fixed_by_argument"
        elif from_environment:
            key = "connections.fixed_by_environment"
        elif backend.is_running:
            key = "exchange.is_running"
        self.reason.setVisible(bool(key))
        if key:
            self.reason.say("neutral", texts(key))
        self.use.setEnabled(not key)

    def _add(self) -> None:
        texts = self._tools.texts
        profile = Profile(texts("connections.new"), "postgresql://freesport_sync@localhost:5432/freesport")
        self._save((*self._profiles, profile), profile.database_url)

    def _remove(self) -> None:
        chosen = self._chosen()
        self._save(tuple(one for one in self._profiles if one.database_url != chosen), self._active())

    def _save(self, profiles: tuple[Profile, ...], wanted: str) -> None:
        self._wanted = wanted

        def save(application: Any) -> tuple[Profile, ...]:
            application.save_profiles(profiles)
            return profiles

        self._do(save, self._show_profiles)

    def _edited(self) -> tuple[Profile, ...]:
        """The saved connections with what the form says in place of the chosen one."""
        chosen, edited = self._chosen(), self.form.profile()
        return tuple(edited if one.database_url == chosen else one for one in self._profiles)

    def _test(self) -> None:
        texts = self._tools.texts
        self.said.say("busy", texts("connections.testing"))
        self.said.show()
        self.checks.clear()
        self.test.setEnabled(False)
        if self._chosen() in _FIXED:
            self._do(lambda application: application.check(), self._tested)
            return
        url, password = self.form.profile().database_url, self.form.password.text() or None
        self._do(lambda application: application.check_connection(url, password), self._tested)

    def _tested(self, items: tuple[CheckItem, ...]) -> None:
        texts = self._tools.texts
        self.test.setEnabled(True)
        failed = [one for one in items if not one.is_ok]
        if not failed:
            self.said.say("good", texts("connections.good"))
        elif all(one.is_busy for one in failed):
            self.said.say("busy", texts("connections.busy"))
        else:
            self.said.say("bad", texts("connections.bad"))
        self.checks.show_items(items)

    def _use(self) -> None:
        backend = self._tools.backend
        chosen = self._chosen()
        if chosen == DEMO:
            backend.reopen(replace(backend.options, is_demo=True))
            self._say_connected(None)
            return
        url = None if chosen == EMBEDDED else self.form.profile().database_url
        password = self.form.password.text() if url else None
        profiles = self._profiles if url is None else self._edited()
        self._wanted = url or EMBEDDED

        def choose(application: Any) -> PasswordPlace:
            application.save_profiles(profiles)
            place: PasswordPlace = application.choose_database(url, password)
            return place

        self._do(choose, self._chosen_now)

    def _chosen_now(self, place: PasswordPlace) -> None:
        backend = self._tools.backend
        backend.reopen(replace(backend.options, is_demo=False))
        self._say_connected(place)

    def _say_connected(self, place: PasswordPlace | None) -> None:
        texts = self._tools.texts
        where = "" if place is None else texts(f"connections.password_{place.value}")
        self.form.password.clear()
        self.said.say("good", texts("connections.connected"), where, texts("connections.next"))
        self.said.show()
        self.to_exchange.show()

    def _pick_export(self) -> None:
        texts = self._tools.texts
        file, _ = QFileDialog.getSaveFileName(self, texts("connections.export_tip"), "freesport.toml", "TOML (*.toml)")
        if file:
            self.export_to(Path(file))

    def export_to(self, file: Path) -> None:
        """Write the chosen connection into a file, without its password."""
        chosen = self.form.profile()
        self._tools.backend.work(lambda: save_profiles(file, (chosen,)), self._exported, self._failed)

    def _exported(self, _: object) -> None:
        self.said.say("good", self._tools.texts("connections.exported"))
        self.said.show()

    def _pick_import(self) -> None:
        texts = self._tools.texts
        file, _ = QFileDialog.getOpenFileName(self, texts("connections.import_tip"), "", "TOML (*.toml)")
        if file:
            self.import_from(Path(file))

    def import_from(self, file: Path) -> None:
        """Add the connections of a file."""
        self._tools.backend.work(lambda: load_profiles(file), self._imported, self._failed)

    def _imported(self, found: tuple[Profile, ...]) -> None:
        known = {one.database_url for one in self._profiles}
        new = tuple(one for one in found if one.database_url not in known)
        if found:
            self._save((*self._profiles, *new), found[0].database_url)

    def _do(self, work: Callable[[Any], Any], on_success: Callable[[Any], None]) -> None:
        self._tools.backend.do(work, on_success, self._failed)

    def _failed(self, error: SyncError) -> None:
        self.test.setEnabled(True)
        self.said.say_error(error)
        self.said.show()
        self.checks.show_failure(error)


class _DatabaseForm(QWidget):
    """Name, address and password of a PostgreSQL database."""

    def __init__(self, tools: Tools) -> None:
        super().__init__()
        texts = tools.texts
        self.name, self.host, self.database, self.user, self.password = (QLineEdit() for _ in range(5))
        self.port = QSpinBox()
        self.port.setRange(1, 65535)
        self.port.setGroupSeparatorShown(False)
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.setPlaceholderText(texts("connections.password_hint"))
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, SPACE)
        form.setVerticalSpacing(SPACE)
        form.setHorizontalSpacing(GAP)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name in ("name", "host", "port", "database", "user", "password"):
            field: QWidget = getattr(self, name)
            field.setAccessibleName(texts(f"connections.field_{name}").replace("&", ""))
            form.addRow(texts(f"connections.field_{name}"), field)
        form.addRow("", label(texts("connections.password_help"), "muted", is_wrapped=True))

    def fill(self, name: str, url: str) -> None:
        """Show a connection."""
        parts = urlsplit(url)
        self.name.setText(name)
        self.host.setText(parts.hostname or "")
        self.port.setValue(parts.port or _USUAL_PORT)
        self.database.setText(unquote(parts.path.lstrip("/")))
        self.user.setText(unquote(parts.username or ""))
        self.password.clear()
        self._query = parts.query

    def profile(self) -> Profile:
        """The connection that the form describes."""
        host = self.host.text().strip()
        host = f"[{host}]" if ":" in host else host
        user = f"{quote(self.user.text().strip(), safe='')}@" if self.user.text().strip() else ""
        query = f"?{self._query}" if self._query else ""
        address = f"postgresql://{user}{host}:{self.port.value()}/{quote(self.database.text().strip(), safe='')}{query}"
        return Profile(self.name.text().strip() or host, address)
