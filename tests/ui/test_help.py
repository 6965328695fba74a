"""The guide in the window: every chapter, its links and pictures, the search, both languages, both themes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest

from freesport_sync.i18n.texts import Language
from freesport_sync.ui.dialogs.help import CHAPTER_OF_PAGE, HelpDialog
from freesport_sync.ui.theme import DARK, LIGHT, Theme
from tests.ui.conftest import OpenDesk
from tests.ui.desk import Desk


@pytest.fixture(params=Language, ids=lambda language: language.value)
def desk(request: pytest.FixtureRequest, open_desk: OpenDesk) -> Desk:
    return open_desk(None, language=request.param)


@pytest.fixture
def guide(desk: Desk) -> HelpDialog:
    desk.window.help()
    assert desk.window.help_dialog is not None
    return desk.window.help_dialog


def titles(guide: HelpDialog) -> list[str]:
    return [guide.list.item(row).text() for row in range(guide.list.count())]


def test_the_button_and_f1_open_the_chapter_of_the_page(desk: Desk) -> None:
    window = desk.window
    assert CHAPTER_OF_PAGE.keys() == window._pages.keys()
    for page, name in CHAPTER_OF_PAGE.items():
        window.show_page(page)
        desk.click(window.sidebar.help_button)
        guide = window.help_dialog
        assert guide is not None
        chapter = guide._guide.chapter(name)
        assert chapter is not None
        assert guide.text.toPlainText().startswith(chapter.title)
        assert guide.list.currentItem().text() == chapter.title


def test_every_chapter_is_shown_with_its_pictures(guide: HelpDialog) -> None:
    pictures = 0
    for row in range(guide.list.count()):
        guide.list.setCurrentRow(row)
        shown = guide.text.toPlainText()
        assert shown.startswith(guide.list.item(row).text())
        assert "](" not in shown
        assert "<a id" not in shown
        pictures += shown.count("\N{OBJECT REPLACEMENT CHARACTER}")
    chapters = guide._guide.chapters
    assert pictures == sum(chapter.text.count("![") for chapter in chapters)


def test_pictures_come_from_the_folder_of_the_guide_only(guide: HelpDialog, tmp_path: Path) -> None:
    outside = tmp_path / "other.png"
    assert guide.text.grab().save(str(outside))
    load = guide.text.loadResource
    image = 2  # QTextDocument.ResourceType.ImageResource
    assert load(image, QUrl(str(outside))) is None
    assert load(image, QUrl("../README.md")) is None
    assert load(image, QUrl("https://example.ru/a.png")) is None or load(image, QUrl("x")).isNull()


def test_links_lead_to_chapters_and_back_others_to_the_browser(
    desk: Desk, guide: HelpDialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda address: opened.append(address.toString()))
    guide.open_chapter("guards")
    guide._follow("#undo")
    undo = guide._guide.chapter("undo")
    assert undo is not None
    assert guide.text.toPlainText().startswith(undo.title)
    guide._follow("errors.ru.md#lock_held")
    assert guide.text.verticalScrollBar().value() > 0
    guide._follow("file:///etc/passwd")
    guide._follow("nowhere.md")
    assert opened == []
    guide._follow("https://example.ru/page")
    assert opened == ["https://example.ru/page"]
    desk.click(guide.back)
    assert guide.text.toPlainText().startswith(undo.title)


def test_the_search_finds_sections_and_marks_the_words(desk: Desk, guide: HelpDialog) -> None:
    chapters = titles(guide)
    QTest.keyClicks(guide.search, "lock_held")
    desk.until(lambda: titles(guide) != chapters)
    assert all("lock_held" in line for line in titles(guide)[:2])
    assert guide.text.extraSelections()
    assert "lock_held" in guide.text.toPlainText()
    guide.search.setText("qqqqqq")
    desk.until(guide.nothing.isVisible)
    assert guide.list.count() == 0
    guide.search.clear()
    desk.until(lambda: titles(guide) == chapters)
    assert not guide.nothing.isVisible()


def test_colours_follow_the_theme(guide: HelpDialog, theme: Theme) -> None:
    guide.open_chapter("undo")

    def code_background() -> str:
        block = guide.text.document().begin()
        while block.isValid():
            if block.text().startswith("freesport-sync"):
                return block.blockFormat().background().color().name()
            block = block.next()
        raise AssertionError("no command")

    theme.use(LIGHT)
    assert code_background() == LIGHT.neutral_soft
    theme.use(DARK)
    assert code_background() == DARK.neutral_soft
    theme.use(LIGHT)


def test_keys_go_to_the_search_and_close_the_guide(guide: HelpDialog) -> None:
    guide.list.setFocus()
    QTest.keyClick(guide, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert guide.focusWidget() is guide.search
    QTest.keyClick(guide, Qt.Key.Key_Escape)
    assert not guide.isVisible()
