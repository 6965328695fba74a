"""Colours and shapes, light or dark as the system is."""

from __future__ import annotations

from dataclasses import dataclass, fields

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from freesport_sync.core.history import EntryStatus
from freesport_sync.core.issues import Severity
from freesport_sync.core.task_list import TaskStatus
from freesport_sync.i18n.resources import resource
from freesport_sync.ui.run_feed import StageState


@dataclass(frozen=True, slots=True)
class Colors:
    """The colours of one theme, named by their use."""

    window: str
    sidebar: str
    card: str
    field: str
    border: str
    strong_border: str
    text: str
    muted: str
    accent: str
    accent_hover: str
    on_accent: str
    selection: str
    hover: str
    good: str
    good_soft: str
    warn: str
    warn_soft: str
    bad: str
    bad_soft: str
    busy: str
    busy_soft: str
    neutral: str
    neutral_soft: str


LIGHT = Colors(
    window="#f4f6f8",
    sidebar="#e9edf1",
    card="#ffffff",
    field="#ffffff",
    border="#dde2e8",
    strong_border="#b9c2cc",
    text="#1c2127",
    muted="#5d6875",
    accent="#1f5fd6",
    accent_hover="#1a50b5",
    on_accent="#ffffff",
    selection="#dbe7fc",
    hover="#eef2f7",
    good="#15743a",
    good_soft="#e2f3e8",
    warn="#98590a",
    warn_soft="#fdf0d7",
    bad="#b3261e",
    bad_soft="#fbe6e4",
    busy="#1f5fd6",
    busy_soft="#e3ecfc",
    neutral="#5d6875",
    neutral_soft="#e9edf1",
)

DARK = Colors(
    window="#17191d",
    sidebar="#111316",
    card="#1f2227",
    field="#262a30",
    border="#33383f",
    strong_border="#4a515b",
    text="#e8eaed",
    muted="#a3acb7",
    accent="#3d7bea",
    accent_hover="#5a90f0",
    on_accent="#ffffff",
    selection="#2a3f63",
    hover="#272b31",
    good="#5fcf92",
    good_soft="#1d3528",
    warn="#ecb256",
    warn_soft="#3a2e18",
    bad="#f58b82",
    bad_soft="#40211f",
    busy="#82adf7",
    busy_soft="#1f2f4d",
    neutral="#a3acb7",
    neutral_soft="#2b2f36",
)

_TONES: dict[str, str] = {
    EntryStatus.COMPLETED: "good",
    EntryStatus.REMARKS: "warn",
    EntryStatus.FAILED: "bad",
    EntryStatus.INTERRUPTED: "bad",
    EntryStatus.STUCK: "warn",
    EntryStatus.RUNNING: "busy",
    EntryStatus.CANCELLED: "neutral",
    Severity.ERROR: "bad",
    Severity.WARNING: "warn",
    Severity.NOTE: "neutral",
    TaskStatus.PENDING: "neutral",  # its other words are those of `EntryStatus`
    StageState.WAITING: "neutral",
    StageState.RUNNING: "busy",
    StageState.DONE: "good",
    StageState.STOPPED: "bad",
    StageState.CANCELLED: "neutral",
}


def tone_of(what: EntryStatus | Severity | TaskStatus | StageState) -> str:
    """The name of a status's colour; it never stands without a word and an icon."""
    return _TONES[what]


class Theme(QObject):
    """The colours in use; nothing else sets palette and style sheet.

    Args:
        application: to be coloured.
        colors: None: follow the system.
    """

    changed = Signal()

    def __init__(self, application: QApplication, colors: Colors | None = None) -> None:
        super().__init__(application)
        self._application = application
        self._is_fixed = colors is not None
        self.colors = colors or self._of_system()
        application.setStyle("Fusion")
        application.styleHints().colorSchemeChanged.connect(self._on_color_scheme_changed)
        self._apply()

    def use(self, colors: Colors) -> None:
        """Change the colours."""
        if colors != self.colors:
            self.colors = colors
            self._apply()
            self.changed.emit()

    def color(self, name: str) -> QColor:
        """One of the colours."""
        return QColor(getattr(self.colors, name))

    def _on_color_scheme_changed(self, _: object) -> None:
        if not self._is_fixed:
            self.use(self._of_system())

    def _of_system(self) -> Colors:
        is_dark = self._application.styleHints().colorScheme() is Qt.ColorScheme.Dark
        return DARK if is_dark else LIGHT

    def _apply(self) -> None:
        self._application.setPalette(_palette(self.colors))
        values = {field.name: getattr(self.colors, field.name) for field in fields(self.colors)}
        sheet = resource("window.qss").read_text(encoding="utf-8")
        for name, value in sorted(values.items(), key=lambda pair: -len(pair[0])):
            sheet = sheet.replace(f"@{name}", value)
        self._application.setStyleSheet(sheet.replace("@icons", resource("icons").as_posix()))


def _palette(colors: Colors) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: colors.window,
        QPalette.ColorRole.WindowText: colors.text,
        QPalette.ColorRole.Base: colors.card,
        QPalette.ColorRole.AlternateBase: colors.hover,
        QPalette.ColorRole.Text: colors.text,
        QPalette.ColorRole.PlaceholderText: colors.muted,
        QPalette.ColorRole.Button: colors.card,
        QPalette.ColorRole.ButtonText: colors.text,
        QPalette.ColorRole.BrightText: colors.bad,
        QPalette.ColorRole.Highlight: colors.accent,
        QPalette.ColorRole.HighlightedText: colors.on_accent,
        QPalette.ColorRole.ToolTipBase: colors.card,
        QPalette.ColorRole.ToolTipText: colors.text,
        QPalette.ColorRole.Link: colors.accent,
        QPalette.ColorRole.Light: colors.card,
        QPalette.ColorRole.Midlight: colors.hover,
        QPalette.ColorRole.Mid: colors.border,
        QPalette.ColorRole.Dark: colors.strong_border,
        QPalette.ColorRole.Shadow: colors.strong_border,
    }
    for role, color in roles.items():
        palette.setColor(role, QColor(color))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(colors.strong_border))
    return palette
