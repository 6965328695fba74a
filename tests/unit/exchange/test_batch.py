"""What 1C uploads: pieces, limits, archives."""

from __future__ import annotations

import errno
import io
import os
import stat
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from freesport_sync.errors import ExchangeRefused, SyncError
from freesport_sync.exchange.uploads import fragment as pieces
from freesport_sync.exchange.uploads import store as inbox_module
from freesport_sync.exchange.uploads.batch import UploadBatch, UploadLimits
from freesport_sync.exchange.uploads.store import Inbox
from freesport_sync.sources.commerceml import archive
from tests.exchange_client import zipped

LIMITS = UploadLimits(fragment=1_000_000, file=1_000_000, portion=10_000_000, unpacked=10_000_000)
XML = b"<?xml version='1.0'?><a/>"
ZIP = PurePosixPath("v8.zip")
PLAIN_ZIP = zipped({"a.xml": XML})


@pytest.fixture
def portion(tmp_path: Path) -> UploadBatch:
    return UploadBatch(tmp_path / "portion", LIMITS)


def upload(portion: UploadBatch, name: str, *pieces: bytes) -> None:
    for piece in pieces:
        portion.incoming(PurePosixPath(name), len(piece)).finish(piece)


def content(portion: UploadBatch, name: str) -> bytes:
    return (portion.folder / name).read_bytes()


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def code_of(work: Callable[[], object]) -> str:
    with pytest.raises(SyncError) as caught:
        work()
    return caught.value.code


# --- pieces ---


def test_pieces_of_a_file_are_appended(portion: UploadBatch) -> None:
    upload(portion, "import_files/ab/a.jpg", b"one", b"two")
    upload(portion, "b.xml", XML[:10], XML[10:])
    assert content(portion, "import_files/ab/a.jpg") == b"onetwo"
    assert content(portion, "b.xml") == XML
    assert portion.size_bytes == 6 + len(XML)
    assert portion.waiting == (PurePosixPath("b.xml"),)


def test_a_piece_that_breaks_off_is_rolled_back(portion: UploadBatch) -> None:
    upload(portion, "a.zip", b"first")
    broken = portion.incoming(PurePosixPath("a.zip"), 1000)
    broken.write(b"half of the sec")
    broken.roll_back()
    assert content(portion, "a.zip") == b"first"
    upload(portion, "a.zip", b"second")
    assert content(portion, "a.zip") == b"firstsecond"


def test_a_file_that_somebody_has_removed_does_not_go_on_with_zeros(portion: UploadBatch) -> None:
    upload(portion, "import_files/a.jpg", b"first")
    (portion.folder / "import_files/a.jpg").unlink()
    broken = portion.incoming(PurePosixPath("import_files/a.jpg"), 6)
    assert code_of(lambda: broken.finish(b"second")) == "exchange_file_missing"
    broken.roll_back()
    assert content(portion, "import_files/a.jpg") == b""
    upload(portion, "import_files/a.jpg", b"third")
    assert content(portion, "import_files/a.jpg") == b"third"


def test_a_first_piece_that_breaks_off_leaves_nothing_to_import(portion: UploadBatch) -> None:
    broken = portion.incoming(PurePosixPath("a.xml"), None)
    broken.write(XML[:5])
    broken.roll_back()
    assert portion.waiting == ()
    assert code_of(lambda: portion.named(PurePosixPath("a.xml"))) == "exchange_file_missing"
    upload(portion, "a.xml", XML)
    assert content(portion, "a.xml") == XML


@pytest.mark.parametrize("start", [b"<?xml", b"\xef\xbb\xbf<?xml", b"\n <?xml"])
def test_an_xml_file_that_begins_again_replaces_what_was_there(portion: UploadBatch, start: bytes) -> None:
    """Somebody between 1C and us has sent the request twice."""
    upload(portion, "a.xml", start + b" one", start + b" two")
    assert content(portion, "a.xml") == start + b" two"


JPEG, PNG = b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("name", ["import_files/a.jpg", "import_files/a.png", "import_files/a.webp"])
@pytest.mark.parametrize("start", [JPEG, PNG, b"RIFF1234WEBP", b"GIF89a"])
def test_a_picture_that_is_sent_again_replaces_what_was_there(portion: UploadBatch, name: str, start: bytes) -> None:
    upload(portion, name, start + b"one", b" more")
    assert content(portion, name) == start + b"one more"
    upload(portion, name, start + b"one")
    upload(portion, name, start + b"two", b" more")
    assert content(portion, name) == start + b"two more"


