"""Our own schema in a shop's database: made once, never by stealth, and the only thing that is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from freesport_sync.core.history import HistoryQuery
from freesport_sync.core.run import RunStatus
from freesport_sync.core.shop import Entity
from freesport_sync.database.metadata import SCHEMA, own_metadata
from freesport_sync.database.own import schema
from freesport_sync.database.own.history_list import read_entries
from freesport_sync.database.own.schema import (
    HEAD,
    prepare_own_schema,
)
from freesport_sync.database.permissions import read_rights
from freesport_sync.database.preflight import check_database
from freesport_sync.database.server.engine import connect
from freesport_sync.database.shop.verify import (
    TableCreation,
    prepare_shop,
    refuse_creation,
    refuse_unfit,
)
from freesport_sync.errors import ExitCode, SchemaMismatch
from freesport_sync.i18n.texts import Language, Texts
from tests.integration.support import drop_tasks, history_details, history_entries, shop_rows
from tests.shop import Shop, new_role

CATALOGUE = """
SELECT 'class', n.nspname, c.relname, c.relkind::text, c.relowner::regrole::text, c.relacl::text, c.relnatts::text,
    c.relchecks::text, c.relhastriggers::text, coalesce(c.reloptions::text, '')
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname NOT LIKE ALL(:others)
UNION ALL
SELECT 'column', n.nspname, c.relname, a.attname, a.attnum::text, format_type(a.atttypid, a.atttypmod),
    a.attnotnull::text, a.attidentity::text, a.attacl::text, pg_get_expr(d.adbin, d.adrelid)
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE n.nspname NOT LIKE ALL(:others)
UNION ALL
SELECT 'constraint', n.nspname, conname, conrelid::regclass::text, pg_get_constraintdef(x.oid), '', '', '', '', ''
FROM pg_constraint AS x JOIN pg_namespace AS n ON n.oid = connamespace WHERE n.nspname NOT LIKE ALL(:others)
UNION ALL
SELECT 'index', schemaname, tablename, indexname, indexdef, '', '', '', '', ''
FROM pg_indexes WHERE schemaname NOT LIKE ALL(:others)
UNION ALL
SELECT 'function', n.nspname, p.proname, p.oid::regprocedure::text, md5(prosrc), '', '', '', '', ''
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace WHERE n.nspname NOT LIKE ALL(:others)
UNION ALL
SELECT 'trigger', c.relname, tgname, pg_get_triggerdef(t.oid), '', '', '', '', '', ''
FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = tgrelid JOIN pg_namespace AS n ON n.oid = relnamespace
WHERE NOT tgisinternal AND n.nspname NOT LIKE ALL(:others)
UNION ALL
SELECT 'schema', nspname, nspowner::regrole::text, nspacl::text, '', '', '', '', '', ''
FROM pg_namespace WHERE nspname NOT LIKE ALL(:others)
UNION ALL
SELECT 'extension', extname, extversion, '', '', '', '', '', '', '' FROM pg_extension
UNION ALL
SELECT 'database', datname, datdba::regrole::text, datacl::text, '', '', '', '', '', ''
FROM pg_database WHERE datname = current_database()
UNION ALL
SELECT 'setting', setdatabase::text, setrole::text, setconfig::text, '', '', '', '', '', ''
FROM pg_db_role_setting WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY 1, 2, 3, 4, 5
"""
"""The database's structure, rights and settings."""

NOT_COMPARED = ["pg_temp%", "pg_toast%", "information_schema", SCHEMA]
TABLES = "SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace WHERE nspname = :schema"


@pytest.fixture
def shop_database(untouched_shop_database: sa.URL) -> sa.URL:
    """Here it matters that the program has never been in the shop."""
    return untouched_shop_database


def structure(shop: Shop) -> list[tuple[object, ...]]:
    return shop.rows(CATALOGUE, others=NOT_COMPARED)


def schemas(shop: Shop) -> set[str]:
    return {name for (name,) in shop.rows("SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg_%'")}


