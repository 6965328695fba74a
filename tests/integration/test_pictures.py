"""Pictures: which are wanted, where they go, what the shop lists afterwards (PICTURE-1 to PICTURE-6)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from freesport_sync.core.events import IssuesFound, Progress
from freesport_sync.core.run import RunReport
from freesport_sync.core.shop import Entity, FileType, ImportKind, Stage
from freesport_sync.errors import ConfigError, ImportFailed
from freesport_sync.settings.model import CatalogSettings, PictureSettings, Settings
from tests.builders import ExportBuilder, offer, product
from tests.integration.pictures import (
    BASE,
    LARGE,
    MEDIUM,
    SMALL,
    VARIANT,
    base,
    files_of,
    issues,
    picture_counts,
    pictured,
    pictured_offer,
    put,
    run,
)
from tests.integration.support import NewExport, row_versions, rows_written
from tests.platforms import needs_symlinks
from tests.shop import Shop
from tests.watching import at_stage


def test_a_product_gets_its_pictures_in_their_order(shop: Shop, export: ExportBuilder, media: Path) -> None:
    source = put(export, "01/b.jpg")
    put(export, "01/a.jpg")
    export.goods(pictured("p1", "01/b.jpg", "01/a.jpg"), product("p2"))
    report = run(shop, export, media)
    assert shop.value(BASE, id="p1") == base("01/b.jpg", "01/a.jpg")
    assert shop.value(BASE, id="p2") == []
    assert files_of(media) == set(base("01/b.jpg", "01/a.jpg"))
    assert (media / "products/base/01/b.jpg").read_bytes() == source.read_bytes()
    assert picture_counts(report) == (2, 0, 0, 0, 0)
    details = shop.value("SELECT report_details FROM import_sessions")
    assert (details["images_copied"], details["images_skipped"], details["images_errors"]) == (2, 0, 0)
    assert Stage.PICTURES in {event.stage for event in shop.events if isinstance(event, Progress)}


def test_first_picture_of_a_variant_is_its_main_one(shop: Shop, export: ExportBuilder, media: Path) -> None:
    for name in ("a", "b", "c"):
        put(export, f"01/{name}.jpg", place="offers/import_files")
    export.goods(product("p1"))
    export.offers(pictured_offer("p1#1", "01/b.jpg", "01/a.jpg", "01/c.jpg"), pictured_offer("p1#2", "01/a.jpg"))
    run(shop, export, media)
    folder = "products/variants/01"
    assert shop.row(VARIANT, id="p1#1") == (f"{folder}/b.jpg", [f"{folder}/a.jpg", f"{folder}/c.jpg"])
    assert shop.row(VARIANT, id="p1#2") == (f"{folder}/a.jpg", [])
    assert files_of(media) == {f"{folder}/{name}.jpg" for name in "abc"}


def test_a_main_picture_that_is_there_stays(shop: Shop, export: ExportBuilder, media: Path) -> None:
    put(export, "01/a.jpg")
    put(export, "01/own.jpg")
    export.goods(product("p1"))
    export.offers(pictured_offer("p1#1", "01/own.jpg", "01/a.jpg"))
    run(shop, export, None, skip_images=True)
    shop.execute("UPDATE product_variants SET main_image = 'uploads/own.jpg', gallery_images = '[\"uploads/x.jpg\"]'")
    run(shop, export, media)
    assert shop.row(VARIANT, id="p1#1") == ("uploads/own.jpg", ["uploads/x.jpg", "products/variants/01/a.jpg"])


def test_an_empty_main_picture_is_none(shop: Shop, export: ExportBuilder, media: Path) -> None:
    put(export, "01/a.jpg")
    export.goods(product("p1"))
    export.offers(pictured_offer("p1#1", "01/a.jpg"))
    run(shop, export, None, skip_images=True)
    shop.execute("UPDATE product_variants SET main_image = ''")
    run(shop, export, media)
    assert shop.row(VARIANT, id="p1#1") == ("products/variants/01/a.jpg", [])


def test_threshold_a_large_picture_makes_the_others_thumbnails(shop: Shop, export: ExportBuilder, media: Path) -> None:
    put(export, "01/large.jpg", LARGE)
    put(export, "01/nearly.jpg", LARGE - 1)
    put(export, "01/medium.jpg", MEDIUM)
    put(export, "01/small.jpg", SMALL)
    export.goods(
        pictured("p1", "01/nearly.jpg", "01/large.jpg"),
        pictured("p2", "01/nearly.jpg", "01/medium.jpg", "01/small.jpg"),
    )
    report = run(shop, export, media)
    assert shop.value(BASE, id="p1") == base("01/large.jpg")
    assert shop.value(BASE, id="p2") == base("01/nearly.jpg", "01/medium.jpg")
    assert picture_counts(report) == (3, 0, 0, 2, 0)
    assert issues(shop) == {"pictures_small": ["2"]}


def test_threshold_looks_at_pictures_that_the_shop_lists_already(
    shop: Shop, export: ExportBuilder, media: Path
) -> None:
    large = put(export, "01/large.jpg", LARGE)
    put(export, "01/new.jpg", MEDIUM)
    export.goods(pictured("p1", "01/large.jpg"))
    run(shop, export, media)
    large.unlink()  # 1C sends a picture once
    export.goods(pictured("p1", "01/large.jpg", "01/new.jpg"))
    assert picture_counts(run(shop, export, media)) == (0, 0, 1, 1, 0)
    assert shop.value(BASE, id="p1") == base("01/large.jpg")


def test_thresholds_are_settings(shop: Shop, export: ExportBuilder, media: Path) -> None:
    shop.settings = Settings(pictures=PictureSettings(min_size_bytes=2, large_size_bytes=5, max_size_bytes=6))
    for size in (1, 2, 4, 5, 6, 7):
        put(export, f"01/{size}.jpg", size)
    export.goods(pictured("p1", "01/1.jpg", "01/2.jpg", "01/4.jpg"), pictured("p2", "01/4.jpg", "01/5.jpg", "01/6.jpg"))
    run(shop, export, media)
    assert shop.value(BASE, id="p1") == base("01/2.jpg", "01/4.jpg")
    assert shop.value(BASE, id="p2") == base("01/5.jpg", "01/6.jpg")
    export.goods(pictured("p3", "01/7.jpg", "01/4.jpg"))
    report = run(shop, export, media)
    assert shop.value(BASE, id="p3") == base("01/4.jpg")  # what is refused makes no thumbnails of the others
    assert picture_counts(report) == (1, 0, 0, 0, 1)
    assert issues(shop) == {"picture_too_large": ["01/7.jpg"]}


def test_append_only_nothing_is_removed(shop: Shop, new_export: NewExport, media: Path) -> None:
    for names in (("01/a.jpg", "01/b.jpg"), ("01/c.jpg", "01/a.jpg"), ()):
        export = new_export()
        export.reference_data()
        for name in names:
            put(export, name)
        export.goods(pictured("p1", *names))
        run(shop, export, media)
    assert shop.value(BASE, id="p1") == base("01/a.jpg", "01/b.jpg", "01/c.jpg")
    assert files_of(media) == set(base("01/a.jpg", "01/b.jpg", "01/c.jpg"))


def test_a_file_name_appears_once(shop: Shop, export: ExportBuilder, media: Path) -> None:
    for name in ("01/a.jpg", "02/a.jpg", "01/b.jpg"):
        put(export, name)
    export.goods(pictured("p1", "01/a.jpg", "02/a.jpg", "01/a.jpg"), segment=1)
    export.goods(pictured("p1", "01/a.jpg", "01/b.jpg"), segment=2)
    assert picture_counts(run(shop, export, media)) == (2, 0, 0, 0, 0)
    assert shop.value(BASE, id="p1") == base("01/a.jpg", "01/b.jpg")
    shop.execute("UPDATE products SET base_images = '[\"old/place/b.jpg\"]'")
    assert picture_counts(run(shop, export, media)) == (1, 0, 1, 0, 0)
    assert shop.value(BASE, id="p1") == ["old/place/b.jpg", *base("01/a.jpg")]


def test_what_is_there_is_not_copied_again(shop: Shop, export: ExportBuilder, media: Path) -> None:
    put(export, "01/a.jpg")
    there = media / "products/base/01/a.jpg"
    there.parent.mkdir(parents=True)
    there.write_bytes(b"edited in the shop")
    export.goods(pictured("p1", "01/a.jpg"))
    run(shop, export, media)
    assert there.read_bytes() == b"edited in the shop"
    assert shop.value(BASE, id="p1") == base("01/a.jpg")


def test_pictures_are_copied_before_the_transaction_begins(
    shop: Shop, export: ExportBuilder, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copying takes long, and what it waits for must not be waited for by the shop."""
    put(export, "01/a.jpg")
    export.goods(pictured("p1", "01/a.jpg"))
    copyfile = shutil.copyfile
    states: list[str] = []

    def look(source: Path, target: Path) -> None:
        mine = "datname = current_database() AND application_name = 'freesport_sync'"
        states.append(shop.value(f"SELECT state FROM pg_stat_activity WHERE {mine}"))
        copyfile(source, target)

    monkeypatch.setattr(shutil, "copyfile", look)
    run(shop, export, media)
    assert states == ["idle"]
    assert shop.value(BASE, id="p1") == base("01/a.jpg")


