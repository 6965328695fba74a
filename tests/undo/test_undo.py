"""Who spoke last decides what an undo sets back, and what the shop has used since stays."""

from __future__ import annotations

from typing import Any

import pytest

from freesport_sync.core.events import IssuesFound
from freesport_sync.core.run import Counts
from freesport_sync.core.shop import Entity, FileType, ImportKind
from freesport_sync.errors import BackupUnusable
from freesport_sync.settings.model import (
    BackupSettings,
    CatalogSettings,
    OwnedField,
    Settings,
)
from tests.builders import (
    ROOT_GROUP,
    ExportBuilder,
    brand_property,
    contragent,
    group,
    offer,
    prices,
    product,
    property_,
    rests,
)
from tests.integration.support import NewExport, row_versions
from tests.shop import Shop, new_role

STOCK = "SELECT stock_quantity FROM product_variants"


def newer(shop: Shop) -> dict[str, str]:
    """Field -> the run that has spoken of it since, of what the last restore has kept for that."""
    issues = [issue for event in shop.events if isinstance(event, IssuesFound) for issue in event.issues]
    return {issue.field: str(issue.params["because"]) for issue in issues if issue.code == "restore_kept_newer"}


def used(shop: Shop) -> dict[str, str]:
    """1C key -> for what the last restore has not hidden it."""
    issues = [issue for event in shop.events if isinstance(event, IssuesFound) for issue in event.issues]
    kept = [issue for issue in issues if issue.code in ("restore_kept_used", "restore_kept_unknown")]
    return {issue.onec_id: str(issue.params["because"]) for issue in kept}


@pytest.fixture
def sold_out(stocked_shop: Shop, new_export: NewExport) -> int:
    """An import that has set the stock from 10 to 5 and everything else of `p1` as well; its number."""
    shop, export = stocked_shop, new_export()
    shop.settings = Settings(catalog=CatalogSettings(owned_fields=frozenset(OwnedField)))
    shop.execute("UPDATE product_variants SET stock_quantity = 10")
    said(export)
    return shop.run(export.folder, skip_backup=False).run_id


def said(export: ExportBuilder) -> None:
    """An export of everything about `p1`."""
    export.reference_data()
    export.properties_goods(brand_property(), property_("pr1", "Материал", {"m1": "М1"}), segment=2)
    export.goods(product("p1", name="Имя", description="Новое", properties={"pr1": "m1"}))
    export.offers(offer("p1#c1", article="NEW", characteristics={"Цвет": "Синий"}))
    export.prices(prices("p1#c1", {"retail": 200, "opt1": 150}))
    export.rests(rests("p1#c1", {"w1": 5}))


def test_a_stock_that_came_again_since_is_newer_although_it_is_equal(
    stocked_shop: Shop, sold_out: int, new_export: NewExport
) -> None:
    shop, stocks = stocked_shop, new_export()
    shop.execute("UPDATE product_variants SET stock_quantity = stock_quantity - 1")
    stocks.rests(rests("p1#c1", {"w1": 5}))
    report = shop.run(stocks.folder, kind=ImportKind.STOCKS)
    shop.undo(sold_out)
    assert shop.row("SELECT stock_quantity, retail_price FROM product_variants") == (5, 100)
    assert newer(shop)["stock_quantity"] == str(report.run_id)


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({"kind": ImportKind.STOCKS}, {"stock_quantity", "warehouse_id", "warehouse_name"}),
        ({"kind": ImportKind.PRICES}, {"retail_price", "opt1_price"}),
        ({"file_type": FileType.GOODS}, {"name", "description"}),
        (
            {"file_type": FileType.OFFERS},
            {"sku", "color_name", "retail_price", "opt1_price", "stock_quantity", "warehouse_id", "warehouse_name"},
        ),
    ],
)
def test_what_a_run_of_a_part_confirms_is_newer_and_nothing_else(
    stocked_shop: Shop, sold_out: int, new_export: NewExport, options: dict[str, Any], kept: set[str]
) -> None:
    shop, part = stocked_shop, new_export()
    said(part)
    columns = (
        "name, description, sku, color_name, retail_price, opt1_price, stock_quantity, warehouse_id, warehouse_name"
    )
    query = f"SELECT {columns} FROM products, product_variants"
    written, versions = shop.row(query.replace("name,", "products.name,", 1)), row_versions(shop)
    shop.run(part.folder, **options)
    assert row_versions(shop) == versions  # it has written nothing
    dry = shop.undo(sold_out, is_dry_run=True)
    told = newer(shop)
    assert shop.undo(sold_out).counts == dry.counts
    assert newer(shop) == told
    assert set(told) - {"vat_rate", "Материал"} == kept
    now = shop.row(query.replace("name,", "products.name,", 1))
    same = {name for name, old, new in zip(columns.split(", "), written, now, strict=True) if old == new}
    assert same == kept


