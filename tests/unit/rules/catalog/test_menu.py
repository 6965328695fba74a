"""Which categories an import takes out of the shop's menu."""

from __future__ import annotations

import pytest

from freesport_sync.rules.catalog.categories import (
    CategoryPlan,
    ChangedCategory,
    NewCategory,
    ShopCategory,
)
from freesport_sync.rules.catalog.menu import leaving_menu

SHOP = [
    ShopCategory(1, "root", "СПОРТ", "", None, True),
    ShopCategory(2, "balls", "Мячи", "", 1, True),
    ShopCategory(3, "small", "Малые", "", 2, True),
    ShopCategory(4, "old", "Архив", "", 1, False),
    ShopCategory(5, "oldest", "Самое старое", "", 4, True),
]
IDS = {category.onec_id: category.id for category in SHOP if category.onec_id} | {"new": None}


def plan(
    shown: dict[int, bool] | None = None, parents: dict[str, str | None] | None = None, is_new_shown: bool = True
) -> CategoryPlan:
    return CategoryPlan(
        created=(NewCategory("new", "Новое", "novoe", "", is_new_shown),),
        changed=tuple(ChangedCategory(key, None, "", "", value) for key, value in (shown or {}).items()),
        parents=(*(parents or {}).items(), ("new", "root")),
        ids=IDS,
    )


@pytest.mark.parametrize(
    ("planned", "leaving"),
    [
        (plan(), ()),
        (plan({3: False}), (3,)),
        (plan({2: False}), (2, 3)),
        (plan({1: False}), (1, 2, 3)),
        (plan({4: True, 5: False}), ()),  # it was not in the menu
        (plan(parents={"balls": "old"}), (2, 3)),
        (plan({4: True}, {"balls": "old"}), ()),
        (plan({2: False}, {"small": "root"}), (2,)),
        (plan({2: False}, {"small": "new"}), (2,)),
        (plan(parents={"small": "new"}, is_new_shown=False), (3,)),
        (plan(parents={"small": None}), ()),
    ],
)
def test_a_category_leaves_with_what_is_above_it(planned: CategoryPlan, leaving: tuple[int, ...]) -> None:
    assert leaving_menu(SHOP, planned) == leaving


def test_a_circle_in_the_shop_ends() -> None:
    circle = [ShopCategory(1, "a", "А", "", 2, True), ShopCategory(2, "b", "Б", "", 1, True)]
    assert leaving_menu(circle, CategoryPlan(changed=(ChangedCategory(2, "b", "Б", "", False),))) == (1, 2)
