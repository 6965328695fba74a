"""The model of goods that 1C writes for each characteristic: the export that says the same with products and offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.model import exports, values
from tests.model.characteristics import Properties, color, size
from tests.model.records import COLORS, Offer, is_readable
from tests.model.shop import ModelShop


@dataclass(frozen=True, slots=True)
class PlainGoods:
    """What the goods say of products, and what of variants."""

    files: tuple[tuple[exports.Good, ...], ...]
    offers: tuple[tuple[exports.Offer, ...], ...]
    """File by file the last record of each characteristic, as an offer."""
    products: dict[str, str]
    """Key of a variant -> key of its product."""

    def add_to(self, offers: dict[str, Offer], known: Properties, said: set[str]) -> dict[str, Offer]:
        """The offers, and what the goods say besides.

        Args:
            offers: of the files.
            known: 1C's properties.
            said: keys of the offers that say characteristics or properties themselves.
        """
        added: dict[str, Offer] = {}
        for record in (record for file in self.offers for record in file):
            key = record.onec_id or ""
            offer = offers.get(key) or added.setdefault(key, Offer(""))
            offer.product_key = self.products[key]
            offer.has_name = offer.has_name or bool((record.name or "").strip())
            both = ((color(record, COLORS, known), "color"), (size(record, known), "size"))
            for text, column in both:
                goes_first = bool(record.characteristics) and key not in said
                texts = (text, getattr(offer, column)) if goes_first else (getattr(offer, column), text)
                setattr(offer, column, next(filter(None, texts), ""))
            offer.deleted = offer.deleted or record.deleted
        return added | offers


def plain_goods(files: Sequence[Sequence[exports.Good]], shop: ModelShop, *, only_pictures: bool) -> PlainGoods:
    """One product for all its characteristics, unless the shop has one of its own for a characteristic.

    Args:
        files: the records of each file.
        shop: before the run.
        only_pictures: nothing of the goods but their pictures is imported.
    """
    readable = [record for file in files for record in file if is_readable(record)]
    last = {values.variant_key(record.onec_id): record for record in readable}
    of_shop = {product.onec_id for product in shop.products}
    products = {key: key if key in of_shop else values.product_of(key) for key in last if "#" in key}
    own = set() if only_pictures else last.keys() - products.keys()

    def plain(record: exports.Good) -> exports.Good | None:
        key = values.variant_key(record.onec_id)
        if not is_readable(record) or products.get(key, key) == key:
            return record
        is_left_out = last[key].deleted or products[key] in own
        return None if is_left_out else replace(record, onec_id=products[key])

    def is_last(record: exports.Good) -> bool:
        key = values.variant_key(record.onec_id)
        return key in products and last[key] is record

    return PlainGoods(
        tuple(tuple(kept for record in file if (kept := plain(record)) is not None) for file in files),
        tuple(tuple(_offer(record) for record in file if is_last(record)) for file in files),
        products,
    )


def _offer(record: exports.Good) -> exports.Offer:
    return exports.Offer(
        values.variant_key(record.onec_id), record.name, None, record.characteristics, deleted=record.deleted
    )
