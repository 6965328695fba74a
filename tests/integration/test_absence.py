"""What an export does not contain: it changes nothing by itself, whatever the export says of its completeness."""

from __future__ import annotations

import pytest

from freesport_sync.core.shop import Entity
from tests.builders import (
    ROOT_GROUP,
    ExportBuilder,
    brand_property,
    contragent,
    group,
    offer,
    price_type,
    prices,
    product,
    property_,
    rests,
    storage,
)
from tests.integration.support import NewExport, counts, rows_written
from tests.shop import Shop


def write(export: ExportBuilder, count: int) -> None:
    """The first `count` of two objects of every kind."""
    groups = [group("g1", name="Мячи"), group("g2", name="Сетки")]
    export.groups(group("root", name=ROOT_GROUP, children=groups[:count]))
    export.properties_goods(
        brand_property(dict([("b1", "Nike"), ("b2", "Puma")][:count])),
        property_("color", "Цвет", dict([("red", "Красный"), ("blue", "Синий")][:count])),
        *[property_("weight", "Вес")][: count - 1],
    )
    export.price_lists(*[price_type("t1", "Опт 1"), price_type("t2", "Опт 2")][:count])
    export.storages(*[storage("w1", "Первый"), storage("w2", "Второй")][:count])
    goods = [
        product(f"p{n}", group=f"g{n}", brand=f"b{n}", properties={"color": ("red", "blue")[n - 1]}) for n in (1, 2)
    ]
    export.goods(*goods[:count])
    export.offers(*[offer(f"p{n}#c", characteristics={"Цвет": "Красный"}) for n in (1, 2)][:count])
    export.prices(*[prices(f"p{n}#c", {f"t{n}": 5}) for n in (1, 2)][:count])
    export.rests(*[rests(f"p{n}#c", {f"w{n}": 5}) for n in (1, 2)][:count])
    export.contragents(*[contragent("c1"), contragent("c2")][:count])


@pytest.mark.parametrize("changes_only", ["true", "false"])
def test_absence_alone_changes_nothing_whatever_the_file_claims(
    shop: Shop, new_export: NewExport, changes_only: str
) -> None:
    """Real full exports say that they contain changes only, so neither word is believed."""
    whole, part = new_export(), new_export()
    write(whole, 2)
    shop.run(whole.folder)
    write(part, 1)
    attribute = "СодержитТолькоИзменения"
    for file in part.folder.rglob("*.xml"):
        text = file.read_text(encoding="utf-8-sig")
        assert attribute in text
        for written in ("true", "false"):
            text = text.replace(f'{attribute}="{written}"', f'{attribute}="{changes_only}"')
        file.write_text(text, encoding="utf-8-sig")
    assert rows_written(shop, lambda: shop.run(part.folder)) == {}


def test_a_full_run_hides_categories_products_and_variants_and_nothing_else(shop: Shop, new_export: NewExport) -> None:
    whole, part = new_export(), new_export()
    write(whole, 2)
    shop.run(whole.folder)
    write(part, 1)
    written = rows_written(shop, lambda: shop.run(part.folder, is_full=True, accept_large_change=True))
    changed = {"categories": (0, 1, 0), "products": (0, 1, 0), "product_variants": (0, 1, 0)}
    assert written == changed | {"products_attributes": (0, 0, 1)}  # no variant that is shown has the colour any more
    for table in ("categories", "products", "product_variants"):
        assert shop.value(f"SELECT count(*) FROM {table} WHERE NOT is_active") == 1
    assert shop.value("SELECT bool_and(is_active) FROM price_types")
    assert shop.rows("SELECT stock_quantity FROM product_variants") == [(5,), (0,)]  # still on the shop's product page
    report = shop.run(whole.folder, is_full=True)
    assert counts(report, Entity.CATEGORY) == (0, 1, 2, 0, 0)
    assert shop.value("SELECT count(*) FROM products WHERE is_active") == 2
