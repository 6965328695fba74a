"""The generator of exports and the demo export: the same bytes every time, in the shape of real ones."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from tests.bench.export_files import CONTAINERS
from tests.bench.generator import ExportSize, generate
from tests.bench.make_demo import DEMO_FOLDER, make_demo

if TYPE_CHECKING:
    from pathlib import Path

PRODUCTS = 300
RECORDS = {"goods": "Товар", "offers": "Предложение", "prices": "Предложение", "rests": "Предложение"}


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ExportSize]:
    """An export that no test alters."""
    folder = tmp_path_factory.mktemp("export")
    return folder, generate(folder, PRODUCTS)


def read_bytes(folder: Path) -> dict[str, bytes]:
    """Relative path -> content of every file."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def parse(folder: Path, kind: str) -> list[etree._Element]:
    """The roots of a kind's files in the order of their segments (there are fewer than ten)."""
    paths = sorted((folder / kind).iterdir())
    return [etree.parse(path).getroot() for path in paths]


def read_records(folder: Path, kind: str) -> dict[str, str]:
    """Ид -> XML of every record of a kind, in the order of the files."""
    records = [record for root in parse(folder, kind) for record in root.iter(f"{{*}}{RECORDS[kind]}")]
    return {
        record.findtext("{*}Ид", ""): etree.tostring(record, encoding="unicode", with_tail=False) for record in records
    }


def read_texts(folder: Path, kind: str, path: str) -> list[str]:
    """Texts of all elements at a path."""
    return [element.text or "" for root in parse(folder, kind) for element in root.iterfind(path)]


def test_same_arguments_give_same_bytes(tmp_path: Path) -> None:
    sizes = [generate(tmp_path / name, 20, seed=7, change=0.1) for name in ("one", "two")]
    assert sizes[0] == sizes[1]
    assert read_bytes(tmp_path / "one") == read_bytes(tmp_path / "two")


def test_seed_changes_the_products(tmp_path: Path) -> None:
    generate(tmp_path / "one", 10, seed=1)
    generate(tmp_path / "two", 10, seed=2)
    assert not read_records(tmp_path / "one", "goods").keys() & read_records(tmp_path / "two", "goods").keys()


def test_bigger_export_begins_with_the_smaller_one(tmp_path: Path) -> None:
    generate(tmp_path / "small", 10)
    generate(tmp_path / "big", 25)
    for kind in RECORDS:
        small, big = (read_records(tmp_path / name, kind) for name in ("small", "big"))
        assert list(big.items())[: len(small)] == list(small.items())


def test_files_of_an_earlier_export_are_replaced(tmp_path: Path) -> None:
    generate(tmp_path, 25)
    generate(tmp_path, 1)
    assert len(list((tmp_path / "goods").iterdir())) == 1


@pytest.mark.parametrize(("kind", "size_bytes"), [("goods", 12400), ("offers", 5900), ("prices", 3500), ("rests", 600)])
def test_records_have_the_size_of_real_ones(export: tuple[Path, ExportSize], kind: str, size_bytes: int) -> None:
    folder, _ = export
    total = sum(path.stat().st_size for path in (folder / kind).iterdir())
    assert total / len(read_records(folder, kind)) == pytest.approx(size_bytes, rel=0.1)


def test_size_counts_what_was_written(export: tuple[Path, ExportSize]) -> None:
    folder, size = export
    contents = read_bytes(folder)
    assert (size.files, size.bytes) == (len(contents), sum(map(len, contents.values())))
    assert (size.products, size.offers) == (len(read_records(folder, "goods")), len(read_records(folder, "offers")))
    assert size.prices == len(read_texts(folder, "prices", ".//{*}ЦенаЗаЕдиницу"))
    assert size.rests == len(read_texts(folder, "rests", ".//{*}Количество"))
    assert size.offers / size.products == pytest.approx(2.7, rel=0.1)


def test_every_file_is_well_formed_and_begins_with_a_mark(export: tuple[Path, ExportSize]) -> None:
    for folder in (export[0], DEMO_FOLDER):
        containers = CONTAINERS | ({"contragents": "Контрагенты"} if folder == DEMO_FOLDER else {})
        assert {path.parent.name for path in folder.rglob("*.xml")} == set(containers)
        for path in folder.rglob("*.xml"):
            assert path.read_bytes().startswith(b"\xef\xbb\xbf<?xml")
            root = etree.parse(path).getroot()
            assert list(root.attrib) == ["ВерсияСхемы", "ДатаФормирования", "Ид"]
            assert root.find(f".//{{*}}{containers[path.parent.name]}") is not None


def test_groups_are_one_tree_of_five_levels(export: tuple[Path, ExportSize]) -> None:
    root = parse(export[0], "groups")[0]
    groups = list(root.iter("{*}Группа"))
    assert len(groups) == len({group.findtext("{*}Наименование") for group in groups}) == 120
    assert max(len(list(group.iterancestors("{*}Группы"))) for group in groups) == 5
    assert len(root.findall("{*}Классификатор/{*}Группы/{*}Группа")) == 1