def test_a_picture_that_only_the_shop_has_is_attached(shop: Shop, export: ExportBuilder, media: Path) -> None:
    """1C sends a file once, the product with its path again and again."""
    put(export, "01/a.jpg")
    export.goods(pictured("p1", "01/a.jpg"))
    run(shop, export, media)
    shop.execute("UPDATE products SET base_images = '[]'")
    shutil.rmtree(export.folder / "goods" / "import_files")
    assert picture_counts(run(shop, export, media)) == (1, 0, 0, 0, 0)
    assert shop.value(BASE, id="p1") == base("01/a.jpg")


def test_an_unchanged_export_writes_nothing(shop: Shop, export: ExportBuilder, media: Path) -> None:
    put(export, "01/a.jpg", LARGE)
    put(export, "01/small.jpg", SMALL)
    export.goods(pictured("p1", "01/a.jpg", "01/small.jpg", "01/missing.jpg"), pictured("p2", "01/a.jpg"))
    export.offers(pictured_offer("p1#1", "01/a.jpg"))
    first = run(shop, export, media)
    assert picture_counts(first) == (3, 0, 0, 1, 1)
    versions, files = row_versions(shop), {path: path.stat().st_mtime_ns for path in media.rglob("*")}
    reports: list[RunReport] = []
    assert rows_written(shop, lambda: reports.append(run(shop, export, media))) == {}
    assert row_versions(shop) == versions
    assert {path: path.stat().st_mtime_ns for path in media.rglob("*")} == files
    assert picture_counts(reports[0]) == (0, 0, 3, 1, 1)


