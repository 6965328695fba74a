"""`Картинка` of goods and offers, and the files that it means."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from freesport_sync.core.issues import Severity
from freesport_sync.core.staged import StagedPicture
from freesport_sync.errors import SourceMissing
from freesport_sync.rules.catalog.pictures import (
    PRODUCT,
    VARIANT,
    NotDeliverable,
    PictureProblem,
)
from freesport_sync.sources.commerceml.goods import read_product
from freesport_sync.sources.commerceml.picture_files import PictureFolders
from tests.builders import ExportBuilder, element, offer, product
from tests.platforms import needs_symlinks, posix_only
from tests.unit.sources.commerceml.support import CONTEXT, read_offer, read_record


@pytest.fixture
def export(tmp_path: Path) -> ExportBuilder:
    return ExportBuilder(tmp_path / "export")


def paths(*pictures: str) -> list[str]:
    rows, issues = read_record(read_product, product("p1", pictures=pictures))
    assert issues == []
    return [row.path for row in rows if isinstance(row, StagedPicture)]


def test_pictures_of_a_product_in_their_order() -> None:
    rows, _ = read_record(read_product, product("p1", pictures=["import_files/01/b.jpg", "import_files/01/a.jpeg"]))
    assert rows[1:] == (
        StagedPicture(1, 1, 1, "product", "p1", 0, "01/b.jpg"),
        StagedPicture(1, 1, 1, "product", "p1", 1, "01/a.jpeg"),
    )


def test_pictures_of_an_offer() -> None:
    rows, _ = read_record(read_offer, offer("p1#c1", extra=element("Картинка", "import_files/01/b.jpg")))
    assert tuple(rows[1:]) == (StagedPicture(1, 1, 1, "variant", "p1#c1", 0, "01/b.jpg"),)


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("import_files/01/x.jpg", "01/x.jpg"),
        ("import_files\\01\\x.jpg", "01/x.jpg"),
        ("Import_Files/01/x.jpg", "01/x.jpg"),
        ("01/x.jpg", "01/x.jpg"),
        (" import_files/x.PNG ", "x.PNG"),
        ("import_files/01/x.webp", "01/x.webp"),
        ("./import_files/01/x.jpg", "01/x.jpg"),
        ("/import_files/01//x.jpg", "01/x.jpg"),
        ("/01/./x.jpg", "01/x.jpg"),
        ("webdata/1/goods/1/import_files/01/x.jpg", "01/x.jpg"),
        ("import_files/01/x%20y.jpg", "01/x%20y.jpg"),
        ("import_files/../x.jpg", "../x.jpg"),
        ("./import_files/01/../../../x.jpg", "01/../../../x.jpg"),
        ("import_files/../import_files/x.jpg", "../import_files/x.jpg"),
    ],
)
def test_either_slash_and_with_or_without_the_folder(written: str, path: str) -> None:
    assert paths(written) == [path]


@pytest.mark.parametrize(
    ("written", "severity", "suffix"),
    [
        *(
            (f"import_files/01/x{suffix}", Severity.WARNING, suffix.lower())
            for suffix in (".GIF", ".bmp", ".tif", ".svg")
        ),
        ("import_files/01/manual.PDF", Severity.NOTE, ".pdf"),
        ("import_files/01/x.jpg.txt", Severity.NOTE, ".txt"),
        ("import_files/01/x", Severity.WARNING, "-"),
    ],
)
def test_a_file_that_the_shop_cannot_show_is_an_issue(written: str, severity: Severity, suffix: str) -> None:
    rows, (issue,) = read_record(read_product, product("p1", pictures=["", written, "."]))
    assert not any(isinstance(row, StagedPicture) for row in rows)
    assert (issue.severity, issue.code, issue.onec_id, issue.field) == (severity, "picture_format", "p1", "Картинка")
    assert (issue.value, issue.params) == (written.removeprefix("import_files/"), {"format": suffix})


def test_pictures_that_nobody_wants_are_not_read() -> None:
    rows, _ = read_record(read_product, product("p1", pictures=["01/x.jpg"]), replace(CONTEXT, wants_pictures=False))
    assert len(rows) == 1


@pytest.mark.parametrize(
    ("place", "owners"),
    [
        ("goods/import_files/01/x.jpg", [PRODUCT, VARIANT]),
        ("offers/import_files/01/x.jpg", [VARIANT, PRODUCT]),
        ("import_files/01/x.jpg", [PRODUCT, VARIANT]),
        ("goods/import_files/x.jpg", [PRODUCT, VARIANT]),
        ("webdata/1/Import_Files/01/x.jpg", [PRODUCT, VARIANT]),
    ],
    ids=["goods", "offers", "2x", "flattened", "other_place"],
)
def test_places_of_pictures(export: ExportBuilder, place: str, owners: list[str]) -> None:
    file = export.write(place, b"12345")
    folders = PictureFolders(export.folder)
    assert [folders.find(owner, "01/x.jpg") for owner in owners] == [(file, 5)] * 2
    assert folders.find(PRODUCT, "01/y.jpg") is None


def test_goods_look_among_goods_first_and_offers_among_offers(export: ExportBuilder) -> None:
    of_root, of_goods, of_offers = (
        export.write(f"{place}import_files/01/x.jpg", place) for place in ("", "goods/", "offers/")
    )
    folders = PictureFolders(export.folder)
    assert folders.find(PRODUCT, "01/x.jpg") == (of_goods, 6)
    assert folders.find(VARIANT, "01/x.jpg") == (of_offers, 7)
    of_offers.unlink()
    assert folders.find(VARIANT, "01/x.jpg") == (of_goods, 6)
    of_goods.unlink()
    assert folders.find(PRODUCT, "01/x.jpg") == (of_root, 0)


@pytest.mark.parametrize("place", ["import_files", "goods/import_files"])
@pytest.mark.parametrize(
    ("file", "written"),
    [
        ("01/x.jpg", "01/X.JPG"),
        ("AB/Фото.JPG", "ab/фото.jpg"),
        ("01/x y.jpg", "01/x%20y.jpg"),
        ("01/Фото 1.jpg", "01/%d1%84%D0%BE%D1%82%D0%BE%201.JPG"),
        ("x.jpg", "01/X.jpg"),
        ("01/и\u0306.jpg", "01/й.jpg"),
    ],
)
def test_a_file_is_found_in_any_case_and_without_percents(
    export: ExportBuilder, place: str, file: str, written: str
) -> None:
    path = export.write(f"{place}/{file}", b"12345")
    folders = PictureFolders(export.folder)
    assert folders.find(PRODUCT, written) == (path, 5)
    assert folders.find(VARIANT, written) == (path, 5)


@posix_only("names that differ in nothing but capitals")
def test_the_very_name_goes_before_others(export: ExportBuilder) -> None:
    names = ["x.jpg", "X.jpg", "x%20y.jpg", "x y.jpg"]
    files = {name: export.write(f"import_files/01/{name}", name) for name in names}
    later = export.write("offers/import_files/01/X.JPG", b"")
    folders = PictureFolders(export.folder)
    for name, file in files.items():
        assert folders.find(PRODUCT, f"01/{name}") == (file, len(name))
    assert folders.find(PRODUCT, "01/X.JPG") == (later, 0)


@pytest.mark.parametrize("path", ["%2e%2e/secret.jpg", "01/%2e%2e%2f%2e%2e%2fsecret.jpg", "%2Fsecret.jpg", "a%00.jpg"])
def test_percents_do_not_lead_out(export: ExportBuilder, path: str) -> None:
    export.write("secret.jpg", b"1")
    export.write("import_files/01/x.jpg", b"1")
    assert PictureFolders(export.folder).find(PRODUCT, path) is None


def test_pictures_beside_the_file_go_first_then_those_of_its_kind_and_of_the_root(export: ExportBuilder) -> None:
    places = ("1/goods/1", "1/goods/2", "2/goods/1", "1/offers/1", "")
    files = {place: export.write(f"{place}/import_files/01/x.jpg".lstrip("/"), place) for place in places}
    folders = PictureFolders(export.folder)

    def place_of(owner: str, file: str) -> str:
        found = folders.find(owner, "01/x.jpg", file)
        return next(place for place, path in files.items() if found is not None and found[0] == path)

    assert place_of(PRODUCT, "2/goods/1/import.xml") == "2/goods/1"
    assert place_of(PRODUCT, "1/goods/2/import.xml") == "1/goods/2"
    assert place_of(PRODUCT, "import.xml") == ""
    assert place_of(PRODUCT, "1/import.xml") == "1/goods/1"
    assert place_of(VARIANT, "1/goods/1/offers.xml") == "1/goods/1"
    assert place_of(VARIANT, "1/offers.xml") == "1/offers/1"


def test_a_second_root_is_looked_at_last(export: ExportBuilder, tmp_path: Path) -> None:
    beside = ExportBuilder(tmp_path / "beside")
    file = beside.write("goods/import_files/01/x.jpg", "1")
    folders = PictureFolders(export.folder, beside.folder)
    assert folders.find(PRODUCT, "01/x.jpg") == (file, 1)


def problem_of(folders: PictureFolders, path: str) -> PictureProblem:
    with pytest.raises(NotDeliverable) as caught:
        folders.find(PRODUCT, path)
    return caught.value.problem


@needs_symlinks
def test_a_link_may_not_lead_out_of_the_export(export: ExportBuilder, tmp_path: Path) -> None:
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(b"secret")
    inside = export.write("goods/import_files/01/x.jpg", b"x")
    (inside.parent / "out.jpg").symlink_to(secret)
    (inside.parent / "in.jpg").symlink_to(inside)
    (inside.parent / "nowhere.jpg").symlink_to(tmp_path / "missing")
    (inside.parent / "itself.jpg").symlink_to("itself.jpg")
    (inside.parent / "folder.jpg").mkdir()
    folders = PictureFolders(export.folder)
    assert problem_of(folders, "01/out.jpg") is PictureProblem.UNSAFE
    assert folders.find(PRODUCT, "01/in.jpg") == (inside.parent / "in.jpg", 1)
    for name in ("nowhere", "itself", "folder"):
        assert problem_of(folders, f"01/{name}.jpg") is PictureProblem.UNREADABLE


@needs_symlinks
def test_a_folder_of_pictures_that_is_a_link_leads_out_too(export: ExportBuilder, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x.jpg").write_bytes(b"x")
    (export.folder / "import_files").symlink_to(tmp_path / "elsewhere")
    assert problem_of(PictureFolders(export.folder), "x.jpg") is PictureProblem.UNSAFE


def test_a_root_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing, match="file_unreadable"):
        PictureFolders(tmp_path / "gone")