def test_brands_are_repeated_in_every_segment(export: tuple[Path, ExportSize]) -> None:
    segments = parse(export[0], "propertiesGoods")
    brands = [
        [etree.tostring(item) for item in root.iter("{*}Свойство") if item.findtext("{*}Ид") == "Бренд"]
        for root in segments
    ]
    assert len(segments) > 2
    assert all(len(found) == 1 and found == brands[0] for found in brands)


def test_values_of_goods_are_known_to_their_dictionaries(export: tuple[Path, ExportSize]) -> None:
    folder, _ = export
    known = set(read_texts(folder, "propertiesGoods", ".//{*}ИдЗначения"))
    values = [
        text for text in read_texts(folder, "goods", ".//{*}ЗначенияСвойства/{*}Значение") if text.count("-") == 4
    ]
    assert set(values) - known == {"00000000-0000-0000-0000-000000000000"}
    assert len(values) / PRODUCTS > 20


def test_odd_rows_of_real_exports_occur(export: tuple[Path, ExportSize]) -> None:
    folder, size = export
    offers, priced, stocked = (read_records(folder, kind) for kind in ("offers", "prices", "rests"))
    bare_ids = priced.keys() - offers.keys()
    assert bare_ids == stocked.keys() - offers.keys()
    assert bare_ids < read_records(folder, "goods").keys()
    assert 0 < len(bare_ids) < PRODUCTS * 0.06
    names = Counter(read_texts(folder, "goods", ".//{*}Товар/{*}Наименование"))
    assert names.most_common(1)[0][1] > 1
    articles = read_texts(folder, "offers", ".//{*}Предложение/{*}Артикул")
    assert 0 < len(articles) < size.offers * 0.2
    assert any("ХарактеристикаТовара" not in offer for offer in offers.values())
    assert any(name.endswith("(А5 (2XL))") for name in read_texts(folder, "offers", ".//{*}Наименование"))
    assert any("<br>" in text for text in read_texts(folder, "goods", ".//{*}Товар/{*}Описание"))


def test_change_alters_its_share_of_products_and_nothing_else(export: tuple[Path, ExportSize], tmp_path: Path) -> None:
    folder, size = export
    assert generate(tmp_path, PRODUCTS, change=0.01).prices == size.prices
    different = {}
    for kind in RECORDS:
        before, after = read_records(folder, kind), read_records(tmp_path, kind)
        assert list(before) == list(after)
        different[kind] = {onec_id.split("#")[0] for onec_id in before if before[onec_id] != after[onec_id]}
    assert len(different["prices"]) == PRODUCTS * 0.01
    assert different["rests"] == different["prices"]
    assert different["goods"] < different["prices"]
    assert different["goods"]
    assert not different["offers"]


def test_changed_export_differs_outside_its_records_only_in_a_later_date(
    export: tuple[Path, ExportSize], tmp_path: Path
) -> None:
    folder, _ = export
    generate(tmp_path, PRODUCTS, change=0.01)
    before, after = read_bytes(folder), read_bytes(tmp_path)
    assert before.keys() == after.keys()
    for name in before:
        dates = [etree.fromstring(content).get("ДатаФормирования", "") for content in (before[name], after[name])]
        assert dates[0] < dates[1]
        if name.split("/")[0] not in RECORDS:
            assert before[name].replace(dates[0].encode(), dates[1].encode()) == after[name]


def test_pictures_are_listed_in_reverse_among_the_requisites(tmp_path: Path) -> None:
    generate(tmp_path, 10, pictures=4)
    pictures = read_texts(tmp_path, "goods", ".//{*}Картинка")
    captions = [text for text in read_texts(tmp_path, "goods", ".//{*}Значение") if text.startswith("import_files/")]
    assert sorted(pictures) == sorted(caption.split("#")[0] for caption in captions)
    assert pictures != [caption.split("#")[0] for caption in captions]


def test_demo_folder_is_what_the_script_makes(tmp_path: Path) -> None:
    make_demo(tmp_path)
    made = read_bytes(tmp_path)
    assert made == read_bytes(DEMO_FOLDER)
    assert sum(map(len, made.values())) < 1_000_000


def test_demo_shows_row_issues_on_purpose() -> None:
    products = read_records(DEMO_FOLDER, "goods")
    brands = set(read_texts(DEMO_FOLDER, "propertiesGoods", ".//{*}ИдЗначения"))
    used_brands = [
        record.findtext("{*}Значение")
        for root in parse(DEMO_FOLDER, "goods")
        for record in root.iter("{*}ЗначенияСвойства")
        if record.findtext("{*}Ид") == "Бренд"
    ]
    price_types = set(read_texts(DEMO_FOLDER, "priceLists", ".//{*}ТипЦены/{*}Ид"))
    used_price_types = read_texts(DEMO_FOLDER, "prices", ".//{*}ИдТипаЦены")
    quantities = read_texts(DEMO_FOLDER, "rests", ".//{*}Количество")
    assert sum(offer.split("#")[0] not in products for offer in read_records(DEMO_FOLDER, "offers")) == 1
    assert sum(price_type not in price_types for price_type in used_price_types) == 1
    assert sorted(quantity for quantity in quantities if not quantity.isdigit()) == ["-3", "12.5"]
    assert sum(brand not in brands for brand in used_brands) == 1
