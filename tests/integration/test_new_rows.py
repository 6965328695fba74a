"""The shop pages its lists by `created_at` without a tie-breaker: new rows must not share it."""

from __future__ import annotations

import pytest

from freesport_sync.database.server import key_ranges
from freesport_sync.database.shop.tables import SHOP_TABLES
from tests.builders import contragent, offer, prices, product, property_, rests
from tests.integration.scenes import everything, everything_changed
from tests.integration.support import NewExport
from tests.shop import Shop

DATED = [table.name for table in SHOP_TABLES if "created_at" in table.c and table.name != "product_images"]


def test_new_rows_have_distinct_times_in_the_order_of_the_files(
    shop: Shop, new_export: NewExport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_ranges, "RANGE_ROWS", 2)
    first, second, third = new_export(), new_export(), new_export()
    everything(first)
    everything_changed(second)
    third.reference_data()
    third.goods(*(product(f"n{number}") for number in (3, 1, 2)))
    third.offers(*(offer(f"n{number}#a", characteristics={"Рост": str(number)}) for number in (3, 1, 2)))
    third.properties_goods(property_("pr9", "Вид", {f"v{number}": f"В{number}" for number in (3, 1, 2)}), segment=2)
    third.contragents(*(contragent(f"n{number}") for number in (3, 1, 2)))
    for export in (first, second, third):
        shop.run(export.folder, accept_large_change=True, chunk_size=2)
    for table in DATED:
        total, distinct = shop.row(f"SELECT count(*), count(DISTINCT created_at) FROM {table}")
        assert (table, distinct) == (table, total)
    for table in ("categories", "products", "product_variants", "users"):
        assert shop.value(f"SELECT bool_and(created_at <= updated_at) FROM {table}")
    for table, key, like in (
        ("products", "onec_id", "n_"),
        ("product_variants", "onec_id", "n_#a"),
        ("users", "onec_id", "n_"),
        ("product_attribute_value_1c_mappings", "onec_id", "v_"),
    ):
        order = f"SELECT string_agg({key}, ' ' ORDER BY created_at) FROM {table} WHERE {key} LIKE :like"
        assert shop.value(order, like=like) == " ".join(like.replace("_", str(number)) for number in (3, 1, 2))


def test_every_product_is_on_one_page_of_the_shop(shop: Shop, new_export: NewExport) -> None:
    export = new_export()
    export.reference_data()
    ids = [f"p{number:03}" for number in range(90)]
    export.goods(*map(product, ids))
    export.offers(*(offer(f"{one}#a") for one in ids))
    export.prices(*(prices(f"{one}#a", {"retail": 1}) for one in ids))
    export.rests(*(rests(f"{one}#a", {"w1": 1}) for one in ids))
    shop.run(export.folder)
    page = "SELECT onec_id FROM products WHERE is_active ORDER BY created_at DESC LIMIT 20 OFFSET :offset"
    seen = [key for offset in range(0, 90, 20) for (key,) in shop.rows(page, offset=offset)]
    assert seen == ids[::-1]
