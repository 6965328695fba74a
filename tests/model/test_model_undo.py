"""Undo against a plain model of it (`tests/model/undo.py`): histories of imports, sales, edits, logins and undos.

How many histories it plays: `examples.py`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from freesport_sync.core.run import RunReport
from freesport_sync.core.shop import ImportKind
from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.errors import BackupUnusable
from tests.builders import ExportBuilder, contragent, offer, prices, product, rests
from tests.databases import cloned_database
from tests.model.examples import EXAMPLES, Examples
from tests.model.test_model import clear
from tests.model.undo import Edit, Import, Login, Part, Said, Sale, Step, Switch, Undo, UndoShop
from tests.shop import Shop

KEYS = ("p1", "p2")
_keys = st.sampled_from(KEYS)
_stocks, _prices = st.sampled_from([3, 4, 5]), st.sampled_from([100, 200])
_said = st.builds(Said, _keys, st.sampled_from([None, "d1", "d2"]), st.none() | _prices, st.none() | _stocks)
_imports = st.builds(
    Import,
    st.lists(_said, min_size=1, max_size=2, unique_by=lambda said: said.key).map(tuple),
    st.booleans(),
    st.sampled_from([True, True, True, False]),
)


def _part(name: str, values: st.SearchStrategy[int]) -> st.SearchStrategy[Part]:
    pairs = st.lists(st.tuples(_keys, values), min_size=1, max_size=2, unique_by=lambda pair: pair[0])
    return st.builds(Part, st.just(name), pairs.map(tuple))


_changes = st.one_of(
    st.builds(Sale, _keys, st.booleans()),
    st.builds(Edit, _keys, st.sampled_from(["description", "retail_price"])),
    st.builds(Switch, st.just("products"), _keys, st.just(True)),
    st.builds(Switch, st.just("product_variants"), _keys, st.booleans()),
    st.just(Login()),
)
_steps = st.one_of(
    _imports,
    _imports,
    _part("stock_quantity", _stocks),
    _part("retail_price", _prices),
    _changes,
    _changes,
    st.builds(Undo, st.sampled_from([0, 0, 1, 2, None])),
    st.builds(Undo, st.sampled_from([0, 1])),
)
_histories = st.tuples(_imports, st.lists(_steps, min_size=4, max_size=10)).map(lambda parts: [parts[0], *parts[1]])


@pytest.fixture(scope="module")
def scratch_shop(postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One database for all examples; each begins by emptying it."""
    with cloned_database(postgres, template) as url, Shop(url, tmp_path_factory.mktemp("undo")) as shop:
        shop.execute(
            "CREATE TABLE public.order_items (id bigserial PRIMARY KEY, product_id bigint REFERENCES products,"
            " variant_id bigint REFERENCES product_variants)"
        )
        yield shop


@EXAMPLES
def test_an_undo_does_what_the_model_does(scratch_shop: Shop, examples: Examples) -> None:
    examples.play(_histories, lambda history: play(scratch_shop, history))


SAID = Said("p1", "d1", 100, 5)
"""Words that meet again and again."""


@pytest.mark.parametrize(
    "history",
    [
        # A sale, and stocks that say the old number again.
        [
            Import((Said("p1", "d1", 100, 3),), True, True),
            *(Import((SAID,), True, True), Sale("p1", False), Part("stock_quantity", (("p1", 5),)), Undo(0)),
        ],
        # Who was hidden comes back, logs in, and is not hidden any more.
        [Import((SAID,), True, True), Undo(0), Undo(0), Import((SAID,), True, True), Login(), Undo(0), Undo(None)],
        # What was hidden comes back and is ordered.
        [Import((SAID,), False, True), Undo(0), Import((SAID,), False, True), Sale("p1", True), Undo(0)],
        # Stocks between two imports say what the first has said, and both are undone.
        [
            Import((Said("p1", "d1", 100, 3),), False, True),
            *(Import((SAID,), False, True), Part("stock_quantity", (("p1", 5),))),
            *(Import((Said("p1", "d1", 100, 4),), False, True), Undo(1)),
        ],
        # An operator shows what an undo has hidden, and an older backup is restored.
        [
            Import((SAID,), True, True),
            Undo(0),
            Switch("products", "p1", True),
            Import((SAID,), False, True),
            Undo(None),
        ],
        # An operator hides a variant, an import shows it, and both are undone.
        [Import((SAID,), False, True), Switch("product_variants", "p1", False), Import((SAID,), False, True), Undo(1)],
        # Sold, written over by an import, and undone with it.
        [Import((SAID,), False, True), Sale("p1", False), Import((SAID,), False, False), Undo(0)],
    ],
)
def test_histories_that_were_wrong_once_or_may_become_it(scratch_shop: Shop, history: list[Step]) -> None:
    play(scratch_shop, history)


