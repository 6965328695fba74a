"""«О программе»: which version this is, and the licences of everything that it is made of."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QListWidget, QPlainTextEdit, QVBoxLayout, QWidget

from freesport_sync import __version__
from freesport_sync.errors import SyncError
from freesport_sync.services.licences import Component, bundle_folder, list_components
from freesport_sync.ui.diagnostics import window_facts
from freesport_sync.ui.icons import program_icon
from freesport_sync.ui.texts import UiTexts
from freesport_sync.ui.widgets.parts import GAP, SPACE, Tools, button, label, name_inner_parts, row, selectable
from freesport_sync.ui.widgets.search import SearchField

SIZE = QSize(1000, 700)
LIST_WIDTH = 320
ICON_SIZE = 48


class AboutDialog(QDialog):
    """Shows the version, what support asks for, and the full texts of all licences, without the internet.

    Args:
        tools: of the window.
        parent: the window.
    """

    def __init__(self, tools: Tools, parent: QWidget) -> None:
        super().__init__(parent)
        self._tools = tools
        texts = tools.texts
        self.setWindowTitle(texts("about.title"))
        self._components: list[tuple[Component, str]] = []
        self.facts = selectable(window_facts(tools), "code")
        self.copy = button(texts("about.copy"), self._copy, tools, "copy")
        self.search = SearchField(texts("about.search"))
        self.list = QListWidget()
        self.list.setAccessibleName(texts("about.components"))
        self.list.setFixedWidth(LIST_WIDTH)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName(texts("about.licence"))
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.state = label(texts("about.loading"), "muted", is_wrapped=True)
        self.leave = button(texts("about.close"), self.accept, tools, role="primary")
        self._build()
        self.search.changed.connect(self._list)
        self.list.currentRowChanged.connect(self._show_chosen)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self).activated.connect(self.search.setFocus)
        tools.backend.work(_components_with_texts, self._on_loaded, self._on_failed)

    def _build(self) -> None:
        texts = self._tools.texts
        picture = QLabel()
        picture.setPixmap(program_icon().pixmap(ICON_SIZE, ICON_SIZE))
        names = QVBoxLayout()
        names.setSpacing(2)
        names.addWidget(label(texts("window.title"), "title"))
        names.addWidget(label(texts("about.version", version=__version__)))
        head = QHBoxLayout()
        head.setSpacing(GAP)
        head.addWidget(picture)
        head.addLayout(names, 1)
        left = QVBoxLayout()
        left.setSpacing(SPACE)
        for part in (self.search, self.state):
            left.addWidget(part)
        left.addWidget(self.list, 1)
        licences = QHBoxLayout()
        licences.setSpacing(GAP)
        licences.addLayout(left)
        licences.addWidget(self.text, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP, GAP, GAP, GAP)
        layout.setSpacing(SPACE + 4)
        layout.addLayout(head)
        layout.addWidget(label(texts("about.what"), is_wrapped=True))
        facts = row(self.facts, self.copy)
        facts.setStretch(0, 1)
        layout.addLayout(facts)
        layout.addWidget(label(texts("about.components"), "heading"))
        layout.addLayout(licences, 1)
        layout.addLayout(row(None, self.leave))
        name_inner_parts(self, texts("window.clear"))
        self.resize(SIZE.boundedTo(self.screen().availableGeometry().size()))
        self.list.setFocus()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.facts.text())

    def _on_loaded(self, components: list[tuple[Component, str]]) -> None:
        self._components = components
        self._list()

    def _on_failed(self, error: SyncError) -> None:
        self.state.setText(self._tools.texts.error(error).sentence)

    def _list(self) -> None:
        """Show what fits the words that are searched for: names, licences, texts."""
        words = self.search.take().casefold()
        self._shown = [
            (component, text)
            for component, text in self._components
            if words in f"{component.name}\n{component.licence}\n{text}".casefold()
        ]
        self.list.clear()
        self.list.addItems([f"{one.name} {one.version}".rstrip() + f"\n{one.licence}" for one, _ in self._shown])
        self.state.setText(self._tools.texts("about.count", shown=len(self._shown), all=len(self._components)))
        self.list.setCurrentRow(0)
        if not self._shown:
            self.text.clear()

    def _show_chosen(self, chosen: int) -> None:
        if chosen < 0:
            return
        component, text = self._shown[chosen]
        self.text.setPlainText("\n".join((*_facts_of(component, self._tools.texts), "", text)))
        words = self.search.text().strip()
        if words:
            self.text.find(words)


def _components_with_texts() -> list[tuple[Component, str]]:
    return [(component, component.read_texts()) for component in list_components(bundle_folder())]


def _facts_of(component: Component, texts: UiTexts) -> list[str]:
    """What is said above the text of a licence."""
    facts = [f"{component.name} {component.version}".rstrip(), component.licence]
    if component.homepage:
        facts.append(component.homepage)
    if component.within:
        facts.append(texts("about.within", library=component.within))
    if component.replaced:
        folder = bundle_folder()
        facts.append(texts("about.replaced", path=folder / component.replaced if folder else component.replaced))
    return facts
