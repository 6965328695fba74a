"""What the login may not do is disabled and says why, before anybody has tried in vain."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from PySide6.QtWidgets import QApplication

from freesport_sync.core.history import EntryKey, EntrySource
from freesport_sync.core.shop import ImportKind
from tests.shop import Shop, new_role
from tests.ui.conftest import OpenDesk
from tests.ui.desk import Desk, texts_in

OWN_TABLES = ("GRANT USAGE ON SCHEMA freesport_sync", "GRANT SELECT ON ALL TABLES IN SCHEMA freesport_sync")
ALL_RIGHTS = (*OWN_TABLES, "GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA freesport_sync")


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database is asked more often than its users need."""
    for name in ("POLL_S", "RIGHTS_S"):
        monkeypatch.setattr(f"freesport_sync.services.history.{name}", 0.2)


def opened(open_desk: OpenDesk, url: sa.URL, folder: Path) -> Desk:
    desk = open_desk(url)
    desk.until(lambda: desk.backend.database_status is not None)
    desk.window.import_page.form.set_source(str(folder))
    desk.until(lambda: "Файлы выгрузки" in texts_in(desk.window.import_page.form))
    assert not desk.window.banner.isVisible()  # nothing is lost
    return desk


def test_what_an_import_may_not_write(stocked_shop: Shop, dearer: Path, open_desk: OpenDesk) -> None:
    """Until the administrator has given the right; and one for customers stops only those."""
    user = new_role(stocked_shop, *ALL_RIGHTS, but="UPDATE ON price_types, users")
    desk = opened(open_desk, user, dearer)
    form = desk.window.import_page.form
    assert (form.start.isEnabled(), form.dry_run.isEnabled()) == (False, False)
    assert form.refusal.isVisible()
    for told in (texts_in(form.refusal), form.start.toolTip(), form.dry_run.accessibleDescription()):
        assert "right: price_types UPDATE" in told
    assert "администратору базы" in texts_in(form.refusal)
    stocked_shop.execute(f"GRANT UPDATE ON price_types TO {user.username}")
    desk.until(form.start.isEnabled)
    desk.until(lambda: not form.refusal.isVisible())
    assert form.start.toolTip().startswith(desk.texts("import_page.start_tip"))
    for kind in (ImportKind.CUSTOMERS, ImportKind.ALL):
        form.set_kind(kind)
        assert not form.start.isEnabled()
        desk.until(lambda: "right: users UPDATE" in texts_in(form.refusal))
    form.set_kind(ImportKind.PRICES)
    desk.click(form.start)
    assert desk.end_of_run().error is None


def test_who_may_only_look_sees_the_history(stocked_shop: Shop, dearer: Path, open_desk: OpenDesk) -> None:
    stocked_shop.execute("UPDATE freesport_sync.runs SET request = request || '{\"skip_backup\": false}' WHERE id = 1")
    user = new_role(stocked_shop, *OWN_TABLES)
    desk = opened(open_desk, user, dearer)
    form = desk.window.import_page.form
    assert not form.start.isEnabled()
    assert "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA freesport_sync" in texts_in(form.refusal)
    desk.window.show_page("history")
    desk.until(lambda: desk.window.history_page.model.rowCount() == 1)
    desk.window.open_entry(EntryKey(EntrySource.RUN, 1))
    page = desk.window.entry_page
    desk.until(page.undo.isVisible)
    for action in (page.repeat, page.undo):
        assert not action.isEnabled()
        assert "freesport_sync" in action.toolTip()
    assert desk.texts("entry.refused", reason=page.undo.toolTip()) == page.refused.text()
    assert page.copy.isEnabled()
    stocked_shop.execute(f"GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA freesport_sync TO {user.username}")
    desk.until(page.undo.isEnabled)
    desk.until(lambda: not page.refused.isVisible())


READ_VERSION = ("GRANT USAGE ON SCHEMA freesport_sync", "GRANT SELECT ON freesport_sync.alembic_version")


@pytest.mark.parametrize(
    ("grants", "told"), [((), "Нет права читать схему freesport_sync."), (READ_VERSION, "Не хватает прав в базе: ")]
)
def test_who_may_not_read_the_history(
    stocked_shop: Shop, dearer: Path, open_desk: OpenDesk, grants: tuple[str, ...], told: str
) -> None:
    """Every page says so; the shop's database is there all the same."""
    desk = opened(open_desk, new_role(stocked_shop, *grants), dearer)
    window = desk.window
    assert not window.import_page.form.start.isEnabled()
    window.show_page("history")
    window.open_entry(EntryKey(EntrySource.RUN, 1))
    for place in (window.import_page.latest, window.history_page.list.empty, window.entry_page.empty):
        desk.until(lambda place=place: told in texts_in(place) and "дминистратор" in texts_in(place))  # type: ignore[misc]
        assert "{" not in texts_in(place)
    assert QApplication.activeModalWidget() is None


def test_who_may_not_make_the_own_schema(stocked_shop: Shop, dearer: Path, open_desk: OpenDesk) -> None:
    stocked_shop.execute("DROP SCHEMA freesport_sync CASCADE")
    desk = opened(open_desk, new_role(stocked_shop, but="SELECT ON import_sessions"), dearer)
    form = desk.window.import_page.form
    desk.until(lambda: form.refusal.isVisible())
    stocked_shop.execute("GRANT SELECT ON import_sessions TO PUBLIC")
    desk.until(lambda: "CREATE SCHEMA IF NOT EXISTS freesport_sync" in texts_in(form.refusal))
    assert not form.dry_run.isEnabled()
    desk.window.show_page("history")
    desk.until(lambda: desk.texts("history.empty") in texts_in(desk.window.history_page.list.empty))
