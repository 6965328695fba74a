"""The model of the reference data: groups, brands, price types (CATEGORY-1, BRAND-1, PTYPE-1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tests.model import values
from tests.model.exports import Good, Group, PriceTypeRecord, Property
from tests.model.shop import HIDDEN_CATEGORY, Brand, BrandMapping, Category, ModelShop, PriceType

REPAIR_ANCHOR = "__repair_anchor__"


class Refused(Exception):
    """The run must stop and leave the shop as it is; the argument is the code of the error."""


@dataclass(frozen=True, slots=True)
class _Node:
    """One group of the export, with its parent instead of its children."""

    key: str
    parent: str | None
    name: str | None
    description: str
    deleted: bool
    slug: str
    """Of the first of its names that has one."""


def import_groups(shop: ModelShop, groups: Iterable[Group], root_name: str, is_full: bool) -> None:
    """The tree below the root category; what lies elsewhere is left alone.

    Raises:
        Refused: neither export nor shop has the root category.
    """
    nodes = _nodes(groups)
    if not nodes:
        return
    anchors = [c for c in shop.categories if c.parent is None and c.name == root_name]
    roots = [node for node in nodes.values() if node.parent is None and node.name == root_name]
    if roots and shop.category(roots[0].key) is None:
        for anchor in anchors:
            if anchor.onec_id in (None, "", REPAIR_ANCHOR):
                anchor.onec_id = roots[0].key
                break
    if not roots:
        renamed = [a for a in anchors if a.onec_id in nodes and nodes[a.onec_id or ""].name not in (None, root_name)]
        if not anchors or renamed:
            raise Refused("root_category_missing")
    inside = {key: node for key, node in nodes.items() if _is_inside(key, nodes, shop, roots, anchors)}
    existing = {key for key in inside if shop.category(key)}
    own_words = [_slug(node)[:255] for key, node in inside.items() if key not in existing and node.name is not None]
    for key, node in inside.items():
        _import_group(shop, key, node, own_words)
    _move(shop, inside, nodes, existing)
    if inside and not any(node in inside.values() for node in roots):
        for anchor in anchors:
            anchor.is_active = True
    if is_full:
        for category in shop.categories:
            is_left_out = category not in anchors and category.onec_id != HIDDEN_CATEGORY
            if category.onec_id and category.onec_id not in nodes and is_left_out:
                category.is_active = False


def _nodes(groups: Iterable[Group]) -> dict[str, _Node]:
    nodes: dict[str, _Node] = {}
    for node in _flat(groups, None):
        first = nodes.get(node.key)
        if first is None:
            nodes[node.key] = node
        elif node.name is None:  # a tombstone marks the group and says no more
            nodes[node.key] = replace(first, deleted=node.deleted)
        else:
            nodes[node.key] = replace(node, parent=node.parent or first.parent, slug=first.slug or node.slug)
    return nodes


def _flat(groups: Iterable[Group], parent: str | None) -> Iterator[_Node]:
    for group in groups:
        key, name = (group.onec_id or "").strip(), (group.name or "").strip()[:200]
        if len(key) > values.ID_LIMIT:
            key = ""
        if key and (name or group.deleted):
            yield _Node(key, parent, name or None, (group.description or "").strip(), group.deleted, values.slug(name))
        yield from _flat(group.children, key or parent)


def _is_inside(
    key: str, nodes: dict[str, _Node], shop: ModelShop, roots: Sequence[_Node], anchors: Sequence[Category]
) -> bool:
    seen: set[str] = set()
    while key in nodes and nodes[key].parent is not None:
        if key in seen:
            return False
        seen.add(key)
        key = nodes[key].parent or ""
    if any(root.key == key for root in roots):
        return True
    category = shop.category(key)
    return category is not None and any(above in anchors for above in _path(category))


def _path(category: Category | None) -> list[Category]:
    path: list[Category] = []
    while category is not None and category not in path:
        path.append(category)
        category = category.parent
    return path


def _import_group(shop: ModelShop, key: str, node: _Node, own_words: list[str]) -> None:
    category = shop.category(key)
    if category is not None:
        category.is_active = not node.deleted
        if node.name is not None:
            category.name, category.description = node.name, node.description or category.description
    elif node.name is not None:
        slug = values.unique(_slug(node), [c.slug for c in shop.categories], 255, 2, own_words)
        shop.categories.append(Category(key, node.name, slug, node.description, None, not node.deleted))


def _slug(node: _Node) -> str:
    return node.slug or f"category-{node.key[:8]}"


def _move(shop: ModelShop, inside: dict[str, _Node], nodes: dict[str, _Node], existing: set[str]) -> None:
    """Hang everything where the export shows it, but never below itself; new categories first."""
    wanted: list[tuple[Category, Category | None]] = []
    for key in sorted(inside, key=lambda key: key in existing):
        node, category = inside[key], shop.category(key)
        if category is None or node.name is None or (node.parent is None and key in existing):
            continue
        parent = node.parent
        while parent in nodes and shop.category(parent) is None:  # a tombstone of something that never was here
            parent = nodes[parent].parent
        wanted.append((category, shop.category(parent)))
    while wanted:
        possible = [(category, parent) for category, parent in wanted if category not in _path(parent)]
        if not possible:
            return
        possible[0][0].parent = possible[0][1]
        wanted.remove(possible[0])


def brand_properties(shop: ModelShop, properties: Iterable[Property]) -> dict[str, bool]:
    """Ids of the properties that say the brand, and whether they do so with its name."""
    known = {mapping.onec_id: (mapping.onec_name, mapping.attribute.type) for mapping in shop.attribute_mappings}
    for record in properties:
        key, name = values.property_id(record.onec_id), (record.name or "").strip()[:255]
        if key and name:
            known[key] = (name, record.value_type)
    named = {key: name.lower().split("(")[0].split() for key, (name, _) in known.items()}
    surest = [key for key, words in named.items() if words == ["бренд"]]
    others = [key for key, words in named.items() if words in (["brand"], ["торговая", "марка"])]
    ordered = sorted(surest or others, key=lambda key: "(" in known[key][0])
    return {"Бренд": False} | {key: known[key][1].lower() != "справочник" for key in ordered}


def brand_said(record: Good, said_by: dict[str, bool]) -> tuple[str, str] | None:
    """The property that says a product's brand, and what it says."""
    given = {key: text.strip() for key, text in record.properties} | {"Бренд": (record.brand or "").strip()}
    for key, is_name in said_by.items():
        if given.get(key, "") not in ("", values.ZERO_GUID) and not (is_name and given[key] == "Без Бренда"):
            return key, given[key]
    return None