def test_an_unchanged_export_is_not_looked_at_on_disk(shop: Shop, export: ExportBuilder, media: Path) -> None:
    put(export, "01/a.jpg", LARGE)
    export.goods(pictured("p1", "01/a.jpg"))
    run(shop, export, media)
    shutil.rmtree(media)
    media.mkdir()
    assert picture_counts(run(shop, export, media)) == (0, 0, 1, 0, 0)
    assert files_of(media) == set()
    totals = [event.total for event in shop.events if isinstance(event, Progress) and event.stage is Stage.PICTURES]
    assert totals[0] == 0


def test_a_missing_file_is_an_issue_and_its_path_is_not_written(shop: Shop, export: ExportBuilder, media: Path) -> None:
    put(export, "01/a.jpg")
    export.goods(pictured("p1", "01/missing.jpg", "01/a.jpg", name="Мяч"))
    report = run(shop, export, media)
    assert shop.value(BASE, id="p1") == base("01/a.jpg")
    assert picture_counts(report) == (1, 0, 0, 0, 1)
    assert not report.has_row_errors
    (issue,) = [issue for event in shop.events if isinstance(event, IssuesFound) for issue in event.issues]
    assert (issue.code, issue.file, issue.onec_id, issue.name, issue.field, issue.value) == (
        "picture_missing",
        "goods/goods.xml",
        "p1",
        "Мяч",
        "Картинка",
        "01/missing.jpg",
    )
    assert issue.line > 1
    assert shop.value("SELECT report_details FROM import_sessions")["images_errors"] == 1


