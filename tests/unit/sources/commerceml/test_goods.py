"""Goods: one `Товар` and what can be wrong with it."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.staged import (
    StagedBrand,
    StagedProduct,
    StagedProductGroup,
    StagedPropertyValue,
)
from freesport_sync.sources.commerceml.export import FileKind
from freesport_sync.sources.commerceml.goods import read_product
from freesport_sync.sources.commerceml.values import ZERO_GUID
from tests.builders import ExportBuilder, element, product, raw_element, tombstone
from tests.unit.sources.commerceml.support import CONTEXT, parse, read_record

GUID = "5c1f0b7e-1111-11ee-9d00-0a0a0a0a0a01"
SONY = "5c1f0b7e-2222-11ee-9d00-0a0a0a0a0a02"


def read(xml: str) -> tuple[StagedProduct, list[RowIssue]]:
    rows, issues = read_record(read_product, xml)
    (row,) = [row for row in rows if isinstance(row, StagedProduct)]
    return row, issues


def skipped(xml: str) -> RowIssue:
    rows, issues = read_record(read_product, xml)
    assert not rows
    (issue,) = issues
    assert issue.severity is Severity.ERROR
    return issue


def test_a_product() -> None:
    row, issues = read(
        product(
            " p1 ",
            name=" Мяч  №5\u00a0",
            group="g1",
            brand="b1",
            description=" a&lt;br&gt;\nb ",
            properties={"x": "Бренд"},
        )
    )
    assert row == StagedProduct(
        file_no=1,
        position=1,
        line=1,
        onec_id="p1",
        name="Мяч  №5",
        article=None,
        slug="mjach-no5",
        description="a&lt;br&gt;\nb",
        category_onec_id="g1",
        brand_onec_id="b1",
        vat_rate=Decimal(20),
        is_deleted=False,
        properties=(1,),
    )
    assert issues == []


def test_what_is_absent_is_none() -> None:
    row, issues = read(product("p1", group=None, brand=None, description=None, vat=None))
    assert (row.description, row.category_onec_id, row.brand_onec_id, row.vat_rate) == (None,) * 4
    assert issues == []


def test_the_zero_guid_refers_to_nothing() -> None:
    row, issues = read(product("p1", group=ZERO_GUID, brand=ZERO_GUID))
    assert (row.category_onec_id, row.brand_onec_id) == (None, None)
    assert issues == []


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"guid": SONY}, (SONY, None)),
        ({"guid": ZERO_GUID, "other": SONY}, (SONY, None)),
        ({"guid": " "}, (None, None)),
        ({"other": SONY, "guid": GUID}, (GUID, None)),  # the surest, whatever stands first
        ({"nobody": SONY}, (None, None)),
        ({"guid": "Sony"}, ("Sony", ("Sony", "sony", "guid", True))),  # where an id should be
        ({"text": "Sony "}, ("Sony", ("Sony", "sony", "text", False))),
        ({"text": SONY}, (SONY, None)),  # an id never becomes a name
        ({"text": "Без Бренда", "guid": SONY}, (SONY, None)),
        ({"text": ""}, (None, None)),
    ],
)
def test_the_brand_by_each_property_that_says_it(
    properties: dict[str, str], said: tuple[str | None, tuple[object, ...] | None]
) -> None:
    context = replace(CONTEXT, brand_properties={"Бренд": False, "guid": False, "other": False, "text": True})
    rows, issues = read_record(read_product, product("p1", brand=None, properties=properties), context)
    (row,) = [row for row in rows if isinstance(row, StagedProduct)]
    brands = [
        (b.onec_id, b.normalized_name, b.property_onec_id, b.is_guess) for b in rows if isinstance(b, StagedBrand)
    ]
    assert (row.brand_onec_id, next(iter(brands), None)) == said
    assert issues == []


def test_a_brand_that_goods_name_is_told_once(tmp_path: Path) -> None:
    context = replace(CONTEXT, brand_properties={"text": True})
    path = ExportBuilder(tmp_path).goods(*[product(f"p{n}", brand=None, properties={"text": "Sony"}) for n in range(3)])
    assert [row.onec_id for row in parse(path, FileKind.GOODS, context).rows] == ["Sony"]


def requisites(**values: str) -> str:
    entries = (element("Наименование", name) + element("Значение", value) for name, value in values.items())
    return raw_element("ЗначенияРеквизитов", "".join(raw_element("ЗначениеРеквизита", entry) for entry in entries))


@pytest.mark.parametrize(
    ("description", "said", "expected"),
    [
        (None, {"ВидНоменклатуры": "Лыжи", "ОписаниеВФорматеHTML": "<p>Для <b>хода</b></p>"}, "<p>Для <b>хода</b></p>"),
        (" ", {"Описание в формате HTML": "<p>а</p>"}, "<p>а</p>"),
        ("", {"Полное описание": "Подробно", "HTML-описание": "", "ОписаниеHTML": "<p>а</p>"}, "<p>а</p>"),
        ("", {"Описание": "Подробно", "ОписаниеВФорматеHTML": " "}, "Подробно"),
        ("Коротко", {"ОписаниеВФорматеHTML": "<p>Подробно</p>"}, "Коротко"),
        ("", {"ОписаниеФайла": "import_files/01/x.jpg#Вид"}, None),
    ],
)
def test_a_description_among_the_requisites_where_there_is_no_other(
    description: str | None, said: dict[str, str], expected: str | None
) -> None:
    row, issues = read(product("p1", description=description, extra=requisites(**said)))
    assert row.description == expected
    assert issues == []


def test_a_brand_among_the_requisites_is_ignored() -> None:
    requisite = raw_element("ЗначениеРеквизита", element("Наименование", "Бренд") + element("Значение", "b2"))
    requisites = raw_element("ЗначенияРеквизитов", requisite)
    assert read(product("p1", brand=None, extra=requisites))[0].brand_onec_id is None
    assert read(product("p1", brand="b1", extra=requisites))[0].brand_onec_id == "b1"


def test_of_several_groups_the_first() -> None:
    groups = raw_element("Группы", element("Ид", "g1") + element("Ид", "g2"))
    assert read(product("p1", group=None, extra=groups))[0].category_onec_id == "g1"


def test_lists_that_are_written_once_for_each_entry() -> None:
    groups = "".join(raw_element("Группы", element("Ид", key)) for key in ("g1", "g2"))
    vat, excise = (
        raw_element("СтавкиНалогов", raw_element("СтавкаНалога", element("Наименование", name) + element("Ставка", 5)))
        for name in ("НДС", "Акциз")
    )
    properties = "".join(
        raw_element("ЗначенияСвойств", raw_element("ЗначенияСвойства", element("Ид", key) + element("Значение", value)))
        for key, value in (("Бренд", "b1"), ("x", "y"))
    )
    xml = product("p1", group=None, brand=None, vat=None, extra=groups + vat + excise + properties)
    rows, issues = read_record(read_product, xml)
    (row,) = [row for row in rows if isinstance(row, StagedProduct)]
    assert (row.category_onec_id, row.vat_rate, row.brand_onec_id) == ("g1", Decimal(5), "b1")
    assert not issues
    assert [row.category_onec_id for row in rows if isinstance(row, StagedProductGroup)] == ["g2"]
    assert [row.value for row in rows if isinstance(row, StagedPropertyValue)] == ["y"]


@pytest.mark.parametrize(
    ("vat", "extra", "rate"),
    [
        (20, "", 20),
        ("22,0", "", 22),
        ("20/120", "", 20),
        ("Без НДС", "", None),
        ("", "", None),
        (20, "<СтавкаНДС>22%</СтавкаНДС>", 22),
        (20, "<СтавкаНДС/>", 20),
        (None, "<СтавкаНДС>5</СтавкаНДС>", 5),
    ],
)
def test_vat_is_the_product_s_own_rate_then_that_of_its_taxes(
    vat: int | str | None, extra: str, rate: int | None
) -> None:
    row, issues = read(product("p1", vat=vat, extra=extra))
    assert row.vat_rate == rate
    assert issues == []


def test_another_tax_is_no_vat() -> None:
    tax = raw_element("СтавкаНалога", element("Наименование", "Акциз") + element("Ставка", "5"))
    assert read(product("p1", vat=None, extra=raw_element("СтавкиНалогов", tax)))[0].vat_rate is None


def test_vat_that_is_not_understood() -> None:
    row, (issue,) = read(product("p1", name="Мяч", vat="двадцать"))
    assert row.vat_rate is None
    assert (issue.severity, issue.code, issue.field, issue.value) == (
        Severity.WARNING,
        "vat_not_understood",
        "Ставка",
        "двадцать",
    )
    assert (issue.onec_id, issue.name) == ("p1", "Мяч")


@pytest.mark.parametrize(
    "xml",
    [
        product("p1", deleted=True),
        product("p1", extra="<Статус>Удалён</Статус>"),
        product("p1", extra="<Статус> УДАЛЕН </Статус>"),
        product("p1").replace("<Товар>", '<Товар Статус="удален">'),
    ],
)
def test_a_deletion_mark_of_a_product_in_every_way(xml: str) -> None:
    row, issues = read(xml)
    assert row.is_deleted
    assert row.name == "Мяч футбольный"
    assert issues == []


@pytest.mark.parametrize(
    "xml", [product("p1"), product("p1", extra="<Статус>Новый</Статус>"), product("p1", extra="<Статус/>")]
)
def test_no_deletion_mark(xml: str) -> None:
    assert not read(xml)[0].is_deleted


@pytest.mark.parametrize(
    "xml",
    [tombstone("Товар", "p1"), '<Товар Статус="Удален"><Ид>p1</Ид></Товар>', product("p1", name="", deleted=True)],
)
def test_a_tombstone_needs_no_name(xml: str) -> None:
    row, issues = read(xml)
    assert (row.onec_id, row.name, row.slug, row.is_deleted) == ("p1", None, "", True)
    assert issues == []


@pytest.mark.parametrize("name", [None, "", " \u00a0"])
def test_a_name_is_needed(name: str | None) -> None:
    issue = skipped(product("p1", name=name))
    assert (issue.code, issue.onec_id, issue.field) == ("name_missing", "p1", "Наименование")


@pytest.mark.parametrize("onec_id", [None, "", "  "])
def test_an_id_is_needed(onec_id: str | None) -> None:
    issue = skipped(product(onec_id, name="Мяч"))
    assert (issue.code, issue.name, issue.field) == ("onec_id_missing", "Мяч", "Ид")


def test_a_product_with_too_long_an_id_is_skipped() -> None:
    assert read(product("x" * 100))[0].onec_id == "x" * 100
    issue = skipped(product("x" * 101))
    assert (issue.code, issue.params) == ("onec_id_too_long", {"length": "101", "limit": "100"})


def test_long_name_and_description_are_cut() -> None:
    row, issues = read(product("p1", name="щ" * 301, description="о" * 100_001))
    assert row.name == "щ" * 300
    assert len(row.slug) == 255
    assert row.description == "о" * 100_000
    assert [(issue.severity.value, issue.code, issue.field, issue.params["limit"]) for issue in issues] == [
        ("warning", "text_cut", "Наименование", "300"),
        ("warning", "text_cut", "Описание", "100000"),
    ]
    assert all(len(issue.value) == 200 for issue in issues)


def test_a_reference_that_is_too_long_is_none() -> None:
    row, (issue,) = read(product("p1", brand="b" * 101))
    assert row.brand_onec_id is None
    assert (issue.code, issue.severity, issue.field) == ("reference_too_long", Severity.WARNING, "Бренд")


def test_long_property_values_do_not_stay_in_memory(tmp_path: Path) -> None:
    records = [product(f"p{number}", properties={"text": f"{number} {'ы' * 100_000}"}) for number in range(100)]
    path = ExportBuilder(tmp_path).goods(*records)
    tracemalloc.start()
    parsed = parse(path, FileKind.GOODS)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert parsed.codes == ["text_cut"] * 100
    assert peak_bytes < 5_000_000


def test_long_property_values_are_told_apart_by_what_the_shop_keeps() -> None:
    values = {"a": " " * 300 + "a", "b": " " * 300 + "b", "c": "c" * 300}
    rows, _issues = read_record(read_product, product("p1", properties=values, brand=None))
    kept = [row.value for row in rows if isinstance(row, StagedPropertyValue)]
    assert kept == ["a", "b", "c" * 255]
