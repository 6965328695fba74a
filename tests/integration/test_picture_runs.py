"""Runs with pictures: `--run images`, dry runs, and runs that end in the middle."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

from freesport_sync.core.events import Event, Progress
from freesport_sync.core.run import RunReport
from freesport_sync.core.shop import Entity, FileType, ImportKind, Stage
from freesport_sync.errors import Cancelled, ConfigError, ImportFailed
from tests.builders import ExportBuilder, group, offer, prices, product, rests, tombstone
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
from tests.integration.support import NewExport, counts, refused, row_versions, rows_written, shop_rows
from tests.shop import Shop
from tests.watching import at_stage


def variants(*names: str) -> list[str]:
    return [f"products/variants/{name}" for name in names]


def scene(export: ExportBuilder) -> None:
    """Something for every rule of pictures."""
    for name, size in (("01/a.jpg", LARGE), ("01/b.jpg", MEDIUM), ("01/c.jpg", MEDIUM), ("01/small.jpg", SMALL)):
        put(export, name, size)
    (export.folder / "goods/import_files/01/folder.jpg").mkdir()
    export.goods(
        pictured("p1", "01/a.jpg", "01/b.jpg", "01/missing.jpg"),
        pictured("p2", "01/b.jpg", "01/c.jpg", "../x.jpg", "01/small.jpg", "01/folder.jpg"),
        product("p3"),
        pictured("p4", "01/deep/c.jpg", "01/c.jpg"),
        segment=1,
    )
    export.goods(pictured("p2", "01/c.jpg", "02/c.jpg", "01/b.jpg"), tombstone("Товар", "never-seen"), segment=2)
    export.offers(
        pictured_offer("p1#1", "01/b.jpg", "01/c.jpg"),
        pictured_offer("p1#2", f"01/{'x' * 99}.jpg"),
        offer("p2#1"),
        pictured_offer("p9#1", "01/a.jpg"),
    )
    export.prices(prices("p1#1", {"retail": 10}))


def scene_changed(export: ExportBuilder) -> None:
    """Pictures come and go, together with other values and without."""
    for name in ("01/b.jpg", "01/d.jpg", "01/missing.jpg"):
        put(export, name)
    export.goods(
        pictured("p1", "01/missing.jpg", "01/d.jpg"),
        pictured("p2", "01/d.jpg", description="new"),
        pictured("p3", "01/d.jpg", "01/b.jpg"),
        pictured("p5", "01/d.jpg"),
    )
    export.offers(pictured_offer("p1#1", "01/d.jpg"), pictured_offer("p2#1", "01/d.jpg"), offer("p5#1"))


def rehearse_and_run(shop: Shop, export: ExportBuilder, media: Path, **options: object) -> RunReport:
    """A dry run and the same in earnest: equal counts and issues, the list of changes is what changes."""
    rows, versions, files = shop_rows(shop), row_versions(shop), files_of(media)
    dry = run(shop, export, media, is_dry_run=True, **options)
    told = shop.rows("SELECT code, onec_id, value FROM freesport_sync.row_issues WHERE run_id = :id", id=dry.run_id)
    assert (shop_rows(shop), row_versions(shop), files_of(media)) == (rows, versions, files)
    before = snapshot(shop)
    real = run(shop, export, media, **options)
    assert dry.counts == real.counts
    assert told == shop.rows(
        "SELECT code, onec_id, value FROM freesport_sync.row_issues WHERE run_id = :id", id=real.run_id
    )
    listed = shop.rows(
        "SELECT entity, onec_id, field, old_value, new_value FROM freesport_sync.field_changes"
        " WHERE run_id = :run AND field IN ('base_images', 'main_image', 'gallery_images')",
        run=dry.run_id,
    )
    after = snapshot(shop)
    assert {(*key, before[key], after[key]) for key in before if before[key] != after[key]} == set(listed)
    return real


def snapshot(shop: Shop) -> dict[tuple[str, str, str], str | None]:
    query = (
        "SELECT 'product', onec_id, 'base_images', base_images::text FROM products"
        " UNION ALL SELECT 'variant', onec_id, 'main_image', main_image FROM product_variants"
        " UNION ALL SELECT 'variant', onec_id, 'gallery_images', gallery_images::text FROM product_variants"
    )
    return {(entity, onec_id, field): value for entity, onec_id, field, value in shop.rows(query)}


def test_a_dry_run_copies_nothing_and_counts_as_the_real_run(shop: Shop, new_export: NewExport, media: Path) -> None:
    first, second = new_export(), new_export()
    for export, fill in ((first, scene), (second, scene_changed)):
        export.reference_data()
        fill(export)
    report = rehearse_and_run(shop, first, media)
    assert picture_counts(report) == (6, 0, 0, 3, 4)
    assert shop.value(BASE, id="p1") == base("01/a.jpg")
    assert shop.value(BASE, id="p2") == base("01/b.jpg", "01/c.jpg")
    assert shop.value(BASE, id="p4") == base("01/c.jpg")
    assert shop.row(VARIANT, id="p1#1") == (*variants("01/b.jpg"), variants("01/c.jpg"))
    rehearse_and_run(shop, first, media)
    rehearse_and_run(shop, second, media)
    rehearse_and_run(shop, first, media)
    rehearse_and_run(shop, second, media, kind=ImportKind.IMAGES)


def test_run_images_changes_pictures_and_nothing_else(shop: Shop, new_export: NewExport, media: Path) -> None:
    old, new = new_export(), new_export()
    old.reference_data()
    old.goods(product("p1"), product("p2"), product("p3"))
    old.offers(offer("p1#1", article="A"), offer("p2#1"))
    old.prices(prices("p1#1", {"retail": 10}))
    old.rests(rests("p1#1", {"w1": 5}))
    run(shop, old, None)
    for name in ("01/a.jpg", "01/b.jpg"):
        put(new, name)
    new.groups(group("other", name="Другое"))
    new.goods(
        pictured("p1", "01/a.jpg", name="Другое", description="new", vat="непонятно", brand="nobody"),
        tombstone("Товар", "p2"),
        product("p3", deleted=True),
        pictured("p4", "01/a.jpg", "01/b.jpg"),
    )
    new.offers(pictured_offer("p1#1", "01/b.jpg"), tombstone("Предложение", "p2#1"), offer("p1#2"))
    others = (
        "SELECT to_jsonb(p) - 'base_images' - 'updated_at' - 'last_sync_at' FROM products AS p"
        " UNION ALL SELECT to_jsonb(v) - 'main_image' - 'gallery_images' - 'updated_at' - 'last_sync_at'"
        " FROM product_variants AS v UNION ALL SELECT to_jsonb(c) FROM categories AS c"
    )
    before = sorted(map(str, shop.rows(others)))
    reports: list[RunReport] = []
    written = rows_written(shop, lambda: reports.append(run(shop, new, media, kind=ImportKind.IMAGES)))
    assert written == {"products": (0, 1, 0), "product_variants": (0, 1, 0)}
    assert sorted(map(str, shop.rows(others))) == before
    assert shop.value(BASE, id="p1") == base("01/a.jpg")
    assert shop.row(VARIANT, id="p1#1") == (*variants("01/b.jpg"), [])
    assert issues(shop) == {"picture_owner_unknown": ["p4"]}
    assert picture_counts(reports[0]) == (2, 0, 0, 2, 0)
    assert counts(reports[0], Entity.PRODUCT) == counts(reports[0], Entity.VARIANT) == (0, 1, 0, 0, 0)
    assert files_of(media) == {*base("01/a.jpg"), *variants("01/b.jpg")}
    assert shop.value("SELECT import_type FROM import_sessions ORDER BY id DESC LIMIT 1") == "images"
    assert rows_written(shop, lambda: run(shop, new, media, kind=ImportKind.IMAGES)) == {}


def test_run_images_gives_a_product_s_pictures_to_its_first_variant(
    shop: Shop, export: ExportBuilder, media: Path
) -> None:
    for name in ("01/a.jpg", "01/b.jpg", "01/c.jpg"):
        put(export, name)
    export.goods(
        pictured("p1", "01/b.jpg", "01/a.jpg"),
        pictured("p2", "01/a.jpg", "01/missing.jpg"),
        pictured("p3", "01/a.jpg"),
    )
    export.offers(offer("p1#2"), offer("p1#1"), offer("p2#1"), offer("p2#2"), offer("p3#1"))
    run(shop, export, media)
    assert shop.row(VARIANT, id="p1#2") == ("", [])
    shop.execute("UPDATE product_variants SET main_image = 'uploads/x.jpg' WHERE onec_id = 'p3#1'")
    export.offers(pictured_offer("p2#1", "01/c.jpg"))
    report = run(shop, export, media, kind=ImportKind.IMAGES)
    assert shop.row(VARIANT, id="p1#2") == (*variants("01/b.jpg"), variants("01/a.jpg"))
    assert shop.row(VARIANT, id="p1#1") == ("", [])
    # One that has pictures of its own, here or in the shop, keeps to them; the second is not asked.
    assert shop.row(VARIANT, id="p2#1") == (*variants("01/c.jpg"), [])
    assert shop.row(VARIANT, id="p2#2") == ("", [])
    assert shop.row(VARIANT, id="p3#1") == ("uploads/x.jpg", [])
    assert picture_counts(report) == (3, 0, 4, 0, 1)
    assert rows_written(shop, lambda: run(shop, export, media, kind=ImportKind.IMAGES)) == {}


def test_run_images_tells_once_of_a_file_that_product_and_variant_miss(
    shop: Shop, export: ExportBuilder, media: Path
) -> None:
    export.goods(pictured("p1", "01/missing.jpg"))
    run(shop, export, None)
    with pytest.raises(ImportFailed, match="all_rows_failed"):
        run(shop, export, media, kind=ImportKind.IMAGES)
    assert issues(shop) == {"picture_missing": ["01/missing.jpg"]}


def test_run_images_of_one_kind_of_file(shop: Shop, export: ExportBuilder, media: Path) -> None:
    put(export, "01/a.jpg")
    export.goods(pictured("p1", "01/a.jpg"))
    export.offers(pictured_offer("p1#1", "01/a.jpg"))
    run(shop, export, None)
    run(shop, export, media, kind=ImportKind.IMAGES, file_type=FileType.OFFERS)
    assert files_of(media) == set(variants("01/a.jpg"))
    with pytest.raises(ConfigError, match="file_type_contradicts"):
        run(shop, export, media, kind=ImportKind.IMAGES, file_type=FileType.PRICES)


def test_run_images_needs_a_media_root_and_a_catalogue(shop: Shop, export: ExportBuilder, media: Path) -> None:
    put(export, "01/a.jpg")
    export.goods(pictured("p1", "01/a.jpg"))
    with pytest.raises(ConfigError, match="media_root_needed"):
        run(shop, export, None, kind=ImportKind.IMAGES)
    with pytest.raises(ConfigError, match="skip_images_contradicts"):
        run(shop, export, media, kind=ImportKind.IMAGES, skip_images=True)
    assert refused(shop, export, media_root=media, kind=ImportKind.IMAGES).code == "catalog_missing"
    assert refused(shop, export, media_root=media, kind=ImportKind.IMAGES, is_full=True).code == "full_needs_files"
    assert files_of(media) == set()


def test_run_images_is_no_import_for_the_guard_against_older_exports(
    shop: Shop, new_export: NewExport, media: Path
) -> None:
    older, newer = new_export(), new_export()
    for export, created_at in ((older, "2025-09-12T10:00:00"), (newer, "2025-09-13T10:00:00")):
        export.created_at = created_at
        export.reference_data()
        put(export, "01/a.jpg")
        export.goods(pictured("p1", "01/a.jpg"))
    run(shop, older, None)
    run(shop, newer, media, kind=ImportKind.IMAGES)
    run(shop, older, media)  # the goods of the newer export have not been imported
    run(shop, newer, media)
    assert refused(shop, older, media_root=media).code == "export_older"


def test_orphans_of_a_rollback_are_harmless(shop: Shop, export: ExportBuilder, media: Path) -> None:
    """A crash between copy and COMMIT looks the same: the files are there, the shop does not list them."""
    put(export, "01/a.jpg")
    export.goods(product("p1"))
    run(shop, export, media)
    before = shop_rows(shop)
    export.goods(pictured("p1", "01/a.jpg"))
    with pytest.raises(Cancelled):
        run(shop, export, media, on_event=at_stage(Stage.RESOLVE, lambda: shop.cancel.cancel()))
    assert shop_rows(shop) == before
    assert files_of(media) == set(base("01/a.jpg"))
    written_at = (media / base("01/a.jpg")[0]).stat().st_mtime_ns
    assert picture_counts(run(shop, export, media)) == (1, 0, 0, 0, 0)
    assert shop.value(BASE, id="p1") == base("01/a.jpg")
    assert (media / base("01/a.jpg")[0]).stat().st_mtime_ns == written_at


def test_a_refused_run_leaves_the_lists_alone(shop: Shop, export: ExportBuilder, media: Path) -> None:
    put(export, "01/a.jpg")
    export.goods(pictured("p1", "01/a.jpg"))
    export.offers(offer("p1#1"))
    export.prices(prices("p1#1", {"retail": 10}))
    run(shop, export, None)
    export.prices(prices("p1#1", {"retail": 0}))
    assert refused(shop, export, media_root=media).code == "large_change"


def test_cancel_while_pictures_are_copied(
    shop: Shop, export: ExportBuilder, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"01/{number}.jpg" for number in range(50)]
    for name in names:
        put(export, name)
    export.goods(pictured("p1", *names))
    before = shop_rows(shop)
    copyfile, copied = shutil.copyfile, []

    def cancel_at_third(source: Path, target: Path) -> None:
        copied.append(source)
        if len(copied) == 3:
            shop.cancel.cancel()
        copyfile(source, target)

    monkeypatch.setattr(shutil, "copyfile", cancel_at_third)
    with pytest.raises(Cancelled):
        run(shop, export, media)
    assert shop_rows(shop) == before
    assert len(files_of(media)) == 3


def test_a_full_disk_stops_the_run(
    shop: Shop, export: ExportBuilder, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(_source: Path, _target: Path) -> NoReturn:
        raise OSError(errno.ENOSPC, "no space left")

    put(export, "01/a.jpg")
    export.goods(pictured("p1", "01/a.jpg"))
    monkeypatch.setattr(shutil, "copyfile", fill)
    assert refused(shop, export, media_root=media).code == "disk_full"
    assert files_of(media) == set()


def test_a_copy_that_fails_costs_one_picture(
    shop: Shop, export: ExportBuilder, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copyfile = shutil.copyfile

    def fail_for_a(source: Path, target: Path) -> None:
        if source.name == "a.jpg":
            raise PermissionError(errno.EACCES, "no right")
        copyfile(source, target)

    for name in ("01/a.jpg", "01/b.jpg"):
        put(export, name)
    export.goods(pictured("p1", "01/a.jpg", "01/b.jpg"))
    monkeypatch.setattr(shutil, "copyfile", fail_for_a)
    assert picture_counts(run(shop, export, media)) == (1, 0, 0, 0, 1)
    assert shop.value(BASE, id="p1") == base("01/b.jpg")
    assert issues(shop) == {"picture_not_copied": ["01/a.jpg"]}


def test_many_objects_are_read_in_blocks(
    shop: Shop, export: ExportBuilder, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("freesport_sync.tasks.shop_import.pictures.OBJECTS_AT_ONCE", 2)
    for name in ("01/a.jpg", "01/b.jpg"):
        put(export, name)
    export.goods(*(pictured(f"p{number}", "01/a.jpg", "01/b.jpg") for number in range(5)))
    seen: list[Event] = []
    assert picture_counts(run(shop, export, media, on_event=seen.append)) == (10, 0, 0, 0, 0)
    assert shop.rows("SELECT DISTINCT base_images::text, count(*) FROM products GROUP BY 1") == [
        ('["products/base/01/a.jpg", "products/base/01/b.jpg"]', 5)
    ]
    of_pictures = [event for event in seen if isinstance(event, Progress) and event.stage is Stage.PICTURES]
    assert (of_pictures[0].done, of_pictures[-1].done, of_pictures[-1].total) == (0, 10, 10)
