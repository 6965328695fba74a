"""Archives: zips from strangers must neither fill the disk nor write elsewhere."""

from __future__ import annotations

import errno
import struct
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from freesport_sync.errors import (
    ImportFailed,
    SourceMalformed,
    SourceMissing,
    SyncError,
)
from freesport_sync.sources.commerceml import archive
from freesport_sync.sources.commerceml.archive import opened_export
from freesport_sync.sources.commerceml.discovery import discover
from tests.builders import ExportBuilder, offer, product


@pytest.fixture
def export(tmp_path: Path) -> ExportBuilder:
    return ExportBuilder(tmp_path / "export")


@pytest.fixture
def work_dir(tmp_path: Path) -> Path:
    return tmp_path / "work"


def write_zip(path: Path, entries: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", method) as opened:
        for name, content in entries.items():
            opened.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return path


def refusal(data_dir: Path, work_dir: Path) -> SyncError:
    """The error with which an export is refused; nothing may be left of the attempt."""
    with pytest.raises(SyncError) as caught, opened_export(data_dir, work_dir):
        pass
    assert not work_dir.exists() or not list(work_dir.iterdir())
    return caught.value


def test_a_plain_folder_is_given_as_it_is(export: ExportBuilder, work_dir: Path) -> None:
    with opened_export(export.folder, work_dir) as folder:
        assert folder == export.folder
    assert not work_dir.exists()


@pytest.mark.parametrize("name", ["export.zip", "Выгрузка.ZIP"])
def test_a_zip_is_unpacked_and_removed(export: ExportBuilder, tmp_path: Path, work_dir: Path, name: str) -> None:
    export.goods(product("p1"), segment=1)
    export.write("goods/import_files/01/a.jpg", b"picture")
    packed = export.zipped(tmp_path / name)
    with opened_export(packed, work_dir) as folder:
        assert folder.parent == work_dir
        assert [file.name.partition("_")[0] for file in discover(folder).files] == ["goods/goods"]
        assert not list(folder.rglob("*.jpg"))
    assert not list(work_dir.iterdir())


def test_pictures_are_unpacked_when_they_are_wanted(tmp_path: Path, work_dir: Path) -> None:
    wanted = ["import_files/01/a.jpg", "goods/Import_Files/b.JPEG", "offers/import_files/01/c.webp", "goods/goods.xml"]
    others = ["logo.jpg", "goods/x.png", "import_files/01/manual.pdf", "import_files/run.exe"]
    packed = write_zip(tmp_path / "x.zip", dict.fromkeys([*wanted, *others], b"<a/>"))
    for with_pictures, expected in ((True, wanted), (False, wanted[-1:])):
        with opened_export(packed, work_dir, with_pictures=with_pictures) as folder:
            found = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
            assert sorted(found) == sorted(expected)


def test_pictures_are_checked_as_everything_else(
    tmp_path: Path, work_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "RATIO_FREE_BYTES", 1000)
    packed = write_zip(tmp_path / "x.zip", {"import_files/01/a.jpg": bytes(1_000_000)})
    with opened_export(packed, work_dir) as folder:
        assert list(folder.iterdir()) == []
    with pytest.raises(SourceMalformed, match="archive_bomb"), opened_export(packed, work_dir, with_pictures=True):
        pass
    monkeypatch.setattr(archive, "MAX_TOTAL_BYTES", 10)
    packed = write_zip(tmp_path / "y.zip", {"import_files/01/a.jpg": b"x" * 11})
    with pytest.raises(SourceMalformed, match="archive_too_large"), opened_export(packed, work_dir, with_pictures=True):
        pass


def test_the_folder_is_removed_after_an_error(export: ExportBuilder, tmp_path: Path, work_dir: Path) -> None:
    export.goods(product("p1"))
    packed = export.zipped(tmp_path / "export.zip")
    with pytest.raises(ZeroDivisionError), opened_export(packed, work_dir):
        raise ZeroDivisionError
    assert not list(work_dir.iterdir())


def test_a_folder_with_zips_gives_everything_in_it(export: ExportBuilder, tmp_path: Path, work_dir: Path) -> None:
    export.goods(product("p1"), segment=1)
    (tmp_path / "data").mkdir()
    export.zipped(tmp_path / "data" / "goods.zip")
    export.zipped(tmp_path / "data" / "again.zip")
    beside = ExportBuilder(tmp_path / "data")
    beside.offers(offer("p1"))
    beside.goods(product("p2"), segment=1)
    with opened_export(tmp_path / "data", work_dir) as folder:
        found = [file.name.rpartition("/")[0] for file in discover(folder).files]
    assert found == ["again.zip/goods", "goods.zip/goods", "goods", "offers"]
    assert not list(work_dir.iterdir())


def test_what_does_not_get_into_the_folder_is_reported(tmp_path: Path, work_dir: Path) -> None:
    write_zip(tmp_path / "data" / "a.zip", {"goods.xml": b"", "webdata/inner.zip": b"PK"})
    beside = ExportBuilder(tmp_path / "data")
    beside.write("1/more.zip", b"PK")
    (beside.folder / "rests.xml").mkdir()
    told: list[tuple[str, str]] = []
    with opened_export(beside.folder, work_dir, leave_out=told.append):
        pass
    assert sorted(told) == [
        ("1/more.zip", "archive_inside"),
        ("a.zip/webdata/inner.zip", "archive_inside"),
        ("rests.xml", "not_a_file"),
    ]
    told.clear()
    with opened_export(beside.folder / "a.zip", work_dir, leave_out=told.append):
        pass
    assert told == [("webdata/inner.zip", "archive_inside")]


def test_a_file_keeps_the_time_that_it_was_packed_with(tmp_path: Path, work_dir: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as packed:
        packed.writestr(zipfile.ZipInfo("goods.xml", (2025, 9, 12, 21, 25, 38)), b"")
        impossible = zipfile.ZipInfo("rests.xml")
        impossible.date_time = (2025, 13, 1, 0, 0, 0)
        packed.writestr(impossible, b"")
    with opened_export(tmp_path / "x.zip", work_dir) as folder:
        moment = datetime.fromtimestamp((folder / "goods.xml").stat().st_mtime)
        assert moment == datetime(2025, 9, 12, 21, 25, 38)
        assert (folder / "rests.xml").exists()


def test_names_of_a_russian_windows(tmp_path: Path, work_dir: Path) -> None:
    content = write_zip(tmp_path / "x.zip", {"abcdef/goods.xml": b""}).read_bytes()
    (tmp_path / "x.zip").write_bytes(content.replace(b"abcdef", "товары".encode("cp866")))
    with opened_export(tmp_path / "x.zip", work_dir) as folder:
        assert [path.name for path in folder.iterdir()] == ["товары"]


def test_backslashes_are_separators(tmp_path: Path, work_dir: Path) -> None:
    packed = write_zip(tmp_path / "x.zip", {"goods\\goods.xml": b"<a/>"})
    with opened_export(packed, work_dir) as folder:
        assert (folder / "goods" / "goods.xml").read_bytes() == b"<a/>"


def test_missing(tmp_path: Path, work_dir: Path) -> None:
    error = refusal(tmp_path / "nothing", work_dir)
    assert isinstance(error, SourceMissing)
    assert (error.code, error.params) == ("data_dir_missing", {"path": str(tmp_path / "nothing")})


def test_neither_folder_nor_zip(tmp_path: Path, work_dir: Path) -> None:
    (tmp_path / "goods.xml").write_text("")
    error = refusal(tmp_path / "goods.xml", work_dir)
    assert isinstance(error, SourceMissing)
    assert error.code == "data_dir_not_export"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../goods.xml", "outside"),
        ("a/../../goods.xml", "outside"),
        ("..\\goods.xml", "outside"),
        ("/etc/goods.xml", "outside"),
        ("\\\\server\\share\\goods.xml", "outside"),
        ("C:/goods.xml", "name"),
        ("c:goods.xml", "name"),
        ("goods.xml:stream", "name"),
        ("a/con.xml", "name"),
        ("a/go?ds.xml", "name"),
    ],
)
def test_entries_that_would_be_written_elsewhere(tmp_path: Path, work_dir: Path, name: str, reason: str) -> None:
    error = refusal(write_zip(tmp_path / "x.zip", {"goods.xml": b"", name: b""}), work_dir)
    assert isinstance(error, SourceMalformed)
    assert (error.code, error.params["reason"]) == ("archive_unsafe", reason)
    assert not list(tmp_path.rglob("goods.xml"))