def play(shop: Shop, history: Sequence[Step]) -> None:
    """Let both do the same, and compare them after each step."""
    clear(shop)
    shutil.rmtree(shop.backups, ignore_errors=True)
    first = shop.back_up()
    model, run_ids = UndoShop(), {}
    for number, step in enumerate(history, 1):
        match step:
            case Import():
                model.run_import(step, number)
                run_ids[number] = _run(shop, _whole(step), skip_backup=not step.is_backed_up).run_id
            case Part():
                kind = ImportKind.STOCKS if step.field == "stock_quantity" else ImportKind.PRICES
                if any(key in model.variants for key, _ in step.values):
                    model.run_part(step, number)
                    _run(shop, _part_of(step), kind=kind)
            case Undo():
                _undo(shop, model, step, run_ids, first)
            case _ if model.can(step):
                model.change(step)
                _change(shop, model, step)
        assert _rows(shop) == model.rows(), (number, step)


def _undo(shop: Shop, model: UndoShop, step: Undo, run_ids: dict[int, int], first: str) -> None:
    if step.back is None:
        model.undo(0)
        dry = shop.restore(first, is_dry_run=True)
        assert shop.restore(first).counts == dry.counts
    elif step.back < len(model.backed_up):
        since = model.backed_up[-1 - step.back]
        if model.undo(since):
            dry = shop.undo(run_ids[since], is_dry_run=True)
            assert shop.undo(run_ids[since]).counts == dry.counts
        else:
            with pytest.raises(BackupUnusable, match="run_undone_already"):
                shop.undo(run_ids[since])


def _run(shop: Shop, write: Any, **options: Any) -> RunReport:
    folder: Path = shop.folder / "export"
    export = ExportBuilder(folder)
    write(export)
    try:
        return shop.run(folder, accept_large_change=True, allow_older=True, **options)
    finally:
        shutil.rmtree(folder)


def _whole(step: Import) -> Any:
    def write(export: ExportBuilder) -> None:
        export.reference_data()
        export.goods(*(product(said.key, description=said.description) for said in step.goods))
        export.offers(*(offer(said.key) for said in step.goods))
        priced = [prices(said.key, {"retail": said.price}) for said in step.goods if said.price is not None]
        stocked = [rests(said.key, {"w1": said.stock}) for said in step.goods if said.stock is not None]
        if priced:
            export.prices(*priced)
        if stocked:
            export.rests(*stocked)
        if step.has_customer:
            export.contragents(contragent("c1"))

    return write


def _part_of(step: Part) -> Any:
    def write(export: ExportBuilder) -> None:
        export.reference_data()
        if step.field == "stock_quantity":
            export.rests(*(rests(key, {"w1": value}) for key, value in step.values))
        else:
            export.prices(*(prices(key, {"retail": value}) for key, value in step.values))

    return write


def _change(shop: Shop, model: UndoShop, step: Sale | Edit | Switch | Login) -> None:
    match step:
        case Sale(key, is_ordered):
            shop.execute(
                "UPDATE product_variants SET stock_quantity = stock_quantity - 1 WHERE onec_id = :key", key=key
            )
            if is_ordered:
                shop.execute(
                    "INSERT INTO order_items (product_id, variant_id)"
                    " SELECT product_id, id FROM product_variants WHERE onec_id = :key",
                    key=key,
                )
        case Edit(key, name):
            table = "products" if name == "description" else "product_variants"
            value = (model.products if name == "description" else model.variants)[key].value(name)
            shop.execute(
                f"UPDATE {table} SET {name} = :value, updated_at = clock_timestamp() WHERE onec_id = :key",
                value=value,
                key=key,
            )
        case Switch(table, key, is_active):
            shop.execute(f"UPDATE {table} SET is_active = :yes WHERE onec_id = :key", yes=is_active, key=key)
        case Login():
            shop.execute("UPDATE users SET last_login = now()")


def _rows(shop: Shop) -> dict[str, dict[str, dict[str, Any]]]:
    columns = {
        "products": ("is_active", "description"),
        "product_variants": ("is_active", "retail_price", "stock_quantity"),
        "users": ("is_active",),
    }
    return {
        table: {
            key: dict(zip(names, values, strict=True))
            for key, *values in shop.rows(f"SELECT onec_id, {', '.join(names)} FROM {table}")
        }
        for table, names in columns.items()
    }