def test_a_path_that_leads_out_is_an_issue(shop: Shop, export: ExportBuilder, media: Path, tmp_path: Path) -> None:
    (export.folder.parent / "secret.jpg").write_bytes(b"x" * MEDIUM)
    put(export, "01/a.jpg")
    unsafe = ["../../../secret.jpg", "/etc/../../secret.jpg", "C:\\secret.jpg", "01/CON.jpg"]
    export.goods(product("p1", pictures=[*unsafe, "01/a.jpg"]))
    report = run(shop, export, media)
    assert files_of(media) == set(base("01/a.jpg"))
    assert shop.value(BASE, id="p1") == base("01/a.jpg")
    told = [path.replace("\\", "/").removeprefix("/") for path in unsafe]
    assert issues(shop) == {"picture_path_unsafe": told}
    assert picture_counts(report) == (1, 0, 0, 0, 4)


@needs_symlinks
def test_a_link_that_leads_out_is_an_issue(shop: Shop, export: ExportBuilder, media: Path) -> None:
    (export.folder.parent / "secret.jpg").write_bytes(b"x" * MEDIUM)
    (put(export, "01/a.jpg").parent / "link.jpg").symlink_to(export.folder.parent / "secret.jpg")
    export.goods(product("p1", pictures=["01/link.jpg", "01/a.jpg"]))
    run(shop, export, media)
    assert files_of(media) == set(base("01/a.jpg"))
    assert issues(shop) == {"picture_path_unsafe": ["01/link.jpg"]}


def test_a_path_too_long_for_the_main_picture_is_an_issue(shop: Shop, export: ExportBuilder, media: Path) -> None:
    fits, long = f"01/{'f' * 75}.jpg", f"01/{'l' * 76}.jpg"
    for name in (fits, long):
        put(export, name)
    export.goods(pictured("p1", long))
    export.offers(pictured_offer("p1#1", long, fits))
    run(shop, export, media)
    main, gallery = shop.row(VARIANT, id="p1#1")
    assert (main, len(main), gallery) == (f"products/variants/{fits}", 100, [])
    assert shop.value(BASE, id="p1") == base(long)  # a list has no limit
    assert issues(shop) == {"picture_path_too_long": [long]}


def test_a_picture_named_otherwise_than_its_file_is_found(shop: Shop, export: ExportBuilder, media: Path) -> None:
    """The shop has it by the name of 1C, so that an unchanged export finds nothing to do."""
    for name in ("01/a.jpg", "01/b c.jpg"):
        put(export, name)
    export.goods(product("p1", pictures=["./import_files/01/A.JPG", "/01/b%20c.jpg", "import_files/01/d.tif"]))
    shop_has = base("01/A.JPG", "01/b%20c.jpg")
    for is_first in (True, False):
        report = run(shop, export, media)
        assert shop.value(BASE, id="p1") == shop_has
        assert picture_counts(report) == (2, 0, 0, 0, 0) if is_first else (0, 0, 2, 0, 0)
        assert issues(shop) == {"picture_format": ["01/d.tif"]}
    assert files_of(media) == set(shop_has)
    run(shop, export, media, kind=ImportKind.IMAGES)  # which says nothing of what is wrong besides
    assert issues(shop) == {"picture_format": ["01/d.tif"]}


def test_flattened_names_are_found(shop: Shop, export: ExportBuilder, media: Path) -> None:
    """PICTURE-1: the exchange has put import_files/01/x.jpg into goods/import_files."""
    put(export, "a.jpg")
    export.goods(pictured("p1", "01/a.jpg"))
    run(shop, export, media)
    assert shop.value(BASE, id="p1") == base("01/a.jpg")


