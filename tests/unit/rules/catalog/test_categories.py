"""1C's groups against the shop's tree, without a database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freesport_sync.core.run import Counts, FieldChange
from freesport_sync.core.shop import Entity
from freesport_sync.core.staged import StagedCategory
from freesport_sync.errors import ImportFailed
from freesport_sync.rules.catalog.categories import (
    HIDDEN_CATEGORY,
    CategoryPlan,
    ChangedCategory,
    NewCategory,
    ShopCategory,
    plan_categories,
)

ROOT = ShopCategory(1, "root", "СПОРТ", "", None, True)
BALLS = ShopCategory(2, "balls", "Мячи", "", 1, True)
NETS = ShopCategory(3, "nets", "Сетки", "", 2, True)
TREE = (ROOT, BALLS, NETS)


def row(
    onec_id: str, parent: str | None = None, name: str | None = "Мячи", *, deleted: bool = False, at: int = 0
) -> StagedCategory:
    slug = {"Мячи": "mjachi", "СПОРТ": "sport"}.get(name or "", "")
    return StagedCategory(1, at, at, onec_id, parent, name, slug, "", deleted)


def plan(*rows: StagedCategory, shop: tuple[ShopCategory, ...] = (), is_full: bool = False) -> CategoryPlan:
    numbered = [item._replace(position=item.position or number) for number, item in enumerate(rows, start=1)]
    return plan_categories(numbered, shop, ["taken"], "СПОРТ", {1: "groups/groups.xml"}, is_full)


def test_a_new_tree() -> None:
    result = plan(row("root", None, "СПОРТ"), row("balls", "root"), row("more", "balls"))
    assert result.created == (
        NewCategory("root", "СПОРТ", "sport", "", True),
        NewCategory("balls", "Мячи", "mjachi", "", True),
        NewCategory("more", "Мячи", "mjachi-2", "", True),
    )
    assert result.parents == (("root", None), ("balls", "root"), ("more", "balls"))
    assert result.ids == {"root": None, "balls": None, "more": None}
    assert result.counts == Counts(created=3)


@pytest.mark.parametrize("is_swapped", [False, True])
def test_a_segment_may_repeat_a_group_without_what_is_above_it(is_swapped: bool) -> None:
    first = [row("root", None, "СПОРТ"), row("balls", "root", "А"), row("nets", "balls", "Б")]
    second = [row("nets", None, "Б"), row("more", "nets", "В")]
    result = plan(*(second + first if is_swapped else first + second))
    assert dict(result.parents) == {"root": None, "balls": "root", "nets": "balls", "more": "nets"}
    assert result.counts == Counts(created=4)


def test_no_groups_change_nothing_whatever_is_asked_for() -> None:
    result = plan(shop=(*TREE, ShopCategory(4, HIDDEN_CATEGORY, "Без", "", None, False)), is_full=True)
    assert result == CategoryPlan(ids={"root": 1, "balls": 2, "nets": 3})


def test_the_missing_root_is_named_with_what_was_found_instead() -> None:
    with pytest.raises(ImportFailed) as caught:
        plan(*(row(f"x{number}", None, f"Группа {number}") for number in range(9)))
    assert caught.value.params == {"root": "СПОРТ", "found": "Группа 0, Группа 1, Группа 2, Группа 3, Группа 4"}


def test_a_root_of_the_shop_is_enough() -> None:
    result = plan(row("balls", None, "Мячики"), shop=TREE)
    assert result.changed == (ChangedCategory(2, "balls", "Мячики", "", True),)
    assert result.parents == ()  # a root of the export is not a root of the shop


def test_the_hidden_root_of_the_shop_is_shown_only_with_something_below_it() -> None:
    hidden = ShopCategory(1, None, "СПОРТ", "", None, False)
    below = ShopCategory(2, "balls", "Мячи", "", 1, True)
    result = plan(row("balls"), shop=(hidden, below))
    assert result.changed == (ChangedCategory(1, None, "СПОРТ", "", True),)
    assert result.counts == Counts(updated=1, unchanged=1)
    assert result.changes == (FieldChange(Entity.CATEGORY, "", "СПОРТ", "is_active", "false", "true"),)
    assert plan(row("other", None, "Канцелярия"), shop=(hidden, below)).changed == ()
    marked = plan(row("root", None, "СПОРТ", deleted=True), row("balls", "root"), shop=(hidden, below))
    assert marked.changed == (ChangedCategory(1, "root", "СПОРТ", "", False),)


def test_an_adopted_root_is_not_absent_under_its_old_id() -> None:
    anchor = ShopCategory(1, "__repair_anchor__", "СПОРТ", "", None, True)
    result = plan(row("root", None, "СПОРТ"), shop=(anchor,), is_full=True)
    assert result.changed == (ChangedCategory(1, "root", "СПОРТ", "", True),)
    assert result.ids == {"root": 1}


def test_full_hides_what_the_export_lacks_below_and_beside() -> None:
    stray = ShopCategory(9, "stray", "Лишняя", "", None, True)
    own = ShopCategory(10, None, "Своя", "", 1, True)
    hidden = ShopCategory(11, HIDDEN_CATEGORY, "Без", "", None, True)
    result = plan(row("balls"), shop=(*TREE, stray, own, hidden), is_full=True)
    assert [(changed.onec_id, changed.is_active) for changed in result.changed] == [("nets", False), ("stray", False)]


def test_a_move_is_an_update_with_old_and_new_parent() -> None:
    result = plan(row("root", None, "СПОРТ"), row("balls", "root"), row("nets", "root", "Сетки"), shop=TREE)
    assert result.parents == (("nets", "root"),)
    assert result.counts == Counts(updated=1, unchanged=2)
    assert result.changes == (FieldChange(Entity.CATEGORY, "nets", "Сетки", "parent", "Мячи", "СПОРТ"),)


def test_a_rename_and_a_move_of_one_category_count_once() -> None:
    result = plan(row("root", None, "СПОРТ"), row("balls", "root"), row("nets", "root", "Сети"), shop=TREE)
    assert result.counts == Counts(updated=1, unchanged=2)


def test_a_tombstone_keeps_name_and_place() -> None:
    result = plan(row("balls", None, None, deleted=True), row("zzz", None, None, deleted=True), shop=TREE)
    assert result.changed == (ChangedCategory(2, "balls", "Мячи", "", False),)
    assert result.parents == ()
    assert result.counts == Counts(updated=1, skipped=1)


def test_a_mark_after_or_before_its_record() -> None:
    record, mark = row("balls", "root", at=2), row("balls", None, None, deleted=True, at=3)
    root = row("root", None, "СПОРТ", at=1)
    assert plan(root, record, mark).created[1] == NewCategory("balls", "Мячи", "mjachi", "", False)
    assert plan(root, record, mark._replace(position=1)).created[1] == NewCategory("balls", "Мячи", "mjachi", "", True)


@pytest.mark.parametrize("rows", [[("a", "a")], [("a", "b"), ("b", "a")], [("a", "b"), ("b", "c"), ("c", "b")]])
def test_a_cycle_is_left_out_and_reported_once(rows: list[tuple[str, str]]) -> None:
    result = plan(row("root", None, "СПОРТ"), *(row(*pair) for pair in rows))
    assert [new.onec_id for new in result.created] == ["root"]
    assert [issue.code for issue in result.issues] == ["category_cycle"]
    assert result.counts == Counts(created=1, skipped=len(rows))


def test_a_circle_with_the_shops_tree_keeps_the_old_place() -> None:
    result = plan(row("nets", None, "Сетки"), row("balls", "nets"), shop=TREE)
    assert result.parents == ()
    assert [issue.onec_id for issue in result.issues] == ["balls"]


def test_two_may_swap_their_places() -> None:
    result = plan(row("root", None, "СПОРТ"), row("nets", "root", "Сетки"), row("balls", "nets"), shop=TREE)
    assert result.parents == (("nets", "root"), ("balls", "nets"))
    assert result.issues == ()


def test_a_new_group_below_a_rejected_move_finds_its_place() -> None:
    result = plan(row("root", "balls", "СПОРТ"), row("new", "root"), shop=TREE)
    assert result.parents == (("new", "root"),)
    assert [issue.onec_id for issue in result.issues] == ["root"]


def test_children_of_an_unknown_tombstone_go_to_what_is_above_it() -> None:
    result = plan(row("root", None, "СПОРТ"), row("zzz", "root", None, deleted=True), row("new", "zzz"), shop=TREE)
    assert result.parents == (("new", "root"),)


KEYS = ["root", "a", "b", "c", "d"]


@given(
    export=st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from([None, *KEYS])), min_size=1, max_size=12),
    shop=st.lists(st.tuples(st.sampled_from(KEYS[1:]), st.integers(0, 4)), max_size=4, unique_by=lambda pair: pair[0]),
    is_full=st.booleans(),
)
def test_the_tree_stays_a_tree_for_any_export(
    export: list[tuple[str, str | None]], shop: list[tuple[str, int]], is_full: bool
) -> None:
    """Every category ends below the root category, and none above itself."""
    tree = [ROOT]
    for key, parent in shop:
        tree.append(ShopCategory(len(tree) + 1, key, key, "", tree[min(parent, len(tree) - 1)].id, True))
    rows = [row(key, parent, "СПОРТ" if key == "root" else key) for key, parent in export]
    result = plan(*rows, shop=tuple(tree), is_full=is_full)
    above = {category.onec_id: tree[(category.parent_id or 1) - 1].onec_id for category in tree if category.parent_id}
    above |= dict(result.parents)
    for key in result.ids:
        path = [key]
        while (parent_key := above.get(path[-1])) is not None:
            assert parent_key not in path
            path.append(parent_key)
        assert path[-1] == "root"
    slugs = [new.slug for new in result.created]
    assert len(set(slugs)) == len(slugs)
