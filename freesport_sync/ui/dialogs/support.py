"""The support package: what is in it, file by file as it will be saved, then one zip."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QFontDatabase
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QListWidget,
    QPlainTextEdit,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.history import EntryKey, EntrySource
from freesport_sync.errors import Cancelled, ConfigError, SyncError
from freesport_sync.services.support import (
    Support,
    SupportPackage,
    SupportRequest,
    save_package,
    support_without_program,
)
from freesport_sync.ui.diagnostics import qt_version
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import (
    GAP,
    SPACE,
    Tools,
    button,
    check_box,
    label,
    row,
)

SHOWN_BYTES = 300_000
"""Of a longer file only the beginning is shown."""
_FOLDER = "session/folder"


class SupportDialog(QDialog):
    """Collects a package, shows what is in it, and saves it.

    Args:
        tools: of the window.
        entry: to report about; None: only program and computer.
        parent: the window.
    """

    def __init__(self, tools: Tools, entry: EntryKey | None, parent: QWidget) -> None:
        super().__init__(parent)
        self._tools = tools
        self._entry = entry
        self._cancel = CancelToken()
        self._package: SupportPackage | None = None
        self._saved: Path | None = None
        texts = tools.texts
        self.setWindowTitle(texts("support_dialog.title"))
        self.files = check_box(texts("support_dialog.files"), texts("support_dialog.files_tip"))
        self.files.setVisible(entry is not None and entry.source is EntrySource.RUN)
        self.files.toggled.connect(self._collect)
        self.notice = Notice(tools)
        self.list = QListWidget()
        self.list.setAccessibleName(texts("support_dialog.list"))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.currentRowChanged.connect(self._show_file)
        self.about = label("", "muted", is_wrapped=True)
        self.view = QPlainTextEdit()
        self.view.setReadOnly(True)
        self.view.setAccessibleName(texts("support_dialog.view"))
        self.view.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.view.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.save = button(texts("support_dialog.save"), self._ask_where, tools, "save", "primary")
        self.open_folder = button(texts("support_dialog.open"), self._open, tools, "folder")
        self.open_folder.hide()
        self.leave = button(texts("support_dialog.close"), self.reject, tools)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(self.about)
        column.addWidget(self.view, 1)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(self.list)
        split.addWidget(right)
        split.setSizes([360, 500])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP, GAP, GAP, GAP)
        layout.setSpacing(SPACE + 4)
        layout.addWidget(label(texts("support_dialog.intro"), "", is_wrapped=True))
        layout.addWidget(self.files)
        layout.addWidget(self.notice)
        layout.addWidget(split, 1)
        layout.addLayout(row(None, self.open_folder, self.leave, self.save))
        self.resize(920, 620)
        self.finished.connect(self._on_finished)
        self._collect()

    def _collect(self) -> None:
        """Collect the package anew."""
        self._cancel.cancel()
        cancel = self._cancel = CancelToken()
        self._package = None
        self.save.setEnabled(False)
        self.notice.say("busy", self._tools.texts("support_dialog.collecting"))
        self.notice.show()
        texts, support = self._tools.texts, self._support()
        operator = self._tools.backend.operator
        request = SupportRequest(self._entry, self.files.isChecked(), operator, (qt_version(),))
        self._tools.backend.work(
            lambda: (cancel, support.collect(request, texts, cancel)), self._on_collected, self._on_failed
        )

    def _support(self) -> Support:
        backend = self._tools.backend
        if backend.application is not None:
            return backend.application.support
        error = backend.error or ConfigError("program_not_open")
        return support_without_program(backend.options.home, error)

    def _on_collected(self, found: tuple[CancelToken, SupportPackage]) -> None:
        cancel, package = found
        if cancel is not self._cancel:
            return
        texts = self._tools.texts
        self._package = package
        self.list.clear()
        self.list.addItems([f"{one.name}  ({texts.size(len(one.content))})" for one in package.files])
        self.list.setCurrentRow(0)
        self.save.setEnabled(True)
        if package.missing:
            self.notice.say("warn", texts("support_dialog.incomplete"), *package.missing)
        else:
            self.notice.hide()

    def _on_failed(self, error: SyncError) -> None:
        if isinstance(error, Cancelled):
            return
        self.list.clear()
        self.notice.say_error(error)
        self.notice.show()

    def _show_file(self, number: int) -> None:
        if self._package is None or not 0 <= number < len(self._package.files):
            self.about.clear()
            self.view.clear()
            return
        one, texts = self._package.files[number], self._tools.texts
        is_cut = len(one.content) > SHOWN_BYTES
        more = f" {texts('support_dialog.cut', size=texts.size(SHOWN_BYTES))}" if is_cut else ""
        self.about.setText(f"{one.about[:1].upper()}{one.about[1:]}.{more}")
        self.view.setPlainText(one.content[:SHOWN_BYTES].decode("utf-8-sig", "replace"))

    def _ask_where(self) -> None:
        if self._package is None:
            return
        usual = Path(self._tools.state.text(_FOLDER) or str(Path.home())) / self._package.name
        title = self._tools.texts("support_dialog.title")
        file, _ = QFileDialog.getSaveFileName(self, title, str(usual), "Zip (*.zip)")
        if file:
            self.save_as(Path(file))

    def save_as(self, file: Path) -> None:
        """Save the package that is shown."""
        package = self._package
        if package is None:
            return
        self._tools.state.keep(_FOLDER, str(file.parent))
        self.save.setEnabled(False)
        self._tools.backend.work(lambda: (file, save_package(package, file)), self._on_saved, self._on_not_saved)

    def _on_saved(self, saved: tuple[Path, int]) -> None:
        texts = self._tools.texts
        self._saved, size = saved
        self.save.setEnabled(True)
        self.open_folder.show()
        what = texts("support_dialog.saved", file=self._saved, size=texts.size(size))
        self.notice.say("good", texts("support_dialog.saved_title"), what)
        self.notice.show()

    def _on_not_saved(self, error: SyncError) -> None:
        self.save.setEnabled(True)
        self.notice.say_error(error)
        self.notice.show()

    def _open(self) -> None:
        if self._saved is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._saved.parent)))

    def _on_finished(self, _: int) -> None:
        self._cancel.cancel()