@pytest.mark.parametrize("place", ["import_files", "goods/import_files"])
def test_pictures_in_a_zip(shop: Shop, export: ExportBuilder, media: Path, tmp_path: Path, place: str) -> None:
    put(export, "01/a.jpg", place=place)
    export.goods(pictured("p1", "01/a.jpg"))
    archive = export.zipped(tmp_path / "export.zip")
    shop.run(archive, media_root=media)
    assert shop.value(BASE, id="p1") == base("01/a.jpg")
    assert (media / "products/base/01/a.jpg").stat().st_size == MEDIUM
    assert list((tmp_path / "work").iterdir()) == []


def test_pictures_beside_and_in_zips(shop: Shop, export: ExportBuilder, media: Path, tmp_path: Path) -> None:
    put(export, "01/packed.jpg")
    export.goods(pictured("p1", "01/packed.jpg", "01/beside.jpg"))
    beside = ExportBuilder(tmp_path / "beside")
    export.zipped(beside.folder / "export.zip")
    put(beside, "01/beside.jpg")
    run(shop, beside, media)
    assert shop.value(BASE, id="p1") == base("01/packed.jpg", "01/beside.jpg")


def test_skip_images(shop: Shop, export: ExportBuilder, media: Path) -> None:
    put(export, "01/a.jpg")
    export.goods(pictured("p1", "01/a.jpg", "../x.jpg"))
    report = run(shop, export, media / "is not even there", skip_images=True)
    assert shop.value(BASE, id="p1") == []
    assert Entity.PICTURE not in report.counts
    assert issues(shop) == {}


def test_no_media_root_is_a_note(shop: Shop, export: ExportBuilder, media: Path) -> None:
    put(export, "01/a.jpg")
    export.goods(pictured("p1", "01/a.jpg"), pictured("p2", "01/a.jpg"))
    report = run(shop, export, None)
    assert shop.value(BASE, id="p1") == []
    assert Entity.PICTURE not in report.counts
    assert issues(shop) == {"pictures_no_media_root": [""]}
    export.goods(product("p1"))
    run(shop, export, None)
    assert issues(shop) == {}


def test_the_media_root_of_the_settings(shop: Shop, export: ExportBuilder, media: Path, tmp_path: Path) -> None:
    put(export, "01/a.jpg")
    export.goods(pictured("p1", "01/a.jpg"))
    shop.settings = Settings(pictures=PictureSettings(media_root=media))
    run(shop, export, None)
    assert files_of(media) == set(base("01/a.jpg"))
    (other := tmp_path / "other").mkdir()
    export.goods(pictured("p2", "01/a.jpg"))
    run(shop, export, other)  # the command line goes first
    assert files_of(other) == set(base("01/a.jpg"))


@pytest.mark.parametrize("is_dry_run", [False, True])
def test_a_bad_media_root_is_reported_before_anything_is_written(
    shop: Shop, export: ExportBuilder, media: Path, is_dry_run: bool
) -> None:
    export.goods(product("p1"))
    with pytest.raises(ConfigError, match="media_root_missing"):
        run(shop, export, media / "missing", is_dry_run=is_dry_run)
    assert shop.value("SELECT count(*) FROM freesport_sync.runs") == 0
    export.rests()
    export.prices()
    with pytest.raises(ImportFailed, match="catalog_missing"):  # it needs no pictures
        run(shop, export, media / "missing", is_dry_run=is_dry_run, file_type=FileType.PRICES)


def test_owned_fields_decide_about_products_that_the_shop_has(shop: Shop, export: ExportBuilder, media: Path) -> None:
    put(export, "01/a.jpg")
    export.goods(product("p1"))
    run(shop, export, media)
    shop.settings = Settings(catalog=CatalogSettings(owned_fields=frozenset()))
    export.goods(pictured("p1", "01/a.jpg"), pictured("p2", "01/a.jpg"))
    assert picture_counts(run(shop, export, media)) == (1, 0, 1, 0, 0)
    assert shop.value(BASE, id="p1") == []
    assert shop.value(BASE, id="p2") == base("01/a.jpg")


