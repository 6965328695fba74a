"""Pictures go to the server: all of them, whole, never over what is there."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from freesport_sync.errors import ConfigError, ConnectionLost
from freesport_sync.rules.catalog.pictures import NotDeliverable, PictureProblem
from freesport_sync.sources.ssh.upload import Upload
from freesport_sync.tasks.shop_import.remote_media import RemoteMedia
from tests.integration.ssh.conftest import Client
from tests.integration.ssh.test_breaks import Cuts, redirected, through
from tests.proxy import Link
from tests.ssh_server import SftpServer, asyncssh_server

PICTURES = {f"products/base/{n % 3}/x{n}.jpg": random.Random(n).randbytes(60_000 * n) for n in range(12)}


def sources(folder: Path) -> dict[str, Path]:
    """Path on the server -> file here."""
    folder.mkdir()
    for path, content in PICTURES.items():
        (folder / Path(path).name).write_bytes(content)
    return {path: folder / Path(path).name for path in PICTURES}


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_pictures_are_uploaded_once(client: Client, tmp_path: Path) -> None:
    files = sources(tmp_path / "export")
    files["products/base/0/gone.jpg"] = tmp_path / "gone.jpg"
    litter = client.put("products/base/0/.freesport_sync-1-1.part")
    done: list[bool] = []
    with client.opened() as server:
        media = RemoteMedia(server, str(client.remote))
        assert [media.size(path) for path in files] == [None] * len(files)
        failed = media.deliver_all(files, lambda: done.append(True))
        again = RemoteMedia(server, str(client.remote))
        for seen in (media, again):
            assert [seen.size(path) for path in PICTURES] == [len(content) for content in PICTURES.values()]
    assert {path: trouble.problem for path, trouble in failed.items()} == {
        "products/base/0/gone.jpg": PictureProblem.UNREADABLE
    }
    assert files_of(client.remote) == PICTURES
    assert not litter.exists()
    assert len(done) == len(files)


def test_a_dry_run_uploads_nothing(client: Client, tmp_path: Path) -> None:
    files = sources(tmp_path / "export")
    with client.opened() as server:
        media = RemoteMedia(server, str(client.remote), is_dry_run=True)
        assert media.deliver_all(files, lambda: None) == {}
        assert media.size("products/base/1/x1.jpg") == 60_000
    assert list(client.remote.iterdir()) == []


def test_what_is_there_is_never_replaced(client: Client, tmp_path: Path) -> None:
    files = sources(tmp_path / "export")
    with client.opened() as server:
        media = RemoteMedia(server, str(client.remote))
        assert media.size("products/base/1/x1.jpg") is None
        client.put("products/base/1/x1.jpg", b"of somebody who was faster")
        assert media.deliver_all(files, lambda: None) == {}
    assert files_of(client.remote) == PICTURES | {"products/base/1/x1.jpg": b"of somebody who was faster"}


def test_a_connection_that_is_cut_all_the_time(client: Client, tmp_path: Path) -> None:
    files = sources(tmp_path / "export")
    sent: dict[Link, int] = {}
    cut: list[int] = []

    def cutting(data: bytes, link: Link) -> bytes:
        sent[link] = sent.get(link, 0) + len(data)
        if sent[link] > 700_000 and len(cut) < 6:
            cut.append(sent[link])
            link.cut()
            return b""
        return data

    with through(client.server, to_server=cutting) as proxy:
        redirected(client, proxy)
        with client.opened() as server:
            server.connect()
            failed = Upload(server, str(client.remote), lambda: None, (0.0,) * 10).run(files)
    assert len(cut) == 6
    assert failed == {}
    here = files_of(client.remote)
    assert {path: here[path] for path in PICTURES} == PICTURES


class NoRoom(SftpServer):
    """A disk that is full for one of the pictures, and a read-only folder."""

    def write(self, file_obj: object, offset: int, data: bytes) -> Any:
        if offset > 500_000:
            raise asyncssh.SFTPFailure("no space left")
        return super().write(file_obj, offset, data)

    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> Any:
        if path.endswith(b"/1"):
            raise asyncssh.SFTPPermissionDenied("not you")
        return super().mkdir(path, attrs)


def test_a_picture_that_the_host_refuses_is_reported_and_the_others_go_on(tmp_path: Path) -> None:
    files = sources(tmp_path / "export")
    with asyncssh_server(tmp_path / "keys", sftp=NoRoom) as ssh, Client(ssh, tmp_path).opened() as server:
        root = tmp_path / "на сервере"
        failed = RemoteMedia(server, str(root)).deliver_all(files, lambda: None)
    taken = {path: content for path, content in PICTURES.items() if "/1/" not in path and len(content) < 520_000}
    assert failed.keys() == PICTURES.keys() - taken.keys()
    assert {trouble.problem for trouble in failed.values()} == {PictureProblem.NOT_COPIED}
    assert "no space left" in failed["products/base/2/x11.jpg"].params["reason"]
    assert isinstance(failed["products/base/1/x1.jpg"], NotDeliverable)
    assert files_of(root) == taken


@pytest.mark.parametrize("is_dry_run", [False, True])
def test_a_root_that_is_not_there(client: Client, is_dry_run: bool) -> None:
    with client.opened() as server, pytest.raises(ConfigError, match="server_media_unusable"):
        RemoteMedia(server, f"{client.remote}/none", is_dry_run)
    client.put("file")
    with client.opened() as server, pytest.raises(ConfigError, match="server_media_unusable"):
        RemoteMedia(server, f"{client.remote}/file", is_dry_run)


def test_a_break_that_does_not_end_fails(client: Client, tmp_path: Path) -> None:
    files = sources(tmp_path / "export")
    with through(client.server, to_client=Cuts(100, 3_000)) as proxy:
        redirected(client, proxy)
        with client.opened() as server, pytest.raises(ConnectionLost):
            Upload(server, str(client.remote), lambda: None, (0.0,)).run(files)
