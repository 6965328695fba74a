"""The shop goes on selling while a run compares and writes (RUN-4): what 1C did not change is left as it is."""

from __future__ import annotations

import threading

import pytest

from freesport_sync.core.events import Event, Progress
from freesport_sync.core.run import RunStatus
from freesport_sync.core.shop import Stage
from tests.builders import ExportBuilder, offer, prices, product, property_, rests
from tests.shop import Shop
from tests.watching import at_stage

pytestmark = pytest.mark.usefixtures("workers")


@pytest.fixture
def export(export: ExportBuilder) -> ExportBuilder:
    """A product with a variant, which the shop has already."""
    export.goods(product("p1"))
    export.offers(offer("p1#a"))
    export.prices(prices("p1#a", {"retail": 10}))
    export.rests(rests("p1#a", {"w1": 5}))
    return export


def test_a_checkout_between_comparing_and_writing_keeps_its_decrement(shop: Shop, export: ExportBuilder) -> None:
    shop.run(export.folder)
    export.prices(prices("p1#a", {"retail": 11}))
    checkout = "UPDATE product_variants SET stock_quantity = stock_quantity - 2 WHERE stock_quantity >= 2"
    shop.run(export.folder, at_stage(Stage.APPLY, lambda: shop.execute(checkout)))
    assert shop.row("SELECT retail_price::int, stock_quantity FROM product_variants") == (11, 3)


def test_a_stock_that_1c_changed_is_written(shop: Shop, export: ExportBuilder) -> None:
    shop.run(export.folder)
    export.rests(rests("p1#a", {"w1": 8}))
    checkout = "UPDATE product_variants SET stock_quantity = stock_quantity - 2"
    shop.run(export.folder, at_stage(Stage.APPLY, lambda: shop.execute(checkout)))
    assert shop.value("SELECT stock_quantity FROM product_variants") == 8


def test_what_an_operator_edits_during_the_import_is_kept(shop: Shop, export: ExportBuilder) -> None:
    shop.run(export.folder)
    export.goods(product("p1", description="Новое"))
    export.prices(prices("p1#a", {"retail": 11}))

    def edit() -> None:
        shop.execute("UPDATE products SET name = 'Имя магазина', is_active = false, vat_rate = 7")
        shop.execute("UPDATE product_variants SET color_name = 'Свой', sku = 'OWN', opt1_price = 3")

    shop.run(export.folder, at_stage(Stage.APPLY, edit))
    assert shop.row("SELECT name, description, is_active, vat_rate::int FROM products") == (
        *("Имя магазина", "Новое", False, 7),
    )
    assert shop.row("SELECT color_name, sku, retail_price::int, opt1_price::int FROM product_variants") == (
        *("Свой", "OWN", 11, 3),
    )


def test_a_row_that_vanishes_during_the_merge_starts_it_again(shop: Shop, export: ExportBuilder) -> None:
    shop.run(export.folder)
    export.prices(prices("p1#a", {"retail": 11}))
    report = shop.run(export.folder, at_stage(Stage.APPLY, lambda: shop.execute("DELETE FROM product_variants")))
    assert report.status is RunStatus.COMPLETED
    assert shop.row("SELECT onec_id, retail_price::int, stock_quantity FROM product_variants") == ("p1#a", 11, 5)
    assert "merge_repeated" not in shop.issues()


def test_an_attribute_removed_during_the_merge_starts_it_again(shop: Shop, export: ExportBuilder) -> None:
    export.properties_goods(property_("k", "Рост", {"v": "180"}))
    shop.run(export.folder)
    export.goods(product("p1", properties={"k": "v"}))

    def remove() -> None:
        for table in ("value_1c_mappings", "values", "1c_mappings"):
            shop.execute(f"DELETE FROM product_attribute_{table}")
        shop.execute("DELETE FROM product_attributes")

    shop.run(export.folder, at_stage(Stage.APPLY, remove))
    query = (
        "SELECT v.value FROM products_attributes AS l JOIN product_attribute_values AS v ON v.id = l.attributevalue_id"
    )
    assert shop.value(query) == "180"


def test_a_concurrently_created_product_is_taken_over(shop: Shop, export: ExportBuilder) -> None:
    shop.run(export.folder)
    export.goods(product("p1"), product("p2", description="из 1С"))

    def make() -> None:
        shop.execute(
            "INSERT INTO products SELECT (p).* FROM (SELECT jsonb_populate_record(p, jsonb_build_object("
            "'id', nextval(pg_get_serial_sequence('products', 'id')), 'onec_id', 'p2', 'slug', 'other')) AS p"
            " FROM products AS p) AS made"
        )

    report = shop.run(export.folder, at_stage(Stage.APPLY, make))
    assert report.status is RunStatus.COMPLETED
    assert shop.rows("SELECT onec_id, slug, description FROM products WHERE onec_id = 'p2'") == [
        ("p2", "other", "из 1С")
    ]


def test_a_concurrently_taken_slug_is_avoided(shop: Shop, export: ExportBuilder) -> None:
    shop.run(export.folder)
    export.goods(product("p1"), product("p2", name="Сетка"))
    take = "UPDATE products SET slug = 'setka'"
    shop.run(export.folder, at_stage(Stage.APPLY, lambda: shop.execute(take)))
    assert shop.rows("SELECT slug FROM products ORDER BY id") == [("setka",), ("setka-2",)]


def test_readers_see_the_import_as_a_whole_or_not_at_all(shop: Shop, export: ExportBuilder) -> None:
    seen: list[int] = []
    look = threading.Event()

    def on_event(event: Event) -> None:
        if isinstance(event, Progress) and event.stage is Stage.APPLY:
            seen.append(shop.value("SELECT (SELECT count(*) FROM products) + (SELECT count(*) FROM product_variants)"))
            look.set()

    shop.run(export.folder, on_event)
    assert look.is_set()
    assert set(seen) == {0}
    assert shop.value("SELECT count(*) FROM products") == 1
