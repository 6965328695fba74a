"""1C's counterparties as users of the shop (CUSTOMER-1 to CUSTOMER-8)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from freesport_sync.core.events import Event, Progress
from freesport_sync.core.run import RunStatus
from freesport_sync.core.shop import Entity, ImportKind, Stage
from freesport_sync.database.merge import customers
from freesport_sync.errors import Cancelled, SchemaMismatch
from tests.builders import ExportBuilder, contragent, product, raw_element
from tests.integration.support import NewExport, counts, refused, row_versions, rows_written, shop_rows
from tests.shop import Shop
from tests.watching import at_stage, background, holding, wait_until, waiting_importers

USERS = "SELECT onec_id, email, first_name, last_name, company_name, tax_id, phone FROM users ORDER BY id"
COMPANIES = (
    "SELECT u.onec_id, c.legal_name, c.tax_id, c.kpp, c.legal_address FROM companies AS c"
    " JOIN users AS u ON u.id = c.user_id ORDER BY c.id"
)
LOG = (
    "SELECT l.onec_id, l.operation_type, l.status, l.error_message, l.details, u.onec_id"
    " FROM common_customersynclog AS l LEFT JOIN users AS u ON u.id = l.customer_id ORDER BY l.id"
)
PORTAL_USER = """
INSERT INTO users (password, is_superuser, first_name, last_name, is_staff, is_active, date_joined, email, role, phone,
    company_name, tax_id, is_verified, created_at, updated_at, created_in_1c, needs_1c_export, onec_id,
    sync_error_message, sync_status, verification_status, country)
VALUES ('secret', false, :first_name, :last_name, false, true, now() - interval '1 day', :email, 'trainer', :phone,
    :company_name, :tax_id, true, now() - interval '1 day', now() - interval '1 day', false, true, :onec_id,
    '', 'pending', 'verified', 'Беларусь') RETURNING id
