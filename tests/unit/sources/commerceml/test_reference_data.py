"""Reference data: groups, brands, price types, warehouses, units."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from lxml.etree import _Element

from freesport_sync.core.issues import Severity
from freesport_sync.core.staged import (
    StagedAttribute,
    StagedBrand,
    StagedCategory,
    StagedDictionaryValue,
    StagedPriceType,
    StagedWarehouse,
)
from freesport_sync.errors import SourceMalformed
from freesport_sync.rules.catalog.price_types import product_field
from freesport_sync.sources.commerceml import groups as groups_module
from freesport_sync.sources.commerceml.export import FileKind
from freesport_sync.sources.commerceml.price_types import read_price_type
from freesport_sync.sources.commerceml.properties import read_property
from freesport_sync.sources.commerceml.reading import Reading
from freesport_sync.sources.commerceml.storages import read_storage
from freesport_sync.sources.commerceml.units import read_unit
from tests.builders import (
    BRANDS,
    ExportBuilder,
    brand_property,
    element,
    group,
    price_type,
    property_,
    raw_element,
    storage,
    tombstone,
    unit,
)
from tests.unit.sources.commerceml.support import parse, read_record


def read_brands(element: _Element, reading: Reading) -> Sequence[StagedBrand]:
    return [row for row in read_property(element, reading) if isinstance(row, StagedBrand)]


def categories(tmp_path: Path, *records: str) -> tuple[list[StagedCategory], list[str]]:
    parsed = parse(ExportBuilder(tmp_path).groups(*records), FileKind.GROUPS)
    return [row for row in parsed.rows if isinstance(row, StagedCategory)], parsed.codes


def test_the_tree_of_groups(tmp_path: Path) -> None:
    leaf = group("g2", name="Мячи футбольные", description=" Все мячи ")
    rows, codes = categories(
        tmp_path, group("root", name=" СПОРТ ", children=[group("g1", children=[leaf]), group("g3")]), group("other")
    )
    assert [(row.position, row.onec_id, row.parent_onec_id) for row in rows] == [
        (1, "root", None),
        (2, "g1", "root"),
        (3, "g2", "g1"),
        (4, "g3", "root"),
        (5, "other", None),
    ]
    assert rows[0].name == "СПОРТ"
    assert rows[2][3:-1] == ("g2", "g1", "Мячи футбольные", "mjachi-futbolnye", "Все мячи", False)
    assert rows[0].line < rows[1].line < rows[2].line
    assert codes == []


def test_a_deleted_group(tmp_path: Path) -> None:
    rows, codes = categories(tmp_path, group("g1", deleted=True), tombstone("Группа", "g2"))
    assert [(row.onec_id, row.name, row.slug, row.is_deleted) for row in rows] == [
        ("g1", "Мячи", "mjachi", True),
        ("g2", None, "", True),
    ]
    assert codes == []


def test_the_children_of_a_group_that_is_skipped_stay_in_the_tree(tmp_path: Path) -> None:
    nameless = group("g1", name="", children=[group("g2")])
    without_id = group(None, name="Без Ид", children=[group("g3")])
    too_long = group("x" * 101, children=[group("g4")])
    rows, codes = categories(tmp_path, group("root", children=[nameless, without_id, too_long]))
    assert [(row.onec_id, row.parent_onec_id) for row in rows] == [
        ("root", None),
        ("g2", "g1"),
        ("g3", "root"),
        ("g4", "root"),
    ]
    assert codes == ["name_missing", "onec_id_missing", "onec_id_too_long"]


def test_a_long_name_of_a_group_is_cut(tmp_path: Path) -> None:
    rows, codes = categories(tmp_path, group("g1", name="щ" * 201))
    assert rows[0].name == "щ" * 200
    assert len(rows[0].slug) == 255
    assert codes == ["text_cut"]


def test_a_huge_tree_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups_module, "MAX_FILE_BYTES", 100)
    with pytest.raises(SourceMalformed) as caught:
        categories(tmp_path, group("g1"))
    assert caught.value.code == "file_too_large"
    assert caught.value.params["limit_bytes"] == 100


def test_brands_are_the_values_of_the_property_except_without_brand(tmp_path: Path) -> None:
    brands = {"b1": "Nike ", "b2": "Без Бренда", "b3": "ЁЖ-Спорт"}
    parsed = parse(
        ExportBuilder(tmp_path).properties_goods(brand_property({"v": "Синий"}, name="Цвет"), brand_property(brands)),
        FileKind.PROPERTIES_GOODS,
    )
    first, second = [row for row in parsed.rows if isinstance(row, StagedBrand)]
    assert first[3:] == ("b1", "Nike", "nike", "nike", "Бренд", False)
    assert second[3:] == ("b3", "ЁЖ-Спорт", "ежспорт", "ezh-sport", "Бренд", False)
    assert (first.position, first.line) < (second.position, second.line)
    assert parsed.issues == []


def test_a_value_without_text_is_found_by_its_property(tmp_path: Path) -> None:
    path = ExportBuilder(tmp_path).properties_goods(property_("k", "Рост", {"v1": "", "v2": "180"}))
    (issue,) = parse(path, FileKind.PROPERTIES_GOODS).issues
    assert (issue.code, issue.onec_id, issue.name, issue.field) == ("name_missing", "v1", "Рост", "Значение")


@pytest.mark.parametrize(
    ("name", "says_brand"),
    [
        *((name, True) for name in (" Бренд ", "бренд", "БРЕНД:", "Бренд (Обувь (лето))", "Brand", "Торговая  марка")),
        *(
            (name, False)
            for name in ("Бренд обуви", "Страна бренда", "Производитель", "Изготовитель", "Марка", "(Бренд)")
        ),
    ],
)
def test_the_names_of_a_property_that_says_the_brand(name: str, says_brand: bool) -> None:
    assert bool(read_record(read_brands, brand_property({"b1": "Nike"}, name=name, onec_id="guid"))[0]) is says_brand


VALUES_WITH_IDS = "<ИдЗначения>v1</ИдЗначения><Значение>Sony</Значение>"
VALUES_OF_OLD = "<Ид>v1</Ид><Значение>Sony</Значение>"


@pytest.mark.parametrize(
    "listed",
    [
        f"<ВариантыЗначений><Справочник>{VALUES_WITH_IDS}</Справочник></ВариантыЗначений>",
        f"<ВариантыЗначений><ВариантЗначения>{VALUES_OF_OLD}</ВариантЗначения></ВариантыЗначений>",
        f"<ВариантыЗначений><Вариант>{VALUES_OF_OLD}</Вариант></ВариантыЗначений>",
        "<ТипыЗначений><ТипЗначений><Тип>Справочник</Тип><Описание>Значения свойств</Описание><ВариантыЗначений>"
        f"<ВариантЗначения>{VALUES_OF_OLD}</ВариантЗначения></ВариантыЗначений></ТипЗначений></ТипыЗначений>",
    ],
    ids=["since_2.04", "short", "bitrix", "2.03"],
)
@pytest.mark.parametrize("tag", ["Свойство", "СвойствоНоменклатуры"])
def test_lists_of_values_in_every_way(tmp_path: Path, tag: str, listed: str) -> None:
    xml = f"<{tag}><Ид>k</Ид><Наименование>Бренд</Наименование>{listed}</{tag}>"
    parsed = parse(ExportBuilder(tmp_path).properties_goods(xml), FileKind.PROPERTIES_GOODS)
    (attribute, brand) = parsed.rows
    assert isinstance(attribute, StagedAttribute)
    assert isinstance(brand, StagedBrand)
    assert (attribute.onec_id, attribute.name, attribute.type) == ("k", "Бренд", "Справочник")
    assert (brand.onec_id, brand.name, brand.property_onec_id) == ("v1", "Sony", "k")
    assert [line.split("\t")[3:6] for line in parsed.lines] == [["v1", "k", "Sony"]]
    assert parsed.issues == []


def test_a_list_of_plain_words_needs_no_ids() -> None:
    words = "<ВариантыЗначений><Значение>Да</Значение><Значение>Нет</Значение></ВариантыЗначений>"
    xml = f"<Свойство><Ид>k</Ид><Наименование>Новинка</Наименование>{words}</Свойство>"
    rows, issues = read_record(read_property, xml)
    assert [type(row) for row in rows] == [StagedAttribute]
    assert issues == []


def test_brands_that_cannot_be_kept() -> None:
    rows, issues = read_record(read_brands, brand_property({"": "Nike", "b2": "", "b3": "x" * 101, "y" * 101: "Z"}))
    assert [row[3:5] for row in rows] == [("b3", "x" * 100)]
    assert [(issue.code, issue.severity.value, issue.onec_id[:2]) for issue in issues] == [
        ("onec_id_missing", "error", ""),
        ("name_missing", "error", "b2"),
        ("text_cut", "warning", "b3"),
        ("onec_id_too_long", "error", "yy"),
    ]


def test_a_normalised_brand_name_fits_its_column() -> None:
    rows, _issues = read_record(read_brands, brand_property({"b1": "㎢" * 60}))
    assert isinstance(rows[0], StagedBrand)
    assert len(rows[0].normalized_name) == 100


def test_long_names_and_values_of_properties_are_cut() -> None:
    values = {"v1": "я" * 256, "v" * 256: "too long an id"}
    (attribute, value), issues = read_record(read_property, property_("p1", "щ" * 256, values))
    assert isinstance(attribute, StagedAttribute)
    assert isinstance(value, StagedDictionaryValue)
    assert (attribute.name, attribute.normalized_name, value.value) == ("щ" * 255, "щ" * 255, "я" * 255)
    assert (len(attribute.slug), len(value.slug)) == (255, 255)
    assert [issue.code for issue in issues] == ["text_cut", "text_cut", "onec_id_too_long"]


def test_the_builders_brands(tmp_path: Path) -> None:
    parsed = parse(ExportBuilder(tmp_path).properties_offers(brand_property()), FileKind.PROPERTIES_OFFERS)
    assert [row.onec_id for row in parsed.rows if isinstance(row, StagedBrand)] == list(BRANDS)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("Опт 1 (300-600 тыс.руб в квартал)", "opt1_price"),
        ("ОПТ1", "opt1_price"),
        ("опт\u00a02", "opt2_price"),
        ("Цена опт3", "opt3_price"),
        ("Тренерская", "trainer_price"),
        ("РРЦ", "retail_price"),
        ("РРЦ (рекомендованная)", "rrp"),
        ("Рекомендуемая ррц", "rrp"),
        ("МРЦ", "msrp"),
        ("Розничная", "retail_price"),
        ("Опт 1 РРЦ", "opt1_price"),
        ("Закупочная", None),
        ("Опт 4", None),
        ("Федерация", None),
        ("", None),
    ],
)
def test_price_types_are_known_by_their_names(name: str, column: str | None) -> None:
    assert product_field(name) == column


def test_a_price_type_keeps_its_mark_and_fits_its_column() -> None:
    rows, issues = read_record(read_price_type, price_type("t1", "Опт 1"))
    assert [row[3:-1] for row in rows] == [("t1", "Опт 1", "opt1_price", "", False)]
    rows, _issues = read_record(read_price_type, tombstone("ТипЦены", "t2"))
    assert [row[3:-1] for row in rows] == [("t2", None, None, "", True)]
    rows, _issues = read_record(read_price_type, price_type("t3", "Закупочная" + "!" * 200))
    assert isinstance(rows[0], StagedPriceType)
    assert (len(rows[0].name or ""), rows[0].product_field) == (200, None)
    rows, issues = read_record(read_price_type, price_type("t4", None))
    assert (list(rows), [issue.code for issue in issues]) == ([], ["name_missing"])


@pytest.mark.parametrize(("currency", "kept"), [("RUB", ""), ("", ""), (" USD ", "USD"), ("840", "840")])
def test_a_price_type_says_its_currency_unless_it_is_roubles(currency: str, kept: str) -> None:
    xml = raw_element("ТипЦены", element("Ид", "t1") + element("Наименование", "Опт 1") + element("Валюта", currency))
    (row,), issues = read_record(read_price_type, xml)
    assert isinstance(row, StagedPriceType)
    assert (row.currency, issues) == (kept, [])


def test_a_warehouse_needs_an_id_that_fits_and_a_name() -> None:
    rows, issues = read_record(read_storage, storage(" w1 ", " 1 СДВ склад\u00a0"))
    assert (list(rows), issues) == ([StagedWarehouse(1, 1, 1, "w1", "1 СДВ склад")], [])
    rows, issues = read_record(read_storage, storage("w" * 65, "Склад"))
    assert (list(rows), issues[0].code, issues[0].params["limit"]) == ([], "onec_id_too_long", "64")
    rows, issues = read_record(read_storage, storage("w1", ""))
    assert (list(rows), issues[0].code) == ([], "name_missing")


def test_units_are_only_checked(tmp_path: Path) -> None:
    parsed = parse(ExportBuilder(tmp_path).units(unit(), unit("", "ед")), FileKind.UNITS)
    assert (parsed.rows, parsed.records) == ([], 2)
    (issue,) = parsed.issues
    assert (issue.code, issue.severity, issue.name) == ("unit_id_missing", Severity.NOTE, "ед")
    assert read_record(read_unit, unit("796 "))[1] == []
