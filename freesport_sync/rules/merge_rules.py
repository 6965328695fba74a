"""The rules of a merge, from settings and request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MergeRules:
    """Rules of a merge (OWNED-1); the parameters of `merge/sql/resolve`.

    Args:
        makes_default_variants: give products without offers a default variant.
        is_full_products: deactivate products missing in the export.
        is_full_variants: deactivate variants missing in the export.
        clear_missing_prices: clear prices missing in the export.
        owns_name: let 1C overwrite names of products; the other `owns_*` likewise.
    """

    makes_default_variants: bool
    is_full_products: bool
    is_full_variants: bool
    clear_missing_prices: bool
    owns_name: bool
    owns_category: bool
    owns_brand: bool
    owns_description: bool
    owns_vat_rate: bool
    owns_prices: bool
    owns_stock: bool