def test_links_that_came_again_since_are_newer(stocked_shop: Shop, sold_out: int, new_export: NewExport) -> None:
    shop, part = stocked_shop, new_export()
    said(part)
    links = "SELECT count(*) FROM products_attributes"
    before = shop.value(links)
    shop.run(part.folder, file_type=FileType.GOODS)
    shop.undo(sold_out)
    assert shop.value(links) == before
    assert before > 0
    assert "Материал" in newer(shop)


def test_an_undo_goes_back_to_what_came_between_two_imports(stocked_shop: Shop, new_export: NewExport) -> None:
    shop = stocked_shop
    runs: list[int] = []
    shop.execute("UPDATE product_variants SET stock_quantity = 10")
    for stock in (5, 5, 7):
        export = new_export()
        if len(runs) != 1:
            export.reference_data()
            export.goods(product("p1"))
        export.rests(rests("p1#c1", {"w1": stock}))
        kind = {"kind": ImportKind.STOCKS} if len(runs) == 1 else {"skip_backup": False}
        runs.append(shop.run(export.folder, **kind).run_id)
    shop.undo(runs[0])
    assert shop.value(STOCK) == 5  # as the run of stocks between them has said


def test_what_is_kept_of_runs_of_parts_does_not_grow(stocked_shop: Shop, sold_out: int, new_export: NewExport) -> None:
    shop, part = stocked_shop, new_export()
    said(part)
    query = "SELECT table_name, fields, ids::text FROM freesport_sync.confirmed_values ORDER BY 1, 2"
    seen = []
    for _ in range(3):
        shop.run(part.folder, file_type=FileType.OFFERS)
        shop.run(part.folder, kind=ImportKind.STOCKS)
        seen.append(shop.rows(query))
    assert seen[1] == seen[0] == seen[2]
    shop.run(part.folder)
    assert shop.rows(query) == seen[0]


def test_it_is_forgotten_with_the_backups_that_it_serves(
    stocked_shop: Shop, sold_out: int, new_export: NewExport
) -> None:
    shop, part = stocked_shop, new_export()
    said(part)
    shop.run(part.folder, kind=ImportKind.STOCKS)
    shop.settings = shop.settings.model_copy(update={"backup": BackupSettings(keep_count=1, keep_days=0)})
    shop.back_up()
    shop.execute("UPDATE product_variants SET retail_price = 1")
    shop.run(part.folder, skip_backup=False)
    shop.back_up()
    assert shop.value("SELECT count(*) FROM freesport_sync.confirmed_values") == 0


