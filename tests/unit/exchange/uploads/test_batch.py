"""What 1C uploads: fragments, limits, archives, and where each file is on its way into the shop."""

from __future__ import annotations

import asyncio
import errno
import io
import os
import stat
import struct
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from freesport_sync.errors import ExchangeRefused, SyncError
from freesport_sync.exchange.uploads import disk
from freesport_sync.exchange.uploads import store as store_module
from freesport_sync.exchange.uploads.archives import unpack_archives
from freesport_sync.exchange.uploads.batch import Sender, UploadBatch, UploadLimits
from freesport_sync.exchange.uploads.fragment import Fragment
from freesport_sync.exchange.uploads.store import UploadStore
from freesport_sync.exchange.uploads.uploaded_file import FileStatus
from freesport_sync.os_support import is_private
from freesport_sync.sources.commerceml import archive
from tests.exchange_client import zipped

LIMITS = UploadLimits(fragment=1_000_000, file=1_000_000, batch=10_000_000, unpacked=10_000_000)
XML = b"<?xml version='1.0'?><a/>"
ZIP = PurePosixPath("v8.zip")
PLAIN_ZIP = zipped({"a.xml": XML})


@pytest.fixture
def batch(tmp_path: Path) -> UploadBatch:
    return UploadBatch(tmp_path / "batch", LIMITS)


def upload(batch: UploadBatch, name: str, *fragments: bytes) -> None:
    for data in fragments:
        with Fragment(batch, PurePosixPath(name), len(data)) as fragment:
            fragment.finish(data)


def waiting(batch: UploadBatch) -> list[str]:
    return [str(file.path) for file in batch.waiting]


def named(batch: UploadBatch, name: str | None) -> list[str]:
    return [str(file.path) for file in batch.named(None if name is None else PurePosixPath(name))]


def mark(batch: UploadBatch, status: FileStatus, *names: str) -> None:
    batch.mark([file for file in batch.files if str(file.path) in names], status)


def store_in(folder: Path) -> UploadStore:
    return UploadStore(folder / "batches", LIMITS, keep_days=1, idle_s=0)


def new_batch(store: UploadStore) -> UploadBatch:
    return asyncio.run(store.new_batch(Sender()))


def content(batch: UploadBatch, name: str) -> bytes:
    return (batch.folder / name).read_bytes()


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def code_of(work: Callable[[], object]) -> str:
    with pytest.raises(SyncError) as caught:
        work()
    return caught.value.code


# --- fragments ---


def test_pieces_of_a_file_are_appended(batch: UploadBatch) -> None:
    upload(batch, "import_files/ab/a.jpg", b"one", b"two")
    upload(batch, "b.xml", XML[:10], XML[10:])
    assert content(batch, "import_files/ab/a.jpg") == b"onetwo"
    assert content(batch, "b.xml") == XML
    assert batch.size_bytes == 6 + len(XML)
    assert waiting(batch) == ["b.xml"]


def test_a_piece_that_breaks_off_is_rolled_back(batch: UploadBatch) -> None:
    upload(batch, "a.zip", b"first")
    broken = Fragment(batch, PurePosixPath("a.zip"), 1000)
    broken.write(b"half of the sec")
    broken.roll_back()
    assert content(batch, "a.zip") == b"first"
    upload(batch, "a.zip", b"second")
    assert content(batch, "a.zip") == b"firstsecond"


def test_a_removed_file_does_not_continue_with_zeros(batch: UploadBatch) -> None:
    upload(batch, "import_files/a.jpg", b"first")
    (batch.folder / "import_files/a.jpg").unlink()
    broken = Fragment(batch, PurePosixPath("import_files/a.jpg"), 6)
    assert code_of(lambda: broken.finish(b"second")) == "exchange_file_missing"
    broken.roll_back()
    assert content(batch, "import_files/a.jpg") == b""
    upload(batch, "import_files/a.jpg", b"third")
    assert content(batch, "import_files/a.jpg") == b"third"


def test_a_first_piece_that_breaks_off_leaves_nothing_to_import(batch: UploadBatch) -> None:
    broken = Fragment(batch, PurePosixPath("a.xml"), None)
    broken.write(XML[:5])
    broken.roll_back()
    assert waiting(batch) == []
    assert code_of(lambda: named(batch, "a.xml")) == "exchange_file_missing"
    upload(batch, "a.xml", XML)
    assert content(batch, "a.xml") == XML