def test_an_archive_that_is_sent_again_is_one(portion: UploadBatch) -> None:
    one, two = zipped({"a.xml": XML}), zipped({"b.xml": XML})
    upload(portion, str(ZIP), one[:40], one[40:])
    upload(portion, str(ZIP), one)
    assert content(portion, str(ZIP)) == one
    upload(portion, str(ZIP), two[:40], two[40:])
    portion.unpacked(lambda: None)
    assert files_in(portion.folder) == {"a.xml", "b.xml"}, "a whole one of which nobody has asked for anything"


def test_a_later_piece_of_an_archive_may_look_like_the_first(portion: UploadBatch) -> None:
    data = zipped({"a.xml": XML, "b.xml": XML})
    second = data.index(b"PK\x03\x04", 1)
    upload(portion, str(ZIP), data[:second], data[second:])
    assert content(portion, str(ZIP)) == data


@pytest.mark.parametrize("name", ["import.xml", "v8.zip", "import_files/a.jpg"])
def test_a_piece_in_which_nothing_comes_is_refused(portion: UploadBatch, name: str) -> None:
    empty = portion.incoming(PurePosixPath(name), 0)
    assert code_of(lambda: empty.finish(b"")) == "exchange_body_missing"
    empty.roll_back()
    assert files_in(portion.folder) == set()


def test_an_archive_without_anything_to_import_is_no_failure(portion: UploadBatch) -> None:
    upload(portion, str(ZIP), zipped({"import_files/a.jpg": JPEG}))
    portion.unpacked(lambda: None)
    assert portion.named(PurePosixPath("V8.zip")) == ()
    assert portion.has_new_pictures
    assert code_of(lambda: portion.named(PurePosixPath("other.zip"))) == "exchange_file_missing"


def test_what_came_later_and_is_imported_overtakes_what_came_before(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "portions", LIMITS)
    first, second, third = inbox.new_portion(), inbox.new_portion(), inbox.new_portion()
    for portion in (first, second, third):
        upload(portion, "a.xml", XML)
    assert first.arrived_at < second.arrived_at < third.arrived_at
    second.imported(second.waiting)
    assert [one.is_overtaken for one in (first, second, third)] == [True, False, False]
    first.imported(first.waiting)
    left = {portion.folder: portion.is_overtaken for portion in Inbox(tmp_path / "portions", LIMITS).left_over()}
    assert (left[first.folder], left[third.folder]) == (True, False), "also for the next server"


@pytest.mark.parametrize(
    ("name", "data", "is_whole"),
    [
        ("a.xml", "<?xml version='1.0'?><КоммерческаяИнформация></КоммерческаяИнформация>\n".encode(), True),
        ("a.xml", "<?xml version='1.0'?><КоммерческаяИнформация>".encode(), False),
        ("a.zip", PLAIN_ZIP, True),
        ("a.zip", PLAIN_ZIP[:-30], False),
    ],
)
def test_whether_all_of_it_has_come(portion: UploadBatch, name: str, data: bytes, is_whole: bool) -> None:
    upload(portion, name, data)
    assert portion.is_whole() is is_whole


def test_whole_files_of_the_same_name_are_all_imported(portion: UploadBatch) -> None:
    """A client that sends every portion before it asks for the first import, without archives."""
    files = [f"<?xml version='1.0'?><КоммерческаяИнформация>{n}</КоммерческаяИнформация>\n" for n in range(3)]
    for file, encoding in zip(files, ("utf-8", "cp1251", "utf-8"), strict=True):
        upload(portion, "import.xml", file.encode(encoding))
    upload(portion, "import.xml", files[2].encode())  # a request that somebody has sent twice
    assert [path.name for path in portion.waiting] == ["import.xml", "import_1.xml", "import_2.xml"]
    assert content(portion, "import.xml").decode() == files[2]
    assert content(portion, "import_1.xml").decode() == files[0]


def test_a_file_that_was_imported_begins_anew_and_the_run_keeps_its_own(portion: UploadBatch, tmp_path: Path) -> None:
    upload(portion, "a.xml", XML)
    portion.ask_for([PurePosixPath("a.xml")])
    os.link(portion.folder / "a.xml", tmp_path / "of the run.xml")
    assert not portion.waiting
    upload(portion, "a.xml", b"<b/>")
    assert content(portion, "a.xml") == b"<b/>"
    assert (tmp_path / "of the run.xml").read_bytes() == XML
    assert portion.waiting == (PurePosixPath("a.xml"),)


