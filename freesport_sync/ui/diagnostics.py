"""The services' diagnostics, with what only the window knows."""

from __future__ import annotations

from PySide6.QtCore import qVersion

from freesport_sync.core.history import HistoryDetails
from freesport_sync.services.diagnostics import entry_report, program_facts
from freesport_sync.ui.widgets.parts import Tools


def qt_version() -> str:
    """The version of Qt, for support."""
    return f"Qt {qVersion()}"


def window_facts(tools: Tools) -> str:
    """Versions and the database's name."""
    status = tools.backend.database_status
    return program_facts(tools.backend.operator, None if status is None else status.database, qt_version())


def entry_diagnostics(tools: Tools, details: HistoryDetails) -> str:
    """Everything about one entry."""
    return f"{window_facts(tools)}\n\n{entry_report(tools.texts, details)}"