def refusal(shop: Shop, folder: Path, **options: Any) -> SchemaMismatch:
    with pytest.raises(SchemaMismatch) as caught:
        shop.run(folder, **options)
    return caught.value


# --- the schema and its migrations ----------------------------------------------------------------------------------


def _is_compared(name: str | None, kind: str, _parents: object) -> bool:
    """Procrastinate's tables are its own."""
    return name == SCHEMA if kind == "schema" else not str(name).startswith("procrastinate_")


def test_head_is_the_newest_migration() -> None:
    folder = Path(schema.__file__).parent / "migrations"
    config = Config()
    config.set_main_option("script_location", str(folder))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_migrations_make_what_the_program_uses(shop: Shop) -> None:
    prepare_own_schema(shop.connection)
    options = {
        "include_schemas": True,
        "include_name": _is_compared,
        "version_table_schema": SCHEMA,
        "compare_type": True,
        "compare_server_default": True,
    }
    assert compare_metadata(MigrationContext.configure(shop.connection, opts=options), own_metadata) == []
    assert schema.current_revision(shop.connection) == HEAD


def test_nothing_outside_the_own_schema_is_altered(shop: Shop, dearer: Path) -> None:
    before = structure(shop)
    assert len(before) > 500
    shop.run(dearer)
    shop.run(dearer, is_dry_run=True)
    assert structure(shop) == before
    assert schemas(shop) == {"public", "information_schema", SCHEMA}


def test_second_run_does_not_migrate_again(stocked_shop: Shop, dearer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "_migrate", lambda _: pytest.fail("migrated"))
    assert stocked_shop.run(dearer).status is RunStatus.COMPLETED


def test_newer_schema_is_refused_everywhere(stocked_shop: Shop, dearer: Path) -> None:
    stocked_shop.execute(f"UPDATE {SCHEMA}.alembic_version SET version_num = '9999'")
    before = shop_rows(stocked_shop)
    error = refusal(stocked_shop, dearer)
    assert (error.code, error.params) == ("own_schema_newer", {"found": "9999", "known": HEAD})
    assert shop_rows(stocked_shop) == before
    for read in (history_entries, lambda connection: history_details(connection, 1)):
        with pytest.raises(SchemaMismatch):
            read(stocked_shop.connection)
    items = {item.code: item for item in check_database(stocked_shop.url, "shop")}
    assert items["schema_newer"].params == {"found": "9999", "known": HEAD}
    assert not items["schema_newer"].is_ok


def test_failed_migration_leaves_nothing(shop: Shop, dearer: Path) -> None:
    shop.connection.exec_driver_sql(
        "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF (SELECT count(*) FROM pg_event_trigger_ddl_commands() WHERE object_identity LIKE '%%row_issues') > 0"
        " THEN RAISE EXCEPTION 'refused'; END IF; END $$"
    )
    shop.connection.exec_driver_sql("CREATE EVENT TRIGGER refuse ON ddl_command_end EXECUTE FUNCTION refuse()")
    with pytest.raises(Exception, match="database_error"):
        shop.run(dearer)
    assert SCHEMA not in schemas(shop)
    shop.connection.exec_driver_sql("DROP EVENT TRIGGER refuse")
    assert shop.run(dearer).status is RunStatus.COMPLETED


# --- databases that lack something ----------------------------------------------------------------------------------


@pytest.fixture
def empty_shop(empty_database: sa.URL, tmp_path: Path) -> Shop:
    """A database without the shop's tables."""
    return Shop(empty_database, tmp_path)


@pytest.mark.parametrize("is_dry_run", [False, True])
def test_database_without_the_shop_is_left_as_it_is(empty_shop: Shop, dearer: Path, is_dry_run: bool) -> None:
    with empty_shop:
        before = structure(empty_shop)
        error = refusal(empty_shop, dearer, is_dry_run=is_dry_run)
        assert error.code == "shop_tables_absent"
        assert "product_variants" in str(error.params["tables"])
        assert structure(empty_shop) == before
        assert SCHEMA not in schemas(empty_shop)