def test_every_init_gets_a_folder_of_its_own(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "portions", LIMITS)
    first, second = inbox.new_portion(), inbox.new_portion()
    upload(first, "a.xml", XML)
    upload(second, "a.xml", b"<b/>")
    assert (content(first, "a.xml"), content(second, "a.xml")) == (XML, b"<b/>")
    second.remove()
    assert content(first, "a.xml") == XML


def test_nobody_else_can_read_what_was_received(tmp_path: Path) -> None:
    portion = Inbox(tmp_path / "portions", LIMITS).new_portion()
    upload(portion, "import_files/a.jpg", b"x")
    for path in (tmp_path / "portions", portion.folder / "import_files/a.jpg"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


# --- which files an import means ---


def test_a_file_is_meant_whatever_the_case_of_its_name(portion: UploadBatch) -> None:
    upload(portion, "Import.XML", XML)
    assert portion.named(PurePosixPath("import.xml")) == (PurePosixPath("Import.XML"),)


@pytest.mark.parametrize("path", [ZIP, None])
def test_an_archive_means_all_that_nobody_has_asked_for(portion: UploadBatch, path: PurePosixPath | None) -> None:
    for name in ("import0_1.xml", "offers0_1.xml"):
        upload(portion, name, XML)
    upload(portion, str(ZIP), zipped({"asked.xml": XML, "failed.xml": XML}))
    portion.unpacked(lambda: None)
    portion.ask_for(map(PurePosixPath, ("asked.xml", "failed.xml")))
    portion.imported([PurePosixPath("asked.xml")])
    found = portion.named(path)
    again = ["failed.xml"] if path else []
    assert [str(one) for one in found] == [*again, "import0_1.xml", "offers0_1.xml"]
    portion.ask_for(found)
    portion.imported(found)
    assert portion.named(path) == (), "it is all in the shop"


@pytest.mark.parametrize("name", ["missing.xml", "import_files/a.jpg", "Reports/log.zip"])
def test_what_cannot_be_imported(portion: UploadBatch, name: str) -> None:
    upload(portion, "import_files/a.jpg", b"x")
    assert code_of(lambda: portion.named(PurePosixPath(name))) == "exchange_file_missing"


def test_the_next_server_finds_what_nobody_has_asked_for(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "portions", LIMITS)
    left, pictures, asked = inbox.new_portion(), inbox.new_portion(), inbox.new_portion()
    upload(left, "a.xml", XML)
    upload(pictures, "import_files/a.jpg", b"x")
    upload(asked, "a.xml", XML)
    upload(asked, "b.xml", XML)
    asked.ask_for([PurePosixPath("a.xml")])
    (found,) = Inbox(tmp_path / "portions", LIMITS).left_over()
    assert (found.folder, found.waiting) == (left.folder, (PurePosixPath("a.xml"),))


def test_old_portions_go_and_the_oldest_of_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "MAX_UNUSED", 3)
    inbox = Inbox(tmp_path / "portions", LIMITS)
    portions = [inbox.new_portion() for _ in range(7)]
    for portion in portions:
        upload(portion, "a.xml", XML)
        portion.ask_for([PurePosixPath("a.xml")])
    os.utime(portions[5].folder, (0, 0))
    os.utime(portions[1].folder, (0, 0))
    for folder in inbox.superfluous(1, in_use={portions[1].folder}):
        inbox.remove(folder)
    kept = [portions[number].folder.name for number in (1, 4, 6)]
    assert {path.name for path in (tmp_path / "portions").iterdir()} == {*kept, *(f"{name}.asked" for name in kept)}


# --- limits ---


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        ({"fragment": 9}, "exchange_fragment_too_large"),
        ({"file": 14}, "exchange_file_too_large"),
        ({"portion": 17}, "exchange_portion_too_large"),
        ({"files": 2}, "exchange_too_many_files"),
    ],
)
@pytest.mark.parametrize("is_announced", [True, False])
def test_limits(tmp_path: Path, limit: dict[str, int], code: str, is_announced: bool) -> None:
    """Three bytes of another file, five of this one, ten more are too many, announced or not."""
    portion = UploadBatch(tmp_path / "portion", replace(LIMITS, **limit))
    upload(portion, "other.xml", b"abc")
    upload(portion, "a.zip", b"12345")
    path = PurePosixPath("third.xml" if "files" in limit else "a.zip")

    def send() -> None:
        incoming = portion.incoming(path, 10 if is_announced else None)
        try:
            incoming.write(b"123456")
            incoming.finish(b"7890")
        except BaseException:
            incoming.roll_back()
            raise

    assert code_of(send) == code
    assert content(portion, "a.zip") == b"12345"


