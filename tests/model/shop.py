"""The shop as the model sees it: plain objects that know each other, in the order in which they were made."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.model.exports import Edit, Link, OwnAttribute, OwnBrand, OwnCategory, Remap, ShopStep
from tests.model.values import product_of, variant_key

Rows = dict[str, list[tuple[Any, ...]]]
"""Table -> what its rows say; ids are replaced by keys and timestamps left out."""

HIDDEN_CATEGORY = "__onec_unresolved_category__"
PRICE_COLUMNS = (
    "retail_price",
    "opt1_price",
    "opt2_price",
    "opt3_price",
    "trainer_price",
    "federation_price",
    "rrp",
    "msrp",
)


@dataclass(slots=True, eq=False)
class Category:
    onec_id: str | None
    name: str
    slug: str
    description: str = ""
    parent: Category | None = None
    is_active: bool = True


@dataclass(slots=True, eq=False)
class Brand:
    name: str
    slug: str
    normalized_name: str


@dataclass(slots=True, eq=False)
class BrandMapping:
    onec_id: str
    onec_name: str
    brand: Brand


@dataclass(slots=True, eq=False)
class PriceType:
    onec_id: str
    onec_name: str
    product_field: str
    is_active: bool
    is_marked: bool = False
    """A deletion mark has switched it off."""


@dataclass(slots=True, eq=False)
class Attribute:
    name: str
    slug: str
    normalized_name: str | None
    type: str
    is_active: bool = False


@dataclass(slots=True, eq=False)
class AttributeValue:
    attribute: Attribute
    value: str
    slug: str
    normalized_value: str


@dataclass(slots=True, eq=False)
class AttributeMapping:
    onec_id: str
    onec_name: str
    source: str
    attribute: Attribute


@dataclass(slots=True, eq=False)
class ValueMapping:
    onec_id: str
    onec_value: str
    source: str
    value: AttributeValue


@dataclass(slots=True, eq=False)
class ProductLinks:
    """Which values of a product imports have linked.

    Args:
        made: all of them.
        of_variants: those that only its variants have.
        said: what its goods have said last; None where they never did.
    """

    made: list[AttributeValue]
    of_variants: list[AttributeValue]
    said: list[AttributeValue] | None


@dataclass(slots=True, eq=False)
class Product:
    onec_id: str
    parent_onec_id: str
    name: str
    slug: str
    category: Category
    brand: Brand
    onec_brand_id: str | None = None
    description: str = ""
    vat_rate: Decimal | None = None
    is_active: bool = False
    sync_status: str = "pending"
    is_hidden_by_1c: bool = False
    """1C (and not an operator) has hidden it: 1C may show it again."""
    is_waiting: bool = True
    """For its first variant, which shows it."""
    values: list[AttributeValue] = field(default_factory=list)
    links: ProductLinks | None = None
    base_images: list[str] = field(default_factory=list)

    @property
    def pictures(self) -> list[str]:
        return self.base_images


@dataclass(slots=True, eq=False)
class Variant:
    onec_id: str
    sku: str
    product: Product
    color_name: str = ""
    size_value: str = ""
    is_active: bool = True
    is_hidden_by_us: bool = False
    """1C (and not an operator) has hidden it: as long as it is hidden it has no stock."""
    prices: dict[str, Decimal | None] = field(default_factory=lambda: dict.fromkeys(PRICE_COLUMNS))
    stock_quantity: int = 0
    warehouse_id: str | None = None
    warehouse_name: str | None = None
    vat_rate: Decimal | None = None
    values: list[AttributeValue] = field(default_factory=list)
    main_image: str | None = ""
    gallery_images: list[str] = field(default_factory=list)

    @property
    def pictures(self) -> list[str]:
        return [self.main_image, *self.gallery_images] if self.main_image else self.gallery_images

    @property
    def is_default(self) -> bool:
        """Made for a product without offers; nothing but its SKU tells it from an offer without characteristic."""
        return self.onec_id == self.product.onec_id and self.sku.startswith(self.onec_id)

    @property
    def has_no_characteristic(self) -> bool:
        return "#" not in variant_key(self.onec_id)

    @property
    def is_own(self) -> bool:
        """The variant of the product itself, whoever created it."""
        owners = (self.product.onec_id, self.product.parent_onec_id)
        return self.has_no_characteristic and product_of(self.onec_id) in owners

    def hide(self) -> None:
        self.is_active, self.is_hidden_by_us, self.stock_quantity = False, True, 0


@dataclass(slots=True)
class ModelShop:
    """Everything that an import reads and writes."""

    categories: list[Category] = field(default_factory=list)
    brands: list[Brand] = field(default_factory=list)
    brand_mappings: list[BrandMapping] = field(default_factory=list)
    attributes: list[Attribute] = field(default_factory=list)
    attribute_mappings: list[AttributeMapping] = field(default_factory=list)
    attribute_values: list[AttributeValue] = field(default_factory=list)
    value_mappings: list[ValueMapping] = field(default_factory=list)
    price_types: list[PriceType] = field(default_factory=list)
    products: list[Product] = field(default_factory=list)
    variants: list[Variant] = field(default_factory=list)

    def category(self, onec_id: str | None) -> Category | None:
        return next((c for c in self.categories if onec_id and c.onec_id == onec_id), None)

    def mapping(self, onec_id: str) -> BrandMapping | None:
        return next((m for m in self.brand_mappings if m.onec_id == onec_id), None)

    def brand(self, normalized_name: str) -> Brand | None:
        return next((b for b in self.brands if b.normalized_name == normalized_name), None)

    def attribute(self, normalized_name: str) -> Attribute | None:
        return next((a for a in self.attributes if a.normalized_name == normalized_name), None)

    def attribute_mapping(self, onec_id: str) -> AttributeMapping | None:
        return next((m for m in self.attribute_mappings if m.onec_id == onec_id), None)

    def attribute_value(self, attribute: Attribute, normalized_value: str) -> AttributeValue | None:
        of_attribute = (v for v in self.attribute_values if v.attribute is attribute)
        return next((v for v in of_attribute if v.normalized_value == normalized_value), None)

    def value_mapping(self, onec_id: str) -> ValueMapping | None:
        return next((m for m in self.value_mappings if m.onec_id == onec_id), None)

    def price_type(self, onec_id: str) -> PriceType | None:
        return next((t for t in self.price_types if t.onec_id == onec_id), None)

    def product(self, onec_id: str) -> Product | None:
        """By its own id, else, for old rows, by that of its parent."""
        own = next((p for p in self.products if p.onec_id == onec_id), None)
        return own or next((p for p in self.products if p.parent_onec_id == onec_id), None)

    def variant(self, onec_id: str) -> Variant | None:
        return next((v for v in self.variants if v.onec_id == onec_id), None)

    def known_variant(self, key: str) -> Variant | None:
        """Also where the shop has it with an empty characteristic."""
        longer = (v for v in self.variants if v.has_no_characteristic and product_of(v.onec_id) == key)
        return self.variant(key) or next(longer, None)

    def pictures(self) -> set[str]:
        """Everything that products and variants show."""
        items: list[Product | Variant] = [*self.products, *self.variants]
        return {path for item in items for path in item.pictures}

    def variants_of(self, product: Product) -> Iterator[Variant]:
        return (v for v in self.variants if v.product is product)

    def change(self, step: ShopStep) -> None:
        """What the shop does itself; what would clash with something that it has is left."""
        match step:
            case OwnCategory(name, slug, onec_id, is_active):
                if not any(c.slug == slug or (onec_id is not None and c.onec_id == onec_id) for c in self.categories):
                    self.categories.append(Category(onec_id, name, slug, is_active=is_active))
            case OwnBrand(name, slug, normalized_name):
                if not any(b.slug == slug or b.normalized_name == normalized_name for b in self.brands):
                    self.brands.append(Brand(name, slug, normalized_name))
            case OwnAttribute():
                self._add_attribute(step)
            case Link(table, key, slug, normalized):
                owner, value = self._item(table, key), self._value_of(slug, normalized)
                if isinstance(owner, Product | Variant) and value is not None and value not in owner.values:
                    owner.values.append(value)
            case Remap(key, slug, None):
                for mapping in self.attribute_mappings:
                    if mapping.onec_id == key:
                        mapping.attribute = self._attribute_of(slug) or mapping.attribute
            case Remap(key, slug, str(normalized)):
                for value_mapping in self.value_mappings:
                    if value_mapping.onec_id == key:
                        value_mapping.value = self._value_of(slug, normalized) or value_mapping.value
            case Edit():
                self._edit(step)

    def _add_attribute(self, step: OwnAttribute) -> None:
        name = step.normalized_name
        if not any(a.slug == step.slug or (name is not None and a.normalized_name == name) for a in self.attributes):
            attribute = Attribute(step.name, step.slug, name, "", is_active=True)
            self.attributes.append(attribute)
            self.attribute_values.append(AttributeValue(attribute, "Да", "da", "да"))

    def _attribute_of(self, slug: str) -> Attribute | None:
        return next((a for a in self.attributes if a.slug == slug), None)

    def _value_of(self, slug: str, normalized: str) -> AttributeValue | None:
        attribute = self._attribute_of(slug)
        return self.attribute_value(attribute, normalized) if attribute else None

    def _item(self, table: str, key: str) -> object:
        find: Callable[[str], object] = {
            "categories": self.category,
            "products_brand_1c_mapping": self.mapping,
            "price_types": self.price_type,
            "products": lambda key: next((p for p in self.products if p.onec_id == key), None),
            "product_variants": self.variant,
            "product_attributes": self._attribute_of,
        }[table]
        return find(key)

    def _edit(self, edit: Edit) -> None:
        item = self._item(edit.table, edit.key)
        if isinstance(item, Variant) and edit.column in PRICE_COLUMNS:
            item.prices[edit.column] = Decimal(str(edit.value))
        elif item is not None and edit.column in ("base_images", "gallery_images"):
            setattr(item, edit.column, json.loads(str(edit.value)))
        elif item is not None:
            setattr(item, edit.column, edit.value)

    def rows(self) -> Rows:
        """What the database must say, see `compare.differences`."""
        return {
            "categories": [
                (c.onec_id, c.name, c.slug, c.description, c.parent.slug if c.parent else None, c.is_active)
                for c in self.categories
            ],
            "brands": [(b.name, b.slug, b.normalized_name) for b in self.brands],
            "products_brand_1c_mapping": [(m.onec_id, m.onec_name, m.brand.slug) for m in self.brand_mappings],
            "product_attributes": [(a.name, a.slug, a.type, a.is_active, a.normalized_name) for a in self.attributes],
            "product_attribute_1c_mappings": [
                (m.onec_id, m.onec_name, m.source, m.attribute.slug) for m in self.attribute_mappings
            ],
            "product_attribute_values": [
                (v.attribute.slug, v.normalized_value, v.value, v.slug) for v in self.attribute_values
            ],
            "product_attribute_value_1c_mappings": [
                (m.onec_id, m.onec_value, m.source, m.value.attribute.slug, m.value.normalized_value)
                for m in self.value_mappings
            ],
            "products_attributes": [
                (p.onec_id, v.attribute.slug, v.normalized_value) for p in self.products for v in p.values
            ],
            "product_variants_attributes": [
                (o.onec_id, v.attribute.slug, v.normalized_value) for o in self.variants for v in o.values
            ],
            "price_types": [(t.onec_id, t.onec_name, t.product_field, t.is_active) for t in self.price_types],
            "products": [
                (
                    *(p.onec_id, p.name, p.slug, p.description, p.category.slug, p.brand.slug, p.onec_brand_id),
                    *(p.parent_onec_id, p.vat_rate, p.is_active, p.sync_status, p.sync_status == "completed"),
                    p.base_images,
                )
                for p in self.products
            ],
            "product_variants": [
                (
                    *(v.onec_id, v.sku, v.product.onec_id, v.color_name, v.size_value, v.is_active, v.stock_quantity),
                    *(v.warehouse_id, v.warehouse_name, v.vat_rate),
                    *(v.prices[column] for column in PRICE_COLUMNS),
                    *(v.main_image, v.gallery_images),
                )
                for v in self.variants
            ],
        }
