"""A network that breaks, stalls, or never recovers."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from pathlib import Path

import asyncssh
import pytest
import sqlalchemy as sa

from freesport_sync.errors import Cancelled, ConnectionLost
from freesport_sync.sources.ssh.download import BLOCK_BYTES, Download
from freesport_sync.sources.ssh.listing import RemoteFile
from tests.integration.ssh.conftest import Client
from tests.proxy import Link, Proxy
from tests.ssh_server import SshServer, asyncssh_server
from tests.watching import background, wait_until

HANDSHAKE_BYTES = 6_000
"""About what the server says until it has let us in."""


class Cuts:
    """A filter that cuts each connection after a random number of bytes, so many times.

    Args:
        count: how many connections are cut.
        largest: of the numbers.
    """

    def __init__(self, count: int, largest: int, seed: int = 1) -> None:
        self._random = random.Random(seed)
        self._left = count
        self._largest = largest
        self._room: dict[Link, int] = {}
        self.count = 0

    def __call__(self, data: bytes, link: Link) -> bytes:
        if link not in self._room:
            self._room[link] = HANDSHAKE_BYTES + self._random.randrange(self._largest) if self._left else 1 << 60
            self._left -= bool(self._left)
        if len(data) < self._room[link]:
            self._room[link] -= len(data)
            return data
        link.client.sendall(data[: self._room[link]])
        self.count += 1
        link.cut()
        return b""


def through(server: SshServer, **filters: object) -> Proxy:
    return Proxy(sa.URL.create("ssh", host=server.host, port=server.port), **filters)  # type: ignore[arg-type]


def redirected(client: Client, proxy: Proxy) -> None:
    """The client goes through the proxy, where the server has the same key."""
    port = int(proxy.url.port or 0)
    client.profile.pinned.write_text(f"[127.0.0.1]:{port} {client.server.host_key}")
    client.use(port=port)


def test_every_file_arrives_over_a_connection_that_is_cut_all_the_time(client: Client) -> None:
    numbers = random.Random(7)
    sizes = [3_000_000, 700_000, 5, 0, 90_000]
    files = {f"goods/goods_1_{number}.xml": numbers.randbytes(size) for number, size in enumerate(sizes)}
    listed = [RemoteFile(path, len(content), 1_700_000_000) for path, content in files.items()]
    for path, content in files.items():
        client.put(path, content)
    cuts = Cuts(15, 400_000)
    with through(client.server, to_client=cuts) as proxy:
        redirected(client, proxy)
        with client.opened() as server:
            received = client.received
            received.newest.mkdir(parents=True)
            server.was_connected = True  # a cut in the first handshake is a cut like all others
            steps: list[int] = []
            download = Download(server, str(client.remote), received.newest, received.parts, steps.append, (0.0,) * 30)
            fetched = download.run(listed)
    assert cuts.count == 15
    assert client.here == files
    assert fetched.unfinished == []
    total = sum(map(len, files.values()))
    assert steps == sorted(steps)
    assert download.received_bytes <= total + cuts.count * BLOCK_BYTES
    assert list(received.parts.iterdir()) == []


def test_pieces_of_another_file_are_found_out(client: Client) -> None:
    content = random.Random(3).randbytes(2_000_000)
    client.put("goods.xml", content)
    with through(client.server, to_client=Cuts(1, 1_500_000, seed=5)) as proxy:
        redirected(client, proxy)
        client.waits_s = ()
        with pytest.raises(ConnectionLost):
            client.pull()
        (part,) = client.received.parts.iterdir()
        size = part.stat().st_size
        assert 0 < size < len(content)
        part.write_bytes(b"\0" * size)  # as if the file had changed and kept its size and time
        client.pull()
    assert client.here == {"goods.xml": content}


def test_a_connection_that_is_cut_at_any_byte_is_lost_and_nothing_else(asyncssh_client: Client) -> None:
    client = asyncssh_client
    room = 0

    def cut(data: bytes, link: Link) -> bytes:
        nonlocal room
        if len(data) < room:
            room -= len(data)
            return data
        link.client.sendall(data[:room])
        link.cut()
        return b""

    with through(client.server, to_client=cut) as proxy:
        redirected(client, proxy)
        for first in range(0, 4000, 125):
            room = first
            with client.opened() as server, suppress(ConnectionLost):  # or the cut came after all of it
                server.sftp()
                server.clock()


def test_a_host_whose_commands_never_end_is_not_asked_again(tmp_path: Path) -> None:
    async def hang(process: asyncssh.SSHServerProcess[bytes]) -> None:
        await asyncio.sleep(3600)

    with asyncssh_server(tmp_path / "keys", process_factory=hang) as server:
        client = Client(server, tmp_path)
        client.use(timeout_s=0.5)
        client.put("goods.xml", b"goods")
        client.pull()
    assert client.here == {"goods.xml": b"goods"}


@pytest.mark.parametrize(("waits_s", "code"), [((), "ssh_silent"), ((0.0,), "ssh_handshake_failed")])
def test_a_server_that_hangs_is_given_up(waits_s: tuple[float, ...], code: str, asyncssh_client: Client) -> None:
    client = asyncssh_client
    client.put("goods.xml", b"x" * 4_000_000)
    client.use(timeout_s=0.7)
    client.waits_s = waits_s
    said: list[int] = []

    def stall(data: bytes, link: Link) -> bytes:
        said.append(len(data))
        if sum(said) > 1_000_000:
            proxy.hangs.set()
        return data

    with through(client.server, to_client=stall) as proxy:
        redirected(client, proxy)
        with pytest.raises(ConnectionLost, match=code):
            client.pull()
    assert any(part.stat().st_size for part in client.received.parts.iterdir())


def test_a_cancel_works_although_the_server_hangs(asyncssh_client: Client) -> None:
    client = asyncssh_client
    client.put("goods.xml", b"x" * 50_000_000)
    with through(client.server) as proxy:
        redirected(client, proxy)
        with background(client.pull) as pulling:
            wait_until(lambda: client.received.parts.exists())
            proxy.hangs.set()
            client.cancel.cancel()
            started = time.monotonic()
            wait_until(pulling.done)
            assert time.monotonic() - started < 5.0  # a part of the server's time to answer
            assert isinstance(pulling.exception(), Cancelled)