def test_tables_are_created_when_asked_for(empty_shop: Shop, dearer: Path) -> None:
    def import_creating() -> RunStatus:
        empty_shop.creation = TableCreation.IN_EMPTY
        return empty_shop.run(dearer).status

    with empty_shop:
        assert import_creating() is RunStatus.COMPLETED
        tables = structure(empty_shop)
        assert import_creating() is RunStatus.COMPLETED
        assert structure(empty_shop) == tables
        assert empty_shop.value("SELECT count(*) FROM products") == 1


@pytest.mark.parametrize(
    ("there", "named"),
    [
        ("CREATE TABLE orders_order (id int)", "public.orders_order"),
        ("CREATE TABLE price_types (id int)", "public.price_types"),
        (
            "CREATE SCHEMA shop CREATE TABLE products (id int) CREATE TABLE brands (id int)",
            "shop.brands, shop.products",
        ),
        ('CREATE SCHEMA "Учёт" CREATE VIEW "Остатки" AS SELECT 1 AS a', '"Учёт"."Остатки"'),
    ],
)
def test_tables_are_created_only_where_there_are_none(
    empty_shop: Shop, dearer: Path, tmp_path: Path, there: str, named: str
) -> None:
    with empty_shop:
        empty_shop.connection.exec_driver_sql(there)
        before = structure(empty_shop)
        empty_shop.creation = TableCreation.IN_EMPTY
        with pytest.raises(SchemaMismatch) as caught:
            empty_shop.run(dearer)
        error = caught.value
        assert (error.code, error.exit_code) == ("create_tables_refused", ExitCode.USAGE)
        assert error.params["tables"] == named
        assert error.params["search_path"] == '"$user", public -> public'
        assert structure(empty_shop) == before
        items = {item.code: item for item in check_database(empty_shop.url, "shop", TableCreation.IN_EMPTY)}
        assert not items["create_tables_refused"].is_ok
        rights = read_rights(empty_shop.connection, TableCreation.IN_EMPTY)
        assert [refusal.code for refusal in (rights.goods, rights.customers) if refusal] == [error.code] * 2


def test_tables_are_not_created_where_no_schema_is_found(empty_shop: Shop) -> None:
    with empty_shop:
        empty_shop.connection.exec_driver_sql("SET search_path = nowhere")
        with pytest.raises(SchemaMismatch, match="create_tables_nowhere") as caught:
            prepare_shop(empty_shop.connection, TableCreation.IN_EMPTY)
        assert caught.value.params["search_path"] == "nowhere -> "


@pytest.mark.parametrize("creation", [TableCreation.IN_EMPTY, TableCreation.MISSING])
def test_tables_are_never_created_in_our_own_schema(empty_shop: Shop, creation: TableCreation) -> None:
    """A login that is called like our schema finds it first."""
    with empty_shop:
        empty_shop.connection.exec_driver_sql(f'CREATE SCHEMA "Магазин"; SET search_path = {SCHEMA}, "Магазин", public')
        prepare_own_schema(empty_shop.connection)
        prepare_shop(empty_shop.connection, creation)
        query = "SELECT schemaname FROM pg_tables WHERE tablename IN ('products', 'users')"
        assert empty_shop.rows(query) == [("Магазин",)] * 2
        assert empty_shop.value("SHOW search_path") == f'{SCHEMA}, "Магазин", public'


def test_tables_are_not_created_beside_a_part_of_a_shop(stocked_shop: Shop, dearer: Path, tmp_path: Path) -> None:
    stocked_shop.connection.exec_driver_sql("DROP TABLE product_images")
    with pytest.raises(SchemaMismatch, match="create_tables_refused") as caught:
        prepare_shop(stocked_shop.connection, TableCreation.IN_EMPTY)
    assert str(caught.value.params["tables"]).endswith(", ...")
    prepare_shop(stocked_shop.connection, TableCreation.MISSING)  # a private server that an older program has filled
    prepare_shop(stocked_shop.connection, TableCreation.IN_EMPTY)  # nothing is missing, nothing is created


def test_tables_of_extensions_do_not_count(empty_shop: Shop) -> None:
    with empty_shop:
        empty_shop.connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        refuse_creation(empty_shop.connection, TableCreation.IN_EMPTY)


