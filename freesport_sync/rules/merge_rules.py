"""What settings and request decide about a merge."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MergeRules:
    """What the settings and the request say about the merge (OWNED-1); the parameters of `merge/sql/resolve`.

    Args:
        makes_default_variants: the run is one in which products without offers get a default variant.
        is_full_products: products that the export lacks are deactivated.
        is_full_variants: variants that the export lacks are deactivated.
        clear_missing_prices: a price that the export lacks is cleared.
        owns_name: 1C overwrites names of products; the other `owns_*` likewise.
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
