"""What becomes of 1C's price types, and which columns their prices go to."""

from __future__ import annotations

import pytest

from freesport_sync.core.run import Counts, FieldChange
from freesport_sync.core.shop import Entity
from freesport_sync.core.staged import StagedPriceType
from freesport_sync.rules.catalog.price_types import (
    ChangedPriceType,
    NewPriceType,
    PriceTypePlan,
    ShopPriceType,
    plan_price_types,
)

OPT = ShopPriceType(1, "t1", "Опт 1", "opt1_price", True)


def staged(
    onec_id: str = "t1",
    name: str | None = "Опт 1",
    product_field: str | None = "opt1_price",
    *,
    is_deleted: bool = False,
    position: int = 1,
    currency: str = "",
) -> StagedPriceType:
    return StagedPriceType(1, position, position, onec_id, name, product_field, currency, is_deleted)


def plan(*rows: StagedPriceType, shop: tuple[ShopPriceType, ...] = (), marked: tuple[str, ...] = ()) -> PriceTypePlan:
    return plan_price_types(rows, shop, frozenset(marked), {1: "priceLists/priceLists.xml"}, has_prices=True)


@pytest.mark.parametrize(
    ("row", "created", "column", "marks"),
    [
        (staged(), NewPriceType("t1", "Опт 1", "opt1_price", True), "opt1_price", ()),
        (staged(is_deleted=True), NewPriceType("t1", "Опт 1", "opt1_price", False), None, ("t1",)),
        (staged(name="Своя", product_field=None), NewPriceType("t1", "Своя", "retail_price", False), None, ()),
        (
            staged(name="Своя", product_field=None, is_deleted=True),
            NewPriceType("t1", "Своя", "retail_price", False),
            None,
            (),
        ),
    ],
)
def test_a_new_type(row: StagedPriceType, created: NewPriceType, column: str | None, marks: tuple[str, ...]) -> None:
    result = plan(row)
    assert result.created == (created,)
    assert result.columns == {"t1": column}
    assert result.newly_deleted == marks
    assert result.counts == Counts(created=1)
    assert [issue.code for issue in result.issues] == (["price_type_unrecognised"] if not row.product_field else [])


def test_the_last_record_of_a_type_counts() -> None:
    result = plan(staged(name="Новое", position=2), staged(name="Старое", position=1))
    assert [row.onec_name for row in result.created] == ["Новое"]


def test_a_known_type_keeps_its_column_and_its_switch() -> None:
    off = ShopPriceType(1, "t1", "Старое", "federation_price", False)
    result = plan(staged(), shop=(off,))
    assert result.changed == (ChangedPriceType(1, "t1", "Опт 1", False),)
    assert result.columns == {"t1": None}
    assert result.changes == (FieldChange(Entity.PRICE_TYPE, "t1", "Старое", "onec_name", "Старое", "Опт 1"),)


@pytest.mark.parametrize(
    ("is_deleted", "is_active", "is_marked", "becomes", "marks", "restores"),
    [
        (False, True, False, True, False, False),
        (False, False, False, False, False, False),  # an operator's switch
        (True, True, False, False, True, False),
        (True, False, True, False, False, False),
        (True, False, False, False, False, False),
        (True, True, True, True, False, False),  # an operator has switched a marked type on again
        (False, False, True, True, False, True),
        (False, True, True, True, False, True),
    ],
)
def test_marks_and_switches(
    is_deleted: bool, is_active: bool, is_marked: bool, becomes: bool, marks: bool, restores: bool
) -> None:
    shop = ShopPriceType(1, "t1", "Опт 1", "opt1_price", is_active)
    result = plan(staged(is_deleted=is_deleted), shop=(shop,), marked=("t1",) if is_marked else ())
    assert result.columns == {"t1": "opt1_price" if becomes else None}
    assert bool(result.changed) is (becomes != is_active)
    assert (bool(result.newly_deleted), bool(result.restored)) == (marks, restores)


def test_a_tombstone_marks_without_renaming() -> None:
    result = plan(staged(name=None, product_field=None, is_deleted=True), shop=(OPT,))
    assert result.changed == (ChangedPriceType(1, "t1", "Опт 1", False),)


def test_an_unknown_tombstone_is_skipped() -> None:
    result = plan(staged(onec_id="t9", name=None, product_field=None, is_deleted=True), shop=(OPT,))
    assert result.counts == Counts(skipped=1)
    assert result.columns == {"t1": "opt1_price"}


def test_types_that_the_export_lacks_serve_on() -> None:
    off = ShopPriceType(2, "t2", "Опт 2", "opt2_price", False)
    result = plan(shop=(OPT, off))
    assert result.columns == {"t1": "opt1_price", "t2": None}
    assert result.counts == Counts()


RETAIL = [("t5", "Розничная для маркетплейса"), ("t6", "РРЦ"), ("t7", "Розничная цена")]
OF_SHOP = [ShopPriceType(number, *RETAIL[number - 1], "retail_price", True) for number in (1, 2, 3)]


def of_export(*numbers: int) -> list[StagedPriceType]:
    return [staged(*RETAIL[number - 1], "retail_price", position=place) for place, number in enumerate(numbers)]


@pytest.mark.parametrize(
    ("rows", "shop", "ranks"),
    [
        (of_export(1, 2), [], {"t6": 1}),
        (of_export(2, 1), [], {"t5": 1}),
        (of_export(2, 1), OF_SHOP[:2], {"t6": 1}),
        ([], OF_SHOP[:2], {"t6": 1}),
        (of_export(1), OF_SHOP[1:], {"t7": 1, "t5": 2}),
        # What was set in the shop, by column or by switch, takes precedence over the name.
        ([], [OF_SHOP[0], ShopPriceType(9, "t9", "Закупочная", "retail_price", True)], {"t5": 1}),
        (
            [staged("t9", "Опт 1", "opt1_price"), *of_export(1)],
            [ShopPriceType(9, "t9", "Опт 1", "retail_price", True)],
            {"t5": 1},
        ),
        (of_export(1, 2), [ShopPriceType(2, *RETAIL[1], "retail_price", False)], {}),
        ([*of_export(1), staged("t9", "РРЦ", "retail_price", is_deleted=True)], [], {}),
    ],
)
def test_types_that_share_a_column_have_an_order(
    rows: list[StagedPriceType], shop: list[ShopPriceType], ranks: dict[str, int]
) -> None:
    result = plan(*rows, shop=tuple(shop))
    assert result.ranks == ranks


def test_types_that_share_a_column_are_named_in_their_order() -> None:
    (issue,) = plan(*of_export(3, 1), shop=tuple(OF_SHOP[:2])).issues
    assert (issue.code, issue.severity.value) == ("price_types_share_column", "note")
    assert (issue.value, issue.params) == ("«Розничная для маркетплейса», «Розничная цена»", {"column": "retail_price"})
    (issue,) = plan(shop=tuple(OF_SHOP)).issues  # prices alone
    assert issue.value == "«Розничная для маркетплейса», «РРЦ», «Розничная цена»"
    assert plan(*of_export(1), shop=tuple(OF_SHOP)).issues == ()  # 1C has no others any more
    assert plan_price_types(of_export(1, 3), (), frozenset(), {}).issues == ()  # no prices, no matter


def test_a_currency_is_that_of_the_last_record() -> None:
    assert plan(staged(currency="EUR"), staged(currency="USD", position=2), staged("t2")).currencies == {"t1": "USD"}
