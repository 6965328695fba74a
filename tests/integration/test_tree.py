"""Exports of 1C in its own tree of folders, however deep they lie, and copies beside them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from freesport_sync.errors import SourceMissing
from tests.builders import (
    ROOT_GROUP,
    ExportBuilder,
    group,
    offer,
    price_type,
    prices,
    product,
    raw_element,
    rests,
    storage,
)
from tests.integration.pictures import BASE, MEDIUM, base, issues
from tests.shop import Shop

CATALOGUE = "webdata/000000001"


def tree(folder: Path, amount: int = 1000, created_at: str = "2025-09-12T21:25:39", place: str = CATALOGUE) -> Path:
    """What 1C writes «в каталог на диске»: the classifier above the portions of goods, each with its pictures."""
    export = ExportBuilder(folder, created_at=created_at)
    groups = raw_element("Группы", group("root", name=ROOT_GROUP, children=[group("g1")]))
    head = raw_element("ТипыЦен", price_type("retail", "РРЦ")) + raw_element("Склады", storage("w1", "Первый зал"))
    classifier = raw_element("Классификатор", "<Ид>c1</Ид>" + groups + head)
    goods = raw_element("Товары", product("p1", brand=None, pictures=["import_files/p1/p1_a.jpg"]))

    def package(record: str) -> bytes:
        return export.document(raw_element("ПакетПредложений", "<Ид>c1#</Ид>" + raw_element("Предложения", record)))

    export.write(f"{place}/import___a1.xml", export.document(classifier))
    portion = f"{place}/goods/1"
    export.write(f"{portion}/import___a2.xml", export.document(raw_element("Каталог", "<Ид>c1</Ид>" + goods)))
    export.write(f"{portion}/offers___a3.xml", package(offer("p1")))
    export.write(f"{portion}/prices___a4.xml", package(prices("p1", {"retail": amount})))
    export.write(f"{portion}/rests___a5.xml", package(rests("p1", {"w1": 6})))
    export.write(f"{portion}/import_files/p1/p1_a.jpg", b"x" * MEDIUM)
    return export.folder


def sold(shop: Shop) -> tuple[Decimal, int, str]:
    price, stock, warehouse = shop.row("SELECT retail_price, stock_quantity, warehouse_name FROM product_variants")
    return price, stock, warehouse


@pytest.mark.parametrize("packing", ["folder", "zip", "folder of a zip"])
@pytest.mark.parametrize("above", ["", "1c/обмен/с сайтом/"])
def test_the_tree_of_1c_is_imported_whole(shop: Shop, tmp_path: Path, media: Path, packing: str, above: str) -> None:
    source = tree(tmp_path / "disk", place=f"{above}{CATALOGUE}")
    if packing != "folder":
        packed = tmp_path / "packed" / "v8.zip"
        packed.parent.mkdir()
        source = (
            ExportBuilder(source).zipped(packed) if packing == "zip" else ExportBuilder(source).zipped(packed).parent
        )
    shop.run(source, media_root=media)
    assert sold(shop) == (Decimal(1000), 6, "Первый зал")
    assert shop.value(BASE, id="p1") == base("p1/p1_a.jpg")
    assert issues(shop) == {}


def test_a_copy_beside_the_export_restores_nothing(shop: Shop, tmp_path: Path) -> None:
    tree(tmp_path / "disk", 1000, "2025-09-12T21:25:39")
    tree(tmp_path / "disk", 10, "2025-09-11T21:25:39", place="webdata - копия/000000001")
    (tmp_path / "disk" / "заметки.xml").write_text("<a/>", "utf-8")
    shop.run(tmp_path / "disk", skip_images=True)
    assert sold(shop) == (Decimal(1000), 6, "Первый зал")
    copies = [f"webdata - копия/000000001/goods/1/{name}" for name in ("import___a2", "offers___a3", "prices___a4")]
    told = issues(shop)
    assert told.keys() == {"file_left_out"}
    assert {f"{name}.xml" for name in copies} | {"заметки.xml"} <= set(told["file_left_out"])
    assert shop.value("SELECT count(*) FROM freesport_sync.run_files WHERE path LIKE '%копия%'") == 0


def test_a_full_export_must_have_been_seen_whole(shop: Shop, tmp_path: Path) -> None:
    tree(tmp_path / "disk")
    shop.run(tmp_path / "disk", skip_images=True)
    (tmp_path / "disk" / "webdata" / "more.zip").write_bytes(b"PK")
    for is_dry_run in (True, False):
        with pytest.raises(SourceMissing, match="full_files_unseen"):
            shop.run(tmp_path / "disk", skip_images=True, is_full=True, is_dry_run=is_dry_run)
