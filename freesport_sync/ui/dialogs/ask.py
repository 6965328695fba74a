"""Questions whose buttons say what they do."""

from __future__ import annotations

from PySide6.QtWidgets import QMessageBox, QWidget


def question(parent: QWidget, title: str, text: str, yes: str, no: str) -> QMessageBox:
    """A question whose harmless answer is the default; see `answered_yes` for the answer.

    Args:
        parent: the window.
        title: short.
        text: what will happen.
        yes: text of the button that does it.
        no: text of the other one.
    """
    box = QMessageBox(QMessageBox.Icon.Question, title, text, QMessageBox.StandardButton.NoButton, parent)
    box.yes_button = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)  # type: ignore[attr-defined]
    no_button = box.addButton(no, QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(no_button)
    box.setEscapeButton(no_button)
    for one in box.buttons():
        one.setAccessibleName(one.text().replace("&", ""))
    return box


def answered_yes(box: QMessageBox) -> bool:
    """Whether the question was answered with yes."""
    return box.clickedButton() is box.yes_button  # type: ignore[attr-defined]
