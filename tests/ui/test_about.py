"""«О программе»: the version that support asks for, and licences to read and to search in."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication

from freesport_sync import __version__
from freesport_sync.i18n.texts import Language
from freesport_sync.ui.dialogs.about import AboutDialog
from tests.ui.conftest import OpenDesk
from tests.ui.desk import Desk, texts_in


def open_about(desk: Desk) -> AboutDialog:
    """The dialog as the window opens it, with its list."""
    desk.click(desk.window.sidebar.about_button)
    dialog = desk.window.about_dialog
    desk.until(dialog.list.count)
    return dialog


def test_names_the_version_and_copies_what_support_asks_for(open_desk: OpenDesk) -> None:
    dialog = open_about(open_desk(None))
    assert f"Версия {__version__}" in texts_in(dialog)
    dialog.copy.click()
    copied = QGuiApplication.clipboard().text()
    assert copied == dialog.facts.text()
    assert f"freesport_sync {__version__}, Python 3." in copied


def test_shows_the_full_text_of_a_licence(open_desk: OpenDesk) -> None:
    desk = open_desk(None, language=Language.ENGLISH)
    dialog = open_about(desk)
    names = [dialog.list.item(row).text().split("\n")[0] for row in range(dialog.list.count())]
    dialog.list.setCurrentRow(names.index("Qt"))
    shown = dialog.text.toPlainText()
    assert "Inside of pyside6-essentials" in shown
    assert "put your files in the place of PySide6" in shown
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in shown
    assert "GNU GENERAL PUBLIC LICENSE" in shown


def test_searches_in_names_licences_and_texts(open_desk: OpenDesk) -> None:
    desk = open_desk(None)
    dialog = open_about(desk)
    everything = dialog.list.count()
    dialog.search.setText("Regents of the University of California")
    desk.until(lambda: dialog.list.count() < everything)
    names = {dialog.list.item(row).text().partition(" ")[0].partition("\n")[0] for row in range(dialog.list.count())}
    assert {"PostgreSQL", "libpq"} <= names
    assert dialog.text.textCursor().selectedText() == "Regents of the University of California"
    dialog.search.setText("нет такого слова")
    desk.until(lambda: dialog.list.count() == 0)
    assert dialog.text.toPlainText() == ""
    assert f"Показано 0 из {everything}" in texts_in(dialog)
    dialog.search.clear()
    desk.until(lambda: dialog.list.count() == everything)
