"""Whether a product is shown: activation, deletion marks, `--full`, operators, `sync_status` (PRODUCT-4, PRODUCT-5)."""

from __future__ import annotations

from freesport_sync.core.shop import Entity, FileType
from tests.builders import ExportBuilder, offer, prices, product, rests, tombstone
from tests.integration.support import NewExport, counts
from tests.shop import Shop

STATE = "SELECT is_active, sync_status, last_sync_at IS NOT NULL FROM products WHERE onec_id = :key"
ACTIVE = "SELECT onec_id, is_active FROM products ORDER BY onec_id"


def imported(shop: Shop, export: ExportBuilder, *goods: str, is_full: bool = False) -> dict[str, bool]:
    """Which products are shown after an import of these goods; small shops change a lot at once."""
    export.goods(*goods)
    shop.run(export.folder, is_full=is_full, accept_large_change=True)
    return dict(shop.rows(ACTIVE))


def test_the_first_variant_shows_a_product_and_stock_completes_it(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1"))
    export.offers(offer("p1#c1"))
    export.rests(rests("p1#c1", {"w1": 0}))
    states = []
    for file_type in (FileType.GOODS, FileType.OFFERS):
        if file_type is FileType.OFFERS:
            (export.folder / "rests" / "rests.xml").unlink()
        shop.run(export.folder, file_type=file_type)
        states.append(shop.row(STATE, key="p1"))
    export.rests(rests("p1#c1", {"w1": 0}))
    shop.run(export.folder, file_type=FileType.RESTS)
    states.append(shop.row(STATE, key="p1"))
    assert states == [(False, "pending", False), (True, "in_progress", False), (True, "completed", True)]


def test_one_run_with_everything_completes_at_once(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1"), product("p2"), product("p3"))
    export.offers(offer("p1#c1"), offer("p2#c1"))
    export.rests(rests("p1#c1", {"w1": 1}))
    shop.run(export.folder)
    assert [shop.row(STATE, key=key) for key in ("p1", "p2", "p3")] == [
        (True, "completed", True),
        (True, "in_progress", False),
        (True, "pending", False),  # shown by its default variant
    ]


def test_a_second_variant_and_prices_leave_the_product_alone(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1"))
    export.offers(offer("p1#c1"))
    shop.run(export.folder)
    before = shop.rows("SELECT xmin::text, p.* FROM products AS p")
    export.offers(offer("p1#c1"), offer("p1#c2"))
    export.prices(prices("p1#c1", {"retail": 5}))
    shop.run(export.folder)
    assert shop.rows("SELECT xmin::text, p.* FROM products AS p") == before


def test_a_deletion_mark_hides_and_its_removal_shows(shop: Shop, export: ExportBuilder) -> None:
    all_shown = {"p1": True, "p2": True, "p3": True}
    assert imported(shop, export, product("p1"), product("p2"), product("p3")) == all_shown
    assert imported(shop, export, product("p1", deleted=True), tombstone("Товар", "p2"), product("p3")) == {
        **{"p1": False, "p2": False, "p3": True}
    }
    assert shop.row("SELECT name, description, brand_id FROM products WHERE onec_id = 'p2'") == (
        *("Мяч футбольный", "", 1),
    )
    # An export that does not mention them is no un-marking.
    assert imported(shop, export, product("p3")) == {"p1": False, "p2": False, "p3": True}
    assert imported(shop, export, product("p1"), product("p2")) == all_shown


def test_a_new_product_with_a_deletion_mark_is_stored_hidden(shop: Shop, export: ExportBuilder) -> None:
    export.offers(offer("p1#c1"))
    assert imported(shop, export, product("p1", deleted=True), product("p2", deleted=True)) == {
        **{"p1": False, "p2": False}
    }
    # A hidden product gets no default variant either.
    assert shop.rows("SELECT onec_id, is_active FROM product_variants") == [("p1#c1", True)]
    assert imported(shop, export, product("p1"), product("p2")) == {"p1": True, "p2": True}


def test_offers_do_not_show_what_1c_has_marked(shop: Shop, export: ExportBuilder, new_export: NewExport) -> None:
    goods, marks, offers, marked_offers = new_export(), new_export(), new_export(), new_export()
    goods.goods(product("p1"), product("p2"))
    marks.goods(tombstone("Товар", "p1"), tombstone("Товар", "p2"), product("p3", deleted=True))
    offers.offers(offer("p1#a"), offer("p2#a"), offer("p3#a"))
    marked_offers.offers(tombstone("Предложение", "p2#a"))
    export.offers(offer("p2#a"))
    imported(shop, export, product("p2"))
    shop.run(goods.folder, file_type=FileType.GOODS)  # p1 is waiting for its first variant
    shop.run(marks.folder, accept_large_change=True)
    shop.run(marked_offers.folder, accept_large_change=True)
    shop.run(offers.folder)  # a first variant of p1 and p3, and p2 has its own again
    assert dict(shop.rows(ACTIVE)) == {"p1": False, "p2": False, "p3": False}
    goods.goods(product("p1"), product("p2"), product("p3"))
    shop.run(goods.folder, file_type=FileType.GOODS)
    assert dict(shop.rows(ACTIVE)) == {"p1": True, "p2": True, "p3": True}


def test_a_product_without_variants_is_hidden_by_a_full_run_and_shown_again(
    shop: Shop, export: ExportBuilder, new_export: NewExport
) -> None:
    export.goods(product("p1"), product("p2"))
    shop.run(export.folder, file_type=FileType.GOODS)
    part = new_export()
    part.goods(product("p2"))
    shop.run(part.folder, is_full=True)
    assert shop.rows("SELECT onec_id FROM product_variants") == [("p2",)]  # none for what 1C no longer has
    shop.run(export.folder)
    assert dict(shop.rows(ACTIVE)) == {"p1": True, "p2": True}


def test_a_product_that_comes_back_waits_for_one_of_its_variants(shop: Shop, export: ExportBuilder) -> None:
    export.offers(offer("p1#a"))
    imported(shop, export, product("p1"))
    export.offers(offer("p1#a", deleted=True))
    imported(shop, export, product("p1", deleted=True))
    assert imported(shop, export, product("p1")) == {"p1": False}
    (export.folder / "goods" / "goods.xml").unlink()
    export.offers(offer("p1#a"))
    shop.run(export.folder)
    assert dict(shop.rows(ACTIVE)) == {"p1": True}


def test_an_unknown_tombstone_is_noted_and_left_out(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1"), tombstone("Товар", "zzz"))
    report = shop.run(export.folder)
    assert shop.rows(ACTIVE) == [("p1", True)]
    assert counts(report, Entity.PRODUCT) == (1, 0, 0, 1, 0)
    assert shop.issues() == {"tombstone_unknown": ["zzz"]}


def test_what_an_operator_has_hidden_stays_hidden(shop: Shop, export: ExportBuilder) -> None:
    imported(shop, export, product("p1"), product("p2"))
    shop.execute("UPDATE products SET is_active = false WHERE onec_id = 'p1'")
    assert imported(shop, export, product("p1", description="Новое"), product("p2")) == {"p1": False, "p2": True}
    # Not even a mark that comes and goes shows it.
    imported(shop, export, product("p1", deleted=True), product("p2", deleted=True))
    assert imported(shop, export, product("p1"), product("p2")) == {"p1": False, "p2": True}
    export.offers(offer("p1#c1"))
    assert imported(shop, export, product("p1")) == {"p1": False, "p2": True}


def test_an_operator_may_hide_what_was_unmarked(shop: Shop, export: ExportBuilder) -> None:
    imported(shop, export, product("p1"))
    imported(shop, export, product("p1", deleted=True))
    assert imported(shop, export, product("p1")) == {"p1": True}
    shop.execute("UPDATE products SET is_active = false")
    assert imported(shop, export, product("p1", description="Новое")) == {"p1": False}


def test_marks_reach_a_product_that_is_found_by_its_parent_id(shop: Shop, export: ExportBuilder) -> None:
    imported(shop, export, product("p1"), product("p2"))
    shop.execute("UPDATE products SET onec_id = 'old' WHERE onec_id = 'p1'")
    assert imported(shop, export, tombstone("Товар", "p1")) == {"old": False, "p2": True}
    assert imported(shop, export, product("p1")) == {"old": True, "p2": True}
    assert imported(shop, export, product("p2"), is_full=True) == {"old": False, "p2": True}
    assert imported(shop, export, product("p1")) == {"old": True, "p2": True}


def test_absence_hides_only_in_a_full_run(shop: Shop, export: ExportBuilder) -> None:
    imported(shop, export, product("p1"), product("p2"), product("p3"))
    shop.execute("UPDATE products SET onec_id = NULL, parent_onec_id = NULL WHERE onec_id = 'p3'")
    assert imported(shop, export, product("p1"))["p2"]
    assert not imported(shop, export, product("p1"), is_full=True)["p2"]
    # What the shop has made itself is not the export's to hide.
    assert shop.value("SELECT is_active FROM products WHERE onec_id IS NULL")
    assert imported(shop, export, product("p2"))["p2"]


def test_a_full_run_without_goods_hides_no_product(shop: Shop, export: ExportBuilder, new_export: NewExport) -> None:
    imported(shop, export, product("p1"), product("p2"))
    alone = new_export()
    alone.offers(offer("p1#c1"))
    shop.run(alone.folder, is_full=True, accept_large_change=True)
    assert dict(shop.rows(ACTIVE)) == {"p1": True, "p2": True}


def test_goods_and_offers_in_separate_runs(shop: Shop, export: ExportBuilder, new_export: NewExport) -> None:
    early, goods = new_export(), new_export()
    export.goods(product("p0"))
    shop.run(export.folder)
    early.offers(offer("p1#c1"), offer("p1#c2"), offer("p2#c1"), offer("p0#c1"))
    report = shop.run(early.folder)
    assert counts(report, Entity.VARIANT) == (1, 1, 0, 3, 0)  # p0: a new variant instead of the default one
    assert shop.issues() == {"parent_not_found": ["p1#c1", "p2#c1"]}  # once for each missing product
    goods.goods(product("p1"), product("p2"))
    shop.run(goods.folder, file_type=FileType.GOODS)
    assert shop.value("SELECT count(*) FROM products WHERE is_active") == 1
    report = shop.run(early.folder)
    assert counts(report, Entity.VARIANT) == (3, 0, 1, 0, 0)
    assert shop.value("SELECT count(*) FROM products WHERE is_active") == 3


def test_a_product_whose_only_offer_was_marked_is_shown_with_it(shop: Shop, export: ExportBuilder) -> None:
    export.offers(offer("p1#c1", deleted=True))
    assert imported(shop, export, product("p1")) == {"p1": False}
    assert imported(shop, export, product("p1", description="Ещё раз")) == {"p1": False}
    export.offers(offer("p1#c1"))
    assert imported(shop, export, product("p1")) == {"p1": True}
    assert shop.row(STATE, key="p1") == (True, "in_progress", False)
