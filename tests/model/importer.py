"""The model of an import: object by object, as docs/rules.md says, and as slow as it likes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import chain

from freesport_sync.core.shop import FileType, ImportKind
from freesport_sync.settings.model import OwnedField, Settings
from tests.model import values
from tests.model.attributes import give_values, import_attributes
from tests.model.characteristic_goods import plain_goods
from tests.model.characteristics import known_properties, unsaid
from tests.model.exports import PARTS, Export, File, Property, R
from tests.model.links import link_products
from tests.model.pictures import Pictures
from tests.model.prices import PriceReader, Prices
from tests.model.records import Good, Offer, is_readable, read_goods, read_offers, wanted_slug
from tests.model.reference_data import (
    Refused,
    brand_properties,
    hidden_category,
    import_brands,
    import_groups,
    import_price_types,
    no_brand,
)
from tests.model.shop import HIDDEN_CATEGORY, PRICE_COLUMNS, Brand, Category, ModelShop, Product, Variant
from tests.model.stock import Stock, told_stock

_PARTS = {
    FileType.ALL: PARTS,
    FileType.GOODS: ("groups", "properties_goods", "goods"),
    FileType.OFFERS: ("properties_offers", "price_lists", "storages", "offers", "prices", "rests"),
    FileType.PRICES: ("price_lists", "prices"),
    FileType.RESTS: ("storages", "rests"),
}

_CARRIERS = {"properties_goods": "goods", "properties_offers": "offers", "prices": "offers", "rests": "offers"}
"""Where 2.x has what 3.x writes into files of its own: these are opened in place of files that are not there."""


class ModelImport:
    """One run: changes the shop, or raises `Refused` and leaves the shop to be thrown away.

    Args:
        shop: will be changed.
        export: what to import, and how.
        settings: the rules.
        media: path -> size of the pictures that the shop has.
    """

    def __init__(self, shop: ModelShop, export: Export, settings: Settings, media: dict[str, int]) -> None:
        self.shop = shop
        self.export = export
        self.settings = settings
        self._pictures = Pictures(export.places, media)
        self._goods: list[Product] = []
        self._created: list[Product | Variant] = []
        self._touched: list[Variant] = []
        """Variants that offers or rests name."""
        self._own_rows: set[str] = set()
        self._replaced: list[Variant] = []
        """Variants of products themselves that the offers of their characteristics replace."""
        self._given_up: list[Variant] = []
        """Absent from a full run, or a variant of the product itself beside those of its characteristics."""
        self._hides_variants = False
        """Variants that the offers lack are hidden."""
        self._offered: list[Product | None] = []
        """Products that the offers name."""
        self._skus = {variant.sku for variant in shop.variants}
        """In use before the run or given out in it."""

    def run(self) -> None:
        """Import everything.

        Raises:
            Refused: with the code of the error with which the real import must stop.
        """
        self._refuse_what_makes_no_sense()
        for variant in self.shop.variants:  # what an operator has shown again is his to hide
            variant.is_hidden_by_us = variant.is_hidden_by_us and not variant.is_active
        said_by = brand_properties(self.shop, [*self._properties("goods"), *self._properties("offers")])
        self._plain = plain_goods(self._files("goods", self.export.goods), self.shop, only_pictures=self._only_pictures)
        goods = read_goods(chain.from_iterable(self._plain.files), said_by)
        self._known = known_properties(self.shop, [*self._properties("goods"), *self._properties("offers")])
        offers = read_offers(self._records("offers", self.export.offers), self._known)
        self._hides_variants = self.export.is_full and bool(offers)  # goods of characteristics are no list of offers
        if "offers" in self._parts and not self._only_pictures:
            offers = self._plain.add_to(offers, self._known, self._describing())
        self._own_rows = self._rows_of_products(offers)
        self._replaced = [v for key in self._own_rows & offers.keys() if (v := self.shop.known_variant(key))]
        offers = {self._key(key): offer for key, offer in offers.items() if key not in self._own_rows}
        if not self._only_pictures:
            self._import_all_else(goods, offers, said_by)
        if self.export.has_media and not self.export.skips_pictures:
            self._import_pictures(goods, offers)

    def _properties(self, of: str) -> list[Property]:
        files = self.export.properties_goods if of == "goods" else self.export.properties_offers
        return list(self._records(f"properties_{of}", files))

    def _describing(self) -> set[str]:
        """Offers that have characteristics or properties."""
        records = self._records("offers", self.export.offers)
        return {values.variant_key(r.onec_id) for r in records if r.characteristics or unsaid(r, self._known)}

    def _rows_of_products(self, offers: dict[str, Offer]) -> set[str]:
        """Products that have characteristics on sale: rows of their own are no variants."""
        if self._only_pictures:
            offers = {}
        live = ((key, offer.product_key) for key, offer in offers.items() if not offer.deleted)
        products = {product for key, product in live if key != product}
        for product in self.shop.products:
            for variant in self.shop.variants_of(product):
                said = offers.get(variant.onec_id)
                stays = not said.deleted if said else not self._hides_variants
                is_child = not variant.has_no_characteristic and variant.onec_id != product.onec_id
                if variant.is_active and is_child and stays:
                    products.add(product.onec_id)
        return products

    def _key(self, key: str) -> str:
        """As the shop knows the variant."""
        known = self.shop.known_variant(key)
        return known.onec_id if known else key

    def _import_all_else(self, goods: dict[str, Good], offers: dict[str, Offer], said_by: dict[str, bool]) -> None:
        export, root_name = self.export, self.settings.catalog.root_category
        import_groups(self.shop, self._records("groups", export.groups), root_name, export.is_full)
        properties, of_offers = self._properties("goods"), self._properties("offers")
        if "goods" in self._parts:
            readable = filter(is_readable, self._records("goods", export.goods))
            import_brands(self.shop, properties + of_offers, readable, said_by)
        import_attributes(self.shop, properties, of_offers)
        import_price_types(self.shop, self._records("price_lists", export.price_lists))
        self._import_goods(goods)
        self._import_offers(offers)
        self._make_default_variants()
        self._import_prices()
        self._import_rests()
        self._spread_vat()
        of_goods = self._plain.offers if "offers" in self._parts else ()
        variants = [
            [record for record in file if values.variant_key(record.onec_id) not in self._own_rows]
            for file in [*of_goods, *self._files("offers", export.offers)]
        ]
        said = give_values(self.shop, variants, self._plain.files, self._known)
        if {"goods", "offers", "properties_goods", "properties_offers"} & set(self._parts):
            link_products(self.shop, said, self._goods)

    def _refuse_what_makes_no_sense(self) -> None:
        if self._only_pictures and self.export.skips_pictures:
            raise Refused("skip_images_contradicts")
        if self._only_pictures and not self.export.has_media:
            raise Refused("media_root_needed")
        written = {part for part in PARTS if getattr(self.export, part)}
        present = written & set(self._parts)
        opened = present | {_CARRIERS[part] for part in self._parts if part in _CARRIERS and part not in present}
        opened &= written
        if not opened or (self.export.file_type is FileType.RESTS and not opened & {"rests", "offers"}):
            raise Refused("no_files")
        imported = set() if self._only_pictures else present
        if self.export.is_full and not imported & {"groups", "goods", "offers"}:
            raise Refused("full_needs_files")
        sells = {"offers", "prices", "rests"} if {"offers", "prices", "rests"} & set(self._parts) else set()
        if not self.shop.products and "goods" not in imported and (self._only_pictures or opened & sells):
            raise Refused("catalog_missing")

    @property
    def _only_pictures(self) -> bool:
        return self.export.kind is ImportKind.IMAGES

    @property
    def _parts(self) -> tuple[str, ...]:
        if self.export.kind is ImportKind.ATTRIBUTES:
            return "properties_goods", "properties_offers"
        parts = _PARTS[self.export.file_type]
        return tuple(part for part in parts if part in ("goods", "offers")) if self._only_pictures else parts

    def _files(self, part: str, files: tuple[File[R], ...]) -> list[tuple[R, ...]]:
        """The records of each file, by date, then by number of the segment; nothing of files that are not asked for."""
        wanted = files if part in self._parts else ()
        return [file.records for file in sorted(wanted, key=lambda file: (file.created_at, file.segment))]

    def _records(self, part: str, files: tuple[File[R], ...]) -> Iterator[R]:
        return chain.from_iterable(self._files(part, files))

    # Products

    def _import_goods(self, goods: dict[str, Good]) -> None:
        created = {key: good for key, good in goods.items() if good.name and self.shop.product(key) is None}
        own_words = [wanted_slug(key, good)[:255] for key, good in created.items()]
        for key, good in goods.items():
            self._import_good(key, good, own_words)
        if self.export.is_full and any(map(is_readable, self._records("goods", self.export.goods))):
            for product in self.shop.products:
                if product not in self._goods:
                    self._hide(product)

    def _import_good(self, key: str, good: Good, own_words: list[str]) -> None:
        product = self.shop.product(key)
        if product is not None:
            self._update_product(product, good)
        elif good.name:
            slug = values.unique(wanted_slug(key, good), [p.slug for p in self.shop.products], 255, 2, own_words)
            owns = self.settings.owns
            name = good.last_name if owns(OwnedField.NAME) else good.name
            category = self._category_of(good, is_last=owns(OwnedField.CATEGORY)) or hidden_category(self.shop)
            product = Product(key, key, name, slug, category, self._brand(good.brand), good.brand)
            product.description, product.vat_rate = good.description, good.vat_rate
            self.shop.products.append(product)
            self._created.append(product)
        else:
            return
        self._goods.append(product)
        if good.deleted:
            self._hide(product)
        elif product.is_hidden_by_1c:
            product.is_hidden_by_1c = False
            if not any(variant.is_active for variant in self.shop.variants_of(product)):
                product.is_waiting = True
            product.is_active = not product.is_waiting

    def _update_product(self, product: Product, good: Good) -> None:
        owns = self.settings.owns
        if good.name:
            if owns(OwnedField.NAME):
                product.name = good.last_name
            if owns(OwnedField.CATEGORY):
                product.category = self._category_of(good, is_last=True) or product.category
            if owns(OwnedField.BRAND):
                mapping = self.shop.mapping(good.brand or "")
                product.brand = mapping.brand if mapping else product.brand
                product.onec_brand_id = good.brand or product.onec_brand_id
        if owns(OwnedField.DESCRIPTION) and good.description:
            product.description = good.description
        if owns(OwnedField.VAT_RATE) and good.vat_rate is not None:
            product.vat_rate = good.vat_rate

    def _category_of(self, good: Good, *, is_last: bool) -> Category | None:
        """The group of the first or the last record, else the first of the others that the shop has."""
        records = reversed(good.further_groups) if is_last else good.further_groups
        wanted = (good.last_group or good.group) if is_last else good.group
        return next(filter(None, map(self._category, [wanted, *chain.from_iterable(records)])), None)

    def _category(self, key: str | None) -> Category | None:
        return None if key == HIDDEN_CATEGORY else self.shop.category(key)

    def _brand(self, key: str | None) -> Brand:
        mapping = self.shop.mapping(key or "")
        return mapping.brand if mapping else no_brand(self.shop)

    def _hide(self, product: Product) -> None:
        """By a deletion mark or for absence; a product that an operator has hidden stays the operator's."""
        if product.is_active or product.is_waiting:
            product.is_active, product.is_hidden_by_1c = False, True

    # Variants

    def _import_offers(self, offers: dict[str, Offer]) -> None:
        self._offered = [self.shop.product(offer.product_key) for offer in offers.values()]
        for key, offer in offers.items():
            self._import_offer(key, offer)
        self._retire_own_variants(offers)
        if self._hides_variants:
            for variant in self.shop.variants:
                if variant.onec_id not in offers and not (variant.is_default and variant.is_active):
                    self._give_up(variant)

    def _import_offer(self, key: str, offer: Offer) -> None:
        variant = self.shop.variant(key)
        if variant is None:
            product = self.shop.product(offer.product_key)
            if product is None or (offer.deleted and not offer.has_name):
                return
            variant = self._add_variant(Variant(key, self._sku(offer.article or f"SKU-{key[:8]}"), product))
        elif offer.article and variant.sku != offer.article and not values.is_numbered(variant.sku, offer.article, 100):
            variant.sku = self._sku(offer.article)
        variant.color_name = offer.color or variant.color_name
        variant.size_value = offer.size or variant.size_value
        if offer.deleted:
            variant.hide()
        else:
            variant.is_active, variant.is_hidden_by_us = True, False
        self._touched.append(variant)
        product = variant.product
        if variant.is_active and product.is_waiting:
            self._show_first_variant(product)
            if product.sync_status == "pending":
                product.sync_status = "in_progress"

    def _sku(self, wanted: str) -> str:
        sku = values.unique(wanted, self._skus, 100, 1)
        self._skus.add(sku)
        return sku

    def _add_variant(self, variant: Variant) -> Variant:
        variant.prices["retail_price"] = Decimal("0.00")
        variant.vat_rate = variant.product.vat_rate
        self.shop.variants.append(variant)
        self._created.append(variant)
        return variant

    def _show_first_variant(self, product: Product) -> None:
        product.is_waiting = False
        product.is_active = not product.is_hidden_by_1c

    def _retire_own_variants(self, offers: dict[str, Offer]) -> None:
        """Variants of products themselves, also default ones, give way to any other that is on sale."""
        for variant in self._replaced:
            self._give_up(variant)
        for variant in self.shop.variants:
            if variant.onec_id in offers and variant.is_active:
                for other in self.shop.variants_of(variant.product):
                    if (other.is_default or other.is_own) and other.onec_id not in offers:
                        self._give_up(other)

    def _give_up(self, variant: Variant) -> None:
        """A variant that is already hidden and without stock keeps its owner."""
        self._given_up.append(variant)
        if variant.is_active or variant.stock_quantity:
            variant.hide()

    def _make_default_variants(self) -> None:
        """For each product of the whole shop that has no offer in the files or in the shop."""
        if "offers" not in self._parts:
            return
        for product in self.shop.products:
            has_variants = any(True for _ in self.shop.variants_of(product))
            if has_variants or product in self._offered or product.is_hidden_by_1c:
                continue
            self._add_variant(Variant(product.onec_id, self._sku(product.onec_id), product))
            self._show_first_variant(product)

    # Prices and stock

    def _import_prices(self) -> None:
        price_lists = self._records("price_lists", self.export.price_lists)
        reader = PriceReader(self.shop.price_types, price_lists)
        found: dict[str, Prices] = {}
        for record in self._records("prices", self.export.prices):
            key = values.variant_key(record.onec_id)
            if key not in self._own_rows:
                reader.read(record, found.setdefault(self._key(key), {}))
        for key, prices in found.items():
            variant = self.shop.variant(key)
            if variant is not None and (variant in self._created or self.settings.owns(OwnedField.PRICES)):
                self._set_prices(variant, prices)

    def _set_prices(self, variant: Variant, prices: Prices) -> None:
        for column in PRICE_COLUMNS:
            of_first_type = prices[column][min(prices[column])] if column in prices else None
            if isinstance(of_first_type, Decimal):
                variant.prices[column] = of_first_type
            elif of_first_type is None and self.settings.prices.clear_missing and column != "retail_price":
                variant.prices[column] = None

    def _import_rests(self) -> None:
        found: dict[str, Stock] = {}
        for key, said in told_stock(self.export, self._parts):
            if key in self._own_rows:
                continue
            known = found.setdefault(self._key(key), {})
            if None in said:  # the total replaces what earlier records give for warehouses
                known.clear()
            elif said:
                known.pop(None, None)
            known.update(said)  # the last record of a warehouse counts
        names = self._warehouse_names()
        for key, said in found.items():
            variant = self.shop.variant(key)
            stock = {warehouse: pieces for warehouse, pieces in said.items() if not isinstance(pieces, values.Odd)}
            if variant is None or not said or len(stock) < len(said):  # what is not known leaves all of it
                continue
            variant.product.sync_status = "completed"
            self._touched.append(variant)
            if variant in self._created or self.settings.owns(OwnedField.STOCK):
                total = min(sum(stock.values()), values.STOCK_LIMIT)
                is_hidden = variant.is_hidden_by_us or variant in self._given_up
                variant.stock_quantity = 0 if is_hidden else total
                named = [warehouse for warehouse in stock if warehouse is not None]
                if named:
                    fullest = max(named, key=lambda warehouse: stock[warehouse])  # the first of equals
                    variant.warehouse_id, variant.warehouse_name = fullest, names.get(fullest)

    def _warehouse_names(self) -> dict[str, str]:
        """Storages of this export, else the settings, else what the shop shows."""
        names = {}
        for variant in sorted(self.shop.variants, key=lambda v: v.warehouse_name or ""):
            if variant.warehouse_id and variant.warehouse_name:
                names[variant.warehouse_id] = variant.warehouse_name
        names |= {rule.onec_id: rule.name for rule in self.settings.warehouses if rule.onec_id}
        for storage in self._records("storages", self.export.storages):
            if storage.onec_id.strip() and storage.name.strip():
                names[storage.onec_id.strip()] = storage.name.strip()[:255]
        return names

    def _spread_vat(self) -> None:
        """The rate of the warehouse that sells a variant takes precedence over that of its product."""
        rates = {rule.name: rule.vat_rate for rule in self.settings.warehouses if rule.vat_rate is not None}
        for variant in self.shop.variants:
            is_named = variant in self._touched or variant.product in self._goods
            if not is_named or not (variant in self._created or self.settings.owns(OwnedField.VAT_RATE)):
                continue
            rate = rates.get(variant.warehouse_name or "", variant.product.vat_rate)
            variant.vat_rate = variant.vat_rate if rate is None else rate.quantize(Decimal("0.01"))

    # Pictures

    def _import_pictures(self, goods: dict[str, Good], offers: dict[str, Offer]) -> None:
        """Galleries only grow; a run of nothing but pictures gives those of a product to its first variant too."""
        pictured = {key for key, offer in offers.items() if offer.pictures}
        for key, good in goods.items():
            product = self.shop.product(key)
            if product is not None and self._gets_pictures(product):
                product.base_images += self._pictures.for_product(good.pictures, product.base_images)
                first = next(self.shop.variants_of(product), None) if self._only_pictures else None
                if first is not None and not first.pictures and first.onec_id not in pictured:
                    self._give_pictures(first, good.pictures, are_lent=True)
        for key, offer in offers.items():
            variant = self.shop.variant(key)
            if variant is not None and self._gets_pictures(variant):
                self._give_pictures(variant, offer.pictures)

    def _gets_pictures(self, item: Product | Variant) -> bool:
        return item in self._created or self.settings.owns(OwnedField.PICTURES)

    def _give_pictures(self, variant: Variant, paths: list[str], *, are_lent: bool = False) -> None:
        """The first is the main one, if there is none yet."""
        new = self._pictures.for_variant(paths, variant.pictures, are_lent=are_lent)
        if new and not variant.main_image:
            variant.main_image = new.pop(0)
        variant.gallery_images += new
