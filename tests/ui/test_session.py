"""«Сеанс»: what it shows of a run, and what can be done with it."""

from __future__ import annotations

from pathlib import Path

from freesport_sync.core.history import SessionKey, Source
from tests.shop import Shop
from tests.ui.conftest import OpenDesk
from tests.ui.desk import Desk


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
