"""The rows that tell the shop's admin and our history what a run is doing and how it ended."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from freesport_sync.core.events import (
    Event,
    IssuesFound,
    Progress,
    RunFinished,
    RunStarted,
)
from freesport_sync.core.issues import Severity
from freesport_sync.core.shop import FileType, ImportKind, Stage
from freesport_sync.database.merge import merge
from freesport_sync.database.own import history_pages
from freesport_sync.database.server.engine import connect
from freesport_sync.errors import ImportFailed, SyncError
from freesport_sync.runs import heartbeat
from tests.bench.generator import generate
from tests.builders import ExportBuilder, offer, prices, product, property_, rests
from tests.integration.support import NewExport, history_details, history_entries, with_history
from tests.shop import Shop
from tests.watching import VARIANT, at_stage, background, holding, wait_until, waiting_importers

REFERENCE_KEYS = {
    *("products_created", "products_updated", "variants_created", "variants_updated", "default_variants_created"),
    *("prices_updated", "stocks_updated", "skipped", "errors", "warnings", "brand_fallbacks", "category_fallbacks"),
    *("images_copied", "images_skipped", "images_errors"),
    *("attributes_linked", "attributes_missing", "attributes_missing_mapping"),
    *("updated_products_ids", "updated_variants_ids"),
}
OUR_KEYS = {"total_items", "processed_items", "failed_items", "execution_time", "run_id"}
STAMP = re.compile(r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] \S.*")


def last_session(shop: Shop) -> dict[str, Any]:
    rows = shop.connection.exec_driver_sql("SELECT * FROM import_sessions ORDER BY id DESC LIMIT 1")
    return dict(rows.mappings().one())


def last_run(shop: Shop) -> dict[str, Any]:
    rows = shop.connection.exec_driver_sql("SELECT * FROM freesport_sync.runs ORDER BY id DESC LIMIT 1")
    return dict(rows.mappings().one())


@pytest.fixture
def full_export(new_export: NewExport) -> ExportBuilder:
    """One product with everything, another one of an unknown brand and group."""
    export = new_export()
    export.reference_data()
    export.goods(product("p1"), product("p2", name="Кеды", brand="b9", group="g9"))
    export.offers(offer("p1#c1"))
    export.prices(prices("p1#c1", {"retail": 100}))
    export.rests(rests("p1#c1", {"w1": 5}))
    return export


# --- a completed run ------------------------------------------------------------------------------------------------


def test_a_completed_session_has_the_keys_that_the_shop_knows(shop: Shop, full_export: ExportBuilder) -> None:
    report = shop.run(full_export.folder)
    session = last_session(shop)
    assert (session["import_type"], session["status"], session["session_key"]) == (
        "catalog",
        "completed",
        "freesport_sync",
    )
    assert session["celery_task_id"] is None
    assert session["error_message"] == ""
    assert session["created_at"] <= session["started_at"] <= session["finished_at"] <= session["updated_at"]
    details = session["report_details"]
    assert details.keys() == REFERENCE_KEYS | OUR_KEYS
    assert details["run_id"] == report.run_id
    assert details["total_items"] == details["processed_items"] == sum(c.total for c in report.counts.values())
    assert (details["products_created"], details["variants_created"], details["default_variants_created"]) == (2, 1, 1)
    assert (details["prices_updated"], details["stocks_updated"]) == (1, 1)
    assert (details["brand_fallbacks"], details["category_fallbacks"], details["failed_items"]) == (1, 1, 0)
    assert (details["warnings"], details["errors"]) == (2, 0)
    assert 0 < details["execution_time"] < 60


def test_a_session_counts_the_attributes_that_are_linked_and_those_that_are_not(
    shop: Shop, full_export: ExportBuilder
) -> None:
    guid = "5f06cea4-1920-11eb-81ce-00155d3cae02"
    full_export.properties_goods(property_("color", "Цвет", {"red": "Красный"}), segment=2)
    full_export.goods(
        product("p1", properties={"color": "red"}),
        product("p2", name="Кеды", properties={"color": guid, "weight": 5, "height": 6}),
    )
    full_export.offers(offer("p1#c1", characteristics={"Цвет": "Красный"}))
    shop.run(full_export.folder)
    details = last_session(shop)["report_details"]
    keys = ("attributes_linked", "attributes_missing", "attributes_missing_mapping")
    assert [details[key] for key in keys] == [2, 2, 1]


def test_session_lists_the_rows_that_were_updated(
    shop: Shop, new_export: NewExport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merge, "LISTED_IDS", 3)
    numbers = range(5)

    def updated(products: int, vat: int, retail: int) -> tuple[list[Any], list[Any]]:
        """What the session lists when the VAT of some products and their variants, and one price more change."""
        export = new_export()
        export.reference_data()
        export.goods(*(product(f"p{n}", vat=vat if n < products else 20) for n in numbers))
        export.offers(*(offer(f"p{n}#c") for n in numbers))
        export.prices(*(prices(f"p{n}#c", {"retail": retail if n == 4 else 100}) for n in numbers))
        shop.run(export.folder, accept_large_change=True)
        details = last_session(shop)["report_details"]
        return details["updated_products_ids"], details["updated_variants_ids"]

    assert updated(0, 20, 100) == ([], []), "new rows are not updated ones"
    product_ids = [row[0] for row in shop.rows("SELECT id FROM products ORDER BY id")]
    variant_ids = [row[0] for row in shop.rows("SELECT id FROM product_variants ORDER BY id")]
    assert updated(0, 20, 100) == ([], []), "nothing has changed"
    assert updated(3, 10, 100) == (product_ids[:3], variant_ids[:3])
    assert updated(4, 5, 90) == ([*product_ids[:3], "...and 1 more"], [*variant_ids[:3], "...and 2 more"])


def test_report_has_stamped_lines_and_ends_with_the_outcome(shop: Shop, full_export: ExportBuilder) -> None:
    shop.execute("SET timezone = 'Asia/Vladivostok'")
    shop.run(full_export.folder)
    lines = last_session(shop)["report"].splitlines()
    assert all(STAMP.fullmatch(line) for line in lines)
    assert lines[-1].endswith("Импорт завершён со статусом: выполнен")
    ends = [line[22:] for line in lines if line.endswith((": 0 %", ": 100 %"))]
    assert ends == [
        f"{title}: {percent} %"
        for title in ("Поиск файлов", "Чтение файлов", "Сравнение с магазином", "Запись изменений")
        for percent in (0, 100)
    ]
    utc = shop.value("SELECT to_char(finished_at AT TIME ZONE 'UTC', '[YYYY-MM-DD HH24:MI:') FROM import_sessions")
    assert lines[-1].startswith(utc)


def test_report_stays_short_however_much_there_is(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, short_lock_timeout: None
) -> None:
    """Every event is sent, and the merge is repeated twice."""
    monkeypatch.setattr("freesport_sync.core.progress.StageMeter.MIN_INTERVAL_S", 0)
    monkeypatch.setattr("freesport_sync.database.server.key_ranges.RANGE_ROWS", 5)
    generate(tmp_path / "large", products=50)
    shop.run(tmp_path / "large", chunk_size=10)
    # All variants but the last can be written, so that each attempt goes through its progress.
    shop.execute("UPDATE product_variants SET stock_quantity = stock_quantity + 1, retail_price = 1")
    last = VARIANT.replace("FOR", "WHERE id = (SELECT max(id) FROM product_variants) FOR")
    with holding(shop.url, last), pytest.raises(ImportFailed):
        shop.run(tmp_path / "large", chunk_size=10, accept_large_change=True)
    steps = [event for event in shop.events if isinstance(event, Progress) and event.stage is Stage.APPLY]
    assert len(steps) > 60
    lines = last_session(shop)["report"].splitlines()
    assert 40 < len(lines) <= 60
    assert len(set(lines)) > 40


def test_rows_of_the_run(shop: Shop, full_export: ExportBuilder) -> None:
    report = shop.run(full_export.folder, operator="иванов@PC-7", chunk_size=7)
    run = last_run(shop)
    assert (run["kind"], run["operator"], run["is_dry_run"], run["status"]) == (
        "all",
        "иванов@PC-7",
        False,
        "completed",
    )
    assert run["request"]["chunk_size"] == 7
    assert run["session_ids"] == [last_session(shop)["id"]]
    assert run["started_at"] <= run["heartbeat_at"]
    assert run["finished_at"] is not None
    assert run["stage"] == "report"
    assert (run["error_code"], run["error_params"]) == (None, None)
    assert run["counts"]["product"]["created"] == 2
    stages = shop.rows("SELECT stage, done = total FROM freesport_sync.run_stages ORDER BY started_at")
    assert stages == [("plan", True), ("stage", True), ("resolve", True), ("apply", True)]
    past = history_details(shop.connection, report.run_id)
    assert past.entry.counts == report.counts
    assert past.entry.issue_totals == report.issue_totals
    assert past.files == tuple(sorted(report.files, key=lambda file: file.path))
    stored = list(history_pages.read_issues(shop.connection, report.run_id))
    sent = [issue for event in shop.events if isinstance(event, IssuesFound) for issue in event.issues]
    assert sorted(issue.code for issue in stored) == sorted(issue.code for issue in sent)


@pytest.mark.parametrize(
    ("kind", "file_type", "import_type"),
    [
        (ImportKind.ALL, FileType.ALL, "catalog"),
        (ImportKind.CATALOG, FileType.ALL, "catalog"),
        (ImportKind.CATALOG, FileType.GOODS, "catalog"),
        (ImportKind.CATALOG, FileType.OFFERS, "variants"),
        (ImportKind.ALL, FileType.PRICES, "prices"),
        (ImportKind.ALL, FileType.RESTS, "stocks"),
        (ImportKind.PRICES, FileType.ALL, "prices"),
        (ImportKind.STOCKS, FileType.ALL, "stocks"),
    ],
)
def test_import_type_tells_what_was_imported(
    stocked_shop: Shop, full_export: ExportBuilder, kind: ImportKind, file_type: FileType, import_type: str
) -> None:
    stocked_shop.run(full_export.folder, kind=kind, file_type=file_type)
    assert last_session(stocked_shop)["import_type"] == import_type
    assert last_run(stocked_shop)["kind"] == kind


# --- other outcomes -------------------------------------------------------------------------------------------------


def test_dry_run_has_no_session(stocked_shop: Shop, dearer: Path) -> None:
    before = stocked_shop.rows("SELECT t::text FROM import_sessions AS t")
    report = stocked_shop.run(dearer, is_dry_run=True)
    assert stocked_shop.rows("SELECT t::text FROM import_sessions AS t") == before
    run = last_run(stocked_shop)
    assert (run["is_dry_run"], run["status"], run["session_ids"]) == (True, "completed", [])
    assert [change.field for change in history_pages.read_changes(stocked_shop.connection, report.run_id)] == [
        "retail_price"
    ]


def test_failed_session_has_one_sentence_and_the_code(stocked_shop: Shop, new_export: NewExport) -> None:
    export = new_export()
    export.reference_data()
    export.write("goods/goods.xml", "<КоммерческаяИнформация><Каталог>")
    with pytest.raises(ImportFailed) as caught:
        stocked_shop.run(export.folder)
    session, run = last_session(stocked_shop), last_run(stocked_shop)
    assert session["status"] == "failed"
    assert session["finished_at"] is not None
    message = session["error_message"]
    assert message.endswith(f" [{caught.value.code}]")
    assert "\n" not in message
    assert session["report"].endswith("Импорт завершён со статусом: не выполнен\n")
    assert session["report_details"].keys() == REFERENCE_KEYS | OUR_KEYS
    assert (run["status"], run["error_code"], run["stage"]) == ("failed", caught.value.code, "stage")
    assert run["finished_at"] is not None
    (finished,) = [event for event in stocked_shop.events if isinstance(event, RunFinished)]
    assert finished.report.status == "failed"


def test_run_that_finds_nothing_is_a_failure(stocked_shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImportFailed) as caught:
        stocked_shop.run(tmp_path / "empty")
    assert caught.value.code == "no_files"
    assert last_session(stocked_shop)["status"] == "failed"


def test_internal_error_closes_the_rows_too(
    stocked_shop: Shop, dearer: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def bug(*_: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("freesport_sync.database.merge.merge.read_counts", bug)
    with pytest.raises(SyncError) as caught:
        stocked_shop.run(dearer)
    assert caught.value.code == "internal_error"
    assert "ZeroDivisionError" in caplog.text
    assert last_session(stocked_shop)["error_message"] == "Внутренняя ошибка (ZeroDivisionError: ours) [internal_error]"
    assert last_run(stocked_shop)["status"] == "failed"


def test_listener_that_breaks_at_the_first_event_leaves_no_open_row(stocked_shop: Shop, dearer: Path) -> None:
    def break_down(event: Event) -> None:
        if isinstance(event, RunStarted):
            raise OSError("the window has gone")

    with pytest.raises(SyncError):
        stocked_shop.run(dearer, break_down)
    assert last_session(stocked_shop)["status"] == "failed"
    assert last_run(stocked_shop)["status"] == "failed"


# --- while it runs --------------------------------------------------------------------------------------------------


def test_running_session_shows_its_progress_and_beats(
    stocked_shop: Shop, dearer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "HEARTBEAT_S", 0.05)
    look = "SELECT status, updated_at, report_details, finished_at FROM import_sessions ORDER BY id DESC LIMIT 1"
    with holding(stocked_shop.url, VARIANT) as holder, background(lambda: stocked_shop.run(dearer)) as run:
        wait_until(lambda: waiting_importers(stocked_shop.connection))
        wait_until(lambda: last_run(stocked_shop)["stage"] == "apply")
        wait_until(lambda: stocked_shop.row(look)[2]["processed_items"] == 0)  # written a moment after the stage
        status, first, details, finished_at = stocked_shop.row(look)
        before = last_run(stocked_shop)["heartbeat_at"]
        assert (status, finished_at) == ("in_progress", None)
        assert (details["total_items"], details["processed_items"]) == (1, 0)
        assert details["run_id"] == last_run(stocked_shop)["id"]
        wait_until(lambda: stocked_shop.row(look)[1] > first)
        wait_until(lambda: last_run(stocked_shop)["heartbeat_at"] > before)
        assert "Запись изменений: 0 %" in last_session(stocked_shop)["report"]
        holder.release()
        run.result()
    assert last_session(stocked_shop)["status"] == "completed"


def test_completed_rows_become_visible_with_the_goods(stocked_shop: Shop, dearer: Path) -> None:
    """Whoever reads `completed` also reads the new prices: both come with one COMMIT."""
    seen: list[tuple[Any, ...]] = []
    look = (
        "SELECT s.status, r.status, v.retail_price = 200 FROM product_variants AS v, freesport_sync.runs AS r"
        " JOIN import_sessions AS s ON s.id = r.session_ids[1] ORDER BY r.id DESC LIMIT 1"
    )

    def observe(event: Event) -> None:
        seen.append(stocked_shop.row(look))

    stocked_shop.run(dearer, observe)
    assert set(seen) == {("in_progress", "running", False), ("completed", "completed", True)}


# --- what a dead run leaves -----------------------------------------------------------------------------------------


def test_own_dead_rows_are_closed_by_the_next_run(stocked_shop: Shop, dearer: Path) -> None:
    stocked_shop.execute("UPDATE freesport_sync.runs SET status = 'running', finished_at = NULL")
    stocked_shop.execute("UPDATE import_sessions SET status = 'in_progress', finished_at = NULL, error_message = ''")
    look_run = "SELECT status, error_code, finished_at IS NOT NULL FROM freesport_sync.runs ORDER BY id LIMIT 1"
    look_session = "SELECT status, error_message, finished_at IS NOT NULL FROM import_sessions ORDER BY id LIMIT 1"

    stocked_shop.run(dearer, is_dry_run=True)
    assert stocked_shop.row(look_run) == ("interrupted", "interrupted", True)
    assert stocked_shop.row(look_session) == ("in_progress", "", False), "a dry run leaves the shop's table alone"

    stocked_shop.run(dearer)
    assert stocked_shop.row(look_session) == (
        "failed",
        "Импорт прерван: программа или компьютер были остановлены [interrupted]",
        True,
    )


def test_old_history_is_forgotten(stocked_shop: Shop, dearer: Path) -> None:
    stocked_shop.execute("UPDATE freesport_sync.runs SET started_at = now() - interval '181 days'")
    stocked_shop.run(dearer)
    assert stocked_shop.value("SELECT count(*) FROM freesport_sync.runs") == 1
    assert stocked_shop.value("SELECT count(*) FROM freesport_sync.run_files WHERE run_id = 1") == 0
    assert stocked_shop.value("SELECT count(*) FROM import_sessions") == 2, "the shop's rows are the shop's"


def test_the_settings_say_how_old_history_may_be(stocked_shop: Shop, dearer: Path) -> None:
    stocked_shop.execute("UPDATE freesport_sync.runs SET started_at = now() - interval '9 days'")
    stocked_shop.settings = with_history(stocked_shop, retention_days=10)
    stocked_shop.run(dearer)
    assert stocked_shop.value("SELECT count(*) FROM freesport_sync.runs") == 2
    stocked_shop.settings = with_history(stocked_shop, retention_days=8)
    stocked_shop.run(dearer)
    assert [row[0] for row in stocked_shop.rows("SELECT id FROM freesport_sync.runs ORDER BY id")] == [2, 3]


# --- issues ---------------------------------------------------------------------------------------------------------


def test_issues_beyond_the_limit_are_counted_only(
    shop: Shop, new_export: NewExport, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.settings = with_history(shop, max_issues=25)
    monkeypatch.setattr(heartbeat, "MAX_WAITING_ISSUES", 10)
    export = new_export()
    export.reference_data()
    export.goods(*(product(f"p{number}", name=f"Мяч {number}", brand=f"x{number}") for number in range(40)))
    report = shop.run(export.folder, chunk_size=5)
    totals = {(total.severity, total.code): total.count for total in report.issue_totals}
    assert totals[Severity.WARNING, "brand_unknown"] == 40
    assert shop.value("SELECT count(*) FROM freesport_sync.row_issues") == 25


def test_history_is_read_while_a_run_is_going_on(stocked_shop: Shop, dearer: Path) -> None:
    seen: list[str] = []

    def look() -> None:
        connection = connect(stocked_shop.url, "tests")
        seen.extend(entry.status for entry in history_entries(connection))
        connection.close()

    stocked_shop.run(dearer, at_stage(Stage.APPLY, look))
    assert seen == ["running", "completed"]