def test_what_just_fits_is_taken(tmp_path: Path) -> None:
    portion = UploadBatch(tmp_path / "portion", UploadLimits(fragment=10, file=15, portion=18, unpacked=1, files=2))
    upload(portion, "other.xml", b"abc")
    upload(portion, "a.zip", b"12345", b"1234567890")
    assert portion.size_bytes == 18


def test_a_full_disk_is_named_and_the_piece_rolled_back(portion: UploadBatch, monkeypatch: pytest.MonkeyPatch) -> None:
    upload(portion, "a.zip", b"first")
    real = os.write

    def write(file: int, data: Any) -> int:
        if len(data) <= 4:
            raise OSError(errno.ENOSPC, "No space left on device", str(portion.folder))
        return real(file, data[:3])

    monkeypatch.setattr(os, "write", write)
    incoming = portion.incoming(PurePosixPath("a.zip"), 10)
    assert code_of(lambda: incoming.finish(b"0123456789")) == "exchange_disk_full"
    incoming.roll_back()
    assert content(portion, "a.zip") == b"first"


def test_a_disk_without_room_to_spare_is_full_beforehand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = Inbox(tmp_path / "portions", LIMITS)
    portion = inbox.new_portion()
    upload(portion, "a.zip", zipped({"a.xml": XML}))
    monkeypatch.setattr(pieces, "SPARE_BYTES", 2**60)
    assert code_of(inbox.new_portion) == "exchange_disk_full"
    assert code_of(lambda: upload(portion, "b.zip", b"x")) == "exchange_disk_full"
    assert code_of(lambda: portion.unpacked(lambda: None)) == "exchange_disk_full"


def test_a_disk_that_breaks_is_named_without_a_path(portion: UploadBatch) -> None:
    upload(portion, "import_files", b"a file where a folder belongs")
    with pytest.raises(ExchangeRefused) as caught:
        upload(portion, "import_files/a.jpg", b"x")
    assert caught.value.code == "exchange_disk_broken"
    assert str(portion.folder) not in str(caught.value)


# --- archives ---


def unpack(portion: UploadBatch, data: bytes) -> set[str]:
    upload(portion, str(ZIP), data)
    portion.unpacked(lambda: None)
    assert not (portion.folder / ZIP).exists()
    return files_in(portion.folder)


def test_names_in_cp866_and_with_prefixes_of_linux(portion: UploadBatch) -> None:
    names = {
        "import.xml": "import.xml",
        "webdata/Выгрузка.xml": "Выгрузка.xml",
        "import_files/ab/a.jpg": "import_files/ab/a.jpg",
        "import_files/tmp/webdata/3/4/import_files/cd/b.jpg": "import_files/cd/b.jpg",
        "import_files\\ef\\Мяч.png": "import_files/ef/Мяч.png",
        "goods/import_files/x/c.jpg": "import_files/x/c.jpg",
        "readme.txt": "",
    }
    assert unpack(portion, zipped(dict.fromkeys(names, XML))) == set(names.values()) - {""}
    assert set(map(str, portion.waiting)) == {"import.xml", "Выгрузка.xml"}


def test_one_bad_name_of_a_picture_is_left_out_and_nothing_else(portion: UploadBatch) -> None:
    good = {"import.xml": XML, "import_files/ab/a.jpg": XML}
    bad = ("nul.jpg", "a:b.jpg", "a?.png", "a .jpg/b. /c.jpg", f"{'x' * 300}.jpg", "\x01.jpg")
    assert unpack(portion, zipped(good | {f"import_files/ab/{name}": XML for name in bad})) == set(good)


def test_files_of_one_name_in_the_folders_of_an_archive_are_all_imported(portion: UploadBatch) -> None:
    upload(portion, "import.xml", b"<before/>")
    files = {"1/import.xml": b"<one/>", "2/import.xml": b"<two/>", "3/IMPORT.xml": b"<three/>"}
    pictures = {"1/import_files/ab/a.jpg": b"one", "2/import_files/ab/a.jpg": b"two"}
    unpack(portion, zipped(files | pictures))
    assert {content(portion, str(path)) for path in portion.waiting} == {b"<before/>", *files.values()}
    assert len({str(path).lower() for path in portion.waiting}) == 4, "also on Windows"


