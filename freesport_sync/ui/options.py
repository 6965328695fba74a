"""The options of the command line that apply to the window."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from freesport_sync.i18n.texts import Language


@dataclass(frozen=True, slots=True)
class WindowOptions:
    """How to open the window; each field as on the command line."""

    language: Language = Language.RUSSIAN
    home: Path | None = None
    database_url: str | None = None
    is_demo: bool = False
    create_shop_tables: bool = False
    data_dir: Path | None = None
    operator: str | None = None
    is_verbose: bool = False
    is_in_tray: bool = False

    @property
    def is_other_database(self) -> bool:
        """Whether the window works on another database than the settings say, as tasks of the system do not."""
        return self.is_demo or self.database_url is not None