def test_a_missing_table_is_reported_with_the_search_path(stocked_shop: Shop, tmp_path: Path) -> None:
    shop = stocked_shop.connection
    shop.exec_driver_sql("CREATE SCHEMA magazin")
    shop.exec_driver_sql("ALTER TABLE price_types SET SCHEMA magazin")
    with pytest.raises(SchemaMismatch, match="shop_incomplete") as caught:
        refuse_unfit(shop)
    assert str(caught.value.params["missing"]).splitlines() == [
        "table: price_types (there is magazin.price_types)",
        'search_path: "$user", public -> freesport_sync, public',
    ]
    shop.exec_driver_sql("SET search_path = nowhere")
    with pytest.raises(SchemaMismatch, match="shop_in_other_schema") as caught:
        refuse_unfit(shop)
    assert caught.value.params["schema"] == "magazin, public"
    assert caught.value.params["search_path"] == "nowhere -> "


def test_everything_that_is_missing_is_in_one_message(stocked_shop: Shop, dearer: Path, tmp_path: Path) -> None:
    stocked_shop.connection.exec_driver_sql("DROP TABLE color_mappings")
    stocked_shop.connection.exec_driver_sql("ALTER TABLE brands DROP COLUMN is_featured")
    user = new_role(stocked_shop, "GRANT USAGE, CREATE ON SCHEMA freesport_sync", but="UPDATE ON price_types")
    before = structure(stocked_shop)
    error = refusal(Shop(user, tmp_path), dearer)
    assert error.code == "shop_incomplete"
    assert str(error.params["missing"]).splitlines() == [
        "column: brands.is_featured",
        "right: price_types UPDATE",
        "table: color_mappings",
        'search_path: "$user", public -> public',
        f"GRANT UPDATE ON price_types TO {user.username};",
    ]
    assert structure(stocked_shop) == before
    assert stocked_shop.value("SELECT count(*) FROM freesport_sync.runs") == 1


# --- rights ---------------------------------------------------------------------------------------------------------


def check_codes(url: sa.URL) -> dict[str, bool]:
    return {item.code: item.is_ok for item in check_database(url, "shop")}


def test_administrator_gets_the_sql_and_it_is_enough(shop: Shop, dearer: Path, tmp_path: Path) -> None:
    user = new_role(shop)
    limited = Shop(user, tmp_path)
    before = structure(shop)
    error = refusal(limited, dearer)
    assert error.code == "own_schema_forbidden"
    assert structure(shop) == before
    assert SCHEMA not in schemas(shop)
    assert shop.value("SELECT count(*) FROM products") == 0
    assert check_codes(user)["schema_forbidden"] is False

    shop.connection.exec_driver_sql(str(error.params["sql"]))
    assert check_codes(user)["schema_will_be_created"] is True
    assert limited.run(dearer).counts[Entity.PRODUCT].created == 1
    assert check_codes(user)["schema"] is True
    assert shop.value(TABLES, schema=SCHEMA) > 5


@pytest.mark.parametrize("grant", ["", "GRANT USAGE ON SCHEMA freesport_sync"])
def test_empty_schema_created_by_another_role(shop: Shop, dearer: Path, tmp_path: Path, grant: str) -> None:
    shop.connection.exec_driver_sql("CREATE SCHEMA freesport_sync")
    user = new_role(shop, *([grant] if grant else []))
    error = refusal(Shop(user, tmp_path), dearer)
    assert error.code == "own_schema_forbidden"
    shop.connection.exec_driver_sql(str(error.params["sql"]))
    assert Shop(user, tmp_path).run(dearer).status is RunStatus.COMPLETED


