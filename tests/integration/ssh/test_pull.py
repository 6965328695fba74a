"""Files of the server come here: all of them, whole, and only when they are new or changed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from freesport_sync.core.events import Progress
from freesport_sync.core.shop import Stage
from freesport_sync.errors import (
    ConfigError,
    ConnectionFailed,
    ImportFailed,
    LockHeld,
)
from freesport_sync.sources.commerceml.export import FileKind
from freesport_sync.sources.ssh import download
from tests.integration.ssh.conftest import Client
from tests.platforms import posix_only
from tests.ssh_server import SftpServer, asyncssh_server

BIG = bytes(range(256)) * 20_000
"""5 MB: several blocks, and more than what is on its way at once."""


def test_files_come_whole_with_their_time_and_only_once(client: Client) -> None:
    files = {
        "goods/goods_1_1.xml": BIG,
        "goods/import_files/01/мяч с пробелом.jpg": b"jpg",
        "rests.xml": b"",
        "deep/er/still/prices.xml": b"prices",
        "a/b/c/d/offers.xml": b"offers",
        "export.zip": b"zip",
    }
    for path, content in files.items():
        client.put(path, content)
    client.put("goods/readme.txt")
    client.put("goods/import_files/01/goods.xml")
    pulled = client.pull()
    assert client.here == files
    assert {file.path for file in pulled.files} == files.keys()
    assert {int(file.stat().st_mtime) for file in client.received.newest.rglob("*.*")} == {1_700_000_000}
    assert (client.pulled.fetched, client.pulled.unchanged, client.pulled.left_out) == (6, 0, ())
    assert client.pulled.fetched_bytes == sum(map(len, files.values()))

    client.put("rests.xml", b"new")
    client.put("deep/er/still/prices.xml", b"PRICES", mtime=1_700_000_001)
    (client.remote / "export.zip").unlink()
    client.pull()
    del files["export.zip"]
    assert client.here == files | {"rests.xml": b"new", "deep/er/still/prices.xml": b"PRICES"}
    assert (client.pulled.fetched, client.pulled.unchanged) == (2, 3)


def test_the_whole_tree_of_1c_is_fetched_and_omissions_are_reported(asyncssh_client: Client) -> None:
    client = asyncssh_client
    tree = ["import___1.xml", "goods/1/import___2.xml", "goods/1/rests___3.xml", "goods/1/import_files/ab/x.jpg"]
    for path in tree:
        client.put(f"webdata/000000001/{path}")
    client.put("1/2/3/4/5/6/7/8/9/prices.xml")
    client.put("old/webdata.zip")
    client.put("note.xml")
    pulled = client.pull()
    assert client.here.keys() == {f"webdata/000000001/{path}" for path in tree}
    left_out = {"1/2/3/4/5/6/7/8/9": "too_deep", "old/webdata.zip": "archive_inside", "note.xml": "unknown_name"}
    assert dict(pulled.left_out) == left_out
    assert {issue.file: issue.params["skipped"] for issue in pulled.issues} == left_out


def test_only_the_kinds_that_are_asked_for(asyncssh_client: Client) -> None:
    client = asyncssh_client
    for path in ("rests/rests_1.xml", "goods/goods.xml", "orders.xml", "note.xml", "goods/import_files/1.jpg"):
        client.put(path)
    client.with_pictures = False
    pulled = client.pull(FileKind.RESTS)
    assert client.here.keys() == {"rests/rests_1.xml"}
    assert pulled.left_out == (
        ("goods/goods.xml", "not_in_this_run"),
        ("note.xml", "unknown_name"),
        ("orders.xml", "kind_not_imported"),
    )
    client.put("offers.xml")
    (client.remote / "rests/rests_1.xml").unlink()  # 2.x: stocks stand among the offers
    client.pull(FileKind.RESTS)
    assert client.here.keys() == {"offers.xml"}


def test_a_file_that_1c_may_still_write_is_left_for_the_next_time(client: Client) -> None:
    client.put("prices.xml", b"old")
    client.pull()
    client.quiet_s = 3600
    client.put("prices.xml", b"half of the new", mtime=int(time.time()) - 5)
    client.put("rests.xml", b"rests")
    pulled = client.pull()
    assert [file.path for file in pulled.files] == ["rests.xml"]
    assert client.pulled.unfinished == (("prices.xml", "not_quiet"),)
    assert [(issue.code, issue.file) for issue in pulled.issues] == [("pull_not_quiet", "prices.xml")]
    client.quiet_s = 0
    client.pull()
    assert client.here == {"prices.xml": b"half of the new", "rests.xml": b"rests"}


@posix_only("neither such names nor links nor pipes")
def test_odd_names_are_left_out_and_reported(client: Client) -> None:
    root = client.remote
    client.put("Goods.xml", b"1")
    client.put("goods.xml", b"2")
    client.put("prices_1:2.xml")
    client.put("offers_\n.xml")
    client.put("con/prices.xml")
    client.put(f"prices_{'1' * 200}.xml")
    Path(os.fsdecode(os.fsencode(root) + b"/offers_\xec\xff\xf7.xml")).write_bytes(b"cp1251")
    outside = client.put("../secret.xml")
    (root / "rests.xml").symlink_to("goods.xml")
    (root / "units.xml").symlink_to(outside)
    (root / "storages.xml").symlink_to("nowhere")
    (root / "folder").symlink_to("..")
    os.mkfifo(root / "offers.xml")
    pulled = client.pull()
    assert client.here == {"Goods.xml": b"1", "rests.xml": b"2"}
    assert dict(pulled.left_out) == {
        "goods.xml": "same_name_twice",
        "prices_1:2.xml": "name",
        "offers_\n.xml": "unknown_name",
        "con/prices.xml": "name",
        f"prices_{'1' * 200}.xml": "name",
        "offers_\udcec\udcff\udcf7.xml": "name",
        "units.xml": "symlink_outside",
        "storages.xml": "symlink_broken",
        "offers.xml": "not_a_file",
    }


def _truncate(file: Path) -> None:
    os.truncate(file, 1000)


def _append(file: Path) -> None:
    with file.open("ab") as opened:
        opened.write(b"more")


def _touch(file: Path) -> None:
    os.utime(file, (1, 1))


class Restless(SftpServer):
    """Something happens to `goods.xml` just before it is opened, or while it is read."""

    act: Callable[[Path], object]
    at = ""

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
        self._happen("open", path)
        return super().open(path, pflags, attrs)

    def read(self, file_obj: Any, offset: int, size: int) -> Any:
        self._happen("read", os.fsencode(file_obj.name))
        return super().read(file_obj, offset, size)

    def _happen(self, at: str, path: bytes) -> None:
        if at == type(self).at and path.endswith(b"goods.xml"):
            type(self).act(Path(os.fsdecode(path)))


def _forbid(file: Path) -> None:
    raise asyncssh.SFTPPermissionDenied("no")


@pytest.mark.parametrize(
    ("at", "act", "reason"),
    [
        ("open", Path.unlink, "vanished"),
        ("open", _forbid, "unreadable"),
        ("read", _forbid, "unreadable"),
        ("open", _truncate, "changing"),
        ("read", _truncate, "changing"),
        ("read", _append, "changing"),
        ("read", _touch, "changing"),
    ],
)
def test_a_file_that_changes_during_the_pull_is_left_for_the_next_one(
    at: str, act: Callable[[Path], object], reason: str, tmp_path: Path
) -> None:
    restless = type("Restless", (Restless,), {"at": at, "act": staticmethod(act)})
    with asyncssh_server(tmp_path / "keys", sftp=restless) as server:
        client = Client(server, tmp_path)
        client.put("goods.xml", BIG)
        client.put("prices.xml", b"prices")
        pulled = client.pull()
    assert client.here == {"prices.xml": b"prices"}
    assert pulled.unfinished == (("goods.xml", reason),)


def test_a_server_that_sends_more_than_it_was_asked_for(tmp_path: Path) -> None:
    class Generous(SftpServer):
        def read(self, file_obj: Any, offset: int, size: int) -> Any:
            return b"x" * (size + 1)

    with asyncssh_server(tmp_path / "keys", sftp=Generous) as server:
        client = Client(server, tmp_path)
        client.put("goods.xml", BIG)
        with pytest.raises(ConnectionFailed, match="sftp_broken"):
            client.pull()
    assert client.here == {}


def test_a_server_whose_answers_are_short(tmp_path: Path) -> None:
    class Stingy(SftpServer):
        def read(self, file_obj: Any, offset: int, size: int) -> Any:
            return super().read(file_obj, offset, min(size, 40_000))

    with asyncssh_server(tmp_path / "keys", sftp=Stingy) as server:
        client = Client(server, tmp_path)
        client.put("goods.xml", BIG)
        client.pull()
    assert client.here == {"goods.xml": BIG}


def test_an_account_that_runs_no_commands_is_enough(tmp_path: Path) -> None:
    with asyncssh_server(tmp_path / "keys", runs_commands=False) as server:
        client = Client(server, tmp_path)
        client.put("goods.xml", BIG)
        client.pull()
    assert client.here == {"goods.xml": BIG}


def test_progress_is_reported_in_bytes(asyncssh_client: Client) -> None:
    asyncssh_client.put("goods.xml", BIG)
    asyncssh_client.pull()
    steps = [event for event in asyncssh_client.events if isinstance(event, Progress)]
    assert {step.stage for step in steps} == {Stage.PULL}
    assert (steps[-1].done, steps[-1].total) == (len(BIG), len(BIG))
    assert [step.done for step in steps] == sorted(step.done for step in steps)


def test_two_pulls_into_one_folder_exclude_each_other(asyncssh_client: Client) -> None:
    with asyncssh_client.received.locked(), pytest.raises(LockHeld, match="pull_busy"):
        asyncssh_client.pull()


def test_a_full_disk_is_reported_before_anything_is_fetched(
    asyncssh_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "SPARE_BYTES", 10**18)
    asyncssh_client.put("goods.xml", BIG)
    with pytest.raises(ImportFailed, match="pull_disk_full"):
        asyncssh_client.pull()
    assert asyncssh_client.here == {}


def test_a_folder_that_is_not_there(client: Client) -> None:
    client.remote.rmdir()
    with pytest.raises(ConfigError, match="remote_folder_missing"):
        client.pull()
