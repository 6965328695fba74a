"""Asks for the CSV file to save a list to."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from freesport_sync.ui.widgets.parts import Tools

_FOLDER = "session/folder"


def ask_csv_file(parent: QWidget, tools: Tools, title: str, name: str) -> Path | None:
    """The file that the operator chooses, by default in the folder of the last one; None: none was chosen.

    Args:
        parent: of the dialog.
        tools: of the page.
        title: of the dialog.
        name: the file's usual name.
    """
    usual = Path(tools.state.text(_FOLDER) or str(Path.home())) / name
    file, _ = QFileDialog.getSaveFileName(parent, title, str(usual), "CSV (*.csv)")
    if not file:
        return None
    tools.state.keep(_FOLDER, str(Path(file).parent))
    return Path(file)
