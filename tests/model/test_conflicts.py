"""Nobody else is in the way: whatever collides inside an export, the merge says so and never blames another program."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import strategies as st

from freesport_sync.core.events import MergeRepeated
from freesport_sync.errors import SyncError
from tests.builders import (
    ROOT_GROUP,
    ExportBuilder,
    contragent,
    group,
    offer,
    price_type,
    prices,
    product,
    property_,
    rests,
)
from tests.model.examples import EXAMPLES, Examples
from tests.model.test_model import clear, scratch_shop
from tests.shop import Shop

__all__ = ["scratch_shop"]

T = TypeVar("T")

IDS = [
    "p",
    "P",
    "p ",
    " p",
    "p\u00a0q",
    "p q",
    "p#",
    "p#c",
    "p#C",
    "p# c",
    "p#c#d",
    "c",
    "p#00000000-0000-0000-0000-000000000000",
]
NAMES = [
    "Мяч",
    "мяч",
    "Мяч ",
    "МЯЧ",
    "Мяч-2",
    "Мяч (c)",
    "--",
    "½",
    "Nike",
    "NIKE",
    "Без бренда",
    "No Brand",
    "Цвет",
    "Размер",
]
KEYS = ["1", "2", "a", "A", "__onec_unresolved_category__", "__repair_anchor__", "Бренд"]
EMAILS = [None, "a@example.test", "A@example.test", "a@EXAMPLE.test", "ß@example.test"]


def _lists(
    build: Callable[..., T], *arguments: st.SearchStrategy[Any], **named: st.SearchStrategy[Any]
) -> st.SearchStrategy[list[T]]:
    return st.lists(st.builds(build, *arguments, **named), min_size=1, max_size=4)


ids, names, keys, deleted = (
    st.sampled_from(["p", "p#c"] * 6 + IDS),
    st.sampled_from(NAMES),
    st.sampled_from(KEYS),
    st.sampled_from([False, False, True]),
)
values = st.dictionaries(keys, names, max_size=3)
texts = st.dictionaries(names, names, max_size=2)
EXPORTS = st.fixed_dictionaries(
    {
        "groups": _lists(group, keys, name=names, deleted=deleted),
        "properties_goods": _lists(property_, keys, names, values, deleted=deleted),
        "properties_offers": _lists(property_, keys, names, values, deleted=deleted),
        "price_lists": _lists(price_type, keys, names, deleted=deleted),
        "goods": _lists(
            product,
            ids,
            name=names,
            article=st.sampled_from([None, "p", "A-1"]),
            group=keys,
            brand=keys,
            properties=values,
            deleted=deleted,
        ),
        "offers": _lists(
            offer,
            ids,
            name=names,
            article=st.sampled_from([None, "p", "A-1"]),
            characteristics=texts,
            properties=values,
            deleted=deleted,
        ),
        "prices": _lists(prices, ids, st.dictionaries(keys, st.just("5"), max_size=2)),
        "rests": _lists(rests, ids, st.dictionaries(keys, st.just("5"), max_size=2)),
        "contragents": _lists(
            contragent,
            ids,
            name=names,
            email=st.sampled_from(EMAILS),
            inn=st.sampled_from([None, "7700000001"]),
            kpp=st.sampled_from([None, "770101001"]),
            deleted=deleted,
        ),
    }
)


Runs = list[tuple[dict[str, list[str]], bool]]
"""Records by kind, and whether the import is a full one."""


@EXAMPLES
def test_no_export_looks_like_another_program(scratch_shop: Shop, examples: Examples) -> None:
    runs = st.lists(st.tuples(EXPORTS, st.booleans()), min_size=1, max_size=3)
    examples.play(runs, lambda written: play(scratch_shop, written))


def test_a_product_whose_id_is_that_of_its_offer_does_not_either(scratch_shop: Shop) -> None:
    play(scratch_shop, [({"goods": [product("p#c")], "offers": [offer("p#c")]}, False)])  # УТ 10.3


def play(shop: Shop, runs: Runs) -> None:
    clear(shop)
    for records, is_full in runs:
        folder = shop.folder / "export"
        export = ExportBuilder(folder)
        for kind, written in records.items():
            if kind == "groups":
                written = [group("root", name=ROOT_GROUP, children=written)]
            getattr(export, kind)(*written)
        code = refusal(shop, folder, is_full=is_full)
        shutil.rmtree(folder)
        assert code in ("", "all_rows_failed", "root_category_missing")
        assert not [event for event in shop.events if isinstance(event, MergeRepeated)]


def refusal(shop: Shop, folder: Path, *, is_full: bool) -> str:
    """Code of the error with which the run was refused; empty where it was not."""
    try:
        shop.run(folder, is_full=is_full, accept_large_change=True)
    except SyncError as error:
        return error.code
    return ""
