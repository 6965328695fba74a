"""Which brand of the shop each GUID of 1C stands for."""

from __future__ import annotations

from freesport_sync.core.run import Counts, FieldChange
from freesport_sync.core.shop import Entity
from freesport_sync.core.staged import StagedBrand
from freesport_sync.rules.catalog.attributes import Property
from freesport_sync.rules.catalog.brands import (
    BrandMapping,
    NewBrand,
    ShopBrand,
    brand_properties,
    plan_brands,
)

NIKE = ShopBrand(1, "Nike", "nike", "nike")
MAPPED = BrandMapping("b1", "Nike", "nike", 1)


def staged(*rows: tuple[str, str], file_no: int = 1) -> list[StagedBrand]:
    return [
        StagedBrand(
            file_no, position, position, onec_id, name, name.lower().replace(" ", ""), name.lower(), "Бренд", False
        )
        for position, (onec_id, name) in enumerate(rows, start=1)
    ]


def test_the_first_spelling_in_file_order_names_a_new_brand() -> None:
    plan = plan_brands(staged(("b2", "P U M A"), file_no=2) + staged(("b1", "Puma"), file_no=1), [], [])
    assert plan.created == (NewBrand("Puma", "puma", "puma"),)
    assert plan.new_mappings == (BrandMapping("b1", "Puma", "puma"), BrandMapping("b2", "P U M A", "puma"))
    assert plan.counts == Counts(created=1, updated=1)
    assert plan.changes == (FieldChange(Entity.BRAND, "puma", "Puma", "created", None, "Puma"),)


def test_a_repeated_list_counts_once() -> None:
    rows = staged(("b1", "Nike"), ("b2", "Puma"))
    plan = plan_brands(rows + [row._replace(file_no=2) for row in rows], [NIKE], [MAPPED])
    assert plan.counts == Counts(created=1, unchanged=1)
    assert plan.mappings == {"b1": MAPPED, "b2": BrandMapping("b2", "Puma", "puma")}


def test_the_normalized_name_takes_precedence_over_the_name() -> None:
    other = ShopBrand(2, "nike", "other", "other")
    plan = plan_brands(staged(("b9", "Nike")), [other, NIKE], [])
    assert plan.mappings["b9"].brand_id == 1
    plan = plan_brands(staged(("b9", "Nike")), [other], [])
    assert plan.mappings["b9"] == BrandMapping("b9", "Nike", "other", 2)
    assert plan.changes == (FieldChange(Entity.BRAND, "b9", "nike", "onec_id", None, "b9"),)


def test_a_mapping_is_renamed_and_stays_where_it_is() -> None:
    plan = plan_brands(staged(("b1", "Adidas"), ("b1", "Reebok")), [NIKE], [MAPPED])
    assert plan.renamed_mappings == (("b1", "Reebok"),)
    assert (plan.created, plan.new_mappings) == ((), ())
    assert plan.counts == Counts(updated=1)
    assert plan.changes == (FieldChange(Entity.BRAND, "b1", "Nike", "onec_name", "Nike", "Reebok"),)


def test_a_brand_that_an_undo_has_hidden_is_shown_with_the_export() -> None:
    shop = [ShopBrand(1, "Nike", "nike", "nike", is_undone=True), ShopBrand(2, "Puma", "puma", "puma", is_undone=True)]
    mapped = [MAPPED, BrandMapping("b2", "nike", "nike", 1), BrandMapping("b3", "Puma", "puma", 2)]
    plan = plan_brands(staged(("b1", "Nike"), ("b2", "nike")), shop, mapped)
    assert plan.shown == ("nike",)
    assert plan.counts == Counts(updated=1, unchanged=1)
    assert plan.changes == (FieldChange(Entity.BRAND, "b2", "Nike", "is_active", "false", "true"),)
    plan = plan_brands(staged(("b1", "NIKE"), ("b4", "Nike")), shop, mapped)
    assert plan.counts == Counts(updated=2)


def test_slugs_avoid_those_of_the_shop_and_are_never_empty() -> None:
    rows = [row._replace(slug=slug) for row, slug in zip(staged(("1234567890", "x"), ("b2", "y")), ("", "nike"))]  # noqa: B905
    assert [brand.slug for brand in plan_brands(rows, [NIKE], []).created] == ["brand-12345678", "nike-2"]


def test_nothing_staged_still_knows_the_shops_mappings() -> None:
    plan = plan_brands([], [NIKE], [MAPPED])
    assert plan.mappings == {"b1": MAPPED}
    assert plan.counts == Counts()


def test_a_guess_makes_no_brand_but_finds_one() -> None:
    guesses = [
        row._replace(is_guess=True, file_no=0) for row in staged(("Puma", "Puma"), ("b9", "b9"), ("Nike", "Nike"))
    ]
    plan = plan_brands(guesses + staged(("b1", "PUMA")), [NIKE], [])
    assert [brand.name for brand in plan.created] == ["PUMA"]
    assert {key: mapping.normalized_name for key, mapping in plan.mappings.items()} == {
        **{"b1": "puma", "Puma": "puma", "Nike": "nike"}
    }
    assert plan.counts == Counts(created=1, updated=2)


def test_a_guess_that_turns_out_to_be_an_id_renames_nothing() -> None:
    guess = [row._replace(is_guess=True) for row in staged(("b1", "b1"))]
    assert plan_brands(guess, [NIKE, ShopBrand(2, "b1", "b1", "b1")], [MAPPED]).renamed_mappings == ()
    plan = plan_brands(guess + staged(("b1", "Puma"), file_no=2), [], [])
    assert [
        (brand.name, mapping.onec_name) for brand, mapping in zip(plan.created, plan.new_mappings, strict=True)
    ] == [("Puma", "Puma")]


def test_which_properties_say_the_brand() -> None:
    """The surest name counts."""
    assert brand_properties({}) == {"Бренд": False}
    others = {"k": Property("Торговая марка", "Справочник"), "m": Property("Цвет", "")}
    named = {"g": Property("Бренд (Обувь)", "Справочник"), "h": Property("бренд", "Строка"), **others}
    assert list(brand_properties(named).items()) == [("Бренд", False), ("h", True), ("g", False)]
    assert brand_properties(others) == {"Бренд": False, "k": False}