def test_an_entry_that_is_a_link(tmp_path: Path, work_dir: Path) -> None:
    link = zipfile.ZipInfo("goods.xml")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as opened:
        opened.writestr(link, "/etc/passwd")
    error = refusal(tmp_path / "x.zip", work_dir)
    assert (error.code, error.params["reason"]) == ("archive_unsafe", "link")


def test_two_entries_for_one_file(tmp_path: Path, work_dir: Path) -> None:
    error = refusal(write_zip(tmp_path / "x.zip", {"goods.xml": b"1", "Goods.XML": b"2"}), work_dir)
    assert (error.code, error.params["reason"]) == ("archive_unsafe", "same_name_twice")


def test_an_encrypted_entry(tmp_path: Path, work_dir: Path) -> None:
    packed = write_zip(tmp_path / "x.zip", {"goods.xml": b"<a/>"})
    content = bytearray(packed.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    packed.write_bytes(content)
    assert refusal(packed, work_dir).code == "archive_encrypted"


def test_too_many_entries(tmp_path: Path, work_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_ENTRIES", 2)
    error = refusal(write_zip(tmp_path / "x.zip", {"a": b"", "b": b"", "c": b""}), work_dir)
    assert (error.code, error.params["count"]) == ("archive_too_many_entries", 3)


def test_too_large_in_total(tmp_path: Path, work_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_TOTAL_BYTES", 1000)
    error = refusal(write_zip(tmp_path / "x.zip", {"a.xml": b"1" * 600, "b.xml": b"2" * 600}), work_dir)
    assert (error.code, error.params["size_bytes"]) == ("archive_too_large", 1200)


def test_a_bomb(tmp_path: Path, work_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "RATIO_FREE_BYTES", 100_000)
    error = refusal(write_zip(tmp_path / "x.zip", {"goods.xml": b"0" * 200_000}), work_dir)
    assert (error.code, error.params["entry"]) == ("archive_bomb", "goods.xml")


def test_what_compresses_well_is_no_bomb(export: ExportBuilder, tmp_path: Path, work_dir: Path) -> None:
    export.goods(*[product("p1")] * 200)
    with opened_export(export.zipped(tmp_path / "x.zip"), work_dir) as folder:
        assert discover(folder).files


def test_an_entry_larger_than_it_claims(tmp_path: Path, work_dir: Path) -> None:
    packed = write_zip(tmp_path / "x.zip", {"goods.xml": b"0" * 5000})
    packed.write_bytes(packed.read_bytes().replace(struct.pack("<L", 5000), struct.pack("<L", 50)))
    assert refusal(packed, work_dir).code == "archive_damaged"


def test_a_wrong_checksum(tmp_path: Path, work_dir: Path) -> None:
    packed = write_zip(tmp_path / "x.zip", {"goods.xml": b"<unmistakable/>"}, method=zipfile.ZIP_STORED)
    packed.write_bytes(packed.read_bytes().replace(b"<unmistakable/>", b"<unmistakeable>"))
    assert refusal(packed, work_dir).code == "archive_damaged"


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + b"\0" * 10])
def test_no_zip_at_all(tmp_path: Path, work_dir: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    assert refusal(tmp_path / "x.zip", work_dir).code == "archive_damaged"


def test_a_method_that_python_does_not_know(tmp_path: Path, work_dir: Path) -> None:
    packed = write_zip(tmp_path / "x.zip", {"goods.xml": b"<a/>"})
    deflate64 = bytearray(packed.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        deflate64[deflate64.index(signature) + offset] = 9
    packed.write_bytes(deflate64)
    assert refusal(packed, work_dir).code == "archive_method_unknown"


def test_the_disk_is_full(export: ExportBuilder, tmp_path: Path, work_dir: Path) -> None:
    export.goods(product("p1"))
    packed = export.zipped(tmp_path / "x.zip")

    def fill() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ImportFailed) as caught, opened_export(packed, work_dir, check=fill):
        pass
    assert caught.value.code == "disk_full"
    assert not list(work_dir.iterdir())


def test_the_work_folder_cannot_be_made(export: ExportBuilder, tmp_path: Path) -> None:
    packed = export.zipped(tmp_path / "x.zip")
    (tmp_path / "file").write_text("")
    with pytest.raises(ImportFailed) as caught, opened_export(packed, tmp_path / "file" / "work"):
        pass
    assert caught.value.code == "work_dir_not_writable"


def test_an_archive_that_cannot_be_read(tmp_path: Path, work_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = write_zip(tmp_path / "x.zip", {"goods.xml": b""})

    def refuse(*_args: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(zipfile, "ZipFile", refuse)
    error = refusal(packed, work_dir)
    assert isinstance(error, SourceMissing)
    assert (error.code, error.params["path"]) == ("file_unreadable", str(packed))


@given(st.data())
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_damage_gives_another_kind_of_error(tmp_path: Path, work_dir: Path, data: st.DataObject) -> None:
    packed = write_zip(tmp_path / "x.zip", {"goods/goods.xml": b"<a/>" * 20, "offers.xml": b""})
    content = bytearray(packed.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    packed.write_bytes(content[: data.draw(st.integers(len(content) - 30, len(content)))])
    try:
        with opened_export(packed, work_dir) as folder:
            assert folder.is_relative_to(work_dir)
    except SyncError:
        assert not list(work_dir.iterdir())
