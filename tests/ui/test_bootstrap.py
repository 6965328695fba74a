"""The window says what became of the bootstrap file."""

from __future__ import annotations

from pathlib import Path

import pytest

from freesport_sync.i18n.texts import Language
from freesport_sync.ui.widgets.bootstrap import BootstrapNotice
from tests.ui.conftest import OpenDesk
from tests.ui.desk import Desk, texts_in


def said_by(desk: Desk) -> str:
    desk.window.show_page("connections")
    desk.until(lambda: desk.backend.application is not None)
    (notice,) = desk.window.connections_page.findChildren(BootstrapNotice)
    desk.until(lambda: texts_in(notice))
    return texts_in(notice)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "bootstrap.toml"
    file.write_text("[exchange]\nport = 8190\n", "utf-8")
    file.chmod(0o644)
    monkeypatch.setenv("FREESPORT_SYNC_BOOTSTRAP", str(file))
    return file


def test_the_page_of_connections_says_that_it_was_applied(file: Path, open_desk: OpenDesk) -> None:
    desk = open_desk(None)
    assert f"Настроено по файлу {file}" in said_by(desk)


@pytest.mark.parametrize("language", Language)
def test_the_window_opens_although_it_is_wrong(file: Path, language: Language, open_desk: OpenDesk) -> None:
    file.write_text("[exchange]\nport = 'x'\n", "utf-8")
    desk = open_desk(None, language=language)
    said = said_by(desk)
    assert f"{file} {'не применён' if language is Language.RUSSIAN else 'was not applied'}" in said
    assert "exchange.port" in said
    assert f"{file}, {'строка' if language is Language.RUSSIAN else 'line'} 2" in said


def test_without_one_nothing_is_said(open_desk: OpenDesk) -> None:
    desk = open_desk(None)
    desk.window.show_page("connections")
    desk.ready()
    (notice,) = desk.window.connections_page.findChildren(BootstrapNotice)
    assert not notice.isVisible()