def import_brands(
    shop: ModelShop, properties: Iterable[Property], goods: Iterable[Good], said_by: dict[str, bool]
) -> None:
    """Every id stands for a brand, and every name that stands in place of one; the first spelling names a new one."""
    for record in properties:
        if values.property_id(record.onec_id) in said_by and record.name and is_brand_name(record.name):
            for value in record.values:
                _import_brand(shop, value.onec_id.strip(), value.text.strip())
    said = [found for good in goods if (found := brand_said(good, said_by))]
    for key, name in said:
        if said_by[key] and not values.is_guid(name):
            _import_brand(shop, name, name)
    for key, name in said:
        is_known = shop.brand(values.normalized(name)[:100]) or any(b.name.lower() == name.lower() for b in shop.brands)
        if key != "Бренд" and not values.is_guid(name) and is_known and shop.mapping(name) is None:
            _import_brand(shop, name, name)


def is_brand_name(name: str) -> bool:
    """Whether a property of this name may say the brand."""
    return name.lower().split("(")[0].split() in (["бренд"], ["brand"], ["торговая", "марка"])


def _import_brand(shop: ModelShop, key: str, name: str) -> None:
    name = name[:100]
    if not key or len(key) > values.ID_LIMIT or not name or name == "Без Бренда":
        return
    mapping = shop.mapping(key)
    if mapping is not None:
        mapping.onec_name = name
        return
    normalized = values.normalized(name)[:100]
    brand = shop.brand(normalized) or next((b for b in shop.brands if b.name.lower() == name.lower()), None)
    if brand is None:
        brand = _add_brand(shop, name, values.slug(name) or f"brand-{key[:8]}", normalized)
    shop.brand_mappings.append(BrandMapping(key, name, brand))


def no_brand(shop: ModelShop) -> Brand:
    """The brand of products without one."""
    return shop.brand("nobrand") or _add_brand(shop, "No Brand", "no-brand", "nobrand")


def _add_brand(shop: ModelShop, name: str, slug: str, normalized: str) -> Brand:
    brand = Brand(name, values.unique(slug, [b.slug for b in shop.brands], 255, 2), normalized)
    shop.brands.append(brand)
    return brand


def hidden_category(shop: ModelShop) -> Category:
    """The category of products whose group is not known."""
    category = shop.category(HIDDEN_CATEGORY)
    if category is None:
        slug = values.unique("onec-unresolved-category", [c.slug for c in shop.categories], 255, 2)
        category = Category(HIDDEN_CATEGORY, "Без категории (1С)", slug, is_active=False)
        shop.categories.append(category)
    return category


def import_price_types(shop: ModelShop, records: Iterable[PriceTypeRecord]) -> None:
    """The last record of a type counts; what an operator has set is kept."""
    last: dict[str, PriceTypeRecord] = {}
    for record in records:
        key, name = record.onec_id.strip(), (record.name or "").strip()
        if key and len(key) <= values.ID_LIMIT and (name or record.deleted):
            last[key] = replace(record, name=name)
    for key, record in last.items():
        name, column = (record.name or "")[:200], values.price_column(record.name or "")
        known = shop.price_type(key)
        if known is not None:
            known.onec_name = name or known.onec_name
            if record.deleted and known.is_active and not known.is_marked:
                known.is_active, known.is_marked = False, True
            elif not record.deleted and known.is_marked:
                known.is_active, known.is_marked = True, False
        elif name:
            is_active = column is not None and not record.deleted
            is_marked = column is not None and record.deleted
            shop.price_types.append(PriceType(key, name, column or "retail_price", is_active, is_marked))