@pytest.mark.parametrize("start", [b"<?xml", b"\xef\xbb\xbf<?xml", b"\n <?xml"])
def test_an_xml_file_that_begins_again_replaces_what_was_there(batch: UploadBatch, start: bytes) -> None:
    """Somebody between 1C and us has sent the request twice."""
    upload(batch, "a.xml", start + b" one", start + b" two")
    assert content(batch, "a.xml") == start + b" two"


JPEG, PNG = b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("name", ["import_files/a.jpg", "import_files/a.png", "import_files/a.webp"])
@pytest.mark.parametrize("start", [JPEG, PNG, b"RIFF1234WEBP", b"GIF89a"])
def test_a_picture_that_is_sent_again_replaces_what_was_there(batch: UploadBatch, name: str, start: bytes) -> None:
    upload(batch, name, start + b"one", b" more")
    assert content(batch, name) == start + b"one more"
    upload(batch, name, start + b"one")
    upload(batch, name, start + b"two", b" more")
    assert content(batch, name) == start + b"two more"


def test_an_archive_that_is_sent_again_is_one(batch: UploadBatch) -> None:
    one, two = zipped({"a.xml": XML}), zipped({"b.xml": XML})
    upload(batch, str(ZIP), one[:40], one[40:])
    upload(batch, str(ZIP), one)
    assert content(batch, str(ZIP)) == one
    upload(batch, str(ZIP), two[:40], two[40:])
    unpack_archives(batch, lambda: None)
    assert files_in(batch.folder) == {"a.xml", "b.xml"}, "a whole one of which nobody has asked for anything"


def test_a_later_piece_of_an_archive_may_look_like_the_first(batch: UploadBatch) -> None:
    data = zipped({"a.xml": XML, "b.xml": XML})
    second = data.index(b"PK\x03\x04", 1)
    upload(batch, str(ZIP), data[:second], data[second:])
    assert content(batch, str(ZIP)) == data


@pytest.mark.parametrize("name", ["import.xml", "v8.zip", "import_files/a.jpg"])
def test_a_piece_in_which_nothing_comes_is_refused(batch: UploadBatch, name: str) -> None:
    empty = Fragment(batch, PurePosixPath(name), 0)
    assert code_of(lambda: empty.finish(b"")) == "exchange_body_missing"
    empty.roll_back()
    assert files_in(batch.folder) == set()


def test_an_archive_without_anything_to_import_is_no_failure(batch: UploadBatch) -> None:
    upload(batch, str(ZIP), zipped({"import_files/a.jpg": JPEG}))
    unpack_archives(batch, lambda: None)
    assert named(batch, "V8.zip") == []
    assert [str(file.path) for file in batch.new_pictures] == ["import_files/a.jpg"]
    assert code_of(lambda: named(batch, "other.zip")) == "exchange_file_missing"


