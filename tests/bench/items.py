"""Makes the products of a bench export, with their offers, prices and stocks, one after another."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import NamedTuple
from uuid import UUID

from tests.bench import dictionaries as words
from tests.bench.xml_records import (
    BRAND_PROPERTY,
    ZERO_GUID,
    Characteristic,
    Offer,
    Pairs,
    Product,
    Property,
    format_price,
)

NO_NUMBER = ("-999\u00a0999\u00a0999,9", "-999999999.9")
"""What 1C writes for a number that nobody filled in, as shown and as stored."""

_OFFER_COUNTS = (0,) * 3 + (1,) * 26 + (2,) * 23 + (3,) * 18 + (4,) * 13 + (5,) * 9 + (6,) * 8
_LAYOUTS = ("name",) * 12 + ("choices",) * 9 + ("none",) * 2
_VAT_RATES = ("20",) * 18 + ("10", "10")
_QUANTITIES = (0, 0, 0, 1, 2, 3, 5, 8, 12, 20, 45, 110, 215)
_TEXTS = (
    "Неопрен, 2 шт.",
    "Чехол в комплекте",
    "Training ball",
    "https://factory.example/1042#size",
    "0001-01-01T00:00:00",
)


class SaleRow(NamedTuple):
    """Prices and stocks of one offer, or of a product without offers."""

    onec_id: str
    prices: list[tuple[str, tuple[str, str]]]
    stocks: Pairs


class Item(NamedTuple):
    """A product and everything that belongs to it."""

    product: Product
    offers: list[Offer]
    sales: list[SaleRow]


class ItemFactory:
    """Makes the n-th product of an export; the number of products and the changes of others do not alter it."""

    def __init__(self, seed: int, pictures: int = 0) -> None:
        used = words.build_used_goods_properties()
        brands = words.build_brands()
        groups = words.build_groups()
        self.reference = words.build_reference_data(
            groups, words.build_goods_properties(used), words.build_offers_properties(), brands
        )
        self._seed = seed
        self._pictures = pictures
        self._brands = brands.values
        self._group_ids = words.leaf_ids(groups)
        self._slots = [(item.onec_id, _slot_choices(item)) for item in used]
        self._sizes = {text: onec_id for onec_id, text in words.OFFER_SIZE.values}
        self._colors = {text: onec_id for onec_id, text in words.OFFER_COLOR.values}

    def make(self, index: int, is_changed: bool = False, is_rewritten: bool = False) -> Item:
        """The product number `index`; a changed one differs in prices and stocks, a rewritten one in its text."""
        rng = Random(f"{self._seed} {index}")
        name, family = rng.choice(words.ITEMS)
        product = self._make_product(rng, index, name)
        offers = self._make_offers(rng, product, words.SIZES[family])
        sold_ids = [offer.onec_id for offer in offers] or [product.onec_id]
        # The last draws of the generator: a change never alters what comes before it.
        sales = [_make_sale(rng, onec_id, is_changed) for onec_id in sold_ids]
        if is_rewritten:
            text = f"{product.description}<br>Обновлённая упаковка."
            product = replace(product, description=text, version=product.version + 1_000_000)
        return Item(product, offers, sales)

    def _make_product(self, rng: Random, index: int, item_name: str) -> Product:
        onec_id = _guid(rng)
        has_brand = rng.random() > 0.04
        brand_id, brand = rng.choice(self._brands) if has_brand else (ZERO_GUID, "")
        model = f"{rng.choice('АВКМТ')}{rng.choice('BGLRS')}-{rng.randrange(100, 1000)}"
        slots = [(property_id, rng.choice(choices)) for property_id, choices in self._slots]
        return Product(
            onec_id=onec_id,
            version=index + 1,
            article=model if rng.random() < 0.85 else "",
            name=_product_name(rng, item_name, brand, model),
            group_id=rng.choice(self._group_ids),
            description=_description(rng),
            country=rng.choice(words.COUNTRIES),
            maker=rng.choice(words.MAKERS) if rng.random() < 0.7 else "",
            slots=(*slots, (BRAND_PROPERTY, brand_id)),
            vat=rng.choice(_VAT_RATES),
            item_kind=f"СПОРТ {item_name}",
            # Latin U instead of the Russian letter, as people typed it into 1C.
            code=f"{'U' if index % 10 == 0 else 'У'}Т-{index:08}",
            brand_id=brand_id,
            pictures=_picture_paths(rng, onec_id, self._pictures),
        )

    def _make_offers(self, rng: Random, product: Product, sizes: tuple[str, ...]) -> list[Offer]:
        count = rng.choice(_OFFER_COUNTS)
        layout = rng.choice(_LAYOUTS)
        numbers = [Characteristic(item.onec_id, item.name, *_box_number(rng)) for item in words.OFFER_NUMBERS]
        first_color = rng.randrange(12)
        offers = []
        for number in range(count):
            color = words.COLORS[(first_color + number // len(sizes)) % 12]
            size = sizes[number % len(sizes)]
            characteristics = self._characteristics(rng, layout, numbers, color, size)
            offers.append(
                Offer(
                    onec_id=f"{product.onec_id}#{_guid(rng)}",
                    version=product.version,
                    name=f"{product.name}, {color} ({size})",
                    characteristics=characteristics,
                    article=f"{product.article}-{number + 1}" if product.article and rng.random() < 0.1 else "",
                )
            )
        return offers

    def _characteristics(
        self, rng: Random, layout: str, numbers: list[Characteristic], color: str, size: str
    ) -> tuple[Characteristic, ...]:
        """Fourteen in any order: with colour and size, without them (then only the name tells), or none at all."""
        if layout == "none":
            return ()
        is_for_children = rng.random() < 0.3
        found = [*numbers, _characteristic(words.OFFER_FLAG, *(("Да", "true") if is_for_children else ("", "")))]
        if layout == "choices":
            found.append(_characteristic(words.OFFER_COLOR, color, self._colors[color]))
            found.append(_characteristic(words.OFFER_SIZE, size, self._sizes[size]))
        else:
            found += [_characteristic(words.OFFER_CODE, "", ""), _characteristic(words.OFFER_SIZE, "", "")]
        rng.shuffle(found)
        return tuple(found)


def _slot_choices(item: Property) -> tuple[str, ...]:
    """Raw values to draw from, mixed as in real products: mostly nothing, nothing being written in two ways."""
    ids = tuple(onec_id for onec_id, _ in item.values)
    if ids == ("true", "false"):
        return ("true",) * 2 + ("false",) * 12 + ("",) * 2
    if ids:
        return ids + (ZERO_GUID,) * round(len(ids) * 2.55) + ("",) * (len(ids) // 6)
    if item.value_type == "Число":
        return tuple(str(tenth / 10) for tenth in range(35, 665, 45)) + (NO_NUMBER[1],) * 5 + ("",) * 30
    return _TEXTS + ("",) * 8


def _product_name(rng: Random, item_name: str, brand: str, model: str) -> str:
    """Some names repeat, and some look like the slug that a repeated name gets (`-2`)."""
    luck = rng.random()
    if luck < 0.06:
        return item_name
    if luck < 0.065:
        return f"{item_name} 2"
    return " ".join(f"{item_name} {brand} {model}".split())


def _description(rng: Random) -> str:
    return "<br>".join(rng.sample(words.SENTENCES, rng.choice((0, 1, 2, 2, 2, 3))))


def _picture_paths(rng: Random, onec_id: str, most: int) -> tuple[str, ...]:
    if not most:
        return ()
    return tuple(f"import_files/{onec_id[:2]}/{onec_id}_{_guid(rng)}.jpg" for _ in range(rng.randrange(most + 1)))


def _box_number(rng: Random) -> tuple[str, str]:
    """A number of the packaging as shown (comma) and as stored (dot)."""
    luck = rng.random()
    if luck < 0.4:
        return "", ""
    if luck < 0.6:
        return NO_NUMBER
    raw = str(rng.randrange(5, 80)) if luck < 0.8 else str(rng.randrange(5, 300) / 10)
    return raw.replace(".", ","), raw


def _characteristic(item: Property, shown: str, raw: str) -> Characteristic:
    return Characteristic(item.onec_id, item.name, shown, raw)


def _make_sale(rng: Random, onec_id: str, is_changed: bool) -> SaleRow:
    roubles = rng.randrange(3, 150) * 100 - 10
    if is_changed:
        roubles += roubles // 10 + 10
    kopecks = 50 if rng.random() < 0.05 else 0
    prices = [
        (type_id, format_price(roubles * share // 100 * 100 + kopecks))
        for type_id, share in zip(words.PRICE_TYPE_IDS, words.PRICE_SHARES, strict=True)
    ]
    rng.shuffle(prices)
    if rng.random() < 0.03:
        del prices[rng.randrange(2, 7) :]
    added = 3 if is_changed else 0
    stocks = tuple((warehouse, str(rng.choice(_QUANTITIES) + added)) for warehouse in words.WAREHOUSE_IDS)
    return SaleRow(onec_id, prices, stocks)


def _guid(rng: Random) -> str:
    return str(UUID(int=rng.getrandbits(128), version=4))
