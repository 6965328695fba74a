"""The shop sells a thousand times during an import: no sale fails, none is lost, none waits for long."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
import pytest
import sqlalchemy as sa

from freesport_sync.core.events import Event, Progress
from freesport_sync.core.run import RunStatus
from freesport_sync.core.shop import Entity, Stage
from freesport_sync.database.server import key_ranges
from tests.builders import ExportBuilder, offer, prices, product, rests
from tests.shop import Shop
from tests.watching import wait_until

pytestmark = pytest.mark.usefixtures("workers")

BUYERS = 4
CHECKOUTS = 1000
GOODS = 400
"""Of the variants a third keeps its stock in 1C, a third gets another one, and of a third 1C does not speak."""
STOCK = 50


@dataclass
class Buyers:
    """Customers who take one piece each, as the shop's checkout does; they stop only when asked to.

    Args:
        url: of the shop.
    """

    url: sa.URL
    variants: list[str] = field(default_factory=list)
    """1C's ids of what they may buy."""
    sold: list[str] = field(default_factory=list)
    took_s: list[float] = field(default_factory=list)
    is_closing: threading.Event = field(default_factory=threading.Event)

    def buy(self, number: int) -> None:
        """One customer after the other, on one connection of the shop."""
        choice = random.Random(number)
        shop = psycopg2.connect(
            host=self.url.host,
            port=self.url.port,
            user=self.url.username,
            password=self.url.password,
            dbname=self.url.database,
        )
        with shop.cursor() as cursor:
            while not self.is_closing.is_set():
                began = time.monotonic()
                onec_id = choice.choice(self.variants)
                cursor.execute("SELECT stock_quantity FROM product_variants WHERE onec_id = %s FOR UPDATE", (onec_id,))
                (stock,) = cursor.fetchone() or (0,)
                if stock > 0:
                    cursor.execute(
                        "UPDATE product_variants SET stock_quantity = stock_quantity - 1 WHERE onec_id = %s",
                        (onec_id,),
                    )
                shop.commit()
                self.took_s.append(time.monotonic() - began)
                if stock > 0:
                    self.sold.append(onec_id)
        shop.close()


def export(folder: Path, retail: int, changed: int | None) -> Path:
    """Everything costs `retail`; a third of the variants has `changed` pieces, a third as many as ever."""
    files = ExportBuilder(folder)
    files.reference_data()
    files.goods(*(product(f"p{number}") for number in range(GOODS)))
    files.offers(*(offer(f"p{number}#c") for number in range(GOODS)))
    files.prices(*(prices(f"p{number}#c", {"retail": retail}) for number in range(GOODS)))
    told = range(GOODS) if changed is None else [number for number in range(GOODS) if number % 3]
    stock = {number: STOCK if changed is None or number % 3 == 1 else changed for number in told}
    files.rests(*(rests(f"p{number}#c", {"w1": pieces}) for number, pieces in stock.items()))
    return folder


def test_a_thousand_checkouts_during_an_import(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_ranges, "RANGE_ROWS", 50)  # so that rows are locked little by little, as in a large shop
    shop.run(export(tmp_path / "first", 100, None))
    untold = [f"p{number}#c" for number in range(0, GOODS, 3)]
    kept = [f"p{number}#c" for number in range(1, GOODS, 3)]
    changed = [f"p{number}#c" for number in range(2, GOODS, 3)]
    buyers = Buyers(shop.url, [*untold, *changed])
    merge_began: list[float] = []

    def on_event(event: Event) -> None:
        """Reading and comparing are quick here, so they wait for the customers; writing does not wait."""
        if not isinstance(event, Progress) or event.done:
            return
        if event.stage is Stage.STAGE:
            wait_until(lambda: len(buyers.sold) >= CHECKOUTS / 3)
        if event.stage is Stage.APPLY:
            buyers.variants += kept  # what was sold of these before the comparison 1C does not know, and puts back
            wait_until(lambda: len(buyers.sold) >= 2 * CHECKOUTS / 3)
            merge_began.append(time.monotonic())

    with ThreadPoolExecutor(BUYERS) as executor:
        customers = [executor.submit(buyers.buy, number) for number in range(BUYERS)]
        try:
            report = shop.run(export(tmp_path / "second", 200, 2 * STOCK), on_event)
            merge_s = time.monotonic() - merge_began[0]
            wait_until(lambda: len(buyers.sold) >= CHECKOUTS or any(customer.done() for customer in customers))
        finally:
            buyers.is_closing.set()
    for customer in customers:
        customer.result()  # no deadlock, no error

    assert report.status is RunStatus.COMPLETED
    assert report.counts[Entity.PRICE].updated == GOODS
    assert len(merge_began) == 1, "the import did not have to repeat its merge either"
    assert max(buyers.took_s) < merge_s + 0.5
    sold = Counter(buyers.sold)
    stock = dict(shop.rows("SELECT onec_id, stock_quantity FROM product_variants"))
    assert min(stock.values()) >= 0
    assert {onec_id: stock[onec_id] + sold[onec_id] for onec_id in untold + kept} == dict.fromkeys(untold + kept, STOCK)
    assert all(2 * STOCK - sold[onec_id] <= stock[onec_id] <= 2 * STOCK for onec_id in changed)
    assert shop.rows("SELECT DISTINCT retail_price FROM product_variants") == [(200,)]
