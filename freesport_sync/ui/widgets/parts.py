"""Labels, buttons and cards for every page; every control has a name for screen readers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from freesport_sync.ui.backend import Backend
from freesport_sync.ui.icons import icon
from freesport_sync.ui.state import WindowState
from freesport_sync.ui.texts import UiTexts
from freesport_sync.ui.theme import Theme

SPACE = 8
GAP = 16
UNDER_BOX = 26
"""Where the words of a check box begin, in pixels."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What every page is given."""

    texts: UiTexts
    theme: Theme
    backend: Backend
    state: WindowState


def label(text: str = "", role: str = "", is_wrapped: bool = False) -> QLabel:
    """A label in one of the roles of the style sheet: title, heading, muted, code, good, warn, bad."""
    result = QLabel(text)
    result.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        result.setProperty("role", role)
    if is_wrapped:
        result.setWordWrap(True)
    return result


def selectable(text: str = "", role: str = "") -> QLabel:
    """A wrapped label whose text can be copied."""
    result = label(text, role, is_wrapped=True)
    result.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return result


class Button(QPushButton):
    """Enter presses it while it has the focus, as Space does; Qt reserves Enter for a dialog's default button."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and is_plain:
            if not event.isAutoRepeat():
                self.click()
            return
        super().keyPressEvent(event)


def button(
    text: str,
    on_click: Callable[[], None],
    tools: Tools,
    icon_name: str = "",
    role: str = "",
    shortcut: str = "",
    tooltip: str = "",
) -> QPushButton:
    """A button; its text carries the mnemonic.

    Args:
        text: with `&` before the letter for Alt.
        on_click: a bound method of a QObject.
        tools: of the page.
        icon_name: a file of `resources/icons`.
        role: primary, danger, link.
        shortcut: a key sequence, also shown in the tool tip.
        tooltip: what it does.
    """
    result = Button()
    result.setAutoDefault(False)
    if role:
        result.setProperty("role", role)
    if icon_name:
        _set_icon(result, icon_name, role, tools.theme)
    rename(result, text)
    if shortcut:
        # Not the button's own shortcut, which is its mnemonic and changes with every text.
        QShortcut(QKeySequence(shortcut), result).activated.connect(result.click)
        tooltip = f"{tooltip} ({shortcut})".strip()
    result.setToolTip(tooltip)
    result.clicked.connect(on_click)
    return result


def check_box(text: str, tooltip: str = "", is_checked: bool = False) -> QCheckBox:
    """A check box with a name for screen readers."""
    result = QCheckBox(text)
    result.setAccessibleName(text.replace("&", ""))
    result.setToolTip(tooltip)
    result.setChecked(is_checked)
    return result


def title_of(field: QWidget, text: str) -> QLabel:
    """The title of a field: it also names the field for screen readers, and its mnemonic moves the focus there."""
    field.setAccessibleName(text.replace("&", ""))
    result = label(text)
    result.setBuddy(field)
    return result


def form(*fields: tuple[str, QWidget]) -> QFormLayout:
    """Fields below each other, each beside its title."""
    layout = QFormLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setHorizontalSpacing(GAP)
    layout.setVerticalSpacing(SPACE)
    layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    for text, field in fields:
        title = title_of(field, text)
        title.setMinimumHeight(field.sizeHint().height())  # else it stands a little higher than the field
        layout.addRow(title, field)
    return layout


def rename(target: QPushButton, text: str) -> None:
    """Give a button another text."""
    target.setText(f" {text}" if target.property("iconName") else text)
    target.setAccessibleName(text.replace("&", ""))


def allow(target: QPushButton, refused: str = "") -> None:
    """Enable a button, or disable it and say why in its tool tip.

    Args:
        target: made by `button`.
        refused: the reason; empty: it can be used.
    """
    if target.property("usualTip") is None:
        target.setProperty("usualTip", target.toolTip())
    target.setEnabled(not refused)
    target.setToolTip(refused or target.property("usualTip"))
    target.setAccessibleDescription(refused)


def _set_icon(target: QPushButton, name: str, role: str, theme: Theme) -> None:
    """Give a button an icon, and remember its name and colour for `redraw_icons`."""
    color = {"primary": "on_accent", "danger": "bad", "link": "busy"}.get(role, "text")
    target.setIcon(icon(name, theme.color(color)))
    target.setIconSize(QSize(16, 16))
    target.setProperty("iconName", name)
    target.setProperty("iconColor", color)


def redraw_icons(root: QWidget, theme: Theme) -> None:
    """Draw the icons of all buttons again, after the colours have changed."""
    for target in root.findChildren(QPushButton):
        name = target.property("iconName")
        if name:
            target.setIcon(icon(name, theme.color(target.property("iconColor"))))


def set_role(widget: QWidget, name: str, value: str) -> None:
    """Change a property that the style sheet uses."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


