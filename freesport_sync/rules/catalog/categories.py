"""Compares 1C's groups with the shop's categories: staged rows in, a plan of writes out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.run import Counts, FieldChange, shown
from freesport_sync.core.shop import Entity
from freesport_sync.core.staged import StagedCategory
from freesport_sync.errors import ImportFailed
from freesport_sync.rules.catalog.catalogues import without_moved
from freesport_sync.rules.unique_names import SLUG_LENGTH, UniqueNames

HIDDEN_CATEGORY = "__onec_unresolved_category__"
"""`onec_id` of the shop's hidden category for products of unknown groups (CATEGORY-6)."""

REPAIR_ANCHOR = "__repair_anchor__"
"""`onec_id` of a root created by the shop's repair command; 1C's root takes it over (CATEGORY-5)."""


@dataclass(frozen=True, slots=True)
class ShopCategory:
    """A category of the shop."""

    id: int
    onec_id: str | None
    name: str
    description: str
    parent_id: int | None
    is_active: bool


@dataclass(frozen=True, slots=True)
class NewCategory:
    """A category to insert; its parent is set afterwards by 1C key."""

    onec_id: str
    name: str
    slug: str
    description: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class ChangedCategory:
    """A category to update, with the new values."""

    id: int
    onec_id: str | None
    """None for a root that the shop has created itself."""
    name: str
    description: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class CategoryPlan:
    """Writes for categories; parents are set last."""

    created: tuple[NewCategory, ...] = ()
    changed: tuple[ChangedCategory, ...] = ()
    parents: tuple[tuple[str, str | None], ...] = ()
    """(1C key, 1C key of the parent) of categories with another parent."""
    ids: Mapping[str, int | None] = field(default_factory=dict)
    """1C key -> id of each category that products may have; None for new ones."""
    counts: Counts = field(default_factory=Counts)
    issues: tuple[RowIssue, ...] = ()
    changes: tuple[FieldChange, ...] = ()


def plan_categories(
    staged: Sequence[StagedCategory],
    shop: Sequence[ShopCategory],
    taken_slugs: Iterable[str],
    root_name: str,
    files: Mapping[int, str],
    is_full: bool,
) -> CategoryPlan:
    """Compare 1C's groups with the shop's categories (CATEGORY-1 to CATEGORY-6).

    Only the root named `root_name` and its descendants are imported. Absence changes nothing, unless `is_full`.

    Args:
        staged: groups in any order.
        shop: all categories of the shop.
        taken_slugs: slugs of all categories.
        root_name: setting `catalog.root_category`.
        files: number -> name of the export's files, for the issues.
        is_full: deactivate categories missing in the export.

    Raises:
        ImportFailed: the root category is neither in the export nor in the shop.
    """
    return _CategoryPlanner(staged, shop, taken_slugs, root_name, files, is_full).plan()


