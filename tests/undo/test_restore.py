"""Undoing imports: whole tables as they were, but for what the shop has done itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from freesport_sync.core.events import Event, Progress
from freesport_sync.core.run import RunStatus
from freesport_sync.core.shop import Entity, ImportKind, Stage
from freesport_sync.database.merge.merge import COMPARED_COLUMNS
from freesport_sync.database.server.sql_files import for_each, sql
from freesport_sync.database.undo.restorable import LINKS, RESTORABLE, RESTORABLE_BY_TABLE
from freesport_sync.errors import BackupUnusable
from freesport_sync.settings.model import BackupSettings
from tests.builders import (
    ROOT_GROUP,
    brand_property,
    contragent,
    group,
    offer,
    prices,
    product,
    property_,
    rests,
)
from tests.integration.scenes import everything, everything_changed
from tests.integration.support import NewExport, drop_tasks, row_versions, shop_rows
from tests.shop import Shop

ACCEPTED: dict[str, Any] = {"accept_large_change": True, "skip_backup": False}


def restorable_rows(shop: Shop) -> dict[str, list[tuple[Any, ...]]]:
    """Every value that an import updates, with the row's id, and every link."""
    rows = {
        one.table.name: shop.rows(f"SELECT id, {', '.join(one.columns)} FROM {one.table.name} ORDER BY id")
        for one in RESTORABLE
    }
    for links in LINKS:
        rows[links.table.name] = shop.rows(
            f"SELECT {links.owner}, attributevalue_id FROM {links.table.name} ORDER BY 1, 2"
        )
    return rows


