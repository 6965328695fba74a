"""Makes the demo export in `resources/demo`: `python -m tests.bench.make_demo`. Running it again changes no byte."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

from tests.bench import demo_data as data
from tests.bench import dictionaries as words
from tests.bench.export_files import RecordFiles, ReferenceData, write_reference_data
from tests.bench.generator import write_item
from tests.bench.items import Item, SaleRow
from tests.bench.xml_records import (
    BRAND_PROPERTY,
    ZERO_GUID,
    Characteristic,
    Group,
    Offer,
    Product,
    Property,
    format_price,
    offer_xml,
    stable_guid,
)
from tests.builders import ExportBuilder, contragent

DEMO_FOLDER = Path(__file__).parents[2] / "resources" / "demo"
FORMED_AT = datetime(2026, 11, 16, 6, 30)
TRAINER_PRICES = "Единоборства"
"""The one section with prices for trainers."""
PRICED_FROM = {words.PRICE_TYPES[2][0]: 1000, "МРЦ": 4000, "Розничная": 4000}
"""Cheaper goods have no price of this type."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of `demo_data.GOODS` with what its section says."""

    path: tuple[str, ...]
    material: str
    sentence: str
    name: str
    brand: str
    article: str
    roubles: int
    colors: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()


def read_rows() -> list[Row]:
    """The goods of the demo."""
    rows = []
    path, material, sentence = "", "", ""
    for line in data.GOODS.strip().splitlines():
        cells = line.split(" | ")
        if line.startswith("# "):
            path, material, sentence = cells
            continue
        name, brand, article, roubles, *lists = cells
        colors_and_sizes = [tuple(text.split(", ")) for text in lists]
        steps = tuple(path.removeprefix("# ").split(" / "))
        rows.append(Row(steps, material, sentence, name, brand, article, int(roubles), *colors_and_sizes))
    return rows


