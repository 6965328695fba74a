"""The files that a run read."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QVBoxLayout, QWidget

from freesport_sync.core.history import HistoryDetails
from freesport_sync.core.run import ExportFile
from freesport_sync.errors import SyncError
from freesport_sync.ui.models.paged import Column
from freesport_sync.ui.models.rows import RowsModel
from freesport_sync.ui.widgets.parts import (
    SPACE,
    Tools,
    button,
    label,
    row,
)
from freesport_sync.ui.widgets.table import Table


class FilesTab(QWidget):
    """Name, size and date of each file, and their folder.

    Args:
        tools: of the page.
    """

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tools = tools
        self._source = ""
        texts = tools.texts
        columns: list[Column[ExportFile]] = [
            Column("path", texts("cli.column_file"), lambda one: one.path, 30),
            Column("size", texts("files_tab.size"), lambda one: texts.size(one.size_bytes), 14, True),
            Column("created", texts("files_tab.created"), self._created, 20),
        ]
        self.model: RowsModel[ExportFile] = RowsModel(columns, self)
        self.table = Table(tools, "files", texts("entry.tab_files"), self.model, "path")
        self.folder = label("", "muted", is_wrapped=True)
        self.open = button(texts("files_tab.open"), self._open, tools, "folder")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, SPACE + 4, 0, 0)
        layout.setSpacing(SPACE)
        bar = row(self.folder, self.open)
        bar.setStretch(0, 1)
        layout.addLayout(bar)
        layout.addWidget(self.table, 1)

    def show_entry(self, details: HistoryDetails) -> None:
        """Show the files of a run."""
        self.model.show_rows(details.files)
        self._source = details.entry.data
        is_pulled = bool(details.request.get("is_pull")) and bool(self._source)
        received = self._tools.texts("files_tab.received", folder=self._source)
        self.folder.setText(received if is_pulled else self._source)
        self.open.setVisible(bool(self._source))
        self.open.setEnabled(True)

    def save_state(self) -> None:
        """Remember widths."""
        self.table.keep_widths()

    def _created(self, file: ExportFile) -> str:
        return self._tools.texts.moment(file.created_at) if file.created_at is not None else "—"

    def _open(self) -> None:
        source = self._source
        self._tools.backend.work(lambda: _existing_folder(source), self._show_folder, self._on_failed)

    def _show_folder(self, folder: Path | None) -> None:
        if folder is None:
            self.folder.setText(self._tools.texts("files_tab.gone", folder=self._source))
            self.open.setEnabled(False)
        else:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def _on_failed(self, error: SyncError) -> None:
        self.folder.setText(self._tools.texts.error(error).what)


def _existing_folder(source: str) -> Path | None:
    path = Path(source)
    folder = path if path.is_dir() else path.parent
    return folder if folder.is_dir() and path.exists() else None
