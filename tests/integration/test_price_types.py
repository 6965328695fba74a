"""priceLists -> `price_types`, and which column their prices go to (PTYPE-1 to PTYPE-5)."""

from __future__ import annotations

import pytest

from freesport_sync.core.shop import Entity, FileType
from tests.builders import PRICE_TYPES, ExportBuilder, offer, price_type, prices, product, tombstone
from tests.integration.support import PRICES, NewExport, counts, money
from tests.shop import Shop

TYPES = "SELECT onec_id, onec_name, product_field, is_active FROM price_types ORDER BY id"


@pytest.fixture
def variant(shop: Shop, export: ExportBuilder) -> str:
    """A variant without prices, in a shop that has no price type yet."""
    export.price_lists()
    export.goods(product("p1"))
    export.offers(offer("p1#c1"))
    shop.run(export.folder)
    return "p1#c1"


def test_new_price_type_has_every_column(shop: Shop, new_export: NewExport) -> None:
    export = new_export()
    export.price_lists(price_type("t1", "Тренерская"))
    report = shop.run(export.folder)
    assert shop.row(
        "SELECT onec_id, onec_name, product_field, user_role, is_active, now() - created_at < interval '1 minute'"
        " FROM price_types"
    ) == ("t1", "Тренерская", "trainer_price", "", True, True)
    assert counts(report, Entity.PRICE_TYPE) == (1, 0, 0, 0, 0)


def test_names_stand_for_the_shops_columns(shop: Shop, export: ExportBuilder) -> None:
    export.price_lists(
        *(price_type(*item) for item in PRICE_TYPES.items()),
        price_type("retail2", "Розничная"),
        price_type("both", "Опт 1 РРЦ"),
    )
    export.goods(product("p1"))
    export.offers(offer("p1#c1"))
    export.prices(
        prices("p1#c1", {"opt1": 1, "opt2": 2, "opt3": 3, "trainer": 4, "retail": 5, "msrp": 6, "rrp": 7, "gone": 8})
    )
    shop.run(export.folder)
    fields = {row[0]: row[2] for row in shop.rows(TYPES)}
    assert (fields["retail2"], fields["both"]) == ("retail_price", "opt1_price")
    assert shop.row(f"SELECT {PRICES} FROM product_variants") == money("5.00 1.00 2.00 3.00 4.00 - 7.00 6.00")
    assert "price_type_unknown" in shop.issues()


def test_an_unrecognised_type_is_stored_switched_off(shop: Shop, variant: str, new_export: NewExport) -> None:
    export = new_export()
    export.price_lists(price_type("retail", "РРЦ"), price_type("purchase", "Закупочная"))
    export.prices(prices(variant, {"retail": 100, "purchase": 40}))
    shop.run(export.folder)
    assert shop.rows(TYPES) == [
        ("retail", "РРЦ", "retail_price", True),
        ("purchase", "Закупочная", "retail_price", False),
    ]
    assert shop.row(f"SELECT {PRICES} FROM product_variants") == money("100.00 - - - - - - -")
    assert shop.issues() == {"price_type_unrecognised": ["purchase"]}


def test_what_an_operator_has_set_is_kept_and_used(shop: Shop, variant: str, new_export: NewExport) -> None:
    export = new_export()
    export.price_lists(price_type("opt1", "Опт 1"), price_type("fed", "Закупочная"), price_type("opt2", "Опт 2"))
    shop.run(export.folder)
    shop.execute("UPDATE price_types SET is_active = false WHERE onec_id = 'opt1'")
    shop.execute("UPDATE price_types SET is_active = true, product_field = 'federation_price' WHERE onec_id = 'fed'")
    export.price_lists(price_type("opt1", "Опт 1 новый"), price_type("fed", "Закупочная"), price_type("opt2", "Опт 2"))
    export.prices(prices(variant, {"opt1": 1, "fed": 2, "opt2": 3}))
    report = shop.run(export.folder)
    assert shop.rows(TYPES) == [
        ("opt1", "Опт 1 новый", "opt1_price", False),
        ("fed", "Закупочная", "federation_price", True),
        ("opt2", "Опт 2", "opt2_price", True),
    ]
    assert shop.row(f"SELECT {PRICES} FROM product_variants") == money("0.00 - 3.00 - - 2.00 - -")
    assert counts(report, Entity.PRICE_TYPE) == (0, 1, 2, 0, 0)


