"""The shop as the model sees it: plain objects that know each other, in the order in which they were made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.model.exports import Edit, OwnBrand, OwnCategory

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


@dataclass(slots=True, eq=False)
class Variant:
    onec_id: str
    sku: str
    product: Product
    color_name: str = ""
    size_value: str = ""
    is_active: bool = True
    prices: dict[str, Decimal | None] = field(default_factory=lambda: dict.fromkeys(PRICE_COLUMNS))
    stock_quantity: int = 0
    warehouse_id: str | None = None
    warehouse_name: str | None = None
    vat_rate: Decimal | None = None

    @property
    def is_default(self) -> bool:
        """Made for a product without offers; nothing but its SKU tells it from an offer without characteristic."""
        return self.onec_id == self.product.onec_id and self.sku.startswith(self.onec_id)


@dataclass(slots=True)
class ModelShop:
    """Everything that an import reads and writes."""

    categories: list[Category] = field(default_factory=list)
    brands: list[Brand] = field(default_factory=list)
    brand_mappings: list[BrandMapping] = field(default_factory=list)
    price_types: list[PriceType] = field(default_factory=list)
    products: list[Product] = field(default_factory=list)
    variants: list[Variant] = field(default_factory=list)

    def category(self, onec_id: str | None) -> Category | None:
        return next((c for c in self.categories if onec_id and c.onec_id == onec_id), None)

    def mapping(self, onec_id: str) -> BrandMapping | None:
        return next((m for m in self.brand_mappings if m.onec_id == onec_id), None)

    def brand(self, normalized_name: str) -> Brand | None:
        return next((b for b in self.brands if b.normalized_name == normalized_name), None)

    def price_type(self, onec_id: str) -> PriceType | None:
        return next((t for t in self.price_types if t.onec_id == onec_id), None)

    def product(self, onec_id: str) -> Product | None:
        """By its own id, else, for old rows, by that of its parent."""
        own = next((p for p in self.products if p.onec_id == onec_id), None)
        return own or next((p for p in self.products if p.parent_onec_id == onec_id), None)

    def variant(self, onec_id: str) -> Variant | None:
        return next((v for v in self.variants if v.onec_id == onec_id), None)

    def variants_of(self, product: Product) -> Iterator[Variant]:
        return (v for v in self.variants if v.product is product)

    def change(self, step: Edit | OwnCategory | OwnBrand) -> None:
        """What the shop does itself; what would clash with something that it has is left."""
        match step:
            case OwnCategory(name, slug, onec_id, is_active):
                if not any(c.slug == slug or (onec_id is not None and c.onec_id == onec_id) for c in self.categories):
                    self.categories.append(Category(onec_id, name, slug, is_active=is_active))
            case OwnBrand(name, slug, normalized_name):
                if not any(b.slug == slug or b.normalized_name == normalized_name for b in self.brands):
                    self.brands.append(Brand(name, slug, normalized_name))
            case Edit():
                self._edit(step)

    def _edit(self, edit: Edit) -> None:
        find: Callable[[str], object] = {
            "categories": self.category,
            "products_brand_1c_mapping": self.mapping,
            "price_types": self.price_type,
            "products": lambda key: next((p for p in self.products if p.onec_id == key), None),
            "product_variants": self.variant,
        }[edit.table]
        item = find(edit.key)
        if isinstance(item, Variant) and edit.column in PRICE_COLUMNS:
            item.prices[edit.column] = Decimal(str(edit.value))
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
            "price_types": [(t.onec_id, t.onec_name, t.product_field, t.is_active) for t in self.price_types],
            "products": [
                (
                    *(p.onec_id, p.name, p.slug, p.description, p.category.slug, p.brand.slug, p.onec_brand_id),
                    *(p.parent_onec_id, p.vat_rate, p.is_active, p.sync_status, p.sync_status == "completed"),
                )
                for p in self.products
            ],
            "product_variants": [
                (
                    *(v.onec_id, v.sku, v.product.onec_id, v.color_name, v.size_value, v.is_active, v.stock_quantity),
                    *(v.warehouse_id, v.warehouse_name, v.vat_rate),
                    *(v.prices[column] for column in PRICE_COLUMNS),
                )
                for v in self.variants
            ],
        }