# --- what the shop has confirmed ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "kept"),
    [
        ("updated_at = clock_timestamp()", (200, 5)),  # saved as it is
        ("updated_at = clock_timestamp(), opt1_price = 149", (100, 10)),  # the change tells what was meant
        ("updated_at = clock_timestamp(), reserved_quantity = 1", (100, 10)),
        ("stock_quantity = stock_quantity", (100, 5)),  # an order and its cancellation
    ],
)
def test_a_record_that_was_saved_as_it_is_was_confirmed(
    stocked_shop: Shop, sold_out: int, edit: str, kept: tuple[int, int]
) -> None:
    shop = stocked_shop
    shop.execute(f"UPDATE product_variants SET {edit}")
    shop.undo(sold_out)
    assert shop.row("SELECT retail_price, stock_quantity FROM product_variants") == kept
    assert ("restore_kept_confirmed" in shop.issues()) == (kept != (100, 10))


# --- created rows that the shop has used ----------------------------------------------------------------------------


@pytest.fixture
def first_import(shop: Shop, new_export: NewExport) -> int:
    """A first import of two products with two variants each, and two customers; its number."""
    export = new_export()
    export.reference_data()
    export.groups(
        group("root", name=ROOT_GROUP, children=[group("g1", children=[group("g2")]), group("g3"), group("g4")])
    )
    export.goods(product("p1", group="g2"), product("p2", group="g3", brand="b2"))
    export.offers(*(offer(f"{key}#{part}") for key in ("p1", "p2") for part in "ab"))
    export.rests(*(rests(f"{key}#{part}", {"w1": 3}) for key in ("p1", "p2") for part in "ab"))
    export.contragents(contragent("c1"), contragent("c2"))
    report = shop.run(export.folder, skip_backup=False)
    shop.execute(
        "CREATE TABLE public.order_items (id bigserial PRIMARY KEY, product_id bigint REFERENCES public.products,"
        " variant_id bigint REFERENCES product_variants)"
    )
    shop.execute("CREATE TABLE public.cart_items (id bigserial PRIMARY KEY, user_id bigint REFERENCES users)")
    return report.run_id


def shown(shop: Shop, table: str, key: str = "onec_id") -> set[str]:
    return {row for (row,) in shop.rows(f"SELECT {key} FROM {table} WHERE is_active AND {key} IS NOT NULL")}


def test_what_was_ordered_stays_with_all_that_it_needs(shop: Shop, first_import: int) -> None:
    shop.execute(
        "INSERT INTO order_items (product_id, variant_id)"
        " SELECT product_id, id FROM product_variants WHERE onec_id = 'p1#a'"
    )
    dry = shop.undo(first_import, is_dry_run=True)
    report = shop.undo(first_import)
    assert report.counts == dry.counts
    told_counts = {entity: (count.hidden, count.skipped) for entity, count in report.counts.items()}
    assert told_counts.items() >= {
        *((Entity.PRODUCT, (1, 1)), (Entity.VARIANT, (3, 1)), (Entity.CUSTOMER, (2, 0)), (Entity.BRAND, (1, 1)))
    }
    assert shown(shop, "product_variants") == {"p1#a"}
    assert shown(shop, "products") == {"p1"}
    assert shown(shop, "categories") - {"root"} == {"g1", "g2"}
    assert shown(shop, "brands", "name") == {"Nike"}
    assert shown(shop, "users") == set()
    told = used(shop)
    assert told["p1#a"] == "order_items"
    assert told["p1"] == "order_items, product_variants"
    assert (told["g2"], told["g1"]) == ("products", "categories")
    # What is hidden has no stock: the shop's page of a product lists hidden variants too.
    assert shop.rows("SELECT onec_id, stock_quantity FROM product_variants ORDER BY 1") == [
        *(("p1#a", 3), ("p1#b", 0), ("p2#a", 0), ("p2#b", 0))
    ]


