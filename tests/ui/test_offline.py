"""The database goes away and comes back under every page: one banner, no dialogs, and then everything is as before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from freesport_sync.core.history import EntryKey, EntrySource
from tests.proxy import Proxy
from tests.shop import Shop
from tests.ui.conftest import OpenDesk
from tests.ui.desk import Desk, texts_in
from tests.ui.scenery import insert_other_sessions
from tests.watching import CUT, VARIANT, holding, waiting_importers

ISSUES = (
    "INSERT INTO freesport_sync.row_issues"
    " (run_id, severity, code, file, line, onec_id, name, field, value, params, article)"
    " SELECT 1, 'warning', 'quantity_negative', 'rests.xml', i, 'p' || i, 'Мяч ' || i, 'Количество', '-3', '{}', ''"
    " FROM generate_series(1, 300) AS i"
)


@contextmanager
def away(shop: Shop, proxy: Proxy, desk: Desk) -> Iterator[None]:
    """Cut the database off while the block lasts, then wait until the window has found it again by itself."""
    losses: list[object] = []
    desk.backend.lost.connect(losses.append)
    proxy.is_gone.set()

    def is_lost() -> bool:
        shop.execute(CUT)  # again and again: some may have been about to log in
        return len(losses) > 1

    desk.until(is_lost)
    desk.until(desk.window.banner.isVisible)
    yield
    assert desk.window.crash is None, desk.window.crash.details.toPlainText()
    assert QApplication.activeModalWidget() is None
    proxy.is_gone.clear()
    desk.until(lambda: desk.backend.database_status is not None)
    desk.until(lambda: not desk.window.banner.isVisible())


@pytest.fixture(autouse=True)
def soon_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for seconds."""
    monkeypatch.setattr("freesport_sync.services.history.RETRY_S", (0.05,))


def test_under_every_page(stocked_shop: Shop, dearer: Path, open_desk: OpenDesk) -> None:
    insert_other_sessions(stocked_shop.connection, 350)
    stocked_shop.execute(ISSUES)
    with Proxy(stocked_shop.url) as proxy:
        desk = open_desk(proxy.url)
        desk.ready()
        window, form = desk.window, desk.window.import_page.form
        desk.choose_source(dearer)
        with away(stocked_shop, proxy, desk):
            assert not form.start.isEnabled()
            assert form.start.toolTip() == desk.texts("import_page.no_database")
        desk.until(form.start.isEnabled)

        window.show_page("history")
        history = window.history_page
        desk.until(lambda: history.model.is_loaded)
        count = history.model.rowCount()
        with away(stocked_shop, proxy, desk):
            assert history.model.rowCount() == count  # what was there stays
            history.table.scrollToBottom()  # and what was not is looked for
            desk.until(lambda: not history.model._asked)
        desk.until(lambda: history.model.row_at(count - 1) is not None)
        with away(stocked_shop, proxy, desk):
            history.reload()
            desk.until(lambda: history.list.currentWidget() is history.list.empty)
        desk.until(lambda: history.list.currentWidget() is history.table)

        window.open_entry(EntryKey(EntrySource.RUN, 1))
        page, issues = window.entry_page, window.entry_page.issues
        desk.until(lambda: page.stack.currentIndex() == 1)
        page.tabs.setCurrentWidget(issues)
        with away(stocked_shop, proxy, desk):
            issues.text.setText("Мяч 29")
            desk.until(issues.hint.isVisible)
        desk.until(lambda: issues.model.rowCount() == 11)
        desk.until(lambda: not issues.hint.isVisible())
        with away(stocked_shop, proxy, desk):
            page._ask_undo()
            desk.until(page.trouble.isVisible)
            window.open_entry(EntryKey(EntrySource.RUN, 2))
            desk.until(lambda: "Соединение" in texts_in(page.empty) or "недоступна" in texts_in(page.empty))
        desk.until(lambda: page.stack.currentIndex() == 1)
        desk.until(lambda: not page.trouble.isVisible())

        for name in ("log", "connections"):
            window.show_page(name)
            with away(stocked_shop, proxy, desk):
                assert window.stack.currentWidget() is window._pages[name]
        window.connections_page.database.test.click()
        desk.until(window.connections_page.database.test.isEnabled)
        desk.close()


def test_under_an_import(stocked_shop: Shop, dearer: Path, open_desk: OpenDesk) -> None:
    """It fails as the command line would, and the next one works."""
    with Proxy(stocked_shop.url) as proxy:
        desk = open_desk(proxy.url)
        desk.ready()
        page = desk.window.import_page
        desk.choose_source(dearer)
        with holding(stocked_shop.url, VARIANT):
            desk.click(page.form.start)
            desk.until(lambda: waiting_importers(stocked_shop.connection))
            with away(stocked_shop, proxy, desk):
                desk.until(lambda: desk.ends)
        assert desk.ends[0].error is not None
        assert desk.ends[0].error.exit_code == 3
        assert "В магазине" in texts_in(page.progress)
        desk.until(page.progress.again.isEnabled)
        desk.click(page.progress.again)
        assert desk.end_of_run().error is None
        desk.close()
    assert stocked_shop.value("SELECT retail_price::int FROM product_variants") == 200
