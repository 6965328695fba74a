"""Which files of an export a run reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from freesport_sync.core.shop import FileType, ImportKind, ImportType
from freesport_sync.errors import ConfigError, SourceMissing
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.sources.commerceml.export import FileKind, SkippedFile, SourceFile
from freesport_sync.tasks.shop_import.plan import (
    Plan,
    import_type_of,
    make_plan,
    refuse_contradiction,
    wants_pictures,
)
from freesport_sync.tasks.shop_import.request import ShopImport
from tests.builders import ExportBuilder

IMPORTED = [kind for kind in FileKind if kind.is_imported]


def source(kind: FileKind, number: int = 1, created_at: datetime | None = None) -> SourceFile:
    name = f"{kind.value}_{number}.xml"
    return SourceFile(number, kind, Path(name), name, size_bytes=10, modified_ns=0, created_at=created_at)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An export with an empty file of each kind."""
    builder = ExportBuilder(tmp_path)
    for kind in IMPORTED:
        builder.write(f"{kind.value}.xml", builder.document(""))
    return tmp_path


def planned(request: ShopImport, folder: Path) -> set[str]:
    return {kind.value for kind in make_plan(request, folder).kinds}


def test_a_run_of_everything_reads_everything(folder: Path) -> None:
    assert planned(ShopImport(ImportKind.ALL), folder) == {kind.value for kind in IMPORTED}


def test_a_catalogue_run_leaves_the_customers_alone(folder: Path) -> None:
    everything = {kind.value for kind in IMPORTED}
    assert planned(ShopImport(ImportKind.CATALOG), folder) == everything - {"contragents"}
    assert planned(ShopImport(ImportKind.CUSTOMERS), folder) == {"contragents"}
    assert "contragents" not in planned(ShopImport(ImportKind.ALL, FileType.OFFERS), folder)


@pytest.mark.parametrize(
    ("kinds", "import_types"),
    [
        ({FileKind.GOODS, FileKind.CONTRAGENTS}, (ImportType.CATALOG, ImportType.CUSTOMERS)),
        ({FileKind.GOODS}, (ImportType.CATALOG,)),
        ({FileKind.CONTRAGENTS}, (ImportType.CUSTOMERS,)),
    ],
)
def test_the_files_decide_what_is_imported(kinds: set[FileKind], import_types: tuple[ImportType, ...]) -> None:
    plan = Plan(tuple(source(kind) for kind in kinds), ())
    assert plan.import_types == import_types


def test_a_single_file_may_have_any_name(tmp_path: Path) -> None:
    export = ExportBuilder(tmp_path)
    export.goods()
    file = export.write("clients.dat", export.document(""))
    plan = make_plan(ShopImport(ImportKind.CUSTOMERS, file=file), file)
    assert [(found.file_no, found.kind, found.name) for found in plan.files] == [
        (1, FileKind.CONTRAGENTS, "clients.dat")
    ]
    with pytest.raises(SourceMissing, match="data_dir_missing"):
        make_plan(ShopImport(ImportKind.CUSTOMERS, file=file), tmp_path / "nothing.xml")


def test_a_folder_or_an_archive_is_no_single_file(tmp_path: Path) -> None:
    export = ExportBuilder(tmp_path / "export")
    export.contragents()
    for path in (export.folder, export.zipped(tmp_path / "export.zip")):
        with pytest.raises(SourceMissing, match="file_not_single"):
            make_plan(ShopImport(ImportKind.CUSTOMERS, file=path), path)


@pytest.mark.parametrize("kind", [kind for kind in ImportKind if kind is not ImportKind.CUSTOMERS])
def test_a_single_file_is_for_customers_only(kind: ImportKind, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="file_needs_customers"):
        refuse_contradiction(ShopImport(kind, file=tmp_path / "goods.xml"))
    refuse_contradiction(ShopImport(ImportKind.CUSTOMERS, file=tmp_path / "contragents.xml"))


@pytest.mark.parametrize(
    ("file_type", "kinds"),
    [
        (FileType.GOODS, {"groups", "propertiesGoods", "units", "goods"}),
        (FileType.OFFERS, {"propertiesOffers", "offers", "prices", "rests", "priceLists", "storages"}),
        (FileType.PRICES, {"priceLists", "prices"}),
        (FileType.RESTS, {"storages", "rests"}),
    ],
)
def test_each_file_type_reads_the_files_of_its_steps(file_type: FileType, kinds: set[str], folder: Path) -> None:
    assert planned(ShopImport(ImportKind.CATALOG, file_type), folder) == kinds


def test_stocks_and_prices_are_file_types_of_their_own(folder: Path) -> None:
    assert planned(ShopImport(ImportKind.STOCKS), folder) == planned(ShopImport(file_type=FileType.RESTS), folder)
    assert planned(ShopImport(ImportKind.PRICES), folder) == planned(ShopImport(file_type=FileType.PRICES), folder)


def test_a_request_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ConfigError, match="file_type_contradicts"):
        refuse_contradiction(ShopImport(ImportKind.STOCKS, FileType.GOODS))
    with pytest.raises(ConfigError, match="file_type_contradicts"):
        refuse_contradiction(ShopImport(ImportKind.CUSTOMERS, FileType.GOODS))


@pytest.mark.parametrize(
    ("file_type", "kinds"),
    [(FileType.ALL, {"goods", "offers"}), (FileType.GOODS, {"goods"}), (FileType.OFFERS, {"offers"})],
)
def test_a_run_of_pictures_reads_what_lists_them(file_type: FileType, kinds: set[str], folder: Path) -> None:
    plan = make_plan(ShopImport(ImportKind.IMAGES, file_type), folder)
    assert {kind.value for kind in plan.kinds} == kinds
    assert plan.imported_kinds == frozenset()


