"""Whole runs over a damaged, hostile or changing export: refused in words, nothing changed, nothing left open."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from freesport_sync.core.events import Event
from freesport_sync.core.shop import Stage
from freesport_sync.errors import ImportFailed
from freesport_sync.sources.commerceml import archive
from tests.builders import ExportBuilder, product
from tests.integration.support import shop_rows
from tests.platforms import linux_only
from tests.shop import Shop
from tests.small_disk import A_SMALL_DISK, small_disk
from tests.watching import at_stage, importers, lock_is_free, side_connections, wait_until

DOCUMENT = "<КоммерческаяИнформация><Каталог><Товары>{}</Товары></Каталог></КоммерческаяИнформация>"
GOODS = "goods/goods.xml"

Damage = Callable[[ExportBuilder], object]


def assert_refused(shop: Shop, source: Path, on_event: Callable[[Event], None] | None = None) -> ImportFailed:
    """The error of a run that left only its closed rows, and holds no lock."""
    before, work = shop_rows(shop), shop.folder / "work"
    with pytest.raises(ImportFailed) as caught:
        shop.run(source, on_event)
    code = caught.value.code
    assert shop_rows(shop) == before
    assert shop.row(
        "SELECT r.status, r.error_code, s.status, r.finished_at IS NOT NULL, s.finished_at IS NOT NULL"
        " FROM freesport_sync.runs AS r JOIN import_sessions AS s ON s.id = r.session_ids[1]"
        " ORDER BY r.id DESC LIMIT 1"
    ) == ("failed", code, "failed", True, True)
    assert f"[{code}]" in shop.value("SELECT error_message FROM import_sessions ORDER BY id DESC LIMIT 1")
    wait_until(lambda: lock_is_free(shop.connection) and not importers(shop.connection))
    wait_until(lambda: not side_connections(shop.connection))
    assert not work.exists() or not list(work.iterdir())
    return caught.value


def written(content: str | bytes) -> Damage:
    """The goods are replaced by this."""
    return lambda export: export.write(GOODS, content)


def truncated(export: ExportBuilder) -> None:
    path = export.folder / GOODS
    os.truncate(path, path.stat().st_size - 100)


def declared(encoding: str, written_in: str) -> Damage:
    """The goods say that they are in one encoding and are in another."""
    return written(f'<?xml version="1.0" encoding="{encoding}"?>{DOCUMENT.format(product("p1"))}'.encode(written_in))


def deep_groups(export: ExportBuilder) -> None:
    opening = "<Группа><Ид>{}</Ид><Наименование>{}</Наименование><Группы>"
    groups = "".join(opening.format(f"g{depth}", depth) for depth in range(10_000))
    classifier = f"<Классификатор><Группы>{groups}{'</Группы></Группа>' * 10_000}</Группы></Классификатор>"
    export.write("groups/groups.xml", export.document(classifier))


def long_text(export: ExportBuilder) -> None:
    written(DOCUMENT.format(f"<Товар><Ид>{'x' * 11_000_000}</Ид></Товар>"))(export)


def cesu(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


BOMB = "".join(f'<!ENTITY e{number} "{f"&e{number - 1};" * 10}">' for number in range(1, 10))
DAMAGES: dict[str, tuple[Damage, str]] = {
    "empty": (written(b""), "file_empty"),
    "only a mark of the encoding": (written(b"\xef\xbb\xbf"), "file_empty"),
    "truncated": (truncated, "xml_malformed"),
    "not xml": (written("Ошибка 500: сервер 1С недоступен"), "xml_malformed"),
    "html": (written("<html><body>502 Bad Gateway</body></html>"), "not_commerceml"),
    "external entity": (
        written('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + DOCUMENT.format("&e;")),
        "doctype_refused",
    ),
    "entity bomb": (written(f'<!DOCTYPE x [<!ENTITY e0 "b">{BOMB}]>' + DOCUMENT.format("&e9;")), "doctype_refused"),
    "windows-1251 called utf-8": (declared("UTF-8", "cp1251"), "xml_malformed"),
    "utf-8 called windows-1251": (declared("windows-1251", "utf-8"), "xml_malformed"),
    "utf-8 called utf-16": (declared("UTF-16", "utf-8"), "xml_malformed"),
    "unknown encoding": (declared("koi-99", "utf-8"), "xml_malformed"),
    "text of 11 MB": (long_text, "xml_limit"),
    "10,000 groups deep": (deep_groups, "xml_limit"),
    "nul": (written(DOCUMENT.format(product("p\x00"))), "xml_malformed"),
    "reference to nul": (written(DOCUMENT.format("<Товар><Ид>&#0;</Ид></Товар>")), "xml_malformed"),
    "lone surrogate": (written(cesu(DOCUMENT.format(product("p\ud800")))), "xml_malformed"),
    "reference to a lone surrogate": (written(DOCUMENT.format("<Товар><Ид>&#xD83D;</Ид></Товар>")), "xml_malformed"),
}


@pytest.mark.parametrize(("damage", "code"), DAMAGES.values(), ids=DAMAGES)
def test_a_file_that_is_no_export_fails_the_run(
    stocked_shop: Shop, export: ExportBuilder, damage: Damage, code: str
) -> None:
    export.goods(product("p1", name="Новое имя", description="Новое"), product("p2"))
    damage(export)
    error = assert_refused(stocked_shop, export.folder)
    assert error.code == code
    assert "goods.xml" in str(error) or "groups.xml" in str(error)


def test_the_mark_of_the_encoding_is_believed_and_not_the_declaration(shop: Shop, export: ExportBuilder) -> None:
    declared("windows-1251", "utf-8-sig")(export)
    shop.run(export.folder)
    assert shop.value("SELECT name FROM products") == "Мяч футбольный"


# --- there is nothing to read, or it goes away ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "code"), [("missing", "data_dir_missing"), ("goods.txt", "data_dir_not_export"), ("empty", "no_files")]
)
def test_no_export_fails_the_run(stocked_shop: Shop, tmp_path: Path, name: str, code: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "goods.txt").write_text("")
    error = assert_refused(stocked_shop, tmp_path / name)
    assert (error.code, error.params["path"]) == (code, str(tmp_path / name))


def appended(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"<!-- 1C goes on -->")


def forbidden(path: Path) -> None:
    """A file whose reading fails: for root there are no rights that it lacks."""
    path.unlink()
    path.symlink_to("/proc/self/mem")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (appended, "file_changed"),
        (lambda path: os.utime(path, ns=(0, 0)), "file_changed"),
        (Path.unlink, "file_unreadable"),
        pytest.param(forbidden, "file_unreadable", marks=linux_only("a file that opens and cannot be read")),
    ],
    ids=["grown", "rewritten", "removed", "unreadable"],
)
def test_a_file_that_changes_after_it_was_found_fails_the_run(
    stocked_shop: Shop, dearer: Path, change: Callable[[Path], None], code: str
) -> None:
    at_start = at_stage(Stage.STAGE, lambda: change(dearer / "prices" / "prices.xml"))
    error = assert_refused(stocked_shop, dearer, at_start)
    assert error.code == code
    assert "prices.xml" in str(error)


# --- zips -----------------------------------------------------------------------------------------------------------


def zipped(path: Path, entries: dict[str, bytes]) -> Path:
    with ZipFile(path, "w", ZIP_DEFLATED) as opened:
        for name, content in entries.items():
            opened.writestr(name, content)
    return path


def damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:200] = bytes(100)
    path.write_bytes(content)


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-50])


@pytest.mark.parametrize("harm", [damaged, cut_off])
def test_a_damaged_zip_fails_the_run(
    stocked_shop: Shop, dearer: Path, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    packed = ExportBuilder(dearer).zipped(tmp_path / "export.zip")
    harm(packed)
    assert assert_refused(stocked_shop, packed).code == "archive_damaged"


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ({"goods/goods.xml": b"<a/>", "../../slipped.xml": b"<a/>"}, "archive_unsafe"),
        ({"goods/goods.xml": b" " * 3_000_000}, "archive_bomb"),
        ({"goods/goods.xml": b"<a/>" * 400_000, "rests/rests.xml": b"<a/>" * 400_000}, "archive_too_large"),
    ],
    ids=["slip", "bomb", "many"],
)
def test_a_hostile_zip_fails_the_run(
    stocked_shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entries: dict[str, bytes], code: str
) -> None:
    monkeypatch.setattr(archive, "RATIO_FREE_BYTES", 2_000_000)
    monkeypatch.setattr(archive, "MAX_TOTAL_BYTES", 3_100_000)
    packed = zipped(tmp_path / "export.zip", entries)
    assert assert_refused(stocked_shop, packed).code == code
    assert not list(tmp_path.rglob("slipped.xml"))


@linux_only(A_SMALL_DISK)
def test_a_disk_that_is_full_while_unpacking_fails_the_run(stocked_shop: Shop, tmp_path: Path) -> None:
    packed = zipped(tmp_path / "export.zip", {"goods/goods.xml": os.urandom(1_000_000)})
    (tmp_path / "work").mkdir()
    with small_disk(tmp_path / "work", "512k"):
        error = assert_refused(stocked_shop, packed)
    assert error.code == "disk_full"