def test_a_rename_does_not_move_the_column(shop: Shop, variant: str, new_export: NewExport) -> None:
    export = new_export()
    export.price_lists(price_type("t1", "Опт 1"))
    shop.run(export.folder)
    export.price_lists(price_type("t1", "Опт 2"))
    export.prices(prices(variant, {"t1": 9}))
    shop.run(export.folder)
    assert shop.rows(TYPES) == [("t1", "Опт 2", "opt1_price", True)]
    assert shop.row(f"SELECT {PRICES} FROM product_variants") == money("0.00 9.00 - - - - - -")


def test_a_deletion_mark_switches_off_and_its_removal_on(shop: Shop, variant: str, new_export: NewExport) -> None:
    export = new_export()
    states: list[tuple[object, ...]] = []
    for record in (
        price_type("t1", "Опт 1"),
        price_type("t1", "Опт 1", deleted=True),
        price_type("t1", "Опт 1", deleted=True),
        price_type("t1", "Опт 1"),
        tombstone("ТипЦены", "t1"),
        price_type("t1", "Опт 1"),
    ):
        export.price_lists(record)
        export.prices(prices(variant, {"t1": len(states) + 1}))
        shop.run(export.folder)
        states.append((*shop.row(TYPES), str(shop.value("SELECT opt1_price FROM product_variants"))))
    on, off = ("t1", "Опт 1", "opt1_price", True), ("t1", "Опт 1", "opt1_price", False)
    assert states == [(*on, "1.00"), (*off, "1.00"), (*off, "1.00"), (*on, "4.00"), (*off, "4.00"), (*on, "6.00")]


def test_a_marked_type_that_the_shop_has_deleted_comes_back_marked(shop: Shop, new_export: NewExport) -> None:
    export = new_export()
    export.price_lists(price_type("t1", "Опт 1", deleted=True))
    shop.run(export.folder)
    shop.execute("DELETE FROM price_types")
    shop.run(export.folder)  # its note is there still
    assert shop.row(TYPES) == ("t1", "Опт 1", "opt1_price", False)


def test_an_operators_switch_overrides_the_mark(shop: Shop, new_export: NewExport) -> None:
    export = new_export()
    export.price_lists(price_type("back", "Опт 1", deleted=True), price_type("off", "Опт 2"))
    shop.run(export.folder)
    shop.execute("UPDATE price_types SET is_active = (onec_id = 'back')")
    shop.run(export.folder)  # the mark is still there
    assert [(row[0], row[3]) for row in shop.rows(TYPES)] == [("back", True), ("off", False)]
    export.price_lists(price_type("back", "Опт 1"), price_type("off", "Опт 2"))
    shop.run(export.folder)
    assert [(row[0], row[3]) for row in shop.rows(TYPES)] == [("back", True), ("off", False)]


def test_an_unknown_tombstone_and_absence_change_nothing(shop: Shop, new_export: NewExport) -> None:
    export = new_export()
    export.price_lists(price_type("t1", "Опт 1"), price_type("t2", "Опт 2"))
    shop.run(export.folder)
    export.price_lists(price_type("t1", "Опт 1"), tombstone("ТипЦены", "zzz"))
    report = shop.run(export.folder)
    assert [row[3] for row in shop.rows(TYPES)] == [True, True]
    assert counts(report, Entity.PRICE_TYPE) == (0, 0, 1, 1, 0)


def test_a_type_of_an_earlier_export_serves_prices_that_come_alone(
    shop: Shop, variant: str, new_export: NewExport
) -> None:
    types, alone = new_export(), new_export()
    types.price_lists(price_type("t1", "Опт 3"))
    shop.run(types.folder)
    alone.prices(prices(variant, {"t1": 33}))
    shop.run(alone.folder, file_type=FileType.PRICES)
    assert shop.value("SELECT opt3_price FROM product_variants") == money("33.00")[0]