class _CategoryPlanner:
    """The steps of `plan_categories`, which share the tree."""

    def __init__(
        self,
        staged: Sequence[StagedCategory],
        shop: Sequence[ShopCategory],
        taken_slugs: Iterable[str],
        root_name: str,
        files: Mapping[int, str],
        is_full: bool,
    ) -> None:
        self.shop = shop
        self.taken_slugs = taken_slugs
        self.root_name = root_name
        self.files = files
        self.is_full = is_full
        self.issues: list[RowIssue] = []
        self.by_id = {category.id: category for category in shop}
        self.by_key = {category.onec_id: category for category in shop if category.onec_id}
        self.shop_anchors = {c.id for c in shop if c.parent_id is None and c.name == root_name}
        self.staged = self._last_records(staged)

    def plan(self) -> CategoryPlan:
        if not self.staged:
            return CategoryPlan(ids=self._usable_ids(()))
        adopted = self._adopt_repair_anchor()
        in_scope = self._in_scope()
        created, changed = self._created_and_changed(in_scope, adopted)
        not_exported = self._hidden_anchors(in_scope) + (self._absent() if self.is_full else [])
        parents = self._parents(in_scope)
        moved = {key: parent for key, parent in parents if key in self.by_key}
        updated = moved.keys() | {category.onec_id for category in changed}
        imported = [key for key in in_scope if key in self.by_key or in_scope[key].name is not None]
        return CategoryPlan(
            created=tuple(created),
            changed=tuple(changed + not_exported),
            parents=tuple(parents),
            ids=self._usable_ids(tuple(category.onec_id for category in created)),
            counts=Counts(
                created=len(created),
                updated=len(updated) + len(not_exported),
                unchanged=len(imported) - len(created) - len(updated),
                skipped=len(self.staged) - len(imported),
            ),
            issues=tuple(self.issues),
            changes=tuple(self._field_changes(created, changed + not_exported, moved)),
        )

    def _last_records(self, staged: Sequence[StagedCategory]) -> dict[str, StagedCategory]:
        """Return the last record of each group, in the order of the first ones."""
        records: dict[str, StagedCategory] = {}
        for row in without_moved(staged):
            first = records.get(row.onec_id)
            if first is None:
                records[row.onec_id] = row
            elif row.name is None:  # a tombstone keeps the other fields of the group
                records[row.onec_id] = first._replace(is_deleted=row.is_deleted)
            else:
                # A segment may repeat a group without its ancestors, as the parent of others.
                parent = row.parent_onec_id or first.parent_onec_id
                records[row.onec_id] = row._replace(slug=first.slug or row.slug, parent_onec_id=parent)
        return records

    def _adopt_repair_anchor(self) -> ShopCategory | None:
        """Adopt a root of the right name that is not linked to 1C (CATEGORY-5)."""
        root = next(
            (row for row in self.staged.values() if row.parent_onec_id is None and row.name == self.root_name), None
        )
        if root is None or root.onec_id in self.by_key:
            return None
        for category in self.shop:
            if (
                category.parent_id is None
                and category.name == self.root_name
                and category.onec_id in (None, "", REPAIR_ANCHOR)
            ):
                self.by_key.pop(category.onec_id or "", None)
                self.by_key[root.onec_id] = category
                return category
        return None

    def _in_scope(self) -> dict[str, StagedCategory]:
        """Return the groups below the root category; others are left alone (CATEGORY-1)."""
        anchors = {
            row.onec_id for row in self.staged.values() if row.parent_onec_id is None and row.name == self.root_name
        }
        # Renaming the shop's root would empty its menu, which finds the root by name.
        is_renamed = any(
            key in self.by_key and self.by_key[key].id in self.shop_anchors and row.name not in (None, self.root_name)
            for key, row in self.staged.items()
        )
        if not anchors and (not self.shop_anchors or is_renamed):
            roots = sorted({row.name or row.onec_id for row in self.staged.values() if row.parent_onec_id is None})
            raise ImportFailed("root_category_missing", root=self.root_name, found=", ".join(roots[:5]) or "-")
        verdicts: dict[str, bool] = dict.fromkeys(anchors, True)
        in_scope = {}
        for key, row in self.staged.items():
            if self._reaches_anchor(key, verdicts):
                in_scope[key] = row
            elif row.parent_onec_id is None:
                self._issue(row, Severity.NOTE, "category_outside_root", field="Наименование", value=row.name or "")
        return in_scope

    def _reaches_anchor(self, key: str, verdicts: dict[str, bool]) -> bool:
        path: list[str] = []
        current: str | None = key
        while current is not None and current not in verdicts:
            if current in path:
                self._issue(self.staged[key], Severity.ERROR, "category_cycle", field="Группы", value=current)
                break
            path.append(current)
            row = self.staged.get(current)
            if row is None or row.parent_onec_id is None:  # only the shop knows its ancestors
                verdicts[current] = self._is_below(self.by_key.get(current))
                break
            current = row.parent_onec_id
        verdict = verdicts.get(current or "", False)
        verdicts.update(dict.fromkeys(path, verdict))
        return verdict

    def _is_below(self, category: ShopCategory | None) -> bool:
        """Return whether a category lies below the root category in the shop; in the export it may be a root."""
        seen: set[int] = set()
        while category is not None and category.id not in seen:
            if category.id in self.shop_anchors:
                return True
            seen.add(category.id)
            category = self.by_id.get(category.parent_id or 0)
        return False

    def _created_and_changed(
        self, in_scope: Mapping[str, StagedCategory], adopted: ShopCategory | None
    ) -> tuple[list[NewCategory], list[ChangedCategory]]:
        own_words = (_wanted_slug(key, row) for key, row in in_scope.items() if key not in self.by_key and row.name)
        slugs = UniqueNames(self.taken_slugs, SLUG_LENGTH, 2, own_words)
        created, changed = [], []
        for key, row in in_scope.items():
            known = self.by_key.get(key)
            if known is None:
                if row.name is None:
                    self._issue(row, Severity.NOTE, "tombstone_unknown", field="Ид", value=key)
                    continue
                slug = slugs.take(_wanted_slug(key, row))
                created.append(NewCategory(key, row.name, slug, row.description, not row.is_deleted))
                continue
            wanted = ChangedCategory(
                known.id,
                key,
                known.name if row.name is None else row.name,
                known.description if row.name is None else row.description or known.description,
                not row.is_deleted,
            )
            current = (known.name, known.description, known.is_active)
            if known is adopted or (wanted.name, wanted.description, wanted.is_active) != current:
                changed.append(wanted)
        return created, changed

    def _parents(self, in_scope: Mapping[str, StagedCategory]) -> list[tuple[str, str | None]]:
        wanted: list[tuple[str, str | None]] = []
        for key, row in in_scope.items():
            known = self.by_key.get(key)
            if row.name is None or (row.parent_onec_id is None and known is not None):
                continue  # a tombstone has no place; a subtree may be exported without its ancestors
            parent_key = self._existing(row.parent_onec_id)
            parent = self.by_key.get(parent_key or "")
            if known is None or parent is None or known.parent_id != parent.id:
                wanted.append((key, parent_key))
        # New ones first: they have no children yet, so they never form a cycle.
        wanted.sort(key=lambda move: move[0] in self.by_key)
        return self._without_cycles(wanted, in_scope)

    def _existing(self, key: str | None) -> str | None:
        """Return the group, or its nearest ancestor if 1C deleted it before the shop ever had it."""
        while key is not None and key not in self.by_key and (row := self.staged.get(key)) and row.name is None:
            key = row.parent_onec_id
        return key

    def _without_cycles(
        self, wanted: list[tuple[str, str | None]], in_scope: Mapping[str, StagedCategory]
    ) -> list[tuple[str, str | None]]:
        """Return the moves that form no cycle in any order; other groups stay, with an issue (CATEGORY-4)."""
        above: dict[int | str, int | str | None] = {category.id: category.parent_id for category in self.shop}
        allowed: list[tuple[str, str | None]] = []
        while wanted:
            blocked = []
            for key, parent in wanted:
                if self._node(key) in self._path(self._node(parent), above):
                    blocked.append((key, parent))
                else:
                    above[self._node(key) or key] = self._node(parent)
                    allowed.append((key, parent))
            if len(blocked) == len(wanted):
                for key, parent in blocked:
                    self._issue(in_scope[key], Severity.ERROR, "category_cycle", field="Группы", value=parent or "")
                break
            wanted = blocked
        return allowed

    def _node(self, key: str | None) -> int | str | None:
        known = self.by_key.get(key or "")
        return known.id if known else key

    def _path(self, node: int | str | None, above: Mapping[int | str, int | str | None]) -> list[int | str]:
        path: list[int | str] = []
        while node is not None and node not in path:
            path.append(node)
            node = above.get(node)
        return path

    def _hidden_anchors(self, in_scope: Mapping[str, StagedCategory]) -> list[ChangedCategory]:
        """Return hidden roots missing in the export, to be shown again with their descendants in it (CATEGORY-1)."""
        return [
            ChangedCategory(category.id, category.onec_id, category.name, category.description, is_active=True)
            for category in self.shop
            if category.id in self.shop_anchors
            and not category.is_active
            and in_scope
            and not any(row.name == self.root_name and row.parent_onec_id is None for row in in_scope.values())
        ]

    def _absent(self) -> list[ChangedCategory]:
        """Return the categories that `--full` hides (ABSENT-2); never the root, which a partial export may lack."""
        return [
            ChangedCategory(category.id, key, category.name, category.description, is_active=False)
            for key, category in self.by_key.items()
            if category.is_active
            and key not in self.staged
            and key != HIDDEN_CATEGORY
            and category.id not in self.shop_anchors
        ]

    def _usable_ids(self, created: Iterable[str]) -> dict[str, int | None]:
        ids: dict[str, int | None] = {
            key: category.id for key, category in self.by_key.items() if key != HIDDEN_CATEGORY
        }
        return ids | dict.fromkeys(created)

    def _field_changes(
        self, created: list[NewCategory], changed: list[ChangedCategory], moved: Mapping[str, str | None]
    ) -> Iterable[FieldChange]:
        for new in created:
            yield FieldChange(Entity.CATEGORY, new.onec_id, new.name, "created", None, new.name)
        for wanted in changed:
            known = self.by_id[wanted.id]
            for name in ("onec_id", "name", "description", "is_active"):
                old, new_value = getattr(known, name), getattr(wanted, name)
                if old != new_value:
                    key = wanted.onec_id or ""
                    yield FieldChange(Entity.CATEGORY, key, known.name, name, shown(old), shown(new_value))
        for key, parent_key in moved.items():
            known = self.by_key[key]
            above = self.by_id.get(known.parent_id or 0)
            yield FieldChange(
                Entity.CATEGORY, key, known.name, "parent", above.name if above else None, self._name(parent_key)
            )

    def _name(self, key: str | None) -> str | None:
        row, known = self.staged.get(key or ""), self.by_key.get(key or "")
        return row.name if row is not None and row.name else known.name if known else None

    def _issue(self, row: StagedCategory, severity: Severity, code: str, field: str, value: str) -> None:
        place = self.files.get(row.file_no, "")
        self.issues.append(RowIssue(severity, code, place, row.line, row.onec_id, row.name or "", field, value))


def _wanted_slug(key: str, row: StagedCategory) -> str:
    return row.slug or f"category-{key[:8]}"
