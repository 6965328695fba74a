"""Makes 1C exports of any size for measurements: the same bytes for the same arguments.

`python -m tests.bench.generator FOLDER --products 2000` writes one from the command line.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from tests.bench.export_files import RecordFiles, count_files, write_reference_data
from tests.bench.items import ItemFactory
from tests.bench.xml_records import offer_xml, price_row_xml, product_xml, rests_row_xml

if TYPE_CHECKING:
    from tests.bench.items import Item

FORMED_AT = datetime(2026, 11, 2, 3, 10)
RECORDS_PER_FILE = {"goods": 1000, "offers": 2000, "prices": 3500, "rests": 20000}
"""About 12 MB a file."""


@dataclass(frozen=True, slots=True)
class ExportSize:
    """What an export holds: `prices` counts single prices, `rests` counts stocks in one warehouse."""

    files: int
    bytes: int
    products: int
    offers: int
    prices: int
    rests: int


def generate(folder: Path, products: int, seed: int = 1, change: float = 0.0, pictures: int = 0) -> ExportSize:
    """Write an export of `products` products into `folder` over the one that is there.

    `change` is the share of products whose prices and stocks (and for a third of them the description) differ from
    the export without it; it is also formed a day later. `pictures` is the most picture paths a product may have;
    the picture files are not written.
    """
    factory = ItemFactory(seed, pictures)
    formed_at = FORMED_AT + timedelta(days=1 if change else 0)
    changed = Random(f"{seed} changed").sample(range(products), products)[: round(products * change)]
    is_changed, is_rewritten = set(changed), set(changed[::3])
    write_reference_data(folder, formed_at, factory.reference)
    offers = prices = rests = 0
    with ExitStack() as stack:
        expected = {"goods": products, "offers": products * 2.7, "prices": products * 2.7, "rests": products * 2.7}
        files = {
            # Small exports are cut in two as well, so that every test meets segments.
            kind: stack.enter_context(
                RecordFiles(folder, kind, formed_at, min(RECORDS_PER_FILE[kind], int(records / 2) + 1))
            )
            for kind, records in expected.items()
        }
        for index in range(products):
            item = factory.make(index, index in is_changed, index in is_rewritten)
            write_item(files, item)
            offers += len(item.offers)
            prices += sum(len(sale.prices) for sale in item.sales)
            rests += sum(len(sale.stocks) for sale in item.sales)
    return ExportSize(*count_files(folder), products, offers, prices, rests)


def write_item(files: dict[str, RecordFiles], item: Item) -> None:
    """Append a product, its offers, their prices and stocks to the files of their kinds."""
    files["goods"].add(product_xml(item.product))
    for offer in item.offers:
        files["offers"].add(offer_xml(offer))
    for sale in item.sales:
        files["prices"].add(price_row_xml(sale.onec_id, sale.prices))
        files["rests"].add(rests_row_xml(sale.onec_id, sale.stocks))


def main() -> None:
    """Command line: FOLDER and the arguments of `generate`."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--products", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--change", type=float, default=0.0)
    parser.add_argument("--pictures", type=int, default=0)
    arguments = parser.parse_args()
    print(generate(**vars(arguments)))


if __name__ == "__main__":
    main()