"""


def portal_user(shop: Shop, **values: str | None) -> int:
    """Somebody registers in the shop; returns the id."""
    usual = {"first_name": "Ваня", "last_name": "П.", "email": "petrov@example.test", "phone": "+70000000000"}
    none = {"company_name": "", "tax_id": "", "onec_id": None}
    return int(shop.value(PORTAL_USER, **{**usual, **none, **values}))


def run(shop: Shop, export: ExportBuilder, on_event: Callable[[Event], None] | None = None, **options: Any) -> Any:
    return shop.run(export.folder, on_event, kind=ImportKind.CUSTOMERS, **options)


@pytest.fixture
def clients(new_export: NewExport) -> ExportBuilder:
    """A company, an entrepreneur, a person and a supplier."""
    export = new_export()
    export.contragents(
        contragent(
            "c1",
            name="ООО Верх",
            full_name="Общество «Верх»",
            inn="7700000001",
            kpp="770101001",
            email="Verh@example.test",
            phone="8 982 911-00-98, 1",
            address="Москва, Тверская, 1",
        ),
        contragent("c2", name="Иванов", full_name="ИП Иванов Иван", inn="770000000012"),
        contragent("c3", name="Петров Иван Иванович", email="petrov@example.test"),
        contragent("s1", name="Поставщик", roles=["Поставщик"]),
    )
    return export


# --- new customers --------------------------------------------------------------------------------------------------


def test_new_customers(shop: Shop, clients: ExportBuilder) -> None:
    report = run(shop, clients)
    assert shop.rows(USERS) == [
        ("c1", "Verh@example.test", "Верх", "ООО", "ООО Верх", "7700000001", "+79829110098"),
        ("c2", None, "", "Иванов", "Иванов", "770000000012", ""),
        ("c3", "petrov@example.test", "Иван Иванович", "Петров", "", "", ""),
    ]
    assert shop.rows(COMPANIES) == [
        ("c1", "Общество «Верх»", "7700000001", "770101001", "Москва, Тверская, 1"),
        ("c2", "ИП Иванов Иван", "770000000012", "", ""),
    ]
    assert counts(report, Entity.CUSTOMER) == (3, 0, 0, 1, 0)
    assert shop.issues() == {"customer_not_buyer": ["s1"]}


def test_every_column_of_a_new_user_is_as_the_shop_makes_it(shop: Shop, clients: ExportBuilder) -> None:
    run(shop, clients)
    user = dict(shop.connection.exec_driver_sql("SELECT * FROM users WHERE onec_id = 'c3'").mappings().one())
    moment = user.pop("created_at")
    assert {user.pop(name) for name in ("updated_at", "date_joined", "last_sync_at")} == {moment}
    assert user.pop("id") > 0
    assert user == {
        **{"onec_id": "c3", "email": "petrov@example.test", "first_name": "Иван Иванович", "last_name": "Петров"},
        **{"company_name": "", "tax_id": "", "phone": "", "password": "", "last_login": None, "country": "Россия"},
        **{"is_superuser": False, "is_staff": False, "is_active": True, "is_verified": False},
        **{"role": "unregistered", "verification_status": "unverified", "customer_code": None, "onec_guid": None},
        **{"created_in_1c": True, "needs_1c_export": False, "sync_status": "synced", "sync_error_message": ""},
        **{"last_sync_from_1c": None},
    }


def test_the_shop_s_log_has_a_row_for_each_customer_that_was_written(shop: Shop, clients: ExportBuilder) -> None:
    guid = "6a1a8235-d7e8-41d9-9ba0-748c4d67d65e"
    clients.contragents(contragent(f"{guid}-long"), contragent("x" * 101), segment=2)
    run(shop, clients)
    assert shop.rows(LOG) == [
        ("x" * 36, "error", "failed", "onec_id_too_long", {}, None),
        *(
            (
                key[:36],
                "created",
                "success",
                "",
                {"role": "unregistered", "has_email": mail, "customer_type": kind},
                key,
            )
            for key, mail, kind in (
                ("c1", True, "legal_entity"),
                ("c2", False, "individual_entrepreneur"),
                ("c3", True, "individual"),
                (f"{guid}-long", False, "individual"),
            )
        ),
    ]
    session = shop.value("SELECT id::text FROM import_sessions")
    assert shop.rows("SELECT DISTINCT session, user_agent, duration_ms, ip_address FROM common_customersynclog") == [
        (session, "", None, None)
    ]
    assert shop.value("SELECT count(DISTINCT correlation_id) FROM common_customersynclog") == 5


@pytest.mark.parametrize("chunk_size", [1, 2, 1000])
def test_the_size_of_blocks_never_changes_the_result(shop: Shop, clients: ExportBuilder, chunk_size: int) -> None:
    for number in range(3):  # each of them changes a company and a person
        clients.contragents(
            contragent("c1", name=f"ООО {number}", kpp="7", inn="77"),
            contragent("c3", name=f"Петров {number}"),
            segment=9,
        )
        run(shop, clients, chunk_size=chunk_size)
    assert shop.rows("SELECT onec_id, first_name, company_name FROM users ORDER BY onec_id") == [
        ("c1", "0", "ООО 2"),
        ("c2", "", "Иванов"),
        ("c3", "2", ""),
    ]
    assert shop.value("SELECT legal_name FROM companies ORDER BY id LIMIT 1") == "ООО 2"


# --- known customers ------------------------------------------------------------------------------------------------


def test_an_unchanged_export_writes_not_one_row(shop: Shop, clients: ExportBuilder) -> None:
    clients.contragents(
        contragent("c4", email="petrov@example.test", phone="?"), contragent("c5", deleted=True), segment=2
    )
    run(shop, clients)
    versions, rows, issues = row_versions(shop), shop_rows(shop), shop.issues()
    assert rows_written(shop, lambda: run(shop, clients)) == {}
    report = run(shop, clients)
    assert (row_versions(shop), shop_rows(shop), shop.issues()) == (versions, rows, issues)
    assert counts(report, Entity.CUSTOMER) == (0, 0, 5, 1, 0)


def test_a_change_writes_what_differs_and_the_dates(shop: Shop, clients: ExportBuilder) -> None:
    run(shop, clients)
    shop.execute("UPDATE users SET updated_at = '2020-01-01', last_sync_at = '2020-01-01', sync_status = 'error'")
    shop.execute("UPDATE companies SET updated_at = '2020-01-01'")
    clients.contragents(contragent("c3", name="Петров Пётр", phone="79829110098"), segment=2)
    report = run(shop, clients)
    assert shop.rows(
        "SELECT onec_id, first_name, phone, email, sync_status, updated_at > '2021-01-01', last_sync_at = updated_at"
        " FROM users ORDER BY id"
    ) == [
        ("c1", "Верх", "+79829110098", "Verh@example.test", "error", False, True),
        ("c2", "", "", None, "error", False, True),
        ("c3", "Пётр", "+79829110098", "petrov@example.test", "synced", True, True),
    ]
    assert shop.value("SELECT max(updated_at) < '2021-01-01' FROM companies")
    assert shop.rows(LOG)[3:] == [
        ("c3", "updated", "success", "", {"role": "unregistered", "role_preserved": True}, "c3")
    ]
    assert counts(report, Entity.CUSTOMER) == (0, 1, 2, 1, 0)


def test_a_user_of_the_shop_is_found_by_the_email_and_keeps_what_is_the_shop_s(
    shop: Shop, clients: ExportBuilder
) -> None:
    before = portal_user(shop, email="PETROV@Example.test")
    report = run(shop, clients)
    assert counts(report, Entity.CUSTOMER) == (2, 1, 0, 1, 0)
    assert shop.row(
        "SELECT id, email, role, is_verified, verification_status, password, needs_1c_export, created_in_1c, country,"
        " first_name, last_name, phone, sync_status, last_sync_at = updated_at, created_at < updated_at"
        " FROM users WHERE onec_id = 'c3'"
    ) == (
        *(before, "PETROV@Example.test", "trainer", True, "verified", "secret", True, False, "Беларусь"),
        *("Иван Иванович", "Петров", "+70000000000", "synced", True, True),
    )
    assert shop.rows(LOG)[2][1:] == ("updated", "success", "", {"role": "trainer", "role_preserved": True}, "c3")


def test_the_shop_s_data_is_not_wiped_by_what_1c_leaves_empty(shop: Shop, new_export: NewExport) -> None:
    portal_user(shop, onec_id="c1", company_name="Вершина", tax_id="77")
    user = shop.value("SELECT id FROM users")
    shop.execute(
        "INSERT INTO companies (legal_name, tax_id, kpp, legal_address, bank_name, bank_bik, account_number,"
        " created_at, updated_at, user_id)"
        " VALUES ('Вершина', '77', '78', 'Тверь', 'Банк', '1', '2', now(), now(), :user)",
        user=user,
    )
    export = new_export()
    export.contragents(contragent("c1", name="ООО Верх", kpp="79", phone="нет"))
    run(shop, export)
    assert shop.rows(USERS) == [("c1", "petrov@example.test", "Ваня", "П.", "ООО Верх", "77", "+70000000000")]
    assert shop.rows("SELECT legal_name, tax_id, kpp, legal_address, bank_name FROM companies") == [
        ("ООО Верх", "77", "79", "Тверь", "Банк")
    ]
    assert shop.issues() == {"phone_not_understood": ["c1"]}


# --- e-mails --------------------------------------------------------------------------------------------------------


def test_a_clash_or_a_bad_email_imports_without_email(shop: Shop, new_export: NewExport) -> None:
    portal_user(shop, onec_id="other")
    export = new_export()
    export.contragents(
        contragent("c1", email="Petrov@example.test"),
        contragent("c2", email="a@b.test"),
        contragent("c3", email="A@B.test"),
        contragent("c4", email="a@b, c@d"),
    )
    report = run(shop, export)
    assert [row[:2] for row in shop.rows(USERS)] == [
        ("other", "petrov@example.test"),
        ("c1", None),
        ("c2", "a@b.test"),
        ("c3", None),
        ("c4", None),
    ]
    assert shop.issues() == {"email_taken": ["c1", "c3"], "email_invalid": ["c4"]}
    assert report.status is RunStatus.COMPLETED
    stored = shop.rows("SELECT onec_id, value, params FROM freesport_sync.row_issues WHERE code = 'email_taken'")
    assert stored == [("c1", "", {"other": "other"}), ("c3", "", {"other": "c2"})]


def test_russian_emails_are_found_however_the_database_lowers_them(shop: Shop, new_export: NewExport) -> None:
    shop.execute('ALTER TABLE users ALTER COLUMN email TYPE varchar(254) COLLATE "C"')  # knows Latin letters only
    portal_user(shop, email="a@ПОЧТА.рф")
    export = new_export()
    export.contragents(contragent("c1", email="a@ПОЧТА.рф"))
    assert counts(run(shop, export), Entity.CUSTOMER) == (0, 1, 0, 0, 0)


def test_customers_are_looked_up_in_blocks(shop: Shop, clients: ExportBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(customers, "READ_ROWS", 1)
    portal_user(shop)
    run(shop, clients)
    assert counts(run(shop, clients), Entity.CUSTOMER) == (0, 0, 3, 1, 0)


# --- others at work -------------------------------------------------------------------------------------------------


def test_a_user_who_registers_during_the_merge_is_found_by_the_second_attempt(
    shop: Shop, clients: ExportBuilder
) -> None:
    report = run(shop, clients, at_stage(Stage.APPLY, partial(portal_user, shop)))
    assert counts(report, Entity.CUSTOMER) == (2, 1, 0, 1, 0)
    assert shop.row("SELECT role FROM users WHERE onec_id = 'c3'") == ("trainer",)
    assert shop.value("SELECT count(*) FROM common_customersynclog") == 3


def test_a_concurrently_linked_user_is_not_taken_over(shop: Shop, clients: ExportBuilder) -> None:
    portal_user(shop)
    link = "UPDATE users SET onec_id = 'other'"
    run(shop, clients, at_stage(Stage.APPLY, lambda: shop.execute(link)))
    assert [row[:2] for row in shop.rows(USERS)] == [
        ("other", "petrov@example.test"),
        ("c1", "Verh@example.test"),
        ("c2", None),
        ("c3", None),
    ]


def test_what_a_user_edits_during_the_import_is_kept(shop: Shop, clients: ExportBuilder) -> None:
    run(shop, clients)
    clients.contragents(contragent("c3", name="Петров Пётр"), segment=2)
    edit = "UPDATE users SET phone = '+71111111111', last_name = 'Сам' WHERE onec_id = 'c3'"
    run(shop, clients, at_stage(Stage.APPLY, lambda: shop.execute(edit)))
    assert shop.row("SELECT first_name, last_name, phone FROM users WHERE onec_id = 'c3'") == (
        *("Пётр", "Сам", "+71111111111"),
    )


def test_an_unchanged_user_is_not_waited_for(shop: Shop, clients: ExportBuilder) -> None:
    run(shop, clients)
    clients.contragents(contragent("c3", name="Петров Пётр"), segment=2)
    with holding(shop.url, "SELECT 1 FROM users WHERE onec_id <> 'c3' FOR UPDATE"):
        assert counts(run(shop, clients), Entity.CUSTOMER) == (0, 1, 2, 1, 0)


def test_a_cancel_leaves_no_customer_behind(shop: Shop, clients: ExportBuilder) -> None:
    run(shop, clients)
    before = shop_rows(shop)
    clients.contragents(contragent("c3", name="Петров Пётр"), contragent("c9"), segment=2)
    with (
        holding(shop.url, "SELECT 1 FROM users WHERE onec_id = 'c3' FOR UPDATE"),
        background(lambda: run(shop, clients)) as future,
    ):
        wait_until(lambda: waiting_importers(shop.connection))
        shop.cancel.cancel()
        with pytest.raises(Cancelled):
            future.result()
    assert shop_rows(shop) == before


# --- together with the catalogue ------------------------------------------------------------------------------------


@pytest.fixture
def everything(export: ExportBuilder) -> ExportBuilder:
    """A catalogue and two customers."""
    export.goods(product("p1"))
    export.contragents(contragent("c1", name="Петров Иван"), contragent("c2", name="ООО Верх", inn="1", kpp="2"))
    return export


def sessions(shop: Shop) -> list[tuple[Any, ...]]:
    return shop.rows("SELECT import_type, status, session_key FROM import_sessions ORDER BY id")


def test_everything_is_committed_together(shop: Shop, everything: ExportBuilder) -> None:
    seen: set[tuple[int, int, int]] = set()
    look = (
        "SELECT (SELECT count(*) FROM products), (SELECT count(*) FROM users),"
        " (SELECT count(*) FROM import_sessions WHERE status = 'completed')"
    )

    def observe(event: Event) -> None:
        products, users, completed = shop.row(look)
        seen.add((products, users, completed))

    report = shop.run(everything.folder, observe)
    assert seen == {(0, 0, 0), (1, 2, 2)}
    assert counts(report, Entity.PRODUCT) == (1, 0, 0, 0, 0)
    assert counts(report, Entity.CUSTOMER) == (2, 0, 0, 0, 0)


def test_two_sessions_each_with_its_own_report(shop: Shop, everything: ExportBuilder) -> None:
    everything.contragents(contragent("x" * 101), contragent("s1", roles=["Поставщик"]), segment=2)
    report = shop.run(everything.folder)
    assert sessions(shop) == [
        ("catalog", "completed", "freesport_sync"),
        ("customers", "completed", "freesport_sync:customers"),
    ]
    catalog, customers = (row[0] for row in shop.rows("SELECT report_details FROM import_sessions ORDER BY id"))
    assert 0 < customers.pop("execution_time") < 60
    assert customers == {
        **{"total": 4, "created": 2, "updated": 0, "skipped": 1, "errors": 1},
        **{"total_items": 4, "processed_items": 4, "failed_items": 1, "run_id": report.run_id},
    }
    assert (catalog["products_created"], catalog["failed_items"], catalog["skipped"]) == (1, 0, 0)
    assert catalog["total_items"] == sum(c.total for entity, c in report.counts.items() if entity != Entity.CUSTOMER)
    assert catalog["run_id"] == report.run_id
    ids = [row[0] for row in shop.rows("SELECT id FROM import_sessions ORDER BY id")]
    assert shop.value("SELECT session_ids FROM freesport_sync.runs") == ids
    assert shop.value("SELECT DISTINCT session FROM common_customersynclog") == str(ids[1])
    reports = shop.rows("SELECT report FROM import_sessions")
    assert all(text.endswith("Импорт завершён со статусом: выполнен\n") for (text,) in reports)


def test_an_error_among_the_customers_leaves_the_catalogue_untouched(shop: Shop, everything: ExportBuilder) -> None:
    shop.execute("ALTER TABLE users ADD CHECK (onec_id <> 'c2')")
    before = shop_rows(shop)
    with pytest.raises(Exception, match="shop_refuses_row"):
        shop.run(everything.folder)
    assert shop_rows(shop) == before
    assert [row[:2] for row in sessions(shop)] == [("catalog", "failed"), ("customers", "failed")]
    messages = shop.rows("SELECT error_message FROM import_sessions")
    assert all("[shop_refuses_row]" in message for (message,) in messages)


def test_without_customers_everything_is_the_catalogue(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1"))
    shop.execute("DROP TABLE common_customersynclog")  # not needed
    shop.run(export.folder)
    assert sessions(shop) == [("catalog", "completed", "freesport_sync")]


def test_without_a_catalogue_everything_is_the_customers(shop: Shop, clients: ExportBuilder) -> None:
    shop.run(clients.folder)
    assert sessions(shop) == [("customers", "completed", "freesport_sync")]
    assert shop.value("SELECT count(*) FROM users") == 3


def test_the_catalogue_s_run_never_touches_customers(shop: Shop, everything: ExportBuilder) -> None:
    everything.write("contragents/contragents.xml", "not even XML")
    shop.run(everything.folder, kind=ImportKind.CATALOG)
    assert shop.value("SELECT count(*) FROM users") == 0
    assert [row[0] for row in sessions(shop)] == ["catalog"]


def test_the_customers_run_never_touches_the_catalogue(shop: Shop, everything: ExportBuilder) -> None:
    shop.run(everything.folder, kind=ImportKind.CATALOG)
    shop.execute("DELETE FROM product_variants")  # a catalogue's run would make a default variant
    written = rows_written(shop, lambda: run(shop, everything))
    assert written.keys() == {"users", "companies", "common_customersynclog"}
    assert [row[0] for row in sessions(shop)] == ["catalog", "customers"]


def test_missing_tables_of_customers_are_named(shop: Shop, everything: ExportBuilder) -> None:
    shop.execute("DROP TABLE common_customersynclog")
    shop.execute("ALTER TABLE users DROP COLUMN country")
    with pytest.raises(SchemaMismatch, match="shop_incomplete") as caught:
        run(shop, everything)
    missing = str(caught.value.params["missing"])
    found, *_ = missing.partition("search_path")
    assert found.splitlines() == ["column: users.country", "table: common_customersynclog"]
    assert sessions(shop) == [("customers", "failed", "freesport_sync")]


def test_dead_sessions_of_both_keys_are_closed_by_the_next_run(shop: Shop, everything: ExportBuilder) -> None:
    shop.run(everything.folder)
    shop.execute("UPDATE import_sessions SET status = 'in_progress', finished_at = NULL")
    shop.run(everything.folder)
    assert [row[1] for row in sessions(shop)] == ["failed", "failed", "completed", "completed"]
    messages = shop.rows("SELECT DISTINCT error_message FROM import_sessions WHERE status = 'failed'")
    assert [message.endswith("[interrupted]") for (message,) in messages] == [True]


def test_both_sessions_beat_while_the_run_lasts(shop: Shop, everything: ExportBuilder) -> None:
    shop.run(everything.folder)
    everything.contragents(contragent("c1", name="Петров Пётр"), segment=2)
    look = (
        "SELECT bool_and(status = 'in_progress' AND (report_details ->> 'total_items')::int = 2"
        " AND report LIKE '%Запись изменений%') FROM import_sessions WHERE id > 2"
    )
    with (
        holding(shop.url, "SELECT 1 FROM users FOR UPDATE") as holder,
        background(lambda: shop.run(everything.folder)) as future,
    ):
        wait_until(lambda: waiting_importers(shop.connection))
        wait_until(lambda: shop.value(look))
        holder.release()
        future.result()


# --- dry runs and guards --------------------------------------------------------------------------------------------


def test_a_dry_run_counts_what_the_real_one_does_and_lists_it(shop: Shop, clients: ExportBuilder) -> None:
    portal_user(shop)
    versions = row_versions(shop)
    dry: list[Any] = []
    assert rows_written(shop, lambda: dry.append(run(shop, clients, is_dry_run=True))) == {}
    assert (row_versions(shop), sessions(shop)) == (versions, [])
    issues = shop.issues()
    changes = shop.rows(
        "SELECT entity, onec_id, field, old_value, new_value FROM freesport_sync.field_changes ORDER BY id"
    )
    assert changes == [
        ("customer", "c1", "created", None, "ООО Верх"),
        ("customer", "c2", "created", None, "Иванов"),
        ("customer", "c3", "onec_id", None, "c3"),
        ("customer", "c3", "first_name", "Ваня", "Иван Иванович"),
        ("customer", "c3", "last_name", "П.", "Петров"),
    ]
    real = run(shop, clients)
    assert (dry[0].counts, dry[0].issue_totals, issues) == (real.counts, real.issue_totals, shop.issues())


def test_guards(shop: Shop, new_export: NewExport) -> None:
    empty, failing, older, fine = (new_export() for _ in range(4))
    empty.contragents()
    assert refused(shop, empty, kind=ImportKind.CUSTOMERS).code == "no_records"
    failing.contragents(contragent("x" * 101))
    assert refused(shop, failing, kind=ImportKind.CUSTOMERS).code == "all_rows_failed"
    fine.contragents(contragent("c1"), created_at="2025-09-12T10:00:00")
    run(shop, fine)
    older.contragents(contragent("c2"), created_at="2025-09-11T10:00:00")
    assert refused(shop, older, kind=ImportKind.CUSTOMERS).code == "export_older"
    assert run(shop, older, allow_older=True).status is RunStatus.COMPLETED
    assert refused(shop, new_export(), kind=ImportKind.CUSTOMERS).code == "no_files"
    assert refused(shop, fine, kind=ImportKind.CUSTOMERS, is_full=True).code == "full_needs_files"


def test_a_single_file(shop: Shop, clients: ExportBuilder, tmp_path: Path) -> None:
    source = clients.folder / "contragents" / "contragents.xml"
    file = source.rename(tmp_path / "клиенты.xml")
    report = shop.run(tmp_path / "nowhere", kind=ImportKind.CUSTOMERS, file=file)
    assert counts(report, Entity.CUSTOMER) == (3, 0, 0, 1, 0)
    assert [exported.path for exported in report.files] == ["клиенты.xml"]
    assert shop.value("SELECT request ->> 'file' FROM freesport_sync.runs") == str(file)


def test_a_broken_file_fails_the_run_before_anything_is_written(shop: Shop, everything: ExportBuilder) -> None:
    body = raw_element("Контрагенты", contragent("c1")).encode()
    everything.write("contragents/contragents.xml", everything.document("").replace(b"/>", b">") + body)
    assert refused(shop, everything).code == "xml_malformed"


def test_progress_counts_the_customers_too(shop: Shop, everything: ExportBuilder) -> None:
    shop.run(everything.folder)
    last = [event for event in shop.events if isinstance(event, Progress) and event.stage is Stage.APPLY][-1]
    assert (last.done, last.total) == (7, 7)  # a product and its default variant; 2 users, a company, 2 log rows


def test_no_personal_data_in_the_log(shop: Shop, clients: ExportBuilder, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    shop.execute("ALTER TABLE users ADD CHECK (email <> 'petrov@example.test')")
    with pytest.raises(Exception, match="shop_refuses_row"):
        run(shop, clients)
    assert not re.search("petrov|Петров|9829110098", caplog.text)
    assert not re.search("petrov|Петров|9829110098", str(shop.rows("SELECT error_params FROM freesport_sync.runs")))
    with pytest.raises(DBAPIError) as caught:
        shop.execute("SELECT 1 / 0 WHERE :email <> ''", email="petrov@example.test")
    assert "petrov" not in str(caught.value)  # nor in the text of an unexpected error
