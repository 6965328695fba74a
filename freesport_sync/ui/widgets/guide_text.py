"""A chapter of the guide as Qt shows it: pictures that fit, links that are told, words that were looked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QFont,
    QFontDatabase,
    QImage,
    QResizeEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextList,
    QTextListFormat,
    QTextTable,
    QTextTableCell,
    QTextTableCellFormat,
)
from PySide6.QtWidgets import QTextBrowser, QTextEdit

from freesport_sync.i18n.guide import Chapter, stems_of
from freesport_sync.ui.theme import Theme

MARGIN = 14
SPACE_OF_CODE = 8
_RESIZED_MS = 150
_PICTURE = "\N{OBJECT REPLACEMENT CHARACTER}"
_MOST_MARKED = 200
"""Words of one chapter that are marked as found."""


class GuideText(QTextBrowser):
    """Shows Markdown.

    Args:
        folder: the addresses of pictures start from here.
        theme: of the application.
    """

    linked = Signal(str)
    """A link was followed: its target as it is written."""

    def __init__(self, folder: Path, theme: Theme) -> None:
        super().__init__()
        self._folder, self._theme = folder, theme
        self._chapter: Chapter | None = None
        self._width = 0
        self.setOpenLinks(False)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_RESIZED_MS)
        self._pause.timeout.connect(self._on_resized)
        self.anchorClicked.connect(self._on_clicked)
        theme.changed.connect(self._render)

    def show_chapter(self, chapter: Chapter) -> None:
        """Show a chapter from its beginning."""
        self._chapter = chapter
        self._render()
        self.verticalScrollBar().setValue(0)

    def go_to(self, section: str, words: str = "") -> None:
        """Scroll to a section, or to the beginning, and mark words that were looked for.

        Args:
            section: its title; empty: the beginning.
            words: in any of their forms.
        """
        top = 0.0
        block = self.document().begin()
        while block.isValid():
            if section and block.blockFormat().headingLevel() and block.text() == section:
                top = self.document().documentLayout().blockBoundingRect(block).top()
                break
            block = block.next()
        self.verticalScrollBar().setValue(int(top) - MARGIN if top else 0)
        self._mark(words)

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        """A picture of the folder, not wider than the text; nothing else, and nothing from the network."""
        address = name.toString() if isinstance(name, QUrl) else name
        file = (self._folder / address).resolve()
        if kind != QTextDocument.ResourceType.ImageResource.value or not file.is_relative_to(self._folder.resolve()):
            return None
        picture = QImage(str(file))
        room = int((self.viewport().width() - 2 * MARGIN) * self.devicePixelRatioF())
        if picture.width() > room > 0:
            picture = picture.scaledToWidth(room, Qt.TransformationMode.SmoothTransformation)
            picture.setDevicePixelRatio(self.devicePixelRatioF())
        return picture

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._pause.start()

    def _on_resized(self) -> None:
        if self._chapter is not None and "![" in self._chapter.text and self._width != self.viewport().width():
            place = self.verticalScrollBar().value()
            self._render()
            self.verticalScrollBar().setValue(place)

    def _on_clicked(self, target: QUrl) -> None:
        self.linked.emit(target.toString())

    def _render(self) -> None:
        if self._chapter is None:
            return
        self._width = self.viewport().width()
        # Made beside the shown one: each change of a shown document would lay it out anew.
        document = QTextDocument(self)
        document.setUndoRedoEnabled(False)
        document.setDocumentMargin(MARGIN)
        document.setDefaultFont(self.font())
        document.setMarkdown(f"# {self._chapter.title}\n\n{self._chapter.text}")
        self._dress(document)
        self.setDocument(document)  # deletes the former one, which is ours, too

    def _dress(self, document: QTextDocument) -> None:
        """Give headings, code and tables the looks of the window; Markdown brings none."""
        cursor = QTextCursor(document)
        block = document.begin()
        while block.isValid():
            cursor.setPosition(block.position())
            cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
            if items := block.textList():
                self._dress_list(items)
            self._dress_block(cursor, block.blockFormat())
            block = block.next()
        for frame in document.rootFrame().childFrames():
            if isinstance(frame, QTextTable):
                self._dress_table(frame)

    def _dress_block(self, cursor: QTextCursor, old: QTextBlockFormat) -> None:
        shape, words = QTextBlockFormat(), QTextCharFormat()
        if old.hasProperty(QTextFormat.Property.BlockCodeFence) or old.nonBreakableLines():
            shape.setBackground(self._theme.color("neutral_soft"))
            shape.setLeftMargin(SPACE_OF_CODE)
            shape.setNonBreakableLines(False)  # else one long command makes the whole chapter scroll sideways
            words.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        elif level := old.headingLevel():
            shape.setTopMargin(0 if level == 1 else 18)
            shape.setBottomMargin(8)
            words.setFontWeight(QFont.Weight.DemiBold)
            words.setProperty(QTextFormat.Property.FontSizeAdjustment, {1: 2, 2: 1}.get(level, 1))
        elif _PICTURE in cursor.selectedText():
            shape.setBottomMargin(8)
        elif cursor.currentTable() is None and cursor.currentList() is None:
            shape.setBottomMargin(8)
            shape.setLineHeight(118, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor.mergeBlockFormat(shape)
        cursor.mergeCharFormat(words)

    def _dress_table(self, table: QTextTable) -> None:
        shape = table.format()
        shape.setBorder(0)
        shape.setCellPadding(5)
        shape.setCellSpacing(0)
        shape.setTopMargin(4)
        shape.setBottomMargin(12)
        table.setFormat(shape)
        for row in range(table.rows()):
            for column in range(table.columns()):
                cell = table.cellAt(row, column)
                looks = QTextTableCellFormat()
                looks.setBottomBorder(1)
                looks.setBottomBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
                looks.setBottomBorderBrush(self._theme.color("border" if row else "strong_border"))
                cell.setFormat(looks)
                if row == 0:
                    self._dress_title(cell)

    def _dress_title(self, cell: QTextTableCell) -> None:
        """After a block of code Qt takes the first title of a table for more of it."""
        shape, words = QTextBlockFormat(), QTextCharFormat()
        shape.setTopMargin(0)
        words.setFont(self.font())
        words.setFontWeight(QFont.Weight.DemiBold)
        cursor = cell.firstCursorPosition()
        cursor.setPosition(cell.lastCursorPosition().position(), QTextCursor.MoveMode.KeepAnchor)
        cursor.mergeBlockFormat(shape)
        cursor.mergeCharFormat(words)

    def _dress_list(self, items: QTextList) -> None:
        shape = items.format()
        if shape.style() is not QTextListFormat.Style.ListDecimal:
            shape.setStyle(QTextListFormat.Style.ListDisc)
        shape.setIndent(1)
        items.setFormat(shape)

    def _mark(self, words: str) -> None:
        marked: list[QTextEdit.ExtraSelection] = []
        for stem in stems_of(words):
            cursor = QTextCursor(self.document())
            while len(marked) < _MOST_MARKED and not (cursor := self.document().find(stem, cursor)).isNull():
                selection = QTextEdit.ExtraSelection()
                selection.cursor = cursor
                selection.format.setBackground(self._theme.color("warn_soft"))
                marked.append(selection)
        self.setExtraSelections(marked)