@pytest.mark.parametrize(
    ("table", "edit"),
    [
        ("product_variants", "UPDATE product_variants SET stock_quantity = stock_quantity - 1 WHERE onec_id = 'p2#b'"),
        ("products", "UPDATE products SET name = 'Наше имя' WHERE onec_id = 'p2'"),
        ("categories", "UPDATE categories SET sort_order = 1 WHERE onec_id = 'g4'"),
        ("brands", "UPDATE brands SET is_featured = true WHERE name = 'Adidas'"),
        ("price_types", "UPDATE price_types SET user_role = 'trainer' WHERE product_field = 'msrp'"),
        ("users", "UPDATE users SET phone = '1' WHERE onec_id = 'c2'"),
    ],
)
def test_what_others_have_changed_stays(shop: Shop, first_import: int, table: str, edit: str) -> None:
    shop.execute(edit)
    shop.undo(first_import)
    key = "id"
    assert len(shown(shop, table, key)) == (2 if table == "categories" else 1)
    assert "changes" in " ".join(used(shop).values())


@pytest.mark.parametrize(
    ("sign", "what"),
    [
        ("UPDATE users SET password = 'pbkdf2$1', updated_at = now() WHERE onec_id = 'c1'", "password"),
        ("UPDATE users SET role = 'retail' WHERE onec_id = 'c1'", "role"),
        ("UPDATE users SET last_login = now() WHERE onec_id = 'c1'", "last_login"),
        ("UPDATE users SET verification_status = 'pending' WHERE onec_id = 'c1'", "verification"),
        ("INSERT INTO cart_items (user_id) SELECT id FROM users WHERE onec_id = 'c1'", "cart_items"),
    ],
)
def test_a_customer_who_has_registered_or_bought_is_not_locked_out(
    shop: Shop, first_import: int, sign: str, what: str
) -> None:
    shop.execute(sign)
    dry = shop.undo(first_import, is_dry_run=True)
    assert shop.undo(first_import).counts == dry.counts
    assert shown(shop, "users") == {"c1"}
    assert what in used(shop)["c1"]


def test_a_category_and_a_brand_with_a_product_of_the_shop_s_own_stay(shop: Shop, first_import: int) -> None:
    shop.execute(
        "INSERT INTO products (name, slug, description, short_description, seo_title, seo_description, is_active,"
        " is_featured, created_at, updated_at, brand_id, category_id, specifications, error_message, sync_status,"
        " is_hit, is_new, is_premium, is_promo, is_sale, base_images, min_order_quantity)"
        " SELECT 'Своё', 'own', '', '', '', '', true, false, now(), now(), b.id, c.id, '{}', '', 'pending',"
        " false, false, false, false, false, '[]', 1"
        " FROM brands AS b, categories AS c WHERE b.name = 'Adidas' AND c.onec_id = 'g4'"
    )
    shop.undo(first_import)
    assert shown(shop, "products", "slug") == {"own"}
    assert shown(shop, "categories") - {"root"} == {"g4"}
    assert shown(shop, "brands", "name") == {"Adidas"}


def test_what_may_not_be_looked_at_is_kept(shop: Shop, first_import: int) -> None:
    own = ("SCHEMA", "ALL TABLES IN SCHEMA", "ALL SEQUENCES IN SCHEMA")
    shop.url = new_role(shop, *(f"GRANT ALL ON {what} freesport_sync" for what in own), but="ALL ON cart_items")
    shop.undo(first_import)
    assert used(shop)["c1"] == "cart_items"
    assert shown(shop, "users") == {"c1", "c2"}
    assert shown(shop, "products") == set()


def test_use_is_remembered_past_our_own_writes(shop: Shop, first_import: int, new_export: NewExport) -> None:
    shop.execute("UPDATE product_variants SET color_name = 'Наш' WHERE onec_id = 'p1#a'")
    shop.execute("UPDATE product_variants SET color_name = 'Наш' WHERE onec_id = 'p2#a'")
    later, stocks = new_export(), new_export()
    later.reference_data()
    later.goods(product("p1"))
    later.prices(prices("p1#a", {"retail": 200}), prices("p1#b", {"retail": 200}))
    shop.run(later.folder, skip_backup=False)
    stocks.rests(*(rests(f"p2#{part}", {"w1": 8}) for part in "ab"))
    shop.run(stocks.folder, kind=ImportKind.STOCKS)
    shop.undo(first_import)
    assert shown(shop, "product_variants") == {"p1#a", "p2#a"}


