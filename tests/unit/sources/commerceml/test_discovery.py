"""Discovery: which files of a folder are 1C's, and in which order they are read."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from freesport_sync.errors import SourceMalformed, SourceMissing
from freesport_sync.sources.commerceml import folders
from freesport_sync.sources.commerceml.discovery import discover
from freesport_sync.sources.commerceml.export import Export, FileKind, recognise
from tests.builders import ExportBuilder, group, offer, product, rests
from tests.platforms import needs_symlinks, posix_only


@pytest.fixture
def export(tmp_path: Path) -> ExportBuilder:
    return ExportBuilder(tmp_path / "выгрузка")


def names(found: Export) -> list[str]:
    return [file.name for file in found.files]


@pytest.mark.parametrize(
    ("file_name", "kind", "segments"),
    [
        ("goods.xml", FileKind.GOODS, ()),
        ("Goods.XML", FileKind.GOODS, ()),
        ("goods_1_10_41ab5c.xml", FileKind.GOODS, (1, 10)),
        ("goods_2.xml", FileKind.GOODS, (2,)),
        ("PriceLists_1_1_41ab-5c.xml", FileKind.PRICE_LISTS, (1, 1)),
        ("pricelists.xml", FileKind.PRICE_LISTS, ()),
        ("prices_1_2_1.xml", FileKind.PRICES, (1, 2, 1)),
        ("propertiesGoods_1_3_x.xml", FileKind.PROPERTIES_GOODS, (1, 3)),
        ("propertiesOffers.xml", FileKind.PROPERTIES_OFFERS, ()),
        ("offers0_1.xml", FileKind.OFFERS, (0, 1)),
        ("import0_1.xml", FileKind.GOODS, (0, 1)),
        ("contragents_1_1_x.xml", FileKind.CONTRAGENTS, (1, 1)),
        ("goodsold.xml", None, ()),
        ("mygoods.xml", None, ()),
        ("товары.xml", None, ()),
        (".xml", None, ()),
    ],
)
def test_the_word_in_a_file_s_name_says_its_kind_in_any_case(
    file_name: str, kind: FileKind | None, segments: tuple[int, ...]
) -> None:
    assert recognise(file_name) == (kind, segments)


def test_reference_data_comes_before_what_refers_to_it() -> None:
    imported = [kind for kind in FileKind if kind.is_imported]
    books = [kind for kind in FileKind if kind.is_reference_data]
    assert [kind.value for kind in imported] == [
        "groups", "propertiesGoods", "propertiesOffers", "priceLists", "storages", "units",
        "goods", "offers", "prices", "rests", "contragents",
    ]  # fmt: skip
    first = imported.index(FileKind.GOODS)
    assert books == [*imported[:first], FileKind.CONTRAGENTS]  # nothing else refers to customers


def test_a_whole_export_is_found_in_import_order(export: ExportBuilder) -> None:
    export.rests(rests("p1", {"w1": 1}))
    export.offers(offer("p1"))
    export.goods(product("p1"))
    export.reference_data()
    found = discover(export.folder)
    assert [file.kind.value for file in found.files] == [
        "groups", "propertiesGoods", "priceLists", "storages", "units", "goods", "offers", "rests",
    ]  # fmt: skip
    assert [file.file_no for file in found.files] == list(range(1, 9))
    assert found.skipped == ()


def test_a_file_is_described(export: ExportBuilder) -> None:
    path = export.goods(product("p1"), created_at="2025-09-12T21:25:39")
    (file,) = discover(export.folder).files
    status = path.stat()
    assert (file.name, file.path) == ("goods/goods.xml", path)
    assert (file.size_bytes, file.modified_ns) == (status.st_size, status.st_mtime_ns)
    assert file.created_at == datetime(2025, 9, 12, 21, 25, 39)


@pytest.mark.parametrize(
    ("written", "created_at", "unread"),
    [
        ("2025-09-12T9:05:07", datetime(2025, 9, 12, 9, 5, 7), ""),
        ("2007-10-30", datetime(2007, 10, 30), ""),
        (" ", None, ""),
        ("вчера", None, "вчера"),
    ],
)
def test_a_date_is_read_or_kept_as_it_is_written(
    export: ExportBuilder, written: str, created_at: datetime | None, unread: str
) -> None:
    export.goods(product("p1"), created_at=written)
    (file,) = discover(export.folder).files
    assert (file.created_at, file.unread_date) == (created_at, unread)


def write_at(export: ExportBuilder, name: str, written: str, changed: str) -> None:
    path = export.write(name, export.document("<Каталог><Ид>1</Ид></Каталог>", written))
    moment = datetime.fromisoformat(changed).timestamp()
    os.utime(path, (moment, moment))


def test_a_file_whose_date_cannot_be_read_stands_by_its_last_change(export: ExportBuilder) -> None:
    write_at(export, "prices_1_1_a.xml", "2025-09-12T10:00:00", "2025-09-13")
    write_at(export, "prices_1_1_b.xml", "вчера", "2025-09-14")
    write_at(export, "prices_1_1_c.xml", "2025-09-15T10:00:00", "2025-09-13")
    write_at(export, "prices_1_1_d.xml", " ", "2025-09-16")
    write_at(export, "prices_1_1_e.xml", "вчера", "1980-01-01")  # unknown
    assert [name[-5] for name in names(discover(export.folder))] == ["e", "a", "b", "c", "d"]


def test_a_day_without_a_time_is_any_time_of_that_day(export: ExportBuilder) -> None:
    write_at(export, "prices_1_1_a.xml", "2025-09-12T10:00:00", "2025-09-20")
    write_at(export, "prices_1_1_b.xml", "2025-09-12", "2025-09-12T12:00:00")
    write_at(export, "prices_1_1_c.xml", "12.09.2025", "2025-09-12T09:00:00")
    write_at(export, "prices_1_1_d.xml", "2025-09-11", "2025-09-20")
    assert [name[-5] for name in names(discover(export.folder))] == ["d", "c", "a", "b"]


def test_segments_of_an_export_without_dates_keep_their_order(export: ExportBuilder) -> None:
    for segment, minute in ((2, 10), (10, 20), (1, 30)):  # as they were copied
        write_at(export, f"goods_1_{segment}_x.xml", " ", f"2025-09-12T09:{minute}:00")
    assert names(discover(export.folder)) == ["goods_1_1_x.xml", "goods_1_2_x.xml", "goods_1_10_x.xml"]
    write_at(export, "goods_1_11_x.xml", " ", "2025-09-12T06:00:00")
    assert names(discover(export.folder))[0] == "goods_1_11_x.xml"


def test_segments_are_numbers(export: ExportBuilder) -> None:
    for segment in (10, 2, 1, 9):
        export.goods(product("p1"), segment=segment)
    export.goods(product("p0"))
    found = [name.split("_")[2] if "_" in name else "" for name in names(discover(export.folder))]
    assert found == ["", "1", "2", "9", "10"]


def test_a_file_that_an_older_export_has_left_comes_first_whatever_its_name(export: ExportBuilder) -> None:
    export.write("prices/prices_1_1_a.xml", export.document("", "2025-09-20T10:00:00"))
    export.write("prices/prices_1_2_a.xml", export.document("", "2025-09-20T10:00:00"))
    export.write("prices/prices_1_2_b.xml", export.document("", "2025-09-01T10:00:00"))
    assert [name[-7:-4] for name in names(discover(export.folder))] == ["2_b", "1_a", "2_a"]


@posix_only("names are characters there")
def test_a_name_of_bytes_that_are_no_characters_is_shown_with_question_marks(export: ExportBuilder) -> None:
    (export.folder / "goods_1_\udcff.xml").write_bytes(export.document(""))
    assert names(discover(export.folder)) == ["goods_1_?.xml"]


def test_the_name_decides_and_not_the_place(export: ExportBuilder) -> None:
    content = export.document("")
    places = ["goods_1_1_x.xml", "goods/goods_1_2_x.xml", "goods/import_files/goods_1_3_x.xml", "a/b/c/goods_1_4_x.xml"]
    for place in reversed(places):
        export.write(place, content)
    assert names(discover(export.folder)) == places


def test_the_tree_of_1c_is_found_whole(export: ExportBuilder) -> None:
    tree = [
        "webdata/000000001/import___a1.xml",
        *(f"webdata/000000001/goods/{portion}/import___a{portion}.xml" for portion in (1, 2, 10)),
        "webdata/000000002/goods/1/import___b1.xml",
        "webdata/000000001/goods/1/offers___a3.xml",
        "webdata/000000001/goods/1/prices___a4.xml",
        "webdata/000000001/goods/1/rests___a5.xml",
    ]
    for place in reversed(tree):
        export.write(place, export.document("<Каталог><Ид>1</Ид></Каталог>"))
    export.write("webdata/000000001/goods/1/import_files/ab/x.jpg", b"x")
    found = discover(export.folder)
    assert names(found) == tree
    assert found.skipped == ()


def test_what_lies_too_deep_is_named(export: ExportBuilder) -> None:
    export.write("1/2/3/4/5/6/7/8/goods.xml", export.document(""))
    export.write("1/2/3/4/5/6/7/8/import_files/x.jpg", b"")
    export.write("1/2/3/4/5/6/7/8/9/offers.xml", export.document(""))
    export.write("1/prices.zip", b"PK")
    export.write("import_files/01/goods.xml", export.document(""))  # among tens of thousands of pictures
    found = discover(export.folder)
    assert names(found) == ["1/2/3/4/5/6/7/8/goods.xml"]
    assert found.skipped == (("1/2/3/4/5/6/7/8/9", "too_deep"), ("1/prices.zip", "archive_inside"))


def test_a_disk_is_no_export(export: ExportBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        export.write(f"{number}/readme.txt", "")
    monkeypatch.setattr(folders, "MAX_ENTRIES", 6)
    discover(export.folder)
    export.write("3/readme.txt", "")
    with pytest.raises(SourceMissing, match="folder_too_large"):
        discover(export.folder)


@pytest.mark.parametrize(
    ("first", "second", "read"),
    [
        ("webdata/000000001", "webdata - копия/000000001", "webdata/"),
        ("", "backup", "goods"),
        ("webdata", "20250910", "webdata/"),
        ("1c/webdata", "webdata", "webdata/"),
        ("a.zip/webdata", "b.zip/backup", "b.zip/"),
    ],
)
def test_of_copies_of_an_export_the_newest_is_read_or_the_higher_one(
    export: ExportBuilder, first: str, second: str, read: str
) -> None:
    other = next(place for place in (first, second) if not f"{place}/goods".strip("/").startswith(read))
    for place in (first, second):
        for name in ("goods/1/import___1.xml", "goods/1/prices___2.xml"):
            export.write(f"{place}/{name}".strip("/"), export.document("<Каталог><Ид>1</Ид></Каталог>"))
    found = discover(export.folder)
    assert all(name.startswith(read) for name in names(found))
    assert [(name.startswith(f"{other}/"), reason) for name, reason in found.skipped] == [(True, "other_copy")] * 2
    newer = export.document("<Каталог><Ид>1</Ид></Каталог>", "2025-09-13T10:00:00")
    export.write(f"{other}/goods/1/prices___3.xml", newer)  # of the prices the other one is newer now
    found = discover(export.folder)
    assert [(file.kind.value, file.name.startswith(read)) for file in found.files] == [
        ("goods", True),
        ("prices", False),
        ("prices", False),
    ]


def test_folders_that_complete_each_other_are_all_read(export: ExportBuilder) -> None:
    export.write("part 1/goods_1_1_x.xml", export.document("<Каталог><Ид>1</Ид></Каталог>"))
    export.write("part 2/goods_1_2_x.xml", export.document("<Каталог><Ид>1</Ид></Каталог>"))
    export.write("обувь/prices.xml", export.document("<ПакетПредложений><Ид>1</Ид></ПакетПредложений>"))
    export.write("мячи/prices.xml", export.document("<ПакетПредложений><Ид>2</Ид></ПакетПредложений>"))
    export.write("клиенты/contragents.xml", export.document(""))
    found = discover(export.folder)
    assert len(found.files) == 5
    assert found.skipped == ()


def test_other_xml_files_are_named_with_a_reason(export: ExportBuilder) -> None:
    for name in ("orders.xml", "прочее.xml"):
        export.write(name, "<not valid xml!!!")
    export.write("readme.txt", "")
    export.write("goods/import_files/01/a.jpg", b"")
    assert discover(export.folder).skipped == (
        ("orders.xml", "kind_not_imported"),
        ("прочее.xml", "unknown_name"),
    )


def test_a_folder_with_the_name_of_a_file_is_skipped(export: ExportBuilder) -> None:
    (export.folder / "goods.xml").mkdir()
    assert discover(export.folder).skipped == (("goods.xml", "not_a_file"),)


@needs_symlinks
def test_links_that_lead_out_are_skipped(export: ExportBuilder, tmp_path: Path) -> None:
    outside = ExportBuilder(tmp_path / "outside")
    target = outside.goods(product("p1"))
    (export.folder / "goods.xml").symlink_to(target)
    (export.folder / "offers").symlink_to(outside.folder)
    (export.folder / "prices.xml").symlink_to(tmp_path / "nothing.xml")
    (export.folder / "rests.xml").symlink_to(export.folder / "rests.xml")
    found = discover(export.folder)
    assert not found.files
    assert found.skipped == (
        ("goods.xml", "symlink_outside"),
        ("offers", "symlink_outside"),
        ("prices.xml", "symlink_broken"),
        ("rests.xml", "symlink_broken"),
    )


@needs_symlinks
def test_links_inside_the_export_are_followed_once(export: ExportBuilder, tmp_path: Path) -> None:
    real = export.write("current/all.xml", export.document(""))
    (export.folder / "goods.xml").symlink_to(real)
    (export.folder / "again").symlink_to(export.folder, target_is_directory=True)
    linked_root = tmp_path / "link"
    linked_root.symlink_to(export.folder)
    assert names(discover(linked_root)) == ["goods.xml"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"\xef\xbb\xbf\n", "file_empty"),
        (b"PK\x03\x04", "xml_malformed"),
        (b"<?xml version='1.0'?>", "xml_malformed"),
        (b"<a>&b;</a>", "not_commerceml"),
        (b"<html><body/></html>", "not_commerceml"),
        (b"<!DOCTYPE a><a/>", "doctype_refused"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]>\n<a/>", "doctype_refused"),
    ],
)
def test_a_file_that_is_no_commerceml_is_refused(export: ExportBuilder, content: bytes, code: str) -> None:
    export.write("goods/goods.xml", content)
    with pytest.raises(SourceMalformed) as caught:
        discover(export.folder)
    assert caught.value.code == code
    assert caught.value.params["file"] == "goods/goods.xml"


def test_only_the_beginning_is_looked_at(export: ExportBuilder) -> None:
    export.write("goods.xml", export.document("<Каталог>" + "<a/>" * 3000)[:-100] + b"<broken")
    assert names(discover(export.folder)) == ["goods.xml"]


def test_a_file_that_cannot_be_read(export: ExportBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    export.goods(product("p1"))
    monkeypatch.setattr("freesport_sync.sources.commerceml.header.open_shared", _refuse)
    with pytest.raises(SourceMalformed) as caught:
        discover(export.folder)
    assert caught.value.code == "file_unreadable"
    assert caught.value.params == {"path": "goods/goods.xml", "reason": "Permission denied"}


def test_a_folder_that_cannot_be_read(export: ExportBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    export.groups(group("g1"))
    monkeypatch.setattr(os, "scandir", _refuse)
    with pytest.raises(SourceMissing) as caught:
        discover(export.folder)
    assert caught.value.code == "file_unreadable"


def _refuse(*_args: object, **_options: object) -> None:
    raise PermissionError(13, "Permission denied")