def test_pictures_change_in_the_same_update_as_the_rest(shop: Shop, export: ExportBuilder, media: Path) -> None:
    put(export, "01/a.jpg")
    export.goods(product("p1", description="old"))
    export.offers(offer("p1#1"))
    run(shop, export, media)
    export.goods(pictured("p1", "01/a.jpg", description="new"))
    export.offers(pictured_offer("p1#1", "01/a.jpg"))
    assert rows_written(shop, lambda: run(shop, export, media)) == {
        "products": (0, 1, 0),
        "product_variants": (0, 1, 0),
    }
    assert shop.row("SELECT description, base_images FROM products") == ("new", base("01/a.jpg"))


def test_a_product_that_is_known_by_its_parent_id(shop: Shop, export: ExportBuilder, media: Path) -> None:
    put(export, "01/a.jpg")
    put(export, "01/b.jpg")
    export.goods(pictured("p1", "01/a.jpg"))
    run(shop, export, media)
    shop.execute("UPDATE products SET onec_id = 'old' WHERE onec_id = 'p1'")
    export.goods(pictured("p1", "01/a.jpg", "01/b.jpg"))
    assert picture_counts(run(shop, export, media)) == (1, 0, 1, 0, 0)
    assert shop.value(BASE, id="old") == base("01/a.jpg", "01/b.jpg")


def test_an_old_and_a_new_product_of_one_parent_id(shop: Shop, export: ExportBuilder, media: Path) -> None:
    put(export, "01/a.jpg")
    export.goods(pictured("p1", "01/a.jpg"))
    run(shop, export, media)
    shop.execute("UPDATE products SET onec_id = 'p2'")
    export.goods(pictured("p1", "01/a.jpg"), pictured("p2", "01/a.jpg"))
    assert picture_counts(run(shop, export, media)) == (1, 0, 1, 0, 0)
    assert shop.value(BASE, id="p1") == shop.value(BASE, id="p2") == base("01/a.jpg")


def test_what_the_shop_adds_during_the_merge_is_not_listed_twice(
    shop: Shop, export: ExportBuilder, media: Path
) -> None:
    for name in ("01/a.jpg", "01/b.jpg"):
        put(export, name)
    export.goods(product("p1"))
    run(shop, export, media)
    export.goods(pictured("p1", "01/a.jpg", "01/b.jpg"))
    edit = "UPDATE products SET base_images = '[\"uploads/b.jpg\"]'"
    report = run(shop, export, media, on_event=at_stage(Stage.RESOLVE, lambda: shop.execute(edit)))
    assert shop.value(BASE, id="p1") == ["uploads/b.jpg", *base("01/a.jpg")]
    assert picture_counts(report) == (1, 0, 1, 0, 0)


def test_odd_values_of_a_shop_do_not_stop_a_run(shop: Shop, export: ExportBuilder, media: Path) -> None:
    put(export, "01/a.jpg")
    export.goods(pictured("p1", "01/a.jpg"), product("p2"))
    export.offers(pictured_offer("p1#1", "01/a.jpg"), offer("p2#1"))
    run(shop, export, None, skip_images=True)
    shop.execute("UPDATE products SET base_images = '{\"a\": 1}'")
    shop.execute("UPDATE product_variants SET gallery_images = 'null'")
    run(shop, export, media)
    assert shop.value(BASE, id="p1") == [{"a": 1}, *base("01/a.jpg")]
    assert shop.row(VARIANT, id="p1#1")[0] == "products/variants/01/a.jpg"
    assert shop.value(BASE, id="p2") == {"a": 1}  # nothing new, nothing written


def test_pictures_of_objects_that_do_not_come_are_not_copied(shop: Shop, export: ExportBuilder, media: Path) -> None:
    put(export, "01/a.jpg")
    export.goods(product("p1"), pictured("gone", "01/a.jpg", name=None, deleted=True))
    export.offers(pictured_offer("p9#1", "01/a.jpg"), pictured_offer("gone#1", "01/a.jpg"))
    assert picture_counts(run(shop, export, media)) == (0, 0, 0, 3, 0)
    assert files_of(media) == set()