def make_demo(folder: Path) -> None:
    """Write the demo export into `folder` over the one that is there."""
    rows = read_rows()
    factory = DemoFactory(rows)
    items = [factory.make(index, row) for index, row in enumerate(rows)]
    offers = sum(len(item.offers) for item in items)
    per_file = {"goods": len(items) // 2 + 1, "offers": offers // 2 + 1, "prices": None, "rests": None}
    write_reference_data(folder, FORMED_AT, factory.reference)
    with ExitStack() as stack:
        files = {
            kind: stack.enter_context(RecordFiles(folder, kind, FORMED_AT, count)) for kind, count in per_file.items()
        }
        for item in items:
            write_item(files, item)
        orphan_id = f"{_guid('deleted product')}#{_guid('its offer')}"
        files["offers"].add(offer_xml(Offer(orphan_id, 1, data.MISSING_PRODUCT_OFFER, ())))
    customers = (contragent(_guid(str(one["name"])), **one) for one in data.CUSTOMERS)
    ExportBuilder(folder).contragents(*customers, created_at=FORMED_AT.isoformat())


class DemoFactory:
    """Makes the products of the demo and the reference data that they need."""

    def __init__(self, rows: list[Row]) -> None:
        self._material = _dictionary("Материал", [row.material for row in rows])
        self._sport = _dictionary("Вид спорта", [row.path[0] for row in rows])
        self._age = _dictionary("Возраст", ["взрослые", "дети"])
        self._warranty = Property(_guid("warranty"), "Гарантия (мес.)", "Число")
        self._novelty = words.flag_property("demo", "Новинка сезона")
        self._color = _dictionary("Цвет", [color for row in rows for color in row.colors])
        self._size = _dictionary("Размер", [size for row in rows for size in row.sizes])
        self._brands = Property(BRAND_PROPERTY, BRAND_PROPERTY, values=tuple((_guid(b), b) for b in data.BRANDS))
        goods = [self._material, self._sport, self._age, self._warranty, self._novelty]
        self.reference: ReferenceData = words.build_reference_data(
            _groups(rows), goods, [self._color, self._size], self._brands
        )

    def make(self, index: int, row: Row) -> Item:
        """The product of a row, its offers, prices and stocks."""
        product = self._make_product(index, row)
        variants = [(color, size) for color in row.colors for size in row.sizes or ("",)]
        offers = [self._make_offer(product, color, size) for color, size in variants]
        sales = [_make_sale(row, size, offer.onec_id) for offer, (_, size) in zip(offers, variants, strict=True)]
        sales = sales or [_make_sale(row, "", product.onec_id)]
        return Item(product, offers, [_spoil(row, sales[0]), *sales[1:]])

    def _make_product(self, index: int, row: Row) -> Product:
        brand_id = _guid("brand removed from 1C") if row.article == data.UNKNOWN_BRAND else _guid(row.brand)
        is_for_children = "Непосед" in row.brand or "Юниор" in row.name
        slots = (
            (self._material.onec_id, _value_id(self._material, row.material)),
            (self._sport.onec_id, _value_id(self._sport, row.path[0])),
            (self._age.onec_id, _value_id(self._age, "дети") if is_for_children else ZERO_GUID),
            (self._warranty.onec_id, "12" if row.roubles > 3000 else ""),
            (self._novelty.onec_id, "true" if index % 9 == 0 else "false"),
            (BRAND_PROPERTY, brand_id),
        )
        return Product(
            onec_id=_guid(row.article),
            version=index + 1,
            article=row.article,
            name=row.name,
            group_id=_guid(" / ".join(row.path)),
            description=f"{row.name}.<br>{row.sentence}<br>Материал: {row.material}.",
            country="РОССИЯ",
            maker="",
            slots=slots,
            vat="10" if is_for_children else "20",
            item_kind=f"СПОРТ {row.path[-1]}",
            code=f"УТ-{index + 1:08}",
            brand_id=brand_id,
        )

    def _make_offer(self, product: Product, color: str, size: str) -> Offer:
        characteristics = (
            Characteristic(self._color.onec_id, self._color.name, color, _value_id(self._color, color)),
            Characteristic(self._size.onec_id, self._size.name, size, _value_id(self._size, size) if size else ""),
        )
        return Offer(
            onec_id=f"{product.onec_id}#{_guid(f'{product.article} {color} {size}')}",
            version=product.version,
            name=f"{product.name}, {color} ({size})" if size else f"{product.name}, {color}",
            characteristics=characteristics,
        )


def _make_sale(row: Row, size: str, onec_id: str) -> SaleRow:
    # Weights cost more the heavier they are; other sizes cost the same.
    steps = row.sizes.index(size) if size.endswith(" кг") else 0
    roubles = row.roubles * (10 + 5 * steps) // 10
    prices = [
        (type_id, format_price(roubles * share // 1000 * 1000 if share < 100 else roubles * 100))
        for type_id, (name, share) in zip(words.PRICE_TYPE_IDS, words.PRICE_TYPES, strict=True)
        if name != "Тренерская" or row.path[0] == TRAINER_PRICES
        if roubles >= PRICED_FROM.get(name, 0)
    ]
    rng = Random(f"demo stock {onec_id}")
    near, far = ((0, 1, 2, 3, 5), (0, 0, 1, 2)) if roubles > 6000 else ((0, 4, 7, 12, 18, 26, 40), (0, 0, 3, 6, 10))
    stocks = tuple(zip(words.WAREHOUSE_IDS, (str(rng.choice(near)), str(rng.choice(far))), strict=True))
    return SaleRow(onec_id, prices, stocks)


def _spoil(row: Row, sale: SaleRow) -> SaleRow:
    """Put the deliberate mistake of this article into its first offer, so that the demo shows row issues."""
    (first, _), second = sale.stocks
    if row.article == data.UNKNOWN_PRICE_TYPE:
        (_, price), *_ = sale.prices
        return sale._replace(prices=[*sale.prices, (_guid("price type that is not exported"), price)])
    if row.article == data.NEGATIVE_STOCK:
        return sale._replace(stocks=((first, "-3"), second))
    if row.article == data.FRACTIONAL_STOCK:
        return sale._replace(stocks=((first, "12.5"), second))
    return sale


def _groups(rows: list[Row]) -> Group:
    """The tree of all paths under the root `СПОРТ`, in the order of the goods."""

    def below(path: tuple[str, ...]) -> tuple[Group, ...]:
        depth = len(path)
        names = dict.fromkeys(row.path[depth] for row in rows if row.path[:depth] == path and len(row.path) > depth)
        return tuple(Group(_guid(" / ".join((*path, name))), name, below((*path, name))) for name in names)

    return Group(_guid("СПОРТ"), "СПОРТ", below(()))


def _dictionary(name: str, texts: list[str]) -> Property:
    return Property(_guid(name), name, values=tuple((_guid(f"{name} {text}"), text) for text in dict.fromkeys(texts)))


def _value_id(item: Property, text: str) -> str:
    return next(onec_id for onec_id, known in item.values if known == text)


def _guid(text: str) -> str:
    return stable_guid(f"demo {text}")


if __name__ == "__main__":
    make_demo(DEMO_FOLDER)
