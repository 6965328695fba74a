"""What the start page tells: where data goes, what an export holds, how a run goes and what came of it."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from freesport_sync.core.database_status import DatabaseStatus, LockHolder
from freesport_sync.core.events import Progress, RunFinished
from freesport_sync.core.run import RunReport, RunStatus
from freesport_sync.core.shop import ImportKind, Stage
from freesport_sync.core.tasks import Header, Submission
from freesport_sync.errors import ImportFailed
from freesport_sync.services.export_preview import preview_export
from freesport_sync.settings.profiles import Profile
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.ui.run_feed import (
    RunFeed,
    RunSnapshot,
    StageState,
    stopped,
)
from freesport_sync.ui.run_lane import RunEnd
from freesport_sync.ui.theme import tone_of
from freesport_sync.ui.widgets.source_picker import look_at
from tests.builders import ExportBuilder, offer, prices, product, rests
from tests.shop import Shop
from tests.ui.conftest import OpenDesk
from tests.ui.desk import Desk, process_events, texts_in
from tests.ui.snapshots import first_of_import


class Clock:
    """Changes when the test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def fed(clock: Clock) -> tuple[RunFeed, list[RunSnapshot]]:
    shown: list[RunSnapshot] = []
    return RunFeed(shown.append, first_of_import(ShopImport(), has_pictures=False), clock), shown


def reading(snapshot: RunSnapshot) -> tuple[StageState, float | None]:
    line = next(one for one in snapshot.stages if one.stage == Stage.STAGE)
    return line.state, line.eta_s


def test_an_eta_is_shown_only_when_it_means_something() -> None:
    clock = Clock()
    feed, shown = fed(clock)
    for now, done, wanted in ((0.0, 1, None), (1.0, 500, None), (4.0, 10, None), (5.0, 600, 2.0)):
        clock.now = now
        feed(Progress(Stage.STAGE, done, 1000, 100.0, 2.0))
        assert reading(shown[-1])[1] == wanted, now


@pytest.mark.parametrize(
    ("status", "state", "tone"),
    [(RunStatus.CANCELLED, StageState.CANCELLED, "neutral"), (RunStatus.FAILED, StageState.STOPPED, "bad")],
)
def test_a_cancelled_stage_is_grey(status: RunStatus, state: StageState, tone: str) -> None:
    feed, shown = fed(Clock())
    feed(Progress(Stage.STAGE, 1, 10, 1.0, None))
    feed(RunFinished(RunReport(1, ImportKind.ALL, status, False, datetime.now(UTC), 1.0, {}, (), ())))
    assert reading(shown[-1])[0] is state
    assert tone_of(state) == tone
    early = stopped(shown[0], is_cancelled=status is RunStatus.CANCELLED)
    assert reading(early)[0] is state


def test_the_files_of_an_export_are_shown_by_kind_date_and_count(tmp_path: Path) -> None:
    export = ExportBuilder(tmp_path / "export")
    export.reference_data()
    export.goods(product("p1"), segment=1)
    export.goods(product("p2"), segment=2)
    export.offers(offer("p1#c1"))
    export.prices(prices("p1#c1", {"retail": 1}))
    export.rests(rests("p1#c1", {"w1": "1"}))
    seen = preview_export(export.folder)
    assert seen.kinds["goods"] == 2
    assert seen.created_at is not None
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for file in export.folder.rglob("*.xml"):
            packed.write(file, file.relative_to(export.folder))
        packed.writestr("import_files/aa/x.jpg", b"x")
    assert preview_export(archive) == seen
    assert look_at(str(archive)).kinds == seen.kinds
    (tmp_path / "empty").mkdir()
    assert look_at(str(tmp_path / "empty")).kinds == {}
    (tmp_path / "broken.zip").write_bytes(b"PK no archive")
    assert look_at(str(tmp_path / "broken.zip")).kinds is None
    (export.folder / "goods" / "goods_9.xml").write_text("<html/>", encoding="utf-8")
    assert look_at(str(export.folder)).kinds is None, "the run says what is wrong with it"


def test_the_form_tells_of_the_files_and_folds_what_is_rare(
    stocked_shop: Shop, dearer: Path, open_desk: OpenDesk, tmp_path: Path
) -> None:
    desk = open_desk(stocked_shop.url)
    desk.ready()
    desk.choose_source(dearer)
    form = desk.window.import_page.form
    desk.until(lambda: "товары 1, предложения 1, цены 1" in form.source.state.text())
    assert "Выгружено из 1С " in form.source.state.text()
    (tmp_path / "empty").mkdir()
    form.set_source(str(tmp_path / "empty"))
    desk.until(lambda: form.source.state.text() == desk.texts("import_page.source_empty"))
    assert form.full.isVisible()
    assert not form.skip_backup.isVisible()
    form.more.click()
    assert form.skip_backup.isVisible()
    form.skip_backup.setChecked(True)
    form.more.click()
    assert form.skip_backup.isVisible(), "what is chosen stays in sight"


