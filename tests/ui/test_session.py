"""«Сеанс»: what it shows of a run, and what can be done with it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from freesport_sync.core.history import SessionKey, SessionStatus, Source
from freesport_sync.errors import SyncError
from freesport_sync.settings.secrets import PASSWORD_VARIABLE
from freesport_sync.ui.widgets import latest
from tests.e2e.program import address, started
from tests.shop import Shop
from tests.ui.conftest import OpenDesk
from tests.ui.desk import Desk, texts_in
from tests.watching import VARIANT, holding, waiting_importers

TOLD_WITHIN_S = 10


def open_session(desk: Desk, run_id: int) -> None:
    """Show a run, and wait until it is there."""
    page, key = desk.window.session, SessionKey(Source.RUN, run_id)
    desk.window.open_session(key)
    desk.until(lambda: page.stack.currentIndex() == 1 and page._details and page._details.session.key == key)


def shown_tabs(desk: Desk) -> list[str]:
    """The tabs that somebody can see and click."""
    tabs = desk.window.session.tabs
    rooms = [(tabs.tabText(number), tabs.tabBar().tabRect(number)) for number in range(tabs.count())]
    return [text.split()[0] for text, room in rooms if room.width() > 0]


def test_the_tabs_of_a_dry_run_after_those_of_an_import(stocked_shop: Shop, dearer: Path, open_desk: OpenDesk) -> None:
    desk = open_desk(stocked_shop.url)
    desk.ready()
    desk.choose_source(dearer)
    desk.click(desk.window.exchange.form.dry_run)
    report = desk.end_of_run().report
    assert report is not None
    everything = ["Итоги", "Замечания", "Изменения", "Файлы", "Журнал"]
    for _ in range(2):
        open_session(desk, 1)
        assert shown_tabs(desk) == [one for one in everything if one != "Изменения"]
        open_session(desk, report.run_id)
        assert shown_tabs(desk) == everything


def test_a_killed_program_is_told_of_within_ten_seconds(
    stocked_shop: Shop, dearer: Path, open_desk: OpenDesk, tmp_path: Path
) -> None:
    desk = open_desk(stocked_shop.url)
    desk.ready()
    page, history = desk.window.session, desk.window.history
    where = ("--home", tmp_path / "other", "--database-url", address(stocked_shop.url), "--data-dir", dearer)
    password = {PASSWORD_VARIABLE: str(stocked_shop.url.password)}
    with holding(stocked_shop.url, VARIANT), started("--run", "--json", *where, environment=password) as program:
        run_id = program.event("run_started")["run_id"]
        open_session(desk, run_id)
        desk.until(lambda: waiting_importers(stocked_shop.connection))
        desk.until(lambda: "Выполняется" in texts_in(page.summary))
        program.kill_all()
        desk.until(lambda: desk.texts.error(SyncError("interrupted")).what in texts_in(page.summary), TOLD_WITHIN_S)
        assert page.repeat.isVisible()
        assert not page.stop.isVisible()
        desk.window.show_page("history")
        desk.until(lambda: (row := history.model.row_at(0)) and row.status is SessionStatus.INTERRUPTED)
        assert desk.window.lock.text == desk.texts("window.free")


def test_ages_grow_while_nothing_happens(
    stocked_shop: Shop, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latest, "TICK_MS", 20)
    # Not the time of the test: the shop was stocked before the first test that needs it.
    now = stocked_shop.value("SELECT started_at FROM freesport_sync.runs") + timedelta(seconds=1)
    monkeypatch.setattr(latest, "_now", lambda: now)
    desk = open_desk(stocked_shop.url)
    desk.ready()
    shown = desk.window.exchange.latest
    desk.until(lambda: "только что" in texts_in(shown))
    now += timedelta(minutes=5)
    desk.until(lambda: "5 мин назад" in texts_in(shown) and "только что" not in texts_in(shown))
