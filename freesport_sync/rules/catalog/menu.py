"""Finds the categories that an import would remove from the shop's menu (GUARD-4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from freesport_sync.rules.catalog.categories import CategoryPlan, ShopCategory

_Node = int | str
"""Id of an existing category, or 1C key of a new one."""


def leaving_menu(shop: Sequence[ShopCategory], plan: CategoryPlan) -> tuple[int, ...]:
    """Return the ids of categories that leave the menu: hidden themselves, or below a hidden one.

    The shop shows a category only if all its ancestors are shown.

    Args:
        shop: all categories of the shop.
        plan: of the import.
    """
    if not plan.changed and not plan.parents:
        return ()
    is_shown: dict[_Node, bool] = {category.id: category.is_active for category in shop}
    above: dict[_Node, _Node | None] = {category.id: category.parent_id for category in shop}
    shown_after = is_shown | {new.onec_id: new.is_active for new in plan.created}
    shown_after |= {changed.id: changed.is_active for changed in plan.changed}
    above_after = dict(above)
    for key, parent_key in plan.parents:
        above_after[plan.ids.get(key) or key] = plan.ids.get(parent_key or "") or parent_key
    return tuple(
        category.id
        for category in shop
        if _is_in_menu(category.id, is_shown, above) and not _is_in_menu(category.id, shown_after, above_after)
    )


def _is_in_menu(node: _Node, is_shown: Mapping[_Node, bool], above: Mapping[_Node, _Node | None]) -> bool:
    seen: set[_Node] = set()
    current: _Node | None = node
    while current is not None and current not in seen:
        if not is_shown.get(current, False):
            return False
        seen.add(current)
        current = above.get(current)
    return True