def without_created(shop: Shop, before: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """As `restorable_rows`, without the rows that were not there before and without their links."""
    now = restorable_rows(shop)
    known = {table: {row[0] for row in rows} for table, rows in before.items()}
    owners = {links.table.name: known[links.owners.table.name] for links in LINKS}
    return {table: [row for row in rows if row[0] in owners.get(table, known[table])] for table, rows in now.items()}


def test_an_undone_import_leaves_the_tables_as_the_one_before_did(shop: Shop, new_export: NewExport) -> None:
    first, second = new_export(), new_export()
    everything(first)
    everything_changed(second)
    shop.run(first.folder)
    before, hidden = restorable_rows(shop), deactivated(shop)
    changed = shop.run(second.folder, **ACCEPTED)
    assert without_created(shop, before) != before
    report = shop.undo(changed.run_id)
    assert report.status is RunStatus.COMPLETED
    assert without_created(shop, before) == before
    for one in RESTORABLE:
        if "is_active" in one.columns:  # what the import had made is hidden, not deleted
            known = [row[0] for row in before[one.table.name]]
            made = f"FROM {one.table.name} WHERE id <> ALL(:known)"
            assert shop.value(f"SELECT count(*) {made} AND is_active", known=known) == 0
    assert {code for code in shop.issues() if code != "restore_runs"} == set()
    assert hidden <= deactivated(shop)


def test_after_an_undo_the_same_import_does_the_same_again(shop: Shop, new_export: NewExport) -> None:
    first, second = new_export(), new_export()
    everything(first)
    everything_changed(second)
    shop.run(first.folder)
    changed = shop.run(second.folder, **ACCEPTED)
    after = restorable_rows(shop)
    shop.undo(changed.run_id)
    shop.run(second.folder, **ACCEPTED)
    assert comparable(restorable_rows(shop)) == comparable(after)


def test_an_older_export_may_come_after_an_undo(stocked_shop: Shop, new_export: NewExport) -> None:
    shop = stocked_shop
    runs: list[int] = []
    for day in ("2030-01-02", "2030-01-01"):
        export = new_export()
        export.created_at = f"{day}T00:00:00"
        export.reference_data()
        export.goods(product("p1"))
        if runs:
            shop.undo(runs[0])
        runs.append(shop.run(export.folder, skip_backup=False).run_id)
    assert shop.value("SELECT undone_by FROM freesport_sync.runs WHERE id = :id", id=runs[0]) == runs[0] + 1


def test_a_first_import_is_undone_by_hiding_everything(shop: Shop, new_export: NewExport) -> None:
    export = new_export()
    everything(export)
    report = shop.run(export.folder, skip_backup=False)
    rows = {table: len(found) for table, found in shop_rows(shop).items()}
    tables = ("products", "product_variants", "brands")
    shown, sold, brands = (shop.value(f"SELECT count(*) FROM {table} WHERE is_active") for table in tables)
    shop.undo(report.run_id)
    assert {table: len(found) for table, found in shop_rows(shop).items()} == rows
    for table in ("categories", "brands", "products", "product_variants", "price_types", "users"):
        assert shop.value(f"SELECT count(*) FROM {table} WHERE is_active") == 0, table
    again = shop.run(export.folder, skip_backup=False)
    assert again.status is RunStatus.COMPLETED
    assert shop.value("SELECT count(*) FROM products WHERE is_active") == shown
    assert shop.value("SELECT count(*) FROM product_variants WHERE is_active") == sold
    assert again.counts[Entity.BRAND].updated == brands - 1  # 1C does not list No Brand
    assert shop.value("SELECT count(*) FROM brands WHERE is_active") == brands  # also those of no product
    assert shop.value("SELECT is_active FROM users WHERE onec_id = 'c1'")


def test_what_the_shop_has_changed_since_stays_and_is_listed(stocked_shop: Shop, new_export: NewExport) -> None:
    shop, export = stocked_shop, new_export()
    export.reference_data()
    export.goods(product("p1", description="из 1С"))
    export.offers(offer("p1#c1", article="NEW"))
    export.prices(prices("p1#c1", {"retail": 200, "opt1": 150}))
    export.rests(rests("p1#c1", {"w1": 9}))
    report = shop.run(export.folder, skip_backup=False)
    shop.execute("UPDATE product_variants SET stock_quantity = stock_quantity - 1")  # an order
    shop.execute("UPDATE products SET name = 'Имя из магазина'")  # an operator, where 1C has nothing to say
    shop.execute("UPDATE product_variants SET retail_price = 180")  # an operator, over the import
    undone = shop.undo(report.run_id)
    assert shop.row("SELECT stock_quantity, retail_price, opt1_price, sku <> 'NEW' FROM product_variants") == (
        8,
        180,
        None,
        True,
    )
    assert shop.row("SELECT name, description FROM products") == ("Имя из магазина", "")
    assert shop.issues() == {
        "restore_runs": [""],
        "restore_kept": ["p1"],
        "restore_kept_after_import": ["p1#c1", "p1#c1"],
    }
    assert undone.counts[Entity.VARIANT].updated == 1
    assert undone.counts[Entity.VARIANT].skipped == 1


def test_what_was_sold_between_backup_and_write_is_not_brought_back(stocked_shop: Shop, new_export: NewExport) -> None:
    shop, export = stocked_shop, new_export()
    shop.execute("UPDATE product_variants SET stock_quantity = 10")
    export.reference_data()
    export.goods(product("p1"))
    export.prices(prices("p1#c1", {"retail": 300}))
    export.rests(rests("p1#c1", {"w1": 20}))

    def sell(event: object) -> None:
        if type(event).__name__ == "BackupMade":
            shop.execute("UPDATE product_variants SET stock_quantity = stock_quantity - 1")

    report = shop.run(export.folder, sell, skip_backup=False)
    assert shop.value("SELECT stock_quantity FROM product_variants") == 20
    shop.undo(report.run_id)
    assert shop.row("SELECT stock_quantity, retail_price FROM product_variants") == (9, 100)


def test_later_imports_are_undone_too_and_later_stocks_are_not(stocked_shop: Shop, new_export: NewExport) -> None:
    shop, second, third, stocks = stocked_shop, new_export(), new_export(), new_export()
    for export, retail, stock in ((second, 200, 5), (third, 300, 6)):
        export.reference_data()
        export.goods(product("p1"))
        export.prices(prices("p1#c1", {"retail": retail}))
        export.rests(rests("p1#c1", {"w1": stock}))
    stocks.rests(rests("p1#c1", {"w1": 77}))
    report = shop.run(second.folder, skip_backup=False)
    shop.run(third.folder, skip_backup=False)
    shop.run(stocks.folder, file_type="rests")
    shop.undo(report.run_id)
    assert shop.row("SELECT retail_price, stock_quantity FROM product_variants") == (100, 77)


def test_an_older_backup_can_be_restored_after_an_undo(stocked_shop: Shop, new_export: NewExport) -> None:
    shop, runs = stocked_shop, []
    for retail in (200, 300):
        export = new_export()
        export.reference_data()
        export.goods(product("p1"))
        export.prices(prices("p1#c1", {"retail": retail}))
        runs.append(shop.run(export.folder, skip_backup=False).run_id)
    shop.undo(runs[1])
    assert shop.value("SELECT retail_price FROM product_variants") == 200
    shop.undo(runs[0])
    assert shop.value("SELECT retail_price FROM product_variants") == 100


def test_a_dry_run_tells_what_the_restore_then_does(shop: Shop, new_export: NewExport) -> None:
    first, second = new_export(), new_export()
    everything(first)
    everything_changed(second)
    shop.run(first.folder)
    changed = shop.run(second.folder, **ACCEPTED)
    shop.execute("UPDATE product_variants SET stock_quantity = 77 WHERE onec_id = 'p1#a'")
    versions = row_versions(shop)
    dry = shop.undo(changed.run_id, is_dry_run=True)
    assert row_versions(shop) == versions  # neither written nor locked
    told = shop.issues()
    query = "SELECT entity, onec_id, field, old_value, new_value FROM freesport_sync.field_changes WHERE run_id = :run"
    listed = shop.rows(query, run=dry.run_id)
    assert ("product", "p1", "description", "Квадратный", "Круглый") in listed
    assert ("product", "p1", "brand_id", "Puma", "Nike") in listed
    real = shop.undo(changed.run_id)
    assert (real.counts, shop.issues()) == (dry.counts, told)


def test_a_value_that_somebody_else_has_now_is_kept(stocked_shop: Shop, new_export: NewExport) -> None:
    shop, export = stocked_shop, new_export()
    old_sku = shop.value("SELECT sku FROM product_variants")
    export.reference_data()
    export.groups()
    export.goods(product("p1"), product("p2"))
    export.offers(offer("p1#c1", article="NEW"), offer("p2#c1", article=old_sku))
    report = shop.run(export.folder, skip_backup=False)
    shop.execute("UPDATE product_variants SET sku = :sku WHERE onec_id = 'p2#c1'", sku=old_sku)
    shop.undo(report.run_id)
    assert shop.issues()["restore_value_taken"] == ["p1#c1"]
    assert shop.value("SELECT sku FROM product_variants WHERE onec_id = 'p1#c1'") == "NEW"


def test_what_the_shop_has_deleted_is_reported(stocked_shop: Shop, new_export: NewExport) -> None:
    shop = stocked_shop
    backup_id = shop.back_up()
    shop.execute("DELETE FROM product_variants")
    shop.restore(backup_id)
    assert shop.issues() == {"restore_row_vanished": ["p1#c1"], "restore_nothing": [""]}


def test_an_order_during_the_restore_is_not_lost(stocked_shop: Shop, new_export: NewExport) -> None:
    shop, export = stocked_shop, new_export()
    export.reference_data()
    export.goods(product("p1"))
    export.prices(prices("p1#c1", {"retail": 300}))
    export.rests(rests("p1#c1", {"w1": 20}))
    report = shop.run(export.folder, skip_backup=False)

    def sell(event: Any) -> None:
        if getattr(event, "stage", None) == "resolve" and not event.done:
            shop.execute("UPDATE product_variants SET stock_quantity = stock_quantity - 1")

    shop.undo(report.run_id, on_event=sell)
    assert shop.row("SELECT stock_quantity, retail_price FROM product_variants") == (19, 100)


def deactivated(shop: Shop) -> set[tuple[Any, ...]]:
    return set(shop.rows("SELECT entity, onec_id FROM freesport_sync.deactivated_objects"))


def comparable(rows: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """Without when and how a row was synchronised."""
    found = dict(rows)
    for one in RESTORABLE:
        places = [n for n, column in enumerate(("id", *one.columns)) if column not in ("last_sync_at", "sync_status")]
        found[one.table.name] = [tuple(row[n] for n in places) for row in rows[one.table.name]]
    return found


def test_what_the_shop_did_between_two_imports_outlives_the_undoing_of_both(
    stocked_shop: Shop, new_export: NewExport
) -> None:
    shop, runs = stocked_shop, []
    for retail, shop_does in ((200, "UPDATE product_variants SET retail_price = 180, opt1_price = 70"), (300, "")):
        export = new_export()
        export.reference_data()
        export.goods(product("p1", description=str(retail)))
        export.prices(prices("p1#c1", {"retail": retail, "opt1": retail / 2}))
        runs.append(shop.run(export.folder, skip_backup=False).run_id)
        if shop_does:
            shop.execute(shop_does)
    shop.undo(runs[1])
    assert shop.row("SELECT retail_price, opt1_price FROM product_variants") == (180, 70)
    shop.undo(runs[0])
    assert shop.row("SELECT retail_price, opt1_price FROM product_variants") == (180, 70)
    assert shop.value("SELECT description FROM products") == ""
    assert shop.issues()["restore_kept"] == ["p1#c1", "p1#c1"]


def test_links_of_the_shop_outlive_the_undoing_of_two_imports(shop: Shop, new_export: NewExport) -> None:
    runs = []
    for material in (None, "m2", "m3"):
        export = new_export()
        export.reference_data()
        export.properties_goods(brand_property(), property_("pr1", "Материал", {f"m{n}": f"М{n}" for n in (1, 2, 3)}))
        export.goods(product("p1", properties={"pr1": material} if material else {}))
        runs.append(shop.run(export.folder, skip_backup=False).run_id)
        if material == "m2":  # 1C no longer sells it, but the shop's operator wants both
            shop.execute(
                "INSERT INTO products_attributes (product_id, attributevalue_id) SELECT p.id, v.id"
                " FROM products AS p, product_attribute_values AS v WHERE v.value = 'М1'"
            )
    query = (
        "SELECT v.value FROM products_attributes JOIN product_attribute_values AS v ON v.id = attributevalue_id"
        " JOIN product_attributes AS a ON a.id = attribute_id WHERE a.name = 'Материал' ORDER BY 1"
    )
    shop.undo(runs[2])
    assert shop.rows(query) == [("М1",), ("М2",)]
    shop.undo(runs[1])
    assert shop.rows(query) == [("М1",)]


def test_a_value_that_the_import_found_again_as_in_the_backup(stocked_shop: Shop, new_export: NewExport) -> None:
    shop, export = stocked_shop, new_export()
    shop.execute("UPDATE product_variants SET stock_quantity = 10")
    export.reference_data()
    export.goods(product("p1"))
    export.prices(prices("p1#c1", {"retail": 300}))
    export.rests(rests("p1#c1", {"w1": 10}))

    def sell(event: object) -> None:
        if type(event).__name__ == "BackupMade":
            shop.execute("UPDATE product_variants SET stock_quantity = stock_quantity - 1")

    report = shop.run(export.folder, sell, skip_backup=False)
    assert shop.value("SELECT stock_quantity FROM product_variants") == 10
    shop.undo(report.run_id)
    assert shop.row("SELECT stock_quantity, retail_price FROM product_variants") == (9, 100)


def test_articles_that_went_from_one_variant_to_another_go_back(shop: Shop, new_export: NewExport) -> None:
    runs = []
    for first, second in (("S1", "S2"), ("S3", "S2"), ("S3", "S1"), ("S2", "S1")):
        export = new_export()
        export.reference_data()
        export.goods(product("p1"))
        export.offers(offer("p1#a", article=first), offer("p1#b", article=second))
        runs.append(shop.run(export.folder, skip_backup=False).run_id)
    skus = "SELECT array_agg(sku ORDER BY onec_id) FROM product_variants"
    assert shop.value(skus) == ["S2", "S1"]
    shop.undo(runs[1])
    assert shop.value(skus) == ["S1", "S2"]
    assert set(shop.issues()) == {"restore_runs"}


def test_who_was_shown_again_is_hidden_again(shop: Shop, new_export: NewExport) -> None:
    goods, export = new_export(), new_export()
    goods.reference_data()
    goods.goods(product("p1"))
    shop.run(goods.folder, file_type="goods")  # waits for its variants
    export.reference_data()
    export.goods(product("p1"))
    export.offers(offer("p1#a"))
    export.contragents(contragent("c1"))
    query = "SELECT p.is_active, u.is_active FROM products AS p, users AS u"
    for _ in range(2):
        report = shop.run(export.folder, skip_backup=False)
        assert shop.row(query) == (True, True)
        shop.undo(report.run_id)
        assert shop.row(query) == (False, False)


def test_a_sale_waits_between_comparison_and_write(stocked_shop: Shop, dearer: Path) -> None:
    shop, refused = stocked_shop, []
    report = shop.run(dearer, skip_backup=False)
    shop.execute("UPDATE product_variants SET stock_quantity = 5")
    shop.execute("SET lock_timeout = '50ms'")

    def sell(event: Event) -> None:
        if isinstance(event, Progress) and event.stage is Stage.RESOLVE and event.done:
            with pytest.raises(OperationalError, match="lock timeout"):
                shop.execute("UPDATE product_variants SET stock_quantity = stock_quantity - 1")
            refused.append(True)

    shop.undo(report.run_id, on_event=sell)
    assert refused


def test_a_shop_without_customers_is_undone_too(stocked_shop: Shop, dearer: Path) -> None:
    shop = stocked_shop
    shop.execute("DROP TABLE common_customersynclog, companies, users")
    report = shop.run(dearer, skip_backup=False, kind=ImportKind.CATALOG)
    shop.undo(report.run_id)
    assert shop.value("SELECT retail_price FROM product_variants") == 100


@pytest.mark.parametrize(
    "forget", ["UPDATE freesport_sync.runs SET is_forgotten = true", "DELETE FROM freesport_sync.runs"]
)
def test_a_backup_is_not_restored_when_it_is_not_known_what_came_after(
    stocked_shop: Shop, dearer: Path, forget: str
) -> None:
    report = stocked_shop.run(dearer, skip_backup=False)
    stocked_shop.execute(f"{forget} WHERE id = :id", id=report.run_id)
    with pytest.raises(BackupUnusable, match="backup_outlived"):
        stocked_shop.undo(report.run_id)


def test_what_an_import_wrote_is_forgotten_with_its_backup(stocked_shop: Shop, dearer: Path) -> None:
    shop = stocked_shop
    shop.settings = shop.settings.model_copy(update={"backup": BackupSettings(keep_count=1, keep_days=0)})
    first = shop.run(dearer, skip_backup=False).run_id
    shop.execute("UPDATE product_variants SET retail_price = 1")
    shop.run(dearer, skip_backup=False)
    shop.back_up()
    query = "SELECT is_forgotten FROM freesport_sync.runs WHERE id >= :first AND kind = 'all' ORDER BY id"
    assert shop.rows(query, first=first) == [(True,), (False,)]


@pytest.mark.parametrize("is_repaired", [False, True])
def test_rows_that_an_older_program_made_are_known_by_their_time(
    shop: Shop, new_export: NewExport, is_repaired: bool
) -> None:
    export = new_export()
    everything(export)
    report = shop.run(export.folder, skip_backup=False)
    # As the version before left it: one time for all rows, and no word of their ids.
    then = "(SELECT merged_at FROM freesport_sync.runs)"
    for table in ("categories", "brands", "products", "product_variants", "users"):
        shop.execute(f"UPDATE {table} SET created_at = {then}, updated_at = {then}")
    shop.execute(f"UPDATE price_types SET created_at = {then}")
    own = "INSERT INTO brands SELECT 99, 'Своя', 'own', '', '', '', true, now(), now(), 'own', false"
    shop.execute(own)
    own_tables = ("created_rows", "confirmed_values", "spread_times", "product_links")
    drop_tasks(shop)
    shop.execute(f"DROP TABLE {', '.join(f'freesport_sync.{table}' for table in own_tables)}")
    later = ("merged_xid", "is_undoable", "task", "lock_name", "lock_key")
    shop.execute(f"ALTER TABLE freesport_sync.runs {', '.join(f'DROP COLUMN {column}' for column in later)}")
    shop.execute("UPDATE freesport_sync.alembic_version SET version_num = '0004'")
    if is_repaired:  # their times are not the import's any more
        shop.repair()
    shop.undo(report.run_id)
    for table in ("categories", "price_types", "products", "product_variants", "users"):
        assert shop.value(f"SELECT count(*) FROM {table} WHERE is_active") == 0, table
    assert shop.rows("SELECT id FROM brands WHERE is_active") == [(99,)]


def test_a_category_never_goes_back_into_itself(shop: Shop, new_export: NewExport) -> None:
    first, second = new_export(), new_export()
    for export, groups in ((first, [group("g1", children=[group("g2")])]), (second, [group("g1"), group("g2")])):
        export.reference_data()
        export.groups(group("root", name=ROOT_GROUP, children=groups))
        export.goods(product("p1"))
    shop.run(first.folder)
    report = shop.run(second.folder, skip_backup=False)
    child = "(SELECT id FROM categories WHERE onec_id = 'g2')"
    shop.execute(f"UPDATE categories SET parent_id = {child} WHERE onec_id = 'g1'")
    shop.undo(report.run_id)
    assert shop.issues()["restore_category_cycle"] == ["g2"]
    above = "SELECT parent_id = (SELECT id FROM categories WHERE onec_id = 'g1') FROM categories WHERE onec_id = 'g2'"
    assert not shop.value(above)


def test_every_column_that_an_import_updates_can_be_set_back() -> None:
    for table in ("products", "product_variants", "users", "companies"):
        changed = for_each("merge/write/changed_column", COMPARED_COLUMNS.get(table, ()))
        statement = sql(f"merge/write/update_{table}", changed=changed).text
        written = set(re.findall(r"^(?:SET|   ) (\w+) =", statement, re.MULTILINE))
        assert written - {"updated_at"} <= set(RESTORABLE_BY_TABLE[table].columns)
        assert len(written) > 3
