"""F1: the guide, offline, at the chapter of the page; with a table of contents and a search."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from freesport_sync import __version__
from freesport_sync.i18n.guide import Chapter
from freesport_sync.services.guide import guide_folder, load_guide
from freesport_sync.ui.widgets.guide_text import GuideText
from freesport_sync.ui.widgets.parts import GAP, SPACE, Tools, button, label, name_inner_parts, row
from freesport_sync.ui.widgets.search import SearchField

SIZE = QSize(1080, 760)
LIST_WIDTH = 300
CHAPTER_OF_PAGE = {
    "import": "import",
    "tasks": "tasks",
    "history": "history",
    "entry": "history",
    "onec": "exchange",
    "log": "troubleshooting",
    "connections": "connect",
    "computer": "schedule",
}
"""The chapter that explains a page of the window."""
_GEOMETRY = "help/geometry"


class HelpDialog(QDialog):
    """The guide; it stays open beside the window while the operator goes on working.

    Args:
        tools: of the window.
        parent: the window.
    """

    def __init__(self, tools: Tools, parent: QWidget) -> None:
        super().__init__(parent)
        self._tools = tools
        texts = tools.texts
        self._guide = load_guide(texts)
        self.setWindowTitle(texts("help.title"))
        self.search = SearchField(texts("help.search"))
        self.list = QListWidget()
        self.list.setAccessibleName(texts("help.contents"))
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFixedWidth(LIST_WIDTH)
        self.text = GuideText(guide_folder(), tools.theme)
        self.text.setAccessibleName(texts("help.text"))
        self.nothing = label(texts("help.nothing_found"), "muted", is_wrapped=True)
        self.back = button(texts("help.back"), self._go_back, tools, "back", shortcut="Alt+Left")
        self.leave = button(texts("help.close"), self.accept, tools)
        self._former: list[tuple[Chapter, str]] = []
        self._shown: tuple[Chapter, str] | None = None
        self._build()
        self.search.changed.connect(self._on_searched)
        self.list.currentItemChanged.connect(self._on_chosen)
        self.text.linked.connect(self._follow)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self).activated.connect(self._go_to_search)
        self._list_chapters()

    def show_page(self, page: str) -> None:
        """Open the chapter of a page of the window."""
        self.open_chapter(CHAPTER_OF_PAGE[page])

    def open_chapter(self, name: str) -> None:
        """Show a chapter, and the whole table of contents."""
        chapter = self._guide.chapter(name)
        assert chapter is not None, name
        self.search.clear()
        self.search.take()
        self._list_chapters()
        self._show(chapter, "")
        self.show()
        self.raise_()
        self.activateWindow()

    def save_state(self) -> None:
        """Remember the geometry."""
        self._tools.state.keep(_GEOMETRY, self.saveGeometry())

    def _build(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(SPACE)
        left.addWidget(self.search)
        left.addWidget(self.nothing)
        left.addWidget(self.list, 1)
        middle = QHBoxLayout()
        middle.setSpacing(GAP)
        middle.addLayout(left)
        middle.addWidget(self.text, 1)
        version = label(self._tools.texts("help.version", version=__version__), "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP, GAP, GAP, GAP)
        layout.setSpacing(GAP)
        layout.addLayout(middle, 1)
        layout.addLayout(row(self.back, None, version, self.leave))
        self.nothing.hide()
        name_inner_parts(self, self._tools.texts("window.clear"))
        if not self.restoreGeometry(self._tools.state.bytes(_GEOMETRY)):
            self.resize(SIZE.boundedTo(self.screen().availableGeometry().size()))
        self.search.setFocus()

    def _list_chapters(self) -> None:
        self._fill([(chapter.title, chapter, "") for chapter in self._guide.chapters])

    def _on_searched(self) -> None:
        words = self.search.take()
        if not words:
            self._list_chapters()
            return
        hits = self._guide.find(words)
        self._fill([(_hit_text(hit.chapter, hit.section, hit.snippet), hit.chapter, hit.section) for hit in hits])
        self.nothing.setVisible(not hits)
        if hits:
            self.list.setCurrentRow(0)

    def _fill(self, lines: list[tuple[str, Chapter, str]]) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        for text, chapter, section in lines:
            item = QListWidgetItem(text)
            item.setData(Qt.ItemDataRole.UserRole, (chapter.name, section))
            self.list.addItem(item)
        self.nothing.hide()
        self.list.blockSignals(False)
        self._mark_shown()

    def _on_chosen(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        name, section = item.data(Qt.ItemDataRole.UserRole)
        chapter = self._guide.chapter(name)
        if chapter is not None and (chapter, section) != self._shown:
            self._show(chapter, section)

    def _show(self, chapter: Chapter, section: str) -> None:
        if self._shown is not None and self._shown != (chapter, section):
            self._former.append(self._shown)
        self._put(chapter, section)

    def _put(self, chapter: Chapter, section: str) -> None:
        is_new = self._shown is None or self._shown[0] != chapter
        self._shown = (chapter, section)
        if is_new:
            self.text.show_chapter(chapter)
        self.text.go_to(section, self.search.text())
        self.back.setEnabled(bool(self._former))
        self._mark_shown()

    def _mark_shown(self) -> None:
        """Select what is shown in the list, if it is there."""
        self.list.blockSignals(True)
        wanted = self._shown and (self._shown[0].name, self._shown[1])
        rows = range(self.list.count())
        found = next((one for one in rows if self.list.item(one).data(Qt.ItemDataRole.UserRole) == wanted), -1)
        self.list.setCurrentRow(found)
        self.list.blockSignals(False)

    def _follow(self, target: str) -> None:
        place = self._guide.place(target)
        if place is not None:
            self._show(*place)
        elif target.startswith(("https://", "http://")):
            QDesktopServices.openUrl(QUrl(target))

    def _go_back(self) -> None:
        if self._former:
            self._put(*self._former.pop())

    def _go_to_search(self) -> None:
        self.search.setFocus()
        self.search.selectAll()


def _hit_text(chapter: Chapter, section: str, snippet: str) -> str:
    title = f"{chapter.title}: {section}" if section else chapter.title
    return f"{title}\n{snippet}"