def test_names_in_utf_8_where_the_archive_says_so(portion: UploadBatch) -> None:
    assert unpack(portion, zipped({"Выгрузка.xml": XML}, "utf-8")) == {"Выгрузка.xml"}


def test_a_file_that_comes_again_in_an_archive_waits_again(portion: UploadBatch) -> None:
    for piece in (XML, b"<b/>"):
        upload(portion, "v8.zip", zipped({"import0_1.xml": piece}))
        portion.unpacked(lambda: None)
        assert portion.named(ZIP) == (PurePosixPath("import0_1.xml"),)
        portion.ask_for(portion.waiting)


def test_an_archive_in_pieces_and_a_second_one(portion: UploadBatch) -> None:
    data = zipped({"a.xml": XML})
    upload(portion, str(ZIP), data[:7], data[7:])
    upload(portion, "second.zip", zipped({"b.xml": XML}))
    portion.unpacked(lambda: None)
    assert files_in(portion.folder) == {"a.xml", "b.xml"}
    portion.unpacked(lambda: None)  # nothing is left to do


def test_archives_with_files_of_the_same_names(portion: UploadBatch) -> None:
    """A client that sends every portion before it asks for the first import."""
    for number in range(3):
        upload(portion, f"v8_{number}.zip", zipped({"import.xml": b"%d" % number, "import_files/a.jpg": b"x"}))
    portion.unpacked(lambda: None)
    assert [content(portion, str(path)) for path in portion.waiting] == [b"2", b"0", b"1"]
    assert portion.size_bytes == 4
    portion.ask_for(portion.named(PurePosixPath("import.xml")))
    assert [str(path) for path in portion.waiting] == ["import_1.xml", "import_2.xml"]


def test_a_log_is_kept_as_it_is(portion: UploadBatch) -> None:
    upload(portion, "Reports/log.zip", b"no archive at all")
    portion.unpacked(lambda: None)
    assert files_in(portion.folder) == {"Reports/log.zip"}
    assert portion.waiting == ()


def test_what_an_archive_replaces_is_not_written_through(portion: UploadBatch, tmp_path: Path) -> None:
    upload(portion, "a.xml", XML)
    portion.ask_for([PurePosixPath("a.xml")])
    os.link(portion.folder / "a.xml", tmp_path / "of the run.xml")
    assert unpack(portion, zipped({"a.xml": b"<b/>"})) == {"a.xml"}
    assert portion.waiting == (PurePosixPath("a.xml"),), "nobody has asked for the new one"
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
    what: str, portion: UploadBatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, code = BAD_ARCHIVES[what]
    monkeypatch.setattr(archive, "RATIO_FREE_BYTES", 100_000)
    monkeypatch.setattr(archive, "MAX_ENTRIES", 150)
    upload(portion, str(ZIP), data)
    assert code_of(lambda: portion.unpacked(lambda: None)) == code
    assert portion.waiting == (ZIP,), "the next attempt is told the same"
    assert files_in(tmp_path) <= {"portion/v8.zip", "portion/a.xml"}


def test_archives_together_may_not_grow_too_large(tmp_path: Path) -> None:
    portion = UploadBatch(tmp_path / "portion", replace(LIMITS, unpacked=100_000))
    for number in range(3):
        upload(portion, f"{number}.zip", zipped({f"{number}.xml": b" " * 40_000}))
    assert code_of(lambda: portion.unpacked(lambda: None)) == "archive_too_large"


def test_unpacking_can_be_stopped(portion: UploadBatch) -> None:
    upload(portion, str(ZIP), zipped({"a.xml": XML}))

    def stop() -> None:
        raise ExchangeRefused("exchange_busy")

    assert code_of(lambda: portion.unpacked(stop)) == "exchange_busy"


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
    portion = UploadBatch(folder / "portion", LIMITS)
    names = {separator.join(parts) + suffix: XML for parts, suffix, separator in entries}
    upload(portion, str(ZIP), zipped(names))
    try:
        portion.unpacked(lambda: None)
    except SyncError as error:
        assert error.code in ("archive_unsafe", "exchange_name_unsafe", "exchange_name_missing")  # noqa: PT017
    found = files_in(folder)
    assert all(name.startswith("portion/") for name in found)
    assert {name.removeprefix("portion/") for name in found} - {str(ZIP)} <= set(map(str, portion._sizes))
