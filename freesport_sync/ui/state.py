"""What the window remembers: its geometry and the last choices."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings


class WindowState:
    """A small file beside the settings.

    Args:
        file: created when something is remembered; None: remember nothing.
    """

    MAX_SOURCES = 10

    def __init__(self, file: Path | None) -> None:
        self._settings = QSettings(str(file), QSettings.Format.IniFormat) if file is not None else None

    def bytes(self, key: str) -> QByteArray:
        """A remembered geometry or column widths; empty if there are none."""
        value = self._settings.value(key) if self._settings is not None else None
        return value if isinstance(value, QByteArray) else QByteArray()

    def text(self, key: str) -> str:
        """A remembered choice; empty if there is none."""
        value = self._settings.value(key) if self._settings is not None else None
        return value if isinstance(value, str) else ""

    def keep(self, key: str, value: QByteArray | str) -> None:
        """Remember a value."""
        if self._settings is not None:
            self._settings.setValue(key, value)

    def sources(self) -> list[str]:
        """Folders and archives of past imports, the last one first."""
        return [text for text in self.text("exchange/sources").split("\n") if text]

    def add_source(self, source: str) -> None:
        """Remember a folder or archive as the last one."""
        others = [text for text in self.sources() if text != source]
        self.keep("exchange/sources", "\n".join([source, *others][: self.MAX_SOURCES]))

    def save(self) -> None:
        """Write the file."""
        if self._settings is not None:
            self._settings.sync()