def test_what_came_later_and_is_imported_overtakes_what_came_before(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    first, second, third = new_batch(store), new_batch(store), new_batch(store)
    for batch in (first, second, third):
        upload(batch, "a.xml", XML)
    assert first.arrived_at < second.arrived_at < third.arrived_at
    store.record_import(second)
    assert [store.is_overtaken(one) for one in (first, second, third)] == [True, False, False]
    store.record_import(first)
    later = store_in(tmp_path)
    left = {batch.folder: later.is_overtaken(batch) for batch in later.batches}
    assert (left[first.folder], left[third.folder]) == (True, False), "also for the next server"


@pytest.mark.parametrize(
    ("name", "data", "is_complete"),
    [
        ("a.xml", "<?xml version='1.0'?><КоммерческаяИнформация></КоммерческаяИнформация>\n".encode(), True),
        ("a.xml", "<?xml version='1.0'?><КоммерческаяИнформация>".encode(), False),
        ("a.zip", PLAIN_ZIP, True),
        ("a.zip", PLAIN_ZIP[:-30], False),
    ],
)
def test_whether_all_of_it_has_come(batch: UploadBatch, name: str, data: bytes, is_complete: bool) -> None:
    upload(batch, name, data)
    assert batch.is_complete() is is_complete


def test_whole_files_of_the_same_name_are_all_imported(batch: UploadBatch) -> None:
    """A client that sends every batch before it asks for the first import, without archives."""
    files = [f"<?xml version='1.0'?><КоммерческаяИнформация>{n}</КоммерческаяИнформация>\n" for n in range(3)]
    for file, encoding in zip(files, ("utf-8", "cp1251", "utf-8"), strict=True):
        upload(batch, "import.xml", file.encode(encoding))
    upload(batch, "import.xml", files[2].encode())  # a request that somebody has sent twice
    assert waiting(batch) == ["import.xml", "import_1.xml", "import_2.xml"]
    assert content(batch, "import.xml").decode() == files[2]
    assert content(batch, "import_1.xml").decode() == files[0]


def test_a_fragment_of_an_imported_file_begins_a_new_one_and_the_run_keeps_its_own(
    batch: UploadBatch, tmp_path: Path
) -> None:
    upload(batch, "a.xml", XML)
    mark(batch, FileStatus.IMPORTING, "a.xml")
    os.link(batch.folder / "a.xml", tmp_path / "of the run.xml")
    assert not batch.waiting
    upload(batch, "a.xml", b"<b/>")
    assert content(batch, "a.xml") == b"<b/>"
    assert (tmp_path / "of the run.xml").read_bytes() == XML
    assert waiting(batch) == ["a.xml"]


def test_every_init_gets_a_folder_of_its_own(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    first, second = new_batch(store), new_batch(store)
    upload(first, "a.xml", XML)
    upload(second, "a.xml", b"<b/>")
    assert (content(first, "a.xml"), content(second, "a.xml")) == (XML, b"<b/>")
    second.remove()
    assert content(first, "a.xml") == XML


def test_nobody_else_can_read_what_was_received(tmp_path: Path) -> None:
    batch = new_batch(store_in(tmp_path))
    upload(batch, "import_files/a.jpg", b"x")
    for path in (tmp_path / "batches", batch.folder / "import_files/a.jpg"):
        assert is_private(path)


# --- which files an import means ---


def test_a_file_is_meant_whatever_the_case_of_its_name(batch: UploadBatch) -> None:
    upload(batch, "Import.XML", XML)
    assert named(batch, "import.xml") == ["Import.XML"]


@pytest.mark.parametrize("path", [str(ZIP), None])
def test_an_archive_stands_for_every_file_not_asked_for_yet(batch: UploadBatch, path: str | None) -> None:
    for name in ("import0_1.xml", "offers0_1.xml"):
        upload(batch, name, XML)
    upload(batch, str(ZIP), zipped({"asked.xml": XML, "failed.xml": XML}))
    unpack_archives(batch, lambda: None)
    mark(batch, FileStatus.IMPORTED, "asked.xml")
    mark(batch, FileStatus.FAILED, "failed.xml")
    again = ["failed.xml"] if path else []
    assert named(batch, path) == [*again, "import0_1.xml", "offers0_1.xml"]
    mark(batch, FileStatus.IMPORTED, *named(batch, path))
    assert named(batch, path) == [], "it is all in the shop"


@pytest.mark.parametrize("name", ["missing.xml", "import_files/a.jpg", "Reports/log.zip"])
def test_what_cannot_be_imported(batch: UploadBatch, name: str) -> None:
    upload(batch, "import_files/a.jpg", b"x")
    assert code_of(lambda: named(batch, name)) == "exchange_file_missing"


def test_the_next_server_finds_what_was_not_asked_for(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    left, pictures, asked = new_batch(store), new_batch(store), new_batch(store)
    upload(left, "a.xml", XML)
    upload(pictures, "import_files/a.jpg", b"x")
    upload(asked, "a.xml", XML)
    upload(asked, "b.xml", XML)
    mark(asked, FileStatus.IMPORTING, "a.xml")
    (found,) = store_in(tmp_path).batches
    assert (found.folder, waiting(found)) == (left.folder, ["a.xml"])


def test_what_the_former_version_has_left_on_the_disk_is_understood(tmp_path: Path) -> None:
    folder = tmp_path / "batches"
    for name in ("20261121-120000-000000-aa", "20261121-130000-000000-bb"):
        (folder / name).mkdir(parents=True)
        (folder / name / "import.xml").write_bytes(XML)
    (folder / "20261121-130000-000000-bb.asked").write_text("import.xml\n", "utf-8")
    (folder / "newest").write_text(str(time.time() + 60), "ascii")
    store = store_in(tmp_path)
    (found,) = store.batches
    assert (found.folder.name, waiting(found)) == ("20261121-120000-000000-aa", ["import.xml"])
    assert store.is_overtaken(found)


# --- where a file is ---


def statuses(batch: UploadBatch) -> list[tuple[str, str]]:
    return sorted((str(file.path), file.status.value) for file in batch.exports)


def test_a_file_goes_from_its_first_fragment_into_the_shop(batch: UploadBatch, tmp_path: Path) -> None:
    upload(batch, str(ZIP), zipped({"a.xml": XML, "b.xml": XML}))
    assert statuses(batch) == [("v8.zip", "received")]
    unpack_archives(batch, lambda: None)
    mark(batch, FileStatus.IMPORTING, "a.xml")
    assert statuses(batch) == [("a.xml", "importing"), ("b.xml", "received"), ("v8.zip", "unpacked")]
    batch.imported(dict.fromkeys((file for file in batch.files if file.is_xml), True), tmp_path)
    assert statuses(batch) == [("a.xml", "imported"), ("b.xml", "imported"), ("v8.zip", "unpacked")]


def test_the_outcome_of_an_import_does_not_cover_a_file_that_came_during_it(batch: UploadBatch) -> None:
    upload(batch, "a.xml", XML)
    importing = batch.waiting
    batch.mark(importing, FileStatus.IMPORTING)
    upload(batch, "a.xml", b"<b/>")
    batch.mark(importing, FileStatus.FAILED)
    assert statuses(batch) == [("a.xml", "failed"), ("a.xml", "received")]
    assert waiting(batch) == ["a.xml"]


def test_files_not_asked_for_are_abandoned_with_their_batch(batch: UploadBatch) -> None:
    upload(batch, "a.xml", XML)
    upload(batch, "b.xml", XML)
    mark(batch, FileStatus.IMPORTED, "a.xml")
    batch.remove()
    assert statuses(batch) == [("a.xml", "imported"), ("b.xml", "abandoned")]
    assert (batch.files, batch.size_bytes) == ((), 0)
    assert not batch.folder.exists()
    assert not batch.notes.exists()
    assert code_of(lambda: named(batch, "a.xml")) == "exchange_file_missing"


def test_old_batches_go_and_the_oldest_of_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MAX_UNUSED", 3)
    store = store_in(tmp_path)
    batches = [new_batch(store) for _ in range(7)]
    for batch in batches:
        upload(batch, "a.xml", XML)
        mark(batch, FileStatus.IMPORTING, "a.xml")
    os.utime(batches[5].folder, (0, 0))
    os.utime(batches[1].folder, (0, 0))
    with batches[1].receiving():
        asyncio.run(store.tidy_up())
    kept = [batches[number].folder.name for number in (1, 4, 6)]
    assert {path.name for path in (tmp_path / "batches").iterdir()} == {*kept, *(f"{name}.asked" for name in kept)}


# --- limits ---


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        ({"fragment": 9}, "exchange_fragment_too_large"),
        ({"file": 14}, "exchange_file_too_large"),
        ({"batch": 17}, "exchange_portion_too_large"),
        ({"files": 2}, "exchange_too_many_files"),
    ],
)
@pytest.mark.parametrize("is_announced", [True, False])
def test_limits(tmp_path: Path, limit: dict[str, int], code: str, is_announced: bool) -> None:
    """Three bytes of another file, five of this one, ten more are too many, announced or not."""
    batch = UploadBatch(tmp_path / "batch", replace(LIMITS, **limit))
    upload(batch, "other.xml", b"abc")
    upload(batch, "a.zip", b"12345")
    path = PurePosixPath("third.xml" if "files" in limit else "a.zip")

    def send() -> None:
        incoming = Fragment(batch, path, 10 if is_announced else None)
        try:
            incoming.write(b"123456")
            incoming.finish(b"7890")
        except BaseException:
            incoming.roll_back()
            raise

    assert code_of(send) == code
    assert content(batch, "a.zip") == b"12345"


def test_what_just_fits_is_taken(tmp_path: Path) -> None:
    batch = UploadBatch(tmp_path / "batch", UploadLimits(fragment=10, file=15, batch=18, unpacked=1, files=2))
    upload(batch, "other.xml", b"abc")
    upload(batch, "a.zip", b"12345", b"1234567890")
    assert batch.size_bytes == 18


def test_a_full_disk_is_named_and_the_piece_rolled_back(batch: UploadBatch, monkeypatch: pytest.MonkeyPatch) -> None:
    upload(batch, "a.zip", b"first")
    real = os.write

    def write(file: int, data: Any) -> int:
        if len(data) <= 4:
            raise OSError(errno.ENOSPC, "No space left on device", str(batch.folder))
        return real(file, data[:3])

    monkeypatch.setattr(os, "write", write)
    incoming = Fragment(batch, PurePosixPath("a.zip"), 10)
    assert code_of(lambda: incoming.finish(b"0123456789")) == "exchange_disk_full"
    incoming.roll_back()
    assert content(batch, "a.zip") == b"first"


def test_a_disk_without_room_to_spare_is_full_beforehand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_in(tmp_path)
    batch = new_batch(store)
    upload(batch, "a.zip", zipped({"a.xml": XML}))
    monkeypatch.setattr(disk, "SPARE_BYTES", 2**60)
    with batch.receiving():  # else it would be removed to make room
        assert code_of(lambda: new_batch(store)) == "exchange_disk_full"
    assert code_of(lambda: upload(batch, "b.zip", b"x")) == "exchange_disk_full"
    assert code_of(lambda: unpack_archives(batch, lambda: None)) == "exchange_disk_full"


def test_a_disk_that_breaks_is_named_without_a_path(batch: UploadBatch) -> None:
    upload(batch, "import_files", b"a file where a folder belongs")
    with pytest.raises(ExchangeRefused) as caught:
        upload(batch, "import_files/a.jpg", b"x")
    assert caught.value.code == "exchange_disk_broken"
    assert str(batch.folder) not in str(caught.value)


# --- archives ---


def unpack(batch: UploadBatch, data: bytes) -> set[str]:
    upload(batch, str(ZIP), data)
    unpack_archives(batch, lambda: None)
    assert not (batch.folder / ZIP).exists()
    return files_in(batch.folder)


def test_names_in_cp866_and_with_prefixes_of_linux(batch: UploadBatch) -> None:
    names = {
        "import.xml": "import.xml",
        "webdata/Выгрузка.xml": "Выгрузка.xml",
        "import_files/ab/a.jpg": "import_files/ab/a.jpg",
        "import_files/tmp/webdata/3/4/import_files/cd/b.jpg": "import_files/cd/b.jpg",
        "import_files\\ef\\Мяч.png": "import_files/ef/Мяч.png",
        "goods/import_files/x/c.jpg": "import_files/x/c.jpg",
        "readme.txt": "",
    }
    assert unpack(batch, zipped(dict.fromkeys(names, XML))) == set(names.values()) - {""}
    assert set(waiting(batch)) == {"import.xml", "Выгрузка.xml"}


def test_one_bad_name_of_a_picture_is_left_out_and_nothing_else(batch: UploadBatch) -> None:
    good = {"import.xml": XML, "import_files/ab/a.jpg": XML}
    bad = ("nul.jpg", "a:b.jpg", "a?.png", "a .jpg/b. /c.jpg", f"{'x' * 300}.jpg", "\x01.jpg")
    assert unpack(batch, zipped(good | {f"import_files/ab/{name}": XML for name in bad})) == set(good)


def test_files_of_one_name_in_the_folders_of_an_archive_are_all_imported(batch: UploadBatch) -> None:
    upload(batch, "import.xml", b"<before/>")
    files = {"1/import.xml": b"<one/>", "2/import.xml": b"<two/>", "3/IMPORT.xml": b"<three/>"}
    pictures = {"1/import_files/ab/a.jpg": b"one", "2/import_files/ab/a.jpg": b"two"}
    unpack(batch, zipped(files | pictures))
    assert {content(batch, path) for path in waiting(batch)} == {b"<before/>", *files.values()}
    assert len({path.lower() for path in waiting(batch)}) == 4, "also on Windows"


def test_names_in_utf_8_where_the_archive_says_so(batch: UploadBatch) -> None:
    assert unpack(batch, zipped({"Выгрузка.xml": XML}, "utf-8")) == {"Выгрузка.xml"}


def test_a_file_that_comes_again_in_an_archive_waits_again(batch: UploadBatch) -> None:
    for piece in (XML, b"<b/>"):
        upload(batch, "v8.zip", zipped({"import0_1.xml": piece}))
        unpack_archives(batch, lambda: None)
        assert named(batch, str(ZIP)) == ["import0_1.xml"]
        batch.mark(batch.waiting, FileStatus.IMPORTING)


def test_an_archive_in_pieces_and_a_second_one(batch: UploadBatch) -> None:
    data = zipped({"a.xml": XML})
    upload(batch, str(ZIP), data[:7], data[7:])
    upload(batch, "second.zip", zipped({"b.xml": XML}))
    unpack_archives(batch, lambda: None)
    assert files_in(batch.folder) == {"a.xml", "b.xml"}
    unpack_archives(batch, lambda: None)  # nothing is left to do


def test_archives_with_files_of_the_same_names(batch: UploadBatch) -> None:
    """A client that sends every batch before it asks for the first import."""
    for number in range(3):
        upload(batch, f"v8_{number}.zip", zipped({"import.xml": b"%d" % number, "import_files/a.jpg": b"x"}))
    unpack_archives(batch, lambda: None)
    assert [content(batch, path) for path in waiting(batch)] == [b"2", b"0", b"1"]
    assert batch.size_bytes == 4
    mark(batch, FileStatus.IMPORTING, *named(batch, "import.xml"))
    assert waiting(batch) == ["import_1.xml", "import_2.xml"]


def test_a_log_is_kept_as_it_is(batch: UploadBatch) -> None:
    upload(batch, "Reports/log.zip", b"no archive at all")
    unpack_archives(batch, lambda: None)
    assert files_in(batch.folder) == {"Reports/log.zip"}
    assert waiting(batch) == []


def test_what_an_archive_replaces_is_not_written_through(batch: UploadBatch, tmp_path: Path) -> None:
    upload(batch, "a.xml", XML)
    mark(batch, FileStatus.IMPORTING, "a.xml")
    os.link(batch.folder / "a.xml", tmp_path / "of the run.xml")
    assert unpack(batch, zipped({"a.xml": b"<b/>"})) == {"a.xml"}
    assert waiting(batch) == ["a.xml"], "nobody has asked for the new one"
    assert (tmp_path / "of the run.xml").read_bytes() == XML


def with_attributes(name: str, **attributes: Any) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        entry = zipfile.ZipInfo(name)
        for attribute, value in attributes.items():
            setattr(entry, attribute, value)
        opened.writestr(entry, XML)
    return packed.getvalue()


def patched(data: bytes, offset: int, value: int) -> bytes:
    """Change a field of 16 bits in the local and in the central header of the only entry."""
    raw = bytearray(data)
    central = raw.rindex(b"PK\x01\x02")
    raw[offset : offset + 2] = raw[central + offset + 2 : central + offset + 4] = struct.pack("<H", value)
    return bytes(raw)


BOMB = zipped({"a.xml": b" " * 9_000_000})
PLAIN = with_attributes("a.xml")
PIECES = zipped({f"{number}.xml": XML for number in range(50)})
BAD_ARCHIVES: Mapping[str, tuple[bytes, str]] = {
    "no archive": (b"PK\x03\x04 rubbish", "archive_damaged"),
    "cut off": (PLAIN[:-30], "archive_damaged"),
    "wrong sum": (PLAIN.replace(b"<a/>", b"<b/>"), "archive_damaged"),
    "out of the folder": (zipped({"../a.xml": XML}), "archive_unsafe"),
    "out of the folder, as Windows writes it": (zipped({"..\\..\\a.xml": XML}), "archive_unsafe"),
    "inside of the folder and out again": (
        zipped({"import_files/tmp/../../../import_files/a.jpg": XML}),
        "archive_unsafe",
    ),
    "an unwanted file out of the folder": (zipped({"a.xml": XML, "../../.ssh/keys": XML}), "archive_unsafe"),
    "absolute": (zipped({"/etc/a.xml": XML}), "archive_unsafe"),
    "drive": (zipped({"C:\\a.xml": XML}), "archive_unsafe"),
    "stream": (zipped({"a.xml:b.xml": XML}), "archive_unsafe"),
    "device": (zipped({"nul.xml": XML}), "archive_unsafe"),
    "link": (with_attributes("a.xml", create_system=3, external_attr=(stat.S_IFLNK | 0o777) << 16), "archive_unsafe"),
    "one name twice": (zipped({"a.xml": XML, "A.XML": XML}), "archive_unsafe"),
    "a piece is missing": (PIECES[:200] + PIECES[-200:], "archive_damaged"),
    "a picture out of the folder": (zipped({"a.xml": XML, "import_files/../../a.jpg": XML}), "archive_unsafe"),
    "encrypted": (patched(PLAIN, 6, 1), "archive_encrypted"),
    "Deflate64": (patched(PLAIN, 8, 9), "archive_method_unknown"),
    "unknown method": (patched(PLAIN, 8, 77), "archive_method_unknown"),
    "ratio": (BOMB, "archive_bomb"),
    "too large together": (zipped({f"{n}.xml": b" " * 90_000 for n in range(120)}), "archive_too_large"),
    "too many entries": (zipped({f"{n}.txt": b"" for n in range(200)}), "archive_too_many_entries"),
}


@pytest.mark.parametrize("what", BAD_ARCHIVES)
def test_archives_that_are_refused(
    what: str, batch: UploadBatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, code = BAD_ARCHIVES[what]
    monkeypatch.setattr(archive, "RATIO_FREE_BYTES", 100_000)
    monkeypatch.setattr(archive, "MAX_ENTRIES", 150)
    upload(batch, str(ZIP), data)
    assert code_of(lambda: unpack_archives(batch, lambda: None)) == code
    assert waiting(batch) == [str(ZIP)], "the next attempt is told the same"
    assert files_in(tmp_path) <= {"batch/v8.zip", "batch/a.xml"}


def test_archives_together_may_not_grow_too_large(tmp_path: Path) -> None:
    batch = UploadBatch(tmp_path / "batch", replace(LIMITS, unpacked=100_000))
    for number in range(3):
        upload(batch, f"{number}.zip", zipped({f"{number}.xml": b" " * 40_000}))
    assert code_of(lambda: unpack_archives(batch, lambda: None)) == "archive_too_large"


def test_unpacking_can_be_stopped(batch: UploadBatch) -> None:
    upload(batch, str(ZIP), zipped({"a.xml": XML}))

    def stop() -> None:
        raise ExchangeRefused("exchange_busy")

    assert code_of(lambda: unpack_archives(batch, stop)) == "exchange_busy"


ENTRY = st.lists(
    st.sampled_from(["..", ".", "a", "import_files", "webdata", "Я", "C:", "nul", "x" * 300, "", " ", "\x01"]),
    min_size=1,
    max_size=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(ENTRY, st.sampled_from([".xml", ".jpg", ".XML", ""]), st.sampled_from("/\\")), max_size=4))
def test_no_archive_writes_out_of_its_folder(
    tmp_path_factory: pytest.TempPathFactory, entries: list[tuple[list[str], str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    batch = UploadBatch(folder / "batch", LIMITS)
    names = {separator.join(parts) + suffix: XML for parts, suffix, separator in entries}
    assume(len({name.replace("\\", "/") for name in names}) == len(names))  # Windows packs both with the same name
    upload(batch, str(ZIP), zipped(names))
    try:
        unpack_archives(batch, lambda: None)
    except SyncError as error:
        assert error.code in ("archive_unsafe", "exchange_name_unsafe", "exchange_name_missing")  # noqa: PT017
    found = files_in(folder)
    assert all(name.startswith("batch/") for name in found)
    assert {name.removeprefix("batch/") for name in found} - {str(ZIP)} <= {str(file.path) for file in batch.files}
