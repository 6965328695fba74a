"""What products are linked to for the shop's filters, which look at products only (FILTER-1)."""

from __future__ import annotations

from typing import Any

import pytest

from freesport_sync.core.shop import Entity, FileType, ImportKind
from tests.builders import ExportBuilder, offer, product, property_, rests
from tests.integration.support import NewExport, counts, row_versions
from tests.shop import Shop

LINKS = """
    SELECT p.onec_id, a.name, v.value FROM products AS p
    JOIN products_attributes AS l ON l.product_id = p.id
    JOIN product_attribute_values AS v ON v.id = l.attributevalue_id
    JOIN product_attributes AS a ON a.id = v.attribute_id
    ORDER BY 1, 2, 3
"""
OWN = "SELECT product_id, made, of_variants, said_hash, xmin::text FROM freesport_sync.product_links ORDER BY 1"
RED = ("p1", "Цвет", "Красный")
SIZES = [("p1", "Размер", "L"), ("p1", "Размер", "XL")]


def links(shop: Shop) -> list[tuple[Any, ...]]:
    return shop.rows(LINKS)


def link_by_hand(shop: Shop, attribute: str, value: str) -> None:
    """An operator gives all products a value, which he makes if it is not there."""
    shop.execute(
        "INSERT INTO product_attribute_values (value, slug, created_at, updated_at, attribute_id, normalized_value)"
        " SELECT :value, :value, now(), now(), id, lower(:value) FROM product_attributes AS a WHERE name = :attribute"
        " AND NOT EXISTS (SELECT FROM product_attribute_values WHERE attribute_id = a.id AND value = :value)",
        value=value,
        attribute=attribute,
    )
    shop.execute(
        "INSERT INTO products_attributes (product_id, attributevalue_id) SELECT p.id, v.id"
        " FROM products AS p, product_attribute_values AS v JOIN product_attributes AS a ON a.id = v.attribute_id"
        " WHERE a.name = :attribute AND v.value = :value ON CONFLICT DO NOTHING",
        value=value,
        attribute=attribute,
    )


def assert_settled(shop: Shop, export: ExportBuilder, **request: Any) -> None:
    """The same export again writes nothing, neither into the shop nor into what we know of it."""
    before = row_versions(shop), shop.rows(OWN)
    shop.run(export.folder, **request)
    assert (row_versions(shop), shop.rows(OWN)) == before


def sized(key: str, size: str | None, *, weight: str = "1", deleted: bool = False) -> str:
    values = {"Цвет": "Красный", "Вес": weight} | ({} if size is None else {"Размер": size})
    return offer(key, characteristics=values, deleted=deleted)


@pytest.fixture
def export(new_export: NewExport) -> ExportBuilder:
    """`p1` with two variants; of its properties goods say only the material."""
    export = new_export()
    export.reference_data()
    export.properties_goods(property_("m", "Материал", {"m1": "Хлопок", "m2": "Лён"}), property_("s", "Размер"))
    export.properties_offers(property_("c", "Цвет"), property_("w", "Вес"))
    export.goods(product("p1", properties={"m": "m1"}))
    export.offers(sized("p1#1", "XL"), sized("p1#2", "L", weight="2"))
    return export


@pytest.fixture
def cotton() -> tuple[str, str, str]:
    return "p1", "Материал", "Хлопок"


def test_colours_and_sizes_of_variants_are_their_product_s(
    shop: Shop, export: ExportBuilder, cotton: tuple[str, str, str]
) -> None:
    dry = shop.run(export.folder, is_dry_run=True)
    real = shop.run(export.folder)
    assert links(shop) == [cotton, *SIZES, RED]
    assert dry.counts == real.counts
    assert counts(real, Entity.PRODUCT_ATTRIBUTES) == (1, 0, 0, 0, 0)
    assert_settled(shop, export)


@pytest.mark.parametrize("kind", [ImportKind.ALL, ImportKind.ATTRIBUTES])
def test_an_attribute_that_is_switched_on_is_linked_by_the_next_import(
    shop: Shop, export: ExportBuilder, cotton: tuple[str, str, str], kind: ImportKind
) -> None:
    shop.run(export.folder)
    weights = [("p1", "Вес", "1"), ("p1", "Вес", "2")]
    for is_active, expected in ((True, [*weights, cotton, *SIZES, RED]), (False, [cotton, *SIZES, RED])):
        shop.execute("UPDATE product_attributes SET is_active = :is_active WHERE name = 'Вес'", is_active=is_active)
        dry = shop.run(export.folder, is_dry_run=True, kind=kind)
        real = shop.run(export.folder, kind=kind)
        assert links(shop) == expected
        assert dry.counts == real.counts
        assert counts(real, Entity.PRODUCT_ATTRIBUTES) == (0, 1, 0, 0, 0)
        assert_settled(shop, export, kind=kind)


def test_stocks_leave_the_links_alone(shop: Shop, export: ExportBuilder) -> None:
    shop.run(export.folder)
    before = links(shop), shop.rows(OWN)
    shop.execute("UPDATE product_attributes SET is_active = true")
    export.rests(rests("p1#1", {"w1": 7}))
    shop.run(export.folder, kind=ImportKind.STOCKS)
    assert (links(shop), shop.rows(OWN)) == before


