"""What an export says of stock, as the model reads it: in files of their own, or in the offers (STOCK-1 to STOCK-9)."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tests.model import values
from tests.model.exports import Export, File, R

Stock = dict[str | None, int | values.Odd]
"""Warehouse -> quantity; None is the total."""


def told_stock(export: Export, parts: Collection[str]) -> Iterator[tuple[str, Stock]]:
    """Record by record: variant, and what is said of its stock.

    Args:
        export: offers carry their stock too, and are opened for it where there are no rests files.
        parts: the kinds of files that the run asks for.
    """
    if "rests" not in parts:
        return
    if "offers" in parts or not export.rests:
        yield from _in_offers(export)
    for record in _records(export.rests):
        yield (
            values.variant_key(record.onec_id),
            {values.reference(warehouse): values.quantity(text) for warehouse, text in record.stock},
        )


def _in_offers(export: Export) -> Iterator[tuple[str, Stock]]:
    records = [(values.variant_key(record.onec_id), record) for record in _records(export.offers)]
    records = [(key, record) for key, record in records if key and len(key) <= values.ID_LIMIT]
    given = [(key, values.quantity(record.quantity)) for key, record in records if record.quantity is not None]
    for key, quantity in given:
        yield key, {None: quantity}
    # Whoever has no quantity among others that have one is sold out, unless its product has one for all together.
    if export.rests or all(isinstance(quantity, values.Odd) for _, quantity in given):
        return
    divided = {values.product_of(key) for key, _ in given if "#" in key}
    undivided = {key for key, quantity in given if "#" not in key and quantity != 0} - divided
    for key, record in records:
        is_part = "#" in key and values.product_of(key) in undivided
        if record.quantity is None and not record.deleted and key not in dict(given) and not is_part:
            yield key, {None: 0}


def _records(files: tuple[File[R], ...]) -> Iterator[R]:
    for file in sorted(files, key=lambda file: (file.created_at, file.segment)):
        yield from file.records