class Card(QFrame):
    """A framed part of a page with a heading."""

    def __init__(self, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.content = QVBoxLayout(self)
        self.content.setContentsMargins(GAP, GAP - 2, GAP, GAP)
        self.content.setSpacing(SPACE)
        if title:
            self.content.addWidget(label(title, "heading"))


def scrolled(part: QWidget) -> QScrollArea:
    """A part in a card that can be scrolled if there is no room for it."""
    frame = Card()
    frame.content.addWidget(part)
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setWidget(frame)
    return scroll


def row(*widgets: QWidget | None, spacing: int = SPACE) -> QHBoxLayout:
    """Widgets beside each other; None takes the remaining room."""
    layout = QHBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    for widget in widgets:
        if widget is None:
            layout.addStretch(1)
        else:
            layout.addWidget(widget)
    return layout


class Wrapping(QWidget):
    """Two parts beside each other, or one below the other if there is no room.

    Args:
        first: gets the remaining room.
        second: at the right, or below.
    """

    def __init__(self, first: QLayout, second: QLayout) -> None:
        super().__init__()
        self._parts = (first, second)
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(SPACE)
        self._box.addLayout(first, 1)
        self._box.addLayout(second)

    def minimumSizeHint(self) -> QSize:
        return QSize(max(part.minimumSize().width() for part in self._parts), self._box.minimumSize().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._turn()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest:
            self._turn()
        return super().event(event)

    def _turn(self) -> None:
        has_room = sum(part.minimumSize().width() for part in self._parts) + SPACE <= self.width()
        wanted = QBoxLayout.Direction.LeftToRight if has_room else QBoxLayout.Direction.TopToBottom
        if wanted is not self._box.direction():
            self._box.setDirection(wanted)
            self.updateGeometry()


def fit(dialog: QDialog, layout: QLayout, width: int) -> None:
    """Give a dialog a width, and the height that its wrapped texts need at that width."""
    layout.activate()
    dialog.setFixedSize(width, layout.totalHeightForWidth(width))


class GrowingDialog(QDialog):
    """Makes room for wrapped texts that become longer; what has room keeps it, so that buttons stay under the mouse."""

    def event(self, event: QEvent) -> bool:
        is_done = super().event(event)
        layout = self.layout()
        if event.type() is QEvent.Type.LayoutRequest and layout is not None:
            self.setMinimumHeight(layout.totalHeightForWidth(self.width()))
        return is_done


def clear(layout: QLayout) -> None:
    """Remove what a layout contains."""
    while (item := layout.takeAt(0)) is not None:
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif inner is not None:
            clear(inner)


def show_tab(tabs: QTabWidget, page: QWidget, is_visible: bool) -> None:
    """Show or hide a tab; if nothing changes, tell Qt nothing, or it forgets to lay out the tabs that have changed."""
    number = tabs.indexOf(page)
    if tabs.isTabVisible(number) is not is_visible:
        tabs.setTabVisible(number, is_visible)


def line() -> QFrame:
    """A thin line between two parts."""
    result = QFrame()
    result.setObjectName("line")
    return result


def name_inner_parts(root: QWidget, clear_name: str) -> None:
    """Name the parts that Qt puts into our widgets, for screen readers: drop-down lists, buttons that clear."""
    for box in root.findChildren(QComboBox):
        box.view().setAccessibleName(box.accessibleName())
    for edit in root.findChildren(QLineEdit):
        for cross in edit.findChildren(QToolButton):
            cross.setAccessibleName(clear_name)