def test_a_run_of_this_window_is_never_another_program(stocked_shop: Shop, dearer: Path, open_desk: OpenDesk) -> None:
    desk = open_desk(stocked_shop.url)
    desk.ready()
    desk.choose_source(dearer)
    window, backend = desk.window, desk.backend
    assert backend.database_status is not None
    usual = backend.database_status

    def found(holder: LockHolder) -> None:
        backend.database_status_changed.emit(replace(usual, holder=holder))

    def tells(holder: LockHolder, told: str) -> bool:
        # The database is watched meanwhile and knows of no holder: said again until the texts are shown.
        found(holder)
        process_events()
        return told in texts_in(window.import_page.holder)

    desk.click(window.import_page.form.start)
    unknown = LockHolder(None, "", "", "", None)
    found(unknown)
    assert window.status_bar.lock.text == desk.texts("import_page.held_by_this")
    run_id = desk.end_of_run().snapshot.run_id
    late = LockHolder(run_id, "ivanov", "PC", "apply", datetime.now(UTC))
    found(late)
    assert not window.import_page.holder.isVisible()
    found(unknown)
    assert window.status_bar.lock.text == "Импорт выполняет другая программа"
    desk.until(lambda: tells(unknown, "Сейчас импорт выполняет другая программа"))
    assert "Её компьютер" not in texts_in(window.import_page.holder)
    seen = replace(unknown, host="10.0.0.5", since=datetime(2026, 11, 29, 9, 0))
    desk.until(lambda: tells(seen, "Её компьютер: 10.0.0.5. Соединение открыто 29.11.2026 09:00."))
    found(replace(late, run_id=(run_id or 0) + 1))
    assert window.import_page.holder.isVisible()
    assert desk.texts("import_page.held_by_this") != window.status_bar.lock.text


def test_bars_make_way_for_a_result_that_is_shown_once(stocked_shop: Shop, dearer: Path, open_desk: OpenDesk) -> None:
    desk = open_desk(stocked_shop.url)
    desk.ready()
    desk.choose_source(dearer)
    page = desk.window.import_page
    desk.click(page.form.start)
    assert page.progress.overall.isVisible()
    assert desk.end_of_run().error is None
    process_events()
    assert not page.progress.stages.isVisible()
    assert not page.progress.overall.isVisible()
    told = "Изменено: цен 1"
    desk.until(lambda: told in texts_in(page.progress))
    desk.until(lambda: told in page.latest._notice.accessibleName())
    assert told not in texts_in(page.latest)
    page.show_form()
    assert told in texts_in(page.latest)
    submission = Submission(ShopImport(), Header())
    snapshot = first_of_import(ShopImport(), has_pictures=False)
    page.progress.begin(submission)
    page._show_part(page.progress)
    feed = RunFeed(page.progress.show_snapshot, snapshot)
    feed(Progress(Stage.STAGE, 1, 10, 1.0, None))
    failed = stopped(replace(snapshot, stages=(replace(snapshot.stages[0], state=StageState.RUNNING),)))
    page.progress.show_end(RunEnd(submission, failed, None, ImportFailed("no_records")))
    assert page.progress.stages.isVisible(), "where it has stopped"
    assert not page.progress.overall.isVisible()


def test_the_connection_in_use_is_named(stocked_shop: Shop, open_desk: OpenDesk, tmp_path: Path) -> None:
    from freesport_sync.settings.profiles import save_profiles
    from tests.program import address

    (tmp_path / "home").mkdir()
    save_profiles(tmp_path / "home" / "profiles.toml", (Profile("Рабочий магазин", address(stocked_shop.url)),))
    desk = open_desk(stocked_shop.url)
    desk.ready()
    desk.until(lambda: desk.window.import_page.connection.text() == "Рабочий магазин")
    assert desk.window.status_bar.database.text == "База: Рабочий магазин"
    assert str(stocked_shop.url.database) in desk.window.status_bar.database.toolTip()
    assert not desk.window.import_page.badge.isVisible()


def test_a_demonstration_says_that_it_is_one(open_desk: OpenDesk) -> None:
    desk: Desk = open_desk(None, is_demo=True)
    desk.ready()
    desk.until(desk.window.import_page.badge.isVisible)
    assert not desk.window.import_page.connection.isVisible()


def test_the_lock_is_free_if_nobody_holds_it(open_desk: OpenDesk, stocked_shop: Shop) -> None:
    desk = open_desk(stocked_shop.url)
    desk.ready()
    desk.backend.database_status_changed.emit(DatabaseStatus("db", None, ()))
    assert desk.window.status_bar.lock.text == desk.texts("window.free")