@pytest.mark.parametrize("file_type", [FileType.PRICES, FileType.RESTS])
def test_prices_and_rests_list_no_pictures(file_type: FileType) -> None:
    with pytest.raises(ConfigError, match="file_type_contradicts"):
        refuse_contradiction(ShopImport(ImportKind.IMAGES, file_type))
    assert not wants_pictures(ShopImport(file_type=file_type))


def test_a_catalogue_run_wants_pictures_unless_told_otherwise() -> None:
    assert wants_pictures(ShopImport())
    assert not wants_pictures(ShopImport(skip_images=True))


@pytest.mark.parametrize(
    ("request_", "import_type"),
    [
        (ShopImport(), ImportType.CATALOG),
        (ShopImport(file_type=FileType.GOODS), ImportType.CATALOG),
        (ShopImport(file_type=FileType.OFFERS), ImportType.VARIANTS),
        (ShopImport(ImportKind.STOCKS), ImportType.STOCKS),
        (ShopImport(ImportKind.PRICES), ImportType.PRICES),
        (ShopImport(ImportKind.CUSTOMERS), ImportType.CUSTOMERS),
        (ShopImport(ImportKind.IMAGES), ImportType.IMAGES),
    ],
)
def test_each_run_has_the_shop_s_word_for_it(request_: ShopImport, import_type: ImportType) -> None:
    assert import_type_of(request_) is import_type


def test_what_is_left_alone_is_not_read_and_named_with_a_reason(tmp_path: Path) -> None:
    export = ExportBuilder(tmp_path)
    export.rests()
    export.write("goods/goods.xml", "not XML at all")
    assert make_plan(ShopImport(ImportKind.STOCKS), tmp_path).skipped == (("goods/goods.xml", "not_in_this_run"),)


@pytest.mark.parametrize("name", ["", "storages.xml", "goods.xml"])
def test_nothing_to_read_is_a_failure(name: str, tmp_path: Path) -> None:
    export = ExportBuilder(tmp_path)
    if name:
        export.write(name, export.document(""))
    with pytest.raises(SourceMissing, match="no_files"):
        make_plan(ShopImport(ImportKind.STOCKS), tmp_path)


def test_what_there_is_in_place_of_the_files_is_named(tmp_path: Path) -> None:
    export = ExportBuilder(tmp_path)
    export.write("1/2/3/4/5/6/7/8/9/rests.xml", export.document(""))
    export.write("остатки.xml", export.document(""))
    with pytest.raises(SourceMissing, match="no_files") as caught:
        make_plan(ShopImport(ImportKind.STOCKS), tmp_path, [SkippedFile("old.zip/more.zip", "archive_inside")])
    assert caught.value.params["files"] == "1/2/3/4/5/6/7/8/9, old.zip/more.zip, остатки.xml"
    what = Texts(Language.RUSSIAN).error(caught.value).what
    assert "слишком глубоко" in what
    assert "не похоже на выгрузку 1С" in what


def test_files_that_an_older_export_has_left_are_named() -> None:
    dates = [datetime(2025, 9, 12, 10), datetime(2025, 9, 12, 9), datetime(2025, 9, 11, 9)]
    plan = Plan(tuple(source(FileKind.PRICES, number, date) for number, date in enumerate(dates)), ())
    assert [(issue.code, issue.file, issue.value) for issue in plan.leftovers] == [
        ("file_left_over", "prices_2.xml", "11.09.2025 09:00")
    ]


def test_the_newest_file_dates_its_kind() -> None:
    first, last = datetime(2025, 9, 1), datetime(2025, 9, 12)
    plan = Plan((source(FileKind.GOODS, 1, last), source(FileKind.GOODS, 2, first), source(FileKind.RESTS, 3)), ())
    assert plan.newest == {FileKind.GOODS: last}


@pytest.mark.parametrize(
    ("names", "packages"),
    [
        (["offers0_1.xml", "offers0_2.xml", "offers1_1.xml"], [1, 1, 3]),
        (["offers_1_1_x.xml", "offers_1_2_y.xml"], [1, 1]),
        (["offers.xml", "offers_2.xml", "a/offers.xml"], [1, 1, 3]),
        (["offers/1/offers___x.xml", "offers/2/offers___y.xml"], [1, 1]),
        (["000000001/offers0_1.xml", "000000002/offers0_1.xml"], [1, 2]),
    ],
)
def test_segments_make_a_package(names: list[str], packages: list[int]) -> None:
    date = datetime(2025, 9, 12)
    files = [
        replace(source(FileKind.OFFERS, number, date), path=Path(name)) for number, name in enumerate(names, start=1)
    ]
    assert list(Plan(tuple(files), ()).offer_packages.values()) == packages


def test_an_older_export_is_another_package() -> None:
    dates = [datetime(2025, 9, 10), datetime(2025, 9, 12), datetime(2025, 9, 12, 23), None]
    files = [source(FileKind.OFFERS, number, date) for number, date in enumerate(dates, start=1)]
    assert Plan((source(FileKind.GOODS, 9), *files), ()).offer_packages == {1: 1, 2: 2, 3: 2, 4: 2}


def test_files_for_stock_are_known_also_where_they_are_not_read() -> None:
    assert Plan((source(FileKind.RESTS),), ()).has_rests
    assert Plan((source(FileKind.OFFERS),), (("rests/rests_1_1_x.xml", "symlink_broken"),)).has_rests
    assert not Plan((source(FileKind.OFFERS),), (("notes.xml", "unknown_name"),)).has_rests
