"""The model of what products are linked to: what goods say, what variants have, what an operator has added."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tests.model.attributes import value_of
from tests.model.shop import Attribute, AttributeValue, ModelShop, Product, ProductLinks

_COLORS, _SIZES = ("цвет", "color", "окраска"), ("размер", "size", "размерtd")


def link_products(shop: ModelShop, said: dict[Product, list[AttributeValue]], goods: Collection[Product]) -> None:
    """Links made by imports go when neither goods nor variants have the value any more; other links stay.

    Args:
        said: what the goods of this run say; a product without properties is not there.
        goods: all products that this run has goods of.
    """
    filters = {column: _main(shop, column) for column in ("color_name", "size_value")}
    shown: dict[Product, list[AttributeValue]] = {}
    for column, attribute in filters.items():
        texts = {getattr(v, column): None for v in shop.variants if v.is_active and getattr(v, column)}
        listed = {text: value_of(shop, attribute, text) for text in sorted(texts)} if attribute else {}
        for variant in shop.variants:
            if variant.is_active and getattr(variant, column) in listed:
                shown.setdefault(variant.product, []).append(listed[getattr(variant, column)])
    for variant in shop.variants:
        if variant.is_active:
            of_filters = [v for v in variant.values if v.attribute.is_active or column_of(v.attribute.name)]
            shown.setdefault(variant.product, []).extend(of_filters)
    for product in shop.products:
        _link(shop, product, said.get(product), shown.get(product, []), is_new=product in goods)


def _link(
    shop: ModelShop,
    product: Product,
    said: list[AttributeValue] | None,
    shown: Iterable[AttributeValue],
    *,
    is_new: bool,
) -> None:
    wanted = list(dict.fromkeys([*(said or []), *shown]))
    listed = [value for value in product.values if _is_compared(shop, value.attribute)]
    ours = product.links
    if ours is None:
        if said is None and not wanted and not is_new:
            return
        ours = ProductLinks(list(listed), [], None)
    elif said is not None:
        if ours.said is not None and _same(ours.said, said) and _same(wanted, listed):
            return
    elif all(value in product.values for value in shown) and all(value in shown for value in ours.of_variants):
        return
    removable = ours.of_variants if said is None else ours.made
    kept = [value for value in listed if value not in removable or value in wanted]
    linked = kept + [value for value in wanted if value not in kept]
    by_hand = [value for value in listed if value not in ours.made]
    made = [value for value in linked if value not in by_hand]
    if said is None:
        of_variants = [value for value in linked if value in ours.of_variants or value not in listed]
    else:
        of_variants = [value for value in made if value not in said]
    product.links = ProductLinks(made, of_variants, ours.said if said is None else said)
    product.values = [value for value in product.values if value not in listed] + linked


def _same(some: Collection[AttributeValue], others: Collection[AttributeValue]) -> bool:
    return len(some) == len(others) and all(value in others for value in some)


def _is_compared(shop: ModelShop, attribute: Attribute) -> bool:
    """Of attributes that 1C knows or that the shop filters by; the import never looks at others."""
    is_mapped = any(mapping.attribute is attribute for mapping in shop.attribute_mappings)
    return is_mapped or attribute.is_active or column_of(attribute.name) is not None


def _main(shop: ModelShop, column: str) -> Attribute | None:
    """The attribute that takes the texts of a column: that of the shortest name, then the oldest."""
    return min(
        (a for a in shop.attributes if column_of(a.name) == column and "(" not in a.name),
        key=lambda attribute: len(attribute.name),
        default=None,
    )


def column_of(name: str) -> str | None:
    """What an attribute of this name says of a variant, also `Цвет (Ботинки)` of one set of properties."""
    words = [name.strip().lower(), name.split("(")[0].strip().lower()]
    if any(word in _COLORS for word in words):
        return "color_name"
    return "size_value" if any(word in _SIZES or word.startswith("размер_") for word in words) else None