def test_what_no_variant_has_any_more_goes(
    shop: Shop, export: ExportBuilder, new_export: NewExport, cotton: tuple[str, str, str]
) -> None:
    shop.run(export.folder)
    for offers, sizes in (
        ([sized("p1#2", "L", deleted=True)], ["XL"]),  # buyers cannot have a hidden variant
        ([sized("p1#2", "M"), sized("p1#3", "S")], ["M", "S", "XL"]),
        ([sized("p1#1", "M")], ["M", "S"]),
    ):
        part = new_export()
        part.offers(*offers)
        request: dict[str, Any] = {"file_type": FileType.OFFERS, "accept_large_change": True}
        dry = shop.run(part.folder, is_dry_run=True, **request)
        real = shop.run(part.folder, **request)
        assert links(shop) == [cotton, *(("p1", "Размер", size) for size in sizes), RED]
        assert dry.counts == real.counts
        assert_settled(shop, part, **request)


def test_what_goods_say_too_stays_when_no_variant_has_it(
    shop: Shop, export: ExportBuilder, new_export: NewExport, cotton: tuple[str, str, str]
) -> None:
    shop.run(export.folder)
    export.goods(product("p1", properties={"m": "m1", "s": "XL"}))
    shop.run(export.folder)
    part = new_export()
    part.offers(sized("p1#1", "L"))
    shop.run(part.folder, file_type=FileType.OFFERS)
    assert links(shop) == [cotton, *SIZES, RED]
    export.goods(product("p1", properties={"m": "m2"}))
    shop.run(export.folder, file_type=FileType.GOODS)
    assert links(shop) == [("p1", "Материал", "Лён"), SIZES[0], RED]


def test_what_an_operator_has_linked_stays_whatever_variants_have(
    shop: Shop, export: ExportBuilder, new_export: NewExport, cotton: tuple[str, str, str]
) -> None:
    """Also where an import would have linked it, and where it is of an attribute that 1C's goods have."""
    shop.run(export.folder)
    for attribute, value in (("Размер", "XXL"), ("Размер", "M"), ("Материал", "Лён"), ("Цвет", "Синий")):
        link_by_hand(shop, attribute, value)
    by_hand = [("p1", "Материал", "Лён"), ("p1", "Размер", "M"), ("p1", "Размер", "XXL"), ("p1", "Цвет", "Синий")]
    assert_settled(shop, export)
    assert links(shop) == sorted([cotton, *SIZES, RED, *by_hand])
    for size in ("M", "L"):  # a variant that comes to have it, and has it no more
        export.offers(sized("p1#1", size), sized("p1#2", "L"))
        export.goods(product("p1", properties={"m": "m2" if size == "M" else "m1"}))
        shop.run(export.folder)
    assert links(shop) == sorted([cotton, SIZES[0], RED, *by_hand])
    assert_settled(shop, export)


def test_a_size_that_only_the_name_of_an_offer_shows_is_linked(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1", brand=None))
    export.offers(offer("p1#1", name="Кимоно (А5 (2XL))"), offer("p1#2", name="Кимоно, красный (А3)"))
    shop.run(export.folder)
    assert links(shop) == [("p1", "Размер", "А3"), ("p1", "Размер", "А5 (2XL)"), RED]
    unreachable = """
        SELECT count(*) FROM product_variants AS v WHERE v.size_value <> '' AND NOT EXISTS (
            SELECT FROM products_attributes AS l JOIN product_attribute_values AS a ON a.id = l.attributevalue_id
            WHERE l.product_id = v.product_id AND a.value = v.size_value AND a.slug <> '')
    """
    assert shop.value(unreachable) == 0
    assert_settled(shop, export)


def test_undoing_an_import_removes_its_links_and_no_others(
    shop: Shop, export: ExportBuilder, new_export: NewExport
) -> None:
    shop.run(export.folder)
    before = links(shop)
    changed = new_export()
    changed.goods(product("p1", properties={"m": "m2"}))
    changed.offers(sized("p1#1", "M"), sized("p1#2", "L", deleted=True))
    report = shop.run(changed.folder, skip_backup=False, accept_large_change=True)
    after = links(shop)
    assert after == [("p1", "Материал", "Лён"), ("p1", "Размер", "M"), RED]
    link_by_hand(shop, "Размер", "XXL")
    by_hand = ("p1", "Размер", "XXL")
    shop.undo(report.run_id)
    assert links(shop) == sorted([*before, by_hand])
    shop.run(changed.folder, accept_large_change=True)
    assert links(shop) == sorted([*after, by_hand])
    assert_settled(shop, changed)
    shop.run(export.folder)
    assert links(shop) == sorted([*before, by_hand])
    assert_settled(shop, export)


def test_links_of_an_older_program_are_1c_s(shop: Shop, export: ExportBuilder) -> None:
    """As before: of a product that we have noted nothing of, every link to 1C's properties."""
    shop.run(export.folder)
    before = links(shop)
    link_by_hand(shop, "Материал", "Лён")
    shop.execute("TRUNCATE freesport_sync.product_links")
    shop.run(export.folder)
    assert links(shop) == before
    assert_settled(shop, export)
