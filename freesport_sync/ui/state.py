"""What the window remembers: where it was, what was chosen last."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings


class WindowState:
    """A small file beside the settings.

    Args:
        file: made when something is remembered; None remembers nothing.
    """

    MAX_SOURCES = 10

    def __init__(self, file: Path | None) -> None:
        self._settings = QSettings(str(file), QSettings.Format.IniFormat) if file is not None else None

    def bytes(self, key: str) -> QByteArray:
        """Geometry of a window, widths of columns."""
        value = self._settings.value(key) if self._settings is not None else None
        return value if isinstance(value, QByteArray) else QByteArray()

    def text(self, key: str) -> str:
        """A choice; empty where there is none."""
        value = self._settings.value(key) if self._settings is not None else None
        return value if isinstance(value, str) else ""

    def keep(self, key: str, value: QByteArray | str) -> None:
        """Remember."""
        if self._settings is not None:
            self._settings.setValue(key, value)

    def sources(self) -> list[str]:
        """Folders and archives that were imported from, the last one first."""
        return [text for text in self.text("exchange/sources").split("\n") if text]

    def add_source(self, source: str) -> None:
        """Remember one more."""
        others = [text for text in self.sources() if text != source]
        self.keep("exchange/sources", "\n".join([source, *others][: self.MAX_SOURCES]))

    def save(self) -> None:
        """Write the file."""
        if self._settings is not None:
            self._settings.sync()