def test_history_of_another_login_cannot_be_read(stocked_shop: Shop, dearer: Path, tmp_path: Path) -> None:
    user = new_role(stocked_shop)
    error = refusal(Shop(user, tmp_path), dearer)
    assert error.code == "own_schema_unreadable"
    assert check_codes(user)["schema_unreadable"] is False
    connection = connect(user, "tests")
    with pytest.raises(SchemaMismatch):
        history_entries(connection)
    connection.close()
    for language in Language:
        assert str(error.params["sql"]) in Texts(language).check("schema_unreadable", error.params)
        assert str(error.params["sql"]) in Texts(language).error(error).hint
    stocked_shop.connection.exec_driver_sql(str(error.params["sql"]))
    assert Shop(user, tmp_path).run(dearer).status is RunStatus.COMPLETED


def test_history_of_another_login_that_can_only_be_read(stocked_shop: Shop, dearer: Path, tmp_path: Path) -> None:
    rights = ("GRANT USAGE ON SCHEMA freesport_sync", "GRANT SELECT ON ALL TABLES IN SCHEMA freesport_sync")
    user = new_role(stocked_shop, *rights)
    before = shop_rows(stocked_shop)
    error = refusal(Shop(user, tmp_path), dearer)
    assert error.code == "own_schema_read_only"
    assert check_codes(user)["schema_read_only"] is False
    assert shop_rows(stocked_shop) == before
    connection = connect(user, "tests")
    assert len(history_entries(connection)) == 1
    connection.close()
    stocked_shop.connection.exec_driver_sql(str(error.params["sql"]))
    assert Shop(user, tmp_path).run(dearer).status is RunStatus.COMPLETED


def test_role_without_the_right_to_make_tables(empty_shop: Shop, dearer: Path, tmp_path: Path) -> None:
    with empty_shop:
        empty_shop.connection.exec_driver_sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        powerless = Shop(new_role(empty_shop), tmp_path)
        powerless.creation = TableCreation.IN_EMPTY
        with pytest.raises(SchemaMismatch) as caught:
            powerless.run(dearer)
        assert caught.value.code == "right_missing"
        assert empty_shop.value(TABLES, schema="public") == 0


def test_shop_in_a_schema_of_its_own_is_found_by_the_search_path(
    stocked_shop: Shop, dearer: Path, tmp_path: Path
) -> None:
    user = new_role(stocked_shop, f"GRANT CREATE ON DATABASE {stocked_shop.url.database}")
    stocked_shop.connection.exec_driver_sql("DROP SCHEMA freesport_sync CASCADE")
    stocked_shop.connection.exec_driver_sql("ALTER SCHEMA public RENAME TO magazin")
    stocked_shop.connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA magazin TO {user.username}")
    stocked_shop.connection.exec_driver_sql(f"ALTER ROLE {user.username} SET search_path = magazin")
    assert Shop(user, tmp_path).run(dearer).counts[Entity.PRICE].updated == 1
    assert stocked_shop.value("SELECT retail_price FROM magazin.product_variants") == 200


def test_runs_of_before_there_were_tasks_get_theirs(shop: Shop, dearer: Path) -> None:
    tasks = {
        "all": "shop_import",
        "prices": "shop_import",
        "backup": "backup",
        "restore": "restore",
        "repair_created_at": "repair",
        "undo_repair_created_at": "repair",
    }
    shop.run(dearer)
    for kind in list(tasks)[1:]:
        shop.run(dearer, is_dry_run=True)
        shop.execute(
            "UPDATE freesport_sync.runs SET kind = :kind WHERE id = (SELECT max(id) FROM freesport_sync.runs)",
            kind=kind,
        )
    drop_tasks(shop)
    for column in ("task", "lock_name", "lock_key"):
        shop.execute(f"ALTER TABLE freesport_sync.runs DROP COLUMN {column}")
    shop.execute("UPDATE freesport_sync.alembic_version SET version_num = '0007'")
    assert read_entries(shop.connection, HistoryQuery(), 0, 10).total == len(tasks), "before a run has upgraded it"
    shop.run(dearer, is_dry_run=True)
    rows = shop.rows("SELECT kind, task FROM freesport_sync.runs ORDER BY id")
    assert rows == [*tasks.items(), ("all", "shop_import")]
    assert shop.rows("SELECT DISTINCT lock_name, lock_key FROM freesport_sync.runs") == [("shop", 1)]
