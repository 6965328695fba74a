"""What an import hides has no stock: the shop's product page lists hidden variants too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from freesport_sync.core.shop import Entity, FileType, ImportKind
from freesport_sync.settings.model import OwnedField
from tests.builders import ExportBuilder, offer, prices, product, rests, tombstone
from tests.integration.support import NewExport, counts, owning, rows_written
from tests.shop import Shop

STOCKS = "SELECT onec_id, is_active, stock_quantity FROM product_variants ORDER BY id"
NOTED = "SELECT onec_id FROM freesport_sync.deactivated_objects WHERE entity = 'variant_hidden' ORDER BY 1"


def two_variants(export: ExportBuilder) -> None:
    export.goods(product("p1"))
    export.offers(offer("p1#a"), offer("p1#b"))
    export.rests(rests("p1#a", {"w1": 5}), rests("p1#b", {"w1": 3}))


def marked(export: ExportBuilder) -> dict[str, Any]:
    export.offers(offer("p1#a", deleted=True))
    return {}


def buried(export: ExportBuilder) -> dict[str, Any]:
    export.offers(tombstone("Предложение", "p1#a"))
    return {}


def absent(export: ExportBuilder) -> dict[str, Any]:
    export.offers(offer("p1#b"))
    return {"is_full": True}


def marked_with_stock(export: ExportBuilder) -> dict[str, Any]:
    export.rests(rests("p1#a", {"w1": 9}))
    return marked(export)


def absent_with_stock(export: ExportBuilder) -> dict[str, Any]:
    export.rests(rests("p1#a", {"w1": 9}))
    return absent(export)


HIDING = [marked, buried, absent, marked_with_stock, absent_with_stock]
NOT_OWNED = [marked_with_stock, absent_with_stock]


@pytest.mark.parametrize(
    ("hide", "owned"), [*((hide, OwnedField) for hide in HIDING), *((hide, ()) for hide in NOT_OWNED)]
)
def test_a_hidden_variant_has_no_stock_until_1c_shows_it_with_stock(
    shop: Shop, new_export: NewExport, hide: Callable[[ExportBuilder], dict[str, Any]], owned: Any
) -> None:
    whole, hiding, stocks = new_export(), new_export(), new_export()
    two_variants(whole)
    shop.run(whole.folder)
    shop.settings = owning(*owned)
    options = hide(hiding) | {"accept_large_change": True}
    tried = shop.run(hiding.folder, is_dry_run=True, **options)
    assert shop.rows(
        "SELECT field, old_value, new_value FROM freesport_sync.field_changes"
        " WHERE entity = 'variant' AND field IN ('is_active', 'stock_quantity') ORDER BY 1"
    ) == [("is_active", "true", "false"), ("stock_quantity", "5", "0")]
    report = shop.run(hiding.folder, **options)
    assert counts(report, Entity.VARIANT)[1] == 1
    assert tried.counts == report.counts
    assert shop.rows(STOCKS) == [("p1#a", False, 0), ("p1#b", True, 3)]
    assert rows_written(shop, lambda: shop.run(hiding.folder, **options)) == {}

    shop.settings = owning(*OwnedField)
    stocks.rests(rests("p1#a", {"w1": 7}), rests("p1#b", {"w1": 2}))
    shop.run(stocks.folder, kind=ImportKind.STOCKS)
    assert shop.rows(STOCKS) == [("p1#a", False, 0), ("p1#b", True, 2)]
    assert "stock_awaited" not in shop.issues()

    whole.rests()
    shop.run(whole.folder)
    assert shop.rows(STOCKS) == [("p1#a", True, 0), ("p1#b", True, 2)]
    assert shop.issues()["stock_awaited"] == ["p1#a"]
    shop.run(stocks.folder, kind=ImportKind.STOCKS)
    assert shop.rows(STOCKS) == [("p1#a", True, 7), ("p1#b", True, 2)]
    assert shop.rows(NOTED) == []


def test_shown_again_with_its_stock_it_can_be_bought_at_once(shop: Shop, export: ExportBuilder) -> None:
    two_variants(export)
    export.offers(offer("p1#a", deleted=True), offer("p1#b"))
    shop.run(export.folder)
    assert shop.rows(STOCKS) == [("p1#a", False, 0), ("p1#b", True, 3)]
    export.offers(offer("p1#a"), offer("p1#b"))
    shop.run(export.folder)
    assert shop.rows(STOCKS) == [("p1#a", True, 5), ("p1#b", True, 3)]
    assert "stock_awaited" not in shop.issues()


def test_a_default_variant_that_gives_way_leaves_no_stock_behind(
    shop: Shop, export: ExportBuilder, new_export: NewExport
) -> None:
    export.goods(product("p1"))
    export.rests(rests("p1", {"w1": 5}))
    shop.run(export.folder)
    more = new_export()
    more.offers(offer("p1#a"))
    more.rests(rests("p1#a", {"w1": 4}))
    shop.run(more.folder)  # neither its hiding nor its stock counts as a large change
    assert shop.rows(STOCKS) == [("p1", False, 0), ("p1#a", True, 4)]
    more.rests(rests("p1", {"w1": 5}), rests("p1#a", {"w1": 3}))
    shop.run(more.folder, kind=ImportKind.STOCKS)
    assert shop.rows(STOCKS) == [("p1", False, 0), ("p1#a", True, 3)]


def test_what_an_operator_has_hidden_gets_the_stock_that_1c_names(
    shop: Shop, export: ExportBuilder, new_export: NewExport
) -> None:
    two_variants(export)
    shop.run(export.folder)
    shop.execute("UPDATE product_variants SET is_active = false WHERE onec_id = 'p1#a'")
    stocks = new_export()
    stocks.rests(rests("p1#a", {"w1": 7}))
    shop.run(stocks.folder, kind=ImportKind.STOCKS)
    assert shop.rows(STOCKS)[0] == ("p1#a", False, 7)
    hiding = new_export()
    marked(hiding)
    shop.run(hiding.folder, accept_large_change=True)
    # The mark hands it to 1C. An operator who shows it takes it back, even if they hide it again.
    shop.run(stocks.folder, kind=ImportKind.STOCKS)
    assert shop.rows(STOCKS)[0] == ("p1#a", False, 0)
    shop.execute("UPDATE product_variants SET is_active = true, stock_quantity = 7 WHERE onec_id = 'p1#a'")
    assert rows_written(shop, lambda: shop.run(stocks.folder, kind=ImportKind.STOCKS)) == {}
    shop.execute("UPDATE product_variants SET is_active = false, stock_quantity = 1 WHERE onec_id = 'p1#a'")
    shop.run(stocks.folder, kind=ImportKind.STOCKS)
    assert shop.rows(STOCKS)[0] == ("p1#a", False, 7)


def test_variants_of_a_hidden_product_keep_their_stock(
    shop: Shop, export: ExportBuilder, new_export: NewExport
) -> None:
    """Its page is gone and the cart refuses it; shown again it is to be sold at once."""
    two_variants(export)
    shop.run(export.folder)
    hiding = new_export()
    hiding.goods(product("p1", deleted=True))
    shop.run(hiding.folder, accept_large_change=True)
    assert shop.rows(STOCKS) == [("p1#a", True, 5), ("p1#b", True, 3)]
    shop.run(export.folder, file_type=FileType.GOODS)
    assert shop.row("SELECT is_active FROM products") == (True,)
    assert "stock_awaited" not in shop.issues()


@pytest.mark.parametrize("hide", [marked, absent])
def test_the_next_import_repairs_what_older_versions_left(
    shop: Shop, new_export: NewExport, hide: Callable[[ExportBuilder], dict[str, Any]]
) -> None:
    whole, hiding, stocks = new_export(), new_export(), new_export()
    two_variants(whole)
    shop.run(whole.folder)
    # As they have hidden it: with its stock, and without a note. Buyers see no difference, so no guard asks.
    shop.execute("UPDATE product_variants SET is_active = false WHERE onec_id = 'p1#a'")
    report = shop.run(hiding.folder, **hide(hiding))
    assert counts(report, Entity.VARIANT)[1] == 1
    assert shop.rows(STOCKS) == [("p1#a", False, 0), ("p1#b", True, 3)]
    stocks.rests(rests("p1#a", {"w1": 7}))
    shop.run(stocks.folder, kind=ImportKind.STOCKS)
    assert shop.rows(STOCKS)[0] == ("p1#a", False, 0)


def test_undo_restores_both(shop: Shop, export: ExportBuilder, new_export: NewExport) -> None:
    two_variants(export)
    shop.run(export.folder)
    hiding, stocks = new_export(), new_export()
    marked(hiding)
    stocks.rests(rests("p1#a", {"w1": 7}))
    report = shop.run(hiding.folder, accept_large_change=True, skip_backup=False)
    shop.undo(report.run_id)
    assert shop.rows(STOCKS) == [("p1#a", True, 5), ("p1#b", True, 3)]
    assert shop.rows(NOTED) == []
    shop.run(stocks.folder, kind=ImportKind.STOCKS)
    assert shop.rows(STOCKS)[0] == ("p1#a", True, 7)


def test_what_undoing_hides_has_no_stock_either(shop: Shop, export: ExportBuilder, new_export: NewExport) -> None:
    two_variants(export)
    export.offers(offer("p1#a"), offer("p1#b", deleted=True))
    shop.run(export.folder)
    more, stocks = new_export(), new_export()
    more.offers(offer("p1#b"), offer("p1#c"))
    more.rests(rests("p1#b", {"w1": 6}), rests("p1#c", {"w1": 8}))
    report = shop.run(more.folder, skip_backup=False)
    stocks.rests(rests("p1#b", {"w1": 2}), rests("p1#c", {"w1": 2}))
    shop.run(stocks.folder, kind=ImportKind.STOCKS)
    shop.undo(report.run_id)
    hidden = [("p1#a", True, 5), ("p1#b", False, 0), ("p1#c", False, 0)]
    assert shop.rows(STOCKS) == hidden
    shop.run(stocks.folder, kind=ImportKind.STOCKS)
    assert shop.rows(STOCKS) == hidden
    shop.run(more.folder)
    assert shop.rows(STOCKS) == [("p1#a", True, 5), ("p1#b", True, 6), ("p1#c", True, 8)]


def test_what_an_older_version_has_hidden_in_undoing_gets_no_stock(
    shop: Shop, export: ExportBuilder, new_export: NewExport
) -> None:
    two_variants(export)
    shop.run(export.folder)
    shop.execute("UPDATE product_variants SET is_active = false WHERE onec_id = 'p1#a'")
    shop.execute("INSERT INTO freesport_sync.deactivated_objects VALUES ('variant', 'p1#a')")
    stocks = new_export()
    stocks.rests(rests("p1#a", {"w1": 7}))
    shop.run(stocks.folder, kind=ImportKind.STOCKS)
    assert shop.rows(STOCKS)[0] == ("p1#a", False, 0)


def test_a_price_alone_touches_nothing_that_is_hidden(shop: Shop, export: ExportBuilder, new_export: NewExport) -> None:
    two_variants(export)
    export.offers(offer("p1#a", deleted=True), offer("p1#b"))
    shop.run(export.folder)
    shop.execute("UPDATE product_variants SET stock_quantity = 4 WHERE onec_id = 'p1#a'")
    cheaper = new_export()
    cheaper.prices(prices("p1#a", {"retail": 7}))
    shop.run(cheaper.folder, kind=ImportKind.PRICES)
    assert shop.rows(STOCKS)[0] == ("p1#a", False, 4)
