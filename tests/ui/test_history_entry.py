"""«Сеанс»: what it shows of a run, and what can be done with it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from freesport_sync.core.history import EntryKey, EntrySource, EntryStatus
from freesport_sync.errors import SyncError
from freesport_sync.settings.secrets import PASSWORD_VARIABLE
from freesport_sync.ui import freshness_watch
from freesport_sync.ui.widgets import latest
from tests.builders import ExportBuilder, offer, prices, product, rests
from tests.program import address, started
from tests.shop import Shop
from tests.ui.conftest import OpenDesk
from tests.ui.desk import Desk, texts_in
from tests.watching import VARIANT, holding, waiting_importers

TOLD_WITHIN_S = 20
"""Twice as long as it may take, because other tests run beside this one."""


def open_entry(desk: Desk, run_id: int) -> None:
    """Show a run, and wait until it is there."""
    page, key = desk.window.entry_page, EntryKey(EntrySource.RUN, run_id)
    desk.window.open_entry(key)
    desk.until(lambda: page.stack.currentIndex() == 1 and page._details and page._details.entry.key == key)


def shown_tabs(desk: Desk) -> list[str]:
    """The visible tabs."""
    tabs = desk.window.entry_page.tabs
    rooms = [(tabs.tabText(number), tabs.tabBar().tabRect(number)) for number in range(tabs.count())]
    return [text.split()[0] for text, room in rooms if room.width() > 0]


def test_the_tabs_of_a_dry_run_after_those_of_an_import(stocked_shop: Shop, dearer: Path, open_desk: OpenDesk) -> None:
    desk = open_desk(stocked_shop.url)
    desk.ready()
    desk.choose_source(dearer)
    desk.click(desk.window.import_page.form.dry_run)
    report = desk.end_of_run().report
    assert report is not None
    everything = ["Итоги", "Замечания", "Изменения", "Файлы", "Журнал"]
    for _ in range(2):
        open_entry(desk, 1)
        assert shown_tabs(desk) == [one for one in everything if one != "Изменения"]
        open_entry(desk, report.run_id)
        assert shown_tabs(desk) == everything


def test_a_killed_program_is_reported_within_ten_seconds(
    stocked_shop: Shop, dearer: Path, open_desk: OpenDesk, tmp_path: Path
) -> None:
    desk = open_desk(stocked_shop.url)
    desk.ready()
    page, history = desk.window.entry_page, desk.window.history_page
    where = ("--home", tmp_path / "other", "--database-url", address(stocked_shop.url), "--data-dir", dearer)
    password = {PASSWORD_VARIABLE: str(stocked_shop.url.password)}
    with holding(stocked_shop.url, VARIANT), started("--run", "--json", *where, environment=password) as program:
        run_id = program.event("run_started")["run_id"]
        open_entry(desk, run_id)
        desk.until(lambda: waiting_importers(stocked_shop.connection))
        desk.until(lambda: "Выполняется" in texts_in(page.summary))
        program.kill_all()
        desk.until(
            lambda: desk.texts.error(SyncError("interrupted", run_id=run_id)).what in texts_in(page.summary),
            TOLD_WITHIN_S,
        )
        assert page.repeat.isVisible()
        assert not page.stop.isVisible()
        desk.window.show_page("history")
        desk.until(lambda: (row := history.model.row_at(0)) and row.status is EntryStatus.INTERRUPTED)
        desk.until(lambda: desk.window.status_bar.lock.text == desk.texts("window.free"))
        desk.window.show_page("import")
        latest_result = desk.window.import_page.latest
        desk.until(latest_result.repeat.isVisible)
        desk.until(lambda: f"Импорт № {run_id} прерван" in texts_in(latest_result))
    desk.click(latest_result.repeat)
    end = desk.end_of_run()
    assert (end.error, desk.window.sidebar.page) == (None, "import")
    assert stocked_shop.value("SELECT retail_price FROM product_variants") == 200
    desk.until(latest_result.repeat.isHidden)


def test_ages_grow_while_nothing_happens(
    stocked_shop: Shop, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    later_s = 0.0
    monkeypatch.setattr(latest, "TICK_MS", 20)
    monkeypatch.setattr(freshness_watch, "TICK_MS", 20)
    monkeypatch.setattr(freshness_watch, "ASK_S", 1e9)
    monkeypatch.setattr(latest, "_now", lambda: datetime.now(UTC) + timedelta(seconds=later_s))
    monkeypatch.setattr(freshness_watch, "_seconds", lambda: time.monotonic() + later_s)
    # Not the time of the test: the shop was stocked before the first test that needs it.
    stocked_shop.execute("UPDATE freesport_sync.runs SET started_at = now(), finished_at = now()")
    stocked_shop.execute("UPDATE freesport_sync.run_files SET created_at = NULL")
    desk = open_desk(stocked_shop.url)
    desk.ready()
    shown, status = desk.window.import_page.latest, desk.window.status_bar.freshness
    desk.until(lambda: "только что" in texts_in(shown))
    desk.until(lambda: status.isVisible() and status.text == "Остатки ещё не загружались")
    later_s = 300
    desk.until(lambda: "5 мин назад" in texts_in(shown) and "только что" not in texts_in(shown))
    assert "Цены" not in status.text
    later_s = 27 * 3600
    desk.until(lambda: status.text == "Нет свежих данных: цены, остатки")
    assert "Цены не обновлялись 27 ч" in status.toolTip()
    assert "Нет свежих данных: цены, остатки" in desk.window.tray.icon.toolTip()


def test_undoing_is_a_flow_of_its_own(stocked_shop: Shop, open_desk: OpenDesk, tmp_path: Path) -> None:
    """Look, decide in the session of the look, read what came of it; what is undone says so and stays it."""
    more = ExportBuilder(tmp_path / "more")
    more.goods(product("p1", name="Имя"), product("x1", name="Сетка"))
    more.offers(offer("x1#c1", name="Сетка", characteristics={"Цвет": "Белый"}))
    desk = open_desk(stocked_shop.url)
    desk.ready()
    desk.choose_source(more.folder)
    desk.click(desk.window.import_page.form.start)
    imported = desk.end_of_run().report
    assert imported is not None
    undone = imported.run_id
    page, card = desk.window.entry_page, desk.window.import_page.progress
    open_entry(desk, undone)
    desk.click(page.undo)
    desk.until(lambda: hasattr(page, "undo_dialog"))
    assert "товары, которые создал этот импорт, будут скрыты" in texts_in(page.undo_dialog)
    desk.click(page.undo_dialog.look)
    looked = desk.end_of_run().report
    assert looked is not None
    assert card.title.text() == f"Проверка отмены импорта № {undone}"
    assert "будет скрыто: товаров 1, вариантов 1" in texts_in(card.notice).lower()
    assert "Возврат" not in texts_in(card.stages)
    assert card.real.text().strip() == f"&Отменить импорт № {undone}"
    assert not card.again.isVisible()
    desk.click(card.open)
    desk.until(lambda: page.stack.currentIndex() == 1 and page.real.isVisible())
    assert page.title.text() == f"№ {looked.run_id}: проверка отмены импорта № {undone}"
    assert page.real.text().strip() == f"&Отменить импорт № {undone}"
    desk.click(page.real)
    end = desk.end_of_run()
    assert end.report is not None
    assert card.title.text() == f"Отмена импорта № {undone}"
    assert f"Импорт № {undone} отменён" in texts_in(card.notice)
    assert "скрыто: товаров 1, вариантов 1" in texts_in(card.notice).lower()
    assert {"Чтение резервной копии", "Возврат прежних значений"} <= set(texts_in(card.stages).splitlines())
    assert not card.again.isVisible()
    assert stocked_shop.value("SELECT count(*) FROM products WHERE is_active") == 1
    open_entry(desk, end.report.run_id)
    assert shown_tabs(desk) == ["Итоги", "Замечания", "Журнал"], "it has read no files"
    assert page.tabs.tabText(1) == "Замечания", "notes are no remarks, as in the history"
    assert texts_in(page.summary).splitlines()[-1] == "1 заметка"
    mark = f"тменён импортом № {end.report.run_id}"
    open_entry(desk, undone)
    desk.until(lambda: mark in texts_in(page.summary))
    assert not page.undo.isEnabled()
    assert mark in page.undo.toolTip()
    open_entry(desk, looked.run_id)
    assert not page.real.isEnabled()
    assert mark in page.real.toolTip()
    desk.window.show_page("history")
    model = desk.window.history_page.model
    result = [column.name for column in model.columns].index("result")
    desk.until(lambda: model.rowCount() == 4 and mark in str(model.index(2, result).data()))
    desk.window.show_page("import")
    desk.window.import_page.show_form()
    desk.until(lambda: f"Импорт № {undone} отменён" in texts_in(desk.window.import_page.latest))


def test_what_was_checked_can_be_loaded_from_its_session(stocked_shop: Shop, dearer: Path, open_desk: OpenDesk) -> None:
    checked = stocked_shop.run(dearer, is_dry_run=True)
    desk = open_desk(stocked_shop.url)
    desk.ready()
    page = desk.window.entry_page
    open_entry(desk, checked.run_id)
    assert page.real.text().strip() == "&Загрузить в магазин"
    desk.click(page.real)
    end = desk.end_of_run()
    assert (end.error, end.submission.header.is_dry_run) == (None, False)
    assert stocked_shop.value("SELECT retail_price::int FROM product_variants") == 200


def test_changes_are_shown_in_words_and_saved(stocked_shop: Shop, open_desk: OpenDesk, tmp_path: Path) -> None:
    """Names and not keys, yes and no, prices as people write them; the CSV file has the same words."""
    more = ExportBuilder(tmp_path / "more")
    more.reference_data()
    more.goods(product("p1"), product("x1", name="Сетка"))
    more.offers(offer("p1#c1", deleted=True), offer("x1#c1", name="Сетка", characteristics={"Цвет": "Белый"}))
    more.prices(prices("x1#c1", {"retail": 5490}))
    more.rests(rests("x1#c1", {"w1": 3}))
    checked = stocked_shop.run(more.folder, is_dry_run=True, accept_large_change=True)
    desk = open_desk(stocked_shop.url)
    desk.ready()
    tab = desk.window.entry_page.changes
    open_entry(desk, checked.run_id)
    desk.until(lambda: tab.model.rowCount() > 3)
    rows = [[str(tab.model.index(row, column).data()) for column in range(5)] for row in range(tab.model.rowCount())]
    assert ["Вариант", "Сетка (Белый)", "Розничная цена", "—", "5490,00"] in rows
    assert ["Вариант", "Сетка (Белый)", "Остаток", "—", "3"] in rows
    assert ["Вариант", "Сетка (Белый)", "новая запись", "", ""] in rows
    assert "Показан в магазине да нет" in [" ".join(row[2:]) for row in rows]
    file = tmp_path / "changes.csv"
    tab.save_to(file)
    desk.until(tab.save.isEnabled)
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "Что;Название;Поле;Было;Станет;Ид в 1С"
    assert [line.split(";")[:5] for line in lines[1:]] == rows
