"""Whatever the order in which blocks and files arrive, the same rows come of it (RUN-8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pytest

from freesport_sync.core.cancel import CancelToken
from freesport_sync.sources.commerceml.parse_messages import Message, ParseTask
from freesport_sync.sources.commerceml.property_values import PropertyValues
from freesport_sync.sources.commerceml.worker import answers
from freesport_sync.sources.commerceml.workers import WorkerPool
from tests.builders import (
    ROOT_GROUP,
    ExportBuilder,
    brand_property,
    group,
    offer,
    price_type,
    prices,
    product,
    property_,
    rests,
    storage,
)
from tests.shop import InProcessPool, Shop


class LastFileFirst(WorkerPool):
    """One worker (the export is small) that reads the files from the last to the first."""

    def read(self, tasks: Sequence[ParseTask], cancel: CancelToken) -> Iterator[Message]:
        return super().read(list(reversed(tasks)), cancel)


class OneWorkerAFile(InProcessPool):
    """As if each file were read by a worker of its own, which knows nothing of what the others have met."""

    def read(self, tasks: Sequence[ParseTask], cancel: CancelToken) -> Iterator[Message]:
        for number, task in enumerate(tasks):
            yield from answers(task, PropertyValues(number))


def write_segments(export: ExportBuilder) -> None:
    """Objects that clash with or repeat those of other segments, in `_1_2_` and `_1_10_`."""
    export.groups(group("root", name=ROOT_GROUP, children=[group("g1"), group("g2", name="Прочее")]), segment=2)
    export.groups(group("root", name=ROOT_GROUP, children=[group("g3", name="Прочее")]), segment=10)
    export.properties_goods(brand_property({"b1": "Nike", "b2": "NIKE"}), segment=2)
    export.properties_goods(brand_property({"b0": "nike", "b2": "NIKE"}), segment=10)
    export.price_lists(price_type("t1", "Опт 1"), segment=2)
    export.price_lists(price_type("t1", "Опт 1, новое имя"), segment=10)
    export.storages(storage("w1", "Первый"), segment=2)
    export.storages(storage("w1", "Второй"), segment=10)
    export.goods(product("p2", name="Мяч"), product("p1", name="Мяч", group="g2", description="два"), segment=2)
    export.goods(product("p3", name="Мяч", group="g3"), product("p1", name="Другое", description="десять"), segment=10)
    export.offers(offer("p1#b", article="A"), offer("p1#a", article="A", characteristics={"Цвет": "Белый"}), segment=2)
    export.offers(offer("p3#c", article="A"), offer("p1#a", characteristics={"Размер": "42"}), segment=10)
    export.prices(prices("p1#a", {"t1": 2}), prices("p1#b", {"t1": 3}), segment=2)
    export.prices(prices("p1#a", {"t1": 10}), segment=10)
    export.rests(rests("p1#a", {"w1": 2, "w2": 3}), rests("p1#b", {"w1": 5}), segment=2)
    export.rests(rests("p1#a", {"w1": 3}), segment=10)


@pytest.mark.parametrize(
    ("chunk_size", "pool"), [(1000, WorkerPool), (1, WorkerPool), (1000, LastFileFirst), (1, LastFileFirst)]
)
def test_blocks_and_workers_do_not_change_the_result(
    shop: Shop, export: ExportBuilder, monkeypatch: pytest.MonkeyPatch, chunk_size: int, pool: type[WorkerPool]
) -> None:
    for file in export.folder.rglob("*.xml"):
        file.unlink()
    write_segments(export)
    monkeypatch.setattr(Shop, "pool", pool)
    shop.run(export.folder, chunk_size=chunk_size)
    assert result(shop) == {
        "categories": [("root", "sport"), ("g1", "mjachi"), ("g2", "prochee"), ("g3", "prochee-2")],
        "brands": [("b0", "Nike"), ("b1", "Nike"), ("b2", "Nike")],
        "types": [("t1", "Опт 1, новое имя")],
        "products": [
            ("p2", "Мяч", "mjach", "", "g1"),
            ("p1", "Мяч", "mjach-2", "десять", "g2"),
            ("p3", "Мяч", "mjach-3", "", "g3"),
        ],
        "variants": [
            ("p1#b", "A", "", "", Decimal(3), 5, "w1", "Второй"),
            ("p1#a", "A-1", "Белый", "42", Decimal(10), 6, "w1", "Второй"),
            ("p3#c", "A-2", "", "", None, 0, None, None),
            ("p2", "p2", "", "", None, 0, None, None),
        ],
    }


def result(shop: Shop) -> dict[str, list[tuple[Any, ...]]]:
    return {
        "categories": shop.rows("SELECT onec_id, slug FROM categories ORDER BY id"),
        "brands": shop.rows(
            "SELECT onec_id, name FROM products_brand_1c_mapping m JOIN brands b ON b.id = m.brand_id ORDER BY onec_id"
        ),
        "types": shop.rows("SELECT onec_id, onec_name FROM price_types ORDER BY id"),
        "products": shop.rows(
            "SELECT p.onec_id, p.name, p.slug, p.description, c.onec_id"
            " FROM products p JOIN categories c ON c.id = p.category_id ORDER BY p.id"
        ),
        "variants": shop.rows(
            "SELECT onec_id, sku, color_name, size_value, opt1_price, stock_quantity, warehouse_id, warehouse_name"
            " FROM product_variants ORDER BY id"
        ),
    }


@pytest.mark.parametrize("pool", [InProcessPool, OneWorkerAFile])
def test_new_values_are_numbered_by_their_first_place_in_whichever_worker(
    shop: Shop, export: ExportBuilder, monkeypatch: pytest.MonkeyPatch, pool: type[WorkerPool]
) -> None:
    export.properties_offers(property_("kind", "Вид", {}) + property_("tone", "Тон", {}))
    export.goods(product("p1"))
    export.offers(offer("orphan#c", characteristics={"Вид": "Алый"}), segment=1)
    export.offers(offer("p1#c", characteristics={"Тон": "Алый", "Вид": "Алый"}), segment=2)
    monkeypatch.setattr(Shop, "pool", pool)
    shop.run(export.folder)
    assert shop.rows(
        "SELECT a.name, v.slug FROM product_attribute_values AS v"
        " JOIN product_attributes AS a ON a.id = v.attribute_id WHERE a.name <> 'Бренд' ORDER BY v.id"
    ) == [("Вид", "alyj"), ("Тон", "alyj-1")]