def test_who_came_back_and_registered_is_not_locked_out(shop: Shop, first_import: int, new_export: NewExport) -> None:
    shop.undo(first_import)
    again = new_export()
    again.reference_data()
    again.goods(product("p1"))
    again.contragents(contragent("c1"), contragent("c2"))
    run = shop.run(again.folder, skip_backup=False).run_id
    shop.execute("UPDATE users SET password = 'pbkdf2$1', role = 'retail' WHERE onec_id = 'c1'")
    shop.undo(run)
    assert shown(shop, "users") == {"c1"}


# --- once is enough -------------------------------------------------------------------------------------------------


def test_customers_who_are_shown_again_count_as_changed(shop: Shop, first_import: int, new_export: NewExport) -> None:
    shop.undo(first_import)
    again = new_export()
    again.contragents(contragent("c1"), contragent("c2"))
    dry = shop.run(again.folder, kind=ImportKind.CUSTOMERS, is_dry_run=True)
    real = shop.run(again.folder, kind=ImportKind.CUSTOMERS)
    assert dry.counts[Entity.CUSTOMER] == real.counts[Entity.CUSTOMER] == Counts(updated=2)
    assert shown(shop, "users") == {"c1", "c2"}
    assert shop.run(again.folder, kind=ImportKind.CUSTOMERS).counts[Entity.CUSTOMER] == Counts(unchanged=2)


def test_what_is_undone_is_not_undone_again(shop: Shop, first_import: int) -> None:
    shop.undo(first_import)
    undone = shop.value("SELECT undone_by FROM freesport_sync.runs WHERE id = :run", run=first_import)
    shop.execute("UPDATE products SET is_active = true WHERE onec_id = 'p1'")
    for is_dry_run in (True, False):
        with pytest.raises(BackupUnusable) as refused:
            shop.undo(first_import, is_dry_run=is_dry_run)
        assert refused.value.code == "run_undone_already"
        assert refused.value.params == {"run_id": first_import, "undone_by": undone}
    assert shown(shop, "products") == {"p1"}


@pytest.mark.parametrize("between", ["", "import"])
def test_an_older_backup_leaves_alone_what_was_shown_since_the_undo(
    shop: Shop, new_export: NewExport, between: str
) -> None:
    empty = shop.back_up()
    export = new_export()
    said(export)
    export.contragents(contragent("c1"))
    export.goods(product("p2"), segment=2)
    export.offers(offer("p2"), segment=2)
    first = shop.run(export.folder, skip_backup=False).run_id
    shop.undo(first)
    if between:  # 1C shows all of it again
        shop.run(export.folder, skip_backup=False)
    else:
        shop.execute("UPDATE products SET is_active = true, updated_at = now() WHERE onec_id = 'p1'")
        shop.execute("UPDATE product_variants SET is_active = true, updated_at = now() WHERE onec_id = 'p1#c1'")
    shop.restore(empty)
    assert shown(shop, "products") == (set() if between else {"p1"})
    assert shown(shop, "product_variants") == (set() if between else {"p1#c1"})
    assert shown(shop, "users") == set()


def test_what_an_undo_has_kept_stays_when_its_use_has_gone(shop: Shop, new_export: NewExport) -> None:
    empty = shop.back_up()
    export = new_export()
    said(export)
    run = shop.run(export.folder, skip_backup=False).run_id
    shop.execute("CREATE TABLE public.cart_items (id serial PRIMARY KEY, product_id bigint REFERENCES public.products)")
    shop.execute("INSERT INTO cart_items (product_id) SELECT id FROM products")
    shop.undo(run)
    assert shown(shop, "products") == {"p1"}
    shop.execute("DELETE FROM cart_items")
    shop.restore(empty)
    assert shown(shop, "products") == {"p1"}
