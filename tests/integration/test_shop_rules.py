"""Rules of a shop's database that the program does not know: check and run name rule, table and message."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from freesport_sync.core.checks import FOREIGN_RULES, CheckItem
from freesport_sync.database.preflight import check_database
from freesport_sync.database.shop.checks import CATALOG_TABLES, CUSTOMER_TABLES, is_only_read
from freesport_sync.errors import ImportFailed, SchemaMismatch
from freesport_sync.i18n.texts import Language, Texts
from tests.builders import (
    ROOT_GROUP,
    ExportBuilder,
    brand_property,
    contragent,
    group,
    offer,
    price_type,
    product,
    property_,
)
from tests.integration.support import shop_rows
from tests.shop import Shop

WRITTEN = [table.name for table in CATALOG_TABLES + CUSTOMER_TABLES if not is_only_read(table)]
RAISE = "RAISE EXCEPTION 'не сегодня'"


def trigger(shop: Shop, table: str, body: str, when: str = "BEFORE INSERT OR UPDATE", name: str = "guard") -> None:
    shop.connection.exec_driver_sql(
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {body}; RETURN NEW; END$$"
    )
    shop.connection.exec_driver_sql(f"CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def failures(items: tuple[CheckItem, ...]) -> list[tuple[str, dict[str, object]]]:
    return [(item.code, item.params) for item in items if not item.is_ok]


def check(shop: Shop) -> list[tuple[str, dict[str, object]]]:
    return failures(check_database(shop.url, "shop"))


def whole(shop: Shop) -> dict[str, list[str]]:
    return {name: [row[0] for row in shop.rows(f"SELECT t::text FROM {name} AS t ORDER BY 1")] for name in WRITTEN}


def refused(shop: Shop, folder: Path) -> ImportFailed:
    before = shop_rows(shop)
    with pytest.raises(ImportFailed) as caught:
        shop.run(folder)
    assert shop_rows(shop) == before
    for language in Language:
        told = Texts(language).error(caught.value)
        assert "{" not in told.what + told.hint
    return caught.value


def test_a_shop_as_its_migrations_make_it_is_fit_and_nothing_stays_written(stocked_shop: Shop) -> None:
    before = whole(stocked_shop)
    items = check_database(stocked_shop.url, "shop")
    assert failures(items) == []
    assert not any(item.is_advice for item in items)
    assert whole(stocked_shop) == before


def test_the_check_tries_each_table(stocked_shop: Shop) -> None:
    connection = stocked_shop.connection
    for table in WRITTEN:
        trigger(stocked_shop, table, RAISE)
        (found, *others) = check(stocked_shop)
        assert found == ("shop_refuses_row", {"table": table, "rule": "guard()", "reason": "не сегодня"})
        assert others == []
        connection.exec_driver_sql(f"DROP TRIGGER guard ON {table}")
        trigger(stocked_shop, table, "RETURN NULL", name="swallow")
        assert check(stocked_shop) == [
            ("shop_swallows_rows", {"table": table, "rules": "swallow", "written": 0, "expected": 1})
        ]
        connection.exec_driver_sql(f"DROP TRIGGER swallow ON {table}")


@pytest.mark.parametrize(
    ("change", "rule", "reason"),
    [
        ("ADD CONSTRAINT dear CHECK (retail_price > 1000)", "dear", 'violates check constraint "dear"'),
        ("ADD CONSTRAINT cheap EXCLUDE (is_active WITH =)", "cheap", "conflicting key value"),
    ],
)
def test_a_constraint_that_no_row_of_an_import_satisfies(
    stocked_shop: Shop, change: str, rule: str, reason: str
) -> None:
    stocked_shop.connection.exec_driver_sql("UPDATE product_variants SET retail_price = 2000, is_active = false")
    stocked_shop.connection.exec_driver_sql(f"ALTER TABLE product_variants {change}")
    ((code, params),) = check(stocked_shop)
    assert (code, params["table"], params["rule"]) == ("shop_refuses_row", "product_variants", rule)
    assert reason in str(params["reason"])


def test_rules_that_let_the_trial_pass_are_reported(stocked_shop: Shop) -> None:
    trigger(stocked_shop, "products", "NEW.updated_at = now()", name="touch")
    trigger(stocked_shop, "color_mappings", RAISE)  # imports only read it
    stocked_shop.connection.exec_driver_sql("ALTER TABLE brands ADD CONSTRAINT named CHECK (name <> '')")
    stocked_shop.connection.exec_driver_sql("CREATE UNIQUE INDEX one_name ON products (name)")
    stocked_shop.connection.exec_driver_sql("ALTER TABLE products ADD CHECK (discount_percent >= 0)")
    items = check_database(stocked_shop.url, "shop")
    assert failures(items) == []
    (told,) = [item for item in items if item.code == FOREIGN_RULES]
    assert told.is_advice
    assert str(told.params["rules"]).split("\n") == [
        "check named: brands",
        "trigger touch: products",
        "unique one_name: products",
    ]


# --- in a run -------------------------------------------------------------------------------------------------------


@pytest.fixture
def new_goods(tmp_path: Path) -> Path:
    export = ExportBuilder(tmp_path / "more")
    export.reference_data()
    export.groups(group("root", name=ROOT_GROUP, children=[group("g1"), group("g9", name="Новое")]))
    export.properties_goods(
        brand_property({"b1": "Nike", "b9": "Новый"}), property_("color", "Цвет", {"red": "Красный"})
    )
    export.properties_offers(property_("size", "Размер", {"m": "M"}))
    export.price_lists(price_type("retail", "РРЦ"), price_type("opt9", "Опт 3"))
    export.goods(product("p7", name="Мяч"), product("p8", name="Мяч", brand="b9", properties={"color": "red"}))
    export.offers(offer("p7#c1", properties={"size": "m"}), offer("p8"))
    export.contragents(contragent("c1", full_name="ООО «Ромашка»", inn="7701234567", kpp="770101001", address="Москва"))
    return export.folder


@pytest.mark.parametrize("table", ["categories", "products", "product_variants", "users", "import_sessions"])
def test_a_run_names_the_table_and_the_message_of_a_trigger(stocked_shop: Shop, new_goods: Path, table: str) -> None:
    trigger(stocked_shop, table, RAISE)
    error = refused(stocked_shop, new_goods)
    assert (error.code, error.params) == (
        "shop_refuses_row",
        {"table": table, "rule": "guard()", "reason": "не сегодня"},
    )


@pytest.mark.parametrize("table", WRITTEN)
def test_a_run_tells_of_rows_that_a_trigger_lets_vanish(stocked_shop: Shop, new_goods: Path, table: str) -> None:
    trigger(stocked_shop, table, "RETURN NULL", "BEFORE INSERT")
    error = refused(stocked_shop, new_goods)
    assert (error.code, error.params["table"], error.params["rules"]) == ("shop_swallows_rows", table, "guard")


def test_a_key_that_the_export_never_satisfies_is_no_rival(stocked_shop: Shop, new_goods: Path) -> None:
    stocked_shop.connection.exec_driver_sql("CREATE UNIQUE INDEX one_name ON products (name)")
    error = refused(stocked_shop, new_goods)
    assert (error.code, error.params["table"], error.params["rule"]) == ("shop_refuses_row", "products", "one_name")


@pytest.mark.parametrize("state", ["lock_not_available", "serialization_failure", "unique_violation"])
def test_what_a_trigger_raises_is_its_rule_whatever_it_calls_it(
    stocked_shop: Shop, new_goods: Path, state: str
) -> None:
    trigger(stocked_shop, "products", f"{RAISE} USING ERRCODE = '{state}'")
    named = {"table": "products", "rule": "guard()", "reason": "не сегодня"}
    assert check(stocked_shop) == [("shop_refuses_row", named)]
    error = refused(stocked_shop, new_goods)
    assert (error.code, error.params) == ("shop_refuses_row", named)


def test_a_deferred_rule_is_reported_with_a_whole_sentence(stocked_shop: Shop, new_goods: Path) -> None:
    trigger(stocked_shop, "products", RAISE)
    stocked_shop.connection.exec_driver_sql("DROP TRIGGER guard ON products")
    stocked_shop.connection.exec_driver_sql(
        "CREATE CONSTRAINT TRIGGER guard AFTER INSERT ON products DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION guard()"
    )
    said = Texts(Language.RUSSIAN).error(refused(stocked_shop, new_goods)).what
    assert said == "База не приняла строку: не сегодня (guard())"


def test_a_trigger_that_is_broken_is_named(stocked_shop: Shop, new_goods: Path) -> None:
    trigger(stocked_shop, "products", "NEW.no_such_column = 1")
    error = refused(stocked_shop, new_goods)
    assert (error.code, error.params["rule"]) == ("shop_refuses_row", "guard()")


# --- rights ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def stranger(stocked_shop: Shop, tmp_path: Path) -> Shop:
    """A login that may do everything an import needs, and owns nothing of the shop."""
    name = f"role_{uuid4().hex}"
    for statement in (
        f"CREATE ROLE {name} LOGIN PASSWORD 's3cret'",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
        f"GRANT USAGE ON SCHEMA freesport_sync TO {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA freesport_sync TO {name}",
    ):
        stocked_shop.connection.exec_driver_sql(statement)
    return Shop(stocked_shop.url.set(username=name, password="s3cret"), tmp_path)


def grants(shop: Shop) -> list[str]:
    """What the check tells the administrator to run; the import is refused in the same words."""
    ((code, params),) = check(shop)
    assert code in ("shop_incomplete", "customers_incomplete")
    return [line for line in str(params["missing"]).splitlines() if line.endswith(";")]


def test_a_sequence_that_we_may_not_use(stocked_shop: Shop, stranger: Shop, new_goods: Path) -> None:
    for statement in (
        "ALTER TABLE products ALTER COLUMN id DROP IDENTITY",
        "CREATE SEQUENCE public.products_id_seq START 1000 OWNED BY products.id",
        "ALTER TABLE products ALTER COLUMN id SET DEFAULT nextval('public.products_id_seq')",
    ):
        stocked_shop.connection.exec_driver_sql(statement)
    statements = grants(stranger)
    assert statements == [f"GRANT USAGE ON SEQUENCE public.products_id_seq TO {stranger.url.username};"]
    with pytest.raises(SchemaMismatch) as caught:
        stranger.run(new_goods)
    assert statements[0] in str(caught.value.params["missing"])
    for statement in statements:
        stocked_shop.connection.exec_driver_sql(statement)
    assert check(stranger) == []
    stranger.run(new_goods)


@pytest.mark.parametrize(
    ("policies", "narrowed"),
    [
        ([], "SELECT, INSERT, UPDATE"),
        (["FOR ALL USING (is_active)"], "SELECT, INSERT, UPDATE"),
        (["FOR SELECT USING (true)", "FOR INSERT WITH CHECK (true)"], "UPDATE"),
        (["FOR ALL USING (true)", "AS RESTRICTIVE FOR INSERT WITH CHECK (is_active)"], "INSERT"),
        (["FOR ALL TO pg_monitor USING (true)"], "SELECT, INSERT, UPDATE"),
        (["FOR ALL USING (true)"], ""),
        (["FOR ALL USING (true)", "FOR ALL USING (is_active)"], ""),
    ],
)
def test_row_level_security(stocked_shop: Shop, stranger: Shop, policies: list[str], narrowed: str) -> None:
    stocked_shop.connection.exec_driver_sql("ALTER TABLE products ENABLE ROW LEVEL SECURITY")
    for number, policy in enumerate(policies):
        stocked_shop.connection.exec_driver_sql(f"CREATE POLICY p{number} ON products {policy}")
    if not narrowed:
        assert check(stranger) == []
        return
    ((_, params),) = check(stranger)
    assert f"row security: products {narrowed}" in str(params["missing"]).splitlines()
    (statement,) = grants(stranger)
    stocked_shop.connection.exec_driver_sql(statement)
    assert check(stranger) == []
    assert check(stocked_shop) == []  # owners are not narrowed


def test_missing_rights_come_with_what_grants_them(stocked_shop: Shop, stranger: Shop) -> None:
    role = stranger.url.username
    stocked_shop.connection.exec_driver_sql(f"REVOKE UPDATE ON products, brands FROM {role}")
    stocked_shop.connection.exec_driver_sql(f"REVOKE SELECT ON color_mappings FROM {role}")
    statements = grants(stranger)
    assert statements == [f"GRANT UPDATE ON brands, products TO {role};", f"GRANT SELECT ON color_mappings TO {role};"]
    for statement in statements:
        stocked_shop.connection.exec_driver_sql(statement)
    assert check(stranger) == []


def test_a_schema_that_we_may_not_enter(stocked_shop: Shop, stranger: Shop) -> None:
    stocked_shop.connection.exec_driver_sql("REVOKE USAGE ON SCHEMA public FROM PUBLIC")
    statements = grants(stranger)
    assert statements == [f"GRANT USAGE ON SCHEMA public TO {stranger.url.username};"]
    stocked_shop.connection.exec_driver_sql(statements[0])
    assert check(stranger) == []


def test_temporary_tables(stocked_shop: Shop, stranger: Shop) -> None:
    stocked_shop.connection.exec_driver_sql(f"REVOKE TEMP ON DATABASE {stocked_shop.url.database} FROM PUBLIC")
    ((code, params),) = check(stranger)
    assert code == "temp_missing"
    stocked_shop.connection.exec_driver_sql(str(params["sql"]))
    assert check(stranger) == []


@pytest.mark.parametrize(("limit", "code"), [(1, "database_connection_limit"), (2, None)])
def test_the_connections_of_the_login(stocked_shop: Shop, stranger: Shop, limit: int, code: str | None) -> None:
    stocked_shop.connection.exec_driver_sql(f"ALTER ROLE {stranger.url.username} CONNECTION LIMIT {limit}")
    assert [failure[0] for failure in check(stranger)] == ([code] if code else [])


def test_an_extra_required_column_means_that_the_program_must_be_updated(stocked_shop: Shop) -> None:
    stocked_shop.connection.exec_driver_sql("ALTER TABLE products ADD COLUMN season text NOT NULL DEFAULT 'x'")
    stocked_shop.connection.exec_driver_sql("ALTER TABLE products ALTER COLUMN season DROP DEFAULT")
    ((code, params),) = check(stocked_shop)
    assert code == "shop_incomplete"
    told = Texts(Language.RUSSIAN).check(code, params)
    assert "extra required column: products season" in told
    assert "обновите программу" in told
