"""The support package in the window, and what is said after a crash."""

from __future__ import annotations

import zipfile
from pathlib import Path

from PySide6.QtWidgets import QApplication

from freesport_sync.core.history import EntryKey, EntrySource
from freesport_sync.ui.dialogs.support import SupportDialog
from tests.program import Command
from tests.shop import Shop
from tests.ui.conftest import OpenDesk
from tests.ui.desk import Desk, texts_in

CRASH = "crash-20261129-120000-abcd-window.txt"


def collected(desk: Desk, dialog: SupportDialog) -> SupportDialog:
    desk.until(lambda: dialog.save.isEnabled())
    return dialog


def names(dialog: SupportDialog) -> list[str]:
    return [dialog.list.item(row).text().partition("  (")[0] for row in range(dialog.list.count())]


def test_each_file_is_shown_as_it_is_saved(
    open_desk: OpenDesk, stocked_shop: Shop, command: Command, dearer: Path, tmp_path: Path
) -> None:
    run_id = command("--run", "--data-dir", dearer, "--json").events("result")[0]["run_id"]
    desk = open_desk(stocked_shop.url)
    desk.ready()
    page = desk.window.entry_page
    desk.window.open_entry(EntryKey(EntrySource.RUN, run_id))
    desk.until(page.support.isVisible)
    desk.click(page.support)
    dialog = collected(desk, page.support_dialog)
    assert not any("/files/" in name for name in names(dialog))
    dialog.files.click()
    desk.until(lambda: dialog.save.isEnabled() and any("/files/" in name for name in names(dialog)))
    file = tmp_path / "support.zip"
    dialog.save_as(file)
    desk.until(dialog.open_folder.isVisible)
    desk.until(lambda: str(file) in texts_in(dialog))
    with zipfile.ZipFile(file) as packed:
        assert packed.namelist() == names(dialog)
        for row, name in enumerate(packed.namelist()):
            dialog.list.setCurrentRow(row)
            saved = packed.read(name).decode("utf-8-sig").replace("\r\n", "\n")
            assert dialog.view.toPlainText() == saved, name
    dialog.reject()


def test_what_is_missing_and_what_cannot_be_saved_is_said(
    open_desk: OpenDesk, stocked_shop: Shop, tmp_path: Path
) -> None:
    desk = open_desk(stocked_shop.url)
    desk.ready()
    dialog = SupportDialog(desk.tools, EntryKey(EntrySource.RUN, 4711), desk.window)
    dialog.open()
    collected(desk, dialog)
    desk.until(lambda: "4711" in texts_in(dialog))
    dialog.save_as(tmp_path / "missing" / "support.zip")
    desk.until(lambda: "support_not_saved" in texts_in(dialog))
    assert dialog.save.isEnabled()
    dialog.reject()


def test_with_wrong_settings_there_is_still_a_package(open_desk: OpenDesk, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "settings.toml").write_text("wrong = 1\n", "utf-8")
    desk = open_desk(None)
    desk.until(lambda: desk.backend.error)
    desk.window.show_page("log")
    desk.click(desk.window.log_page.support)
    dialog = collected(desk, desk.window.log_page.support_dialog)
    assert "settings.toml" in names(dialog)
    dialog.reject()


def test_a_crash_is_mentioned_once_with_the_way_to_the_package(
    open_desk: OpenDesk, stocked_shop: Shop, tmp_path: Path
) -> None:
    logs = tmp_path / "home" / "logs"
    logs.mkdir(parents=True)
    (logs / CRASH).write_text("freesport_sync 7\n\nSegmentation fault", "utf-8")
    state = tmp_path / "window.ini"
    desk = open_desk(stocked_shop.url, state_file=state)
    notice = desk.window.crash_notice
    desk.until(lambda: notice.question is not None and notice.question.isVisible())
    assert notice.question is not None
    assert "29.11.2026 12:00" in notice.question.text()
    notice.question.yes_button.click()  # type: ignore[attr-defined]
    desk.until(lambda: notice.support is not None)
    assert notice.support is not None
    assert f"logs/{CRASH}" in names(collected(desk, notice.support))
    notice.support.reject()
    desk.close()
    again = open_desk(stocked_shop.url, state_file=state)
    again.ready()
    desk.until(lambda: again.window.import_page.recent.is_loaded)
    assert again.window.crash_notice.question is None


def test_the_crash_dialog_leads_to_the_package(open_desk: OpenDesk, stocked_shop: Shop) -> None:
    desk = open_desk(stocked_shop.url)
    desk.ready()
    desk.window.show_crash(ValueError("broken, password=lion"))
    crash = desk.window.crash
    assert crash is not None
    assert "lion" not in crash.details.toPlainText()
    desk.click(crash.copy)
    assert "broken" in QApplication.clipboard().text()
    desk.click(crash.support)
    collected(desk, crash.support_dialog).reject()
    crash.accept()
