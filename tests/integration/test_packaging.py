"""Exports of CommerceML 2.x: classifier and goods in import.xml, offers with prices and stock in offers.xml."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from freesport_sync.core.shop import FileType, ImportKind
from tests.builders import (
    ROOT_GROUP,
    ExportBuilder,
    brand_property,
    group,
    offer,
    price_type,
    prices_element,
    product,
    property_,
    raw_element,
    storage,
)
from tests.shop import Shop

STOCK = {
    "total": "<Количество>7</Количество>",
    "attributes": '<Склад ИдСклада="w1" КоличествоНаСкладе="3"/><Склад ИдСклада="w2" КоличествоНаСкладе="4"/>',
    "2.05": (
        "<КоличествоНаСкладах><КоличествоНаСкладе><ИдСклада>w1</ИдСклада><Количество>3</Количество></КоличествоНаСкладе>"
        "<КоличествоНаСкладе><ИдСклада>w2</ИдСклада><Количество>4</Количество></КоличествоНаСкладе></КоличествоНаСкладах>"
    ),
}


def combined(folder: Path, stock: str = STOCK["total"], encoding: str = "windows-1251") -> ExportBuilder:
    """import.xml and offers.xml as 1C writes them in 2.x, in a folder without sub-folders."""
    export = ExportBuilder(folder, namespace="urn:1C.ru:commerceml_205", encoding=encoding)
    groups = raw_element("Группы", group("root", name=ROOT_GROUP, children=[group("g1")]))
    properties = raw_element("Свойства", brand_property() + property_("color", "Цвет", {"red": "Красный"}))
    goods = raw_element("Товары", product("p1", properties={"color": "red"}))
    body = raw_element("Классификатор", groups + properties) + raw_element("Каталог", goods)
    export.write("import.xml", export.document(body))
    head = raw_element("ТипыЦен", price_type("retail", "РРЦ") + price_type("opt", "Опт 1"))
    head += raw_element("Склады", storage("w1", "1 СДВ склад") + storage("w2", "2 ТЛВ склад"))
    extra = prices_element({"retail": 1990, "opt": "1 500,50"}) + stock
    offers = raw_element("Предложения", offer("p1#c1", characteristics={"Цвет": "Красный"}, extra=extra))
    export.write("offers.xml", export.document(raw_element("ПакетПредложений", head + offers)))
    return export


@pytest.mark.parametrize("stock", STOCK)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "windows-1251"])
def test_a_whole_catalogue_of_2x(shop: Shop, tmp_path: Path, stock: str, encoding: str) -> None:
    shop.run(combined(tmp_path / "export", STOCK[stock], encoding).folder)
    assert shop.row(
        "SELECT c.name, b.name, p.is_active FROM products AS p"
        " JOIN categories AS c ON c.id = p.category_id JOIN brands AS b ON b.id = p.brand_id"
    ) == ("Мячи", "Nike", True)
    assert shop.row("SELECT retail_price, opt1_price, stock_quantity FROM product_variants") == (
        Decimal("1990.00"),
        Decimal("1500.50"),
        7,
    )
    assert shop.value("SELECT warehouse_name FROM product_variants") == (None if stock == "total" else "2 ТЛВ склад")
    assert shop.value("SELECT count(*) FROM products_attributes") == 1
    assert shop.value("SELECT count(*) FROM product_variants_attributes") == 1
    assert shop.issues() == {}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "windows-1251"])
def test_a_whole_catalogue_of_2x_in_one_file(shop: Shop, tmp_path: Path, encoding: str) -> None:
    export = combined(tmp_path / "export", encoding=encoding)
    goods, offers = ((export.folder / name).read_text(encoding) for name in ("import.xml", "offers.xml"))
    package = offers[offers.index("<ПакетПредложений") : offers.index("</КоммерческаяИнформация>")]
    whole = goods.replace("</КоммерческаяИнформация>", f"{package}</КоммерческаяИнформация>")
    (export.folder / "import.xml").write_text(whole, encoding)
    (export.folder / "offers.xml").unlink()
    shop.run(export.folder)
    assert shop.row("SELECT retail_price, opt1_price, stock_quantity FROM product_variants") == (
        Decimal("1990.00"),
        Decimal("1500.50"),
        7,
    )
    assert shop.value("SELECT count(*) FROM products_attributes") == 1
    assert shop.issues() == {}


def test_a_whole_catalogue_of_2x_in_a_zip(shop: Shop, tmp_path: Path) -> None:
    shop.run(combined(tmp_path / "export").zipped(tmp_path / "export.zip"))
    assert shop.value("SELECT stock_quantity FROM product_variants") == 7


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"kind": ImportKind.STOCKS}, (Decimal("1990.00"), 5)),
        ({"kind": ImportKind.PRICES}, (Decimal("2500.00"), 7)),
        ({"file_type": FileType.OFFERS}, (Decimal("2500.00"), 5)),
    ],
)
def test_prices_and_stocks_alone_come_from_the_offers_of_2x(
    shop: Shop, tmp_path: Path, options: dict[str, Any], expected: tuple[Decimal, int]
) -> None:
    export = combined(tmp_path / "export", encoding="utf-8-sig")
    shop.run(export.folder)
    path = export.folder / "offers.xml"
    text = path.read_text(encoding="utf-8-sig").replace(">1990<", ">2500<").replace(">7<", ">5<")
    path.write_text(text, encoding="utf-8-sig")
    shop.run(export.folder, **options)
    assert shop.row("SELECT retail_price, stock_quantity FROM product_variants") == expected


def test_attributes_alone_come_from_the_classifier_of_2x(shop: Shop, tmp_path: Path) -> None:
    shop.run(combined(tmp_path / "export").folder, kind=ImportKind.ATTRIBUTES)
    assert shop.rows("SELECT name FROM product_attributes ORDER BY id") == [("Бренд",), ("Цвет",)]
    assert shop.value("SELECT count(*) FROM products") == 0


def test_a_second_import_of_2x_writes_nothing(shop: Shop, tmp_path: Path) -> None:
    export = combined(tmp_path / "export")
    shop.run(export.folder)
    before = shop.rows("SELECT ctid::text, xmin::text FROM product_variants")
    report = shop.run(export.folder)
    assert shop.rows("SELECT ctid::text, xmin::text FROM product_variants") == before
    assert all(count.created == count.updated == 0 for count in report.counts.values())
