"""`python -m tests.bench.transfer`: measures pulls over loopback against OpenSSH's own `sftp` and `scp`; prints JSON.

The server is the system's `sshd` where there is one, else asyncssh in this process, which slows down both sides.
Ratios are formed within a round, because these machines are shared; the medians over the rounds are what to quote. Both
sides make their connection within the time that is measured.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.events import Event, FilesPulled
from freesport_sync.sources.commerceml.export import FileKind
from freesport_sync.sources.ssh.download import BLOCK_BYTES, Download
from freesport_sync.sources.ssh.host import SshHost
from freesport_sync.sources.ssh.listing import RemoteFile
from freesport_sync.sources.ssh.profile import SshProfile
from freesport_sync.tasks.shop_import.pull import PullOptions, pull
from freesport_sync.tasks.shop_import.received import Received
from tests.proxy import Link, Proxy
from tests.ssh_server import SSHD, SshServer, asyncssh_server, sshd_server

LARGE_BYTES = 200_000_000
SMALL_FILES, SMALL_BYTES = 2000, 100_000
CUTS = 200
CUT_BYTES = 60_000_000
"""What is fetched over the connection that is cut."""
MTIME = 1_700_000_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.transfer", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="freesport-bench-") as temporary:
        folder = Path(temporary)
        large, small, cut = folder / "large", folder / "small", folder / "cut"
        _write(large / "goods.xml", LARGE_BYTES)
        for number in range(SMALL_FILES):
            _write(small / f"goods_1_{number}.xml", SMALL_BYTES)
        for number, part in enumerate((10, 5, 3, 1, 1)):
            _write(cut / f"offers_1_{number}.xml", CUT_BYTES * part // 20)
        make = asyncssh_server if SSHD is None else sshd_server
        with make(folder / "server") as server:
            result = {
                "server": "asyncssh" if SSHD is None else "sshd",
                "large": _compared(server, large, folder / "got", options.rounds),
                "small": _compared(server, small, folder / "got", options.rounds),
                "unchanged_s": _unchanged(server, small, folder / "got", options.rounds),
                "cuts": _cut(server, cut, folder / "got"),
            }
    print(json.dumps(result, indent=2))


def _write(file: Path, size: int) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(random.Random(file.name).randbytes(size))
    os.utime(file, (MTIME, MTIME))


def _profile(server: SshServer, target: Path, port: int) -> SshProfile:
    pinned = target / "known_hosts"
    pinned.write_text(f"[{server.host}]:{port} {server.host_key}")
    nothing = lambda: None  # noqa: E731
    return SshProfile(server.host, port, server.user, server.key_file, False, nothing, nothing, pinned)


def _pull(server: SshServer, source: Path, target: Path) -> FilesPulled:
    events: list[Event] = []

    def report(event: Event) -> None:
        events.append(event)

    received = Received(target / "received")
    with SshHost(_profile(server, target, server.port), CancelToken()) as connection, received.locked():
        pull(PullOptions(connection, str(source), received, frozenset(FileKind), False, None, 0, report))
    return next(event for event in events if isinstance(event, FilesPulled))


def _timed(target: Path, work: Callable[[], object]) -> float:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    os.sync()  # what the last one has written is not written out in the next one's time
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _compared(server: SshServer, source: Path, target: Path, rounds: int) -> dict[str, Any]:
    options = ["-q", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-i", str(server.key_file)]
    where = f"{server.user}@{server.host}"

    def sftp() -> None:
        command = ["sftp", *options, "-P", str(server.port), "-b", "-", where]
        words = f'get -r "{source}" "{target}"\n'
        subprocess.run(command, input=words, text=True, check=True, stdout=subprocess.DEVNULL)

    def scp() -> None:
        subprocess.run(["scp", *options, "-P", str(server.port), "-r", f"{where}:{source}", str(target)], check=True)

    total = sum(file.stat().st_size for file in source.iterdir()) / 1e6
    found: list[dict[str, float]] = []
    for number in range(rounds):
        times = {name: _timed(target, work) for name, work in (("sftp", sftp), ("scp", scp))}
        times["ours"] = _timed(target, lambda: _pull(server, source, target))
        _say(f"{source.name}, round {number}: {times}")
        fastest = min(times["sftp"], times["scp"])
        speeds = {f"{name}_mb_s": total / seconds for name, seconds in times.items()}
        found.append({"ratio_to_fastest": fastest / times["ours"], **speeds})
    return {key: round(statistics.median(one[key] for one in found), 2) for key in found[0]}


def _unchanged(server: SshServer, source: Path, target: Path, rounds: int) -> float:
    seconds: list[float] = []
    _timed(target, lambda: _pull(server, source, target))
    for _ in range(rounds):
        started = time.perf_counter()
        told = _pull(server, source, target)
        seconds.append(time.perf_counter() - started)
        assert (told.fetched, told.unchanged) == (0, SMALL_FILES)
    return round(statistics.median(seconds), 3)


class _Cutter:
    """Cuts each connection at a random byte, so many times."""

    def __init__(self) -> None:
        self._random = random.Random(1)
        self._room: dict[Link, int] = {}
        self.count = 0

    def __call__(self, data: bytes, link: Link) -> bytes:
        if link not in self._room:
            self._room[link] = self._random.randrange(3 * CUT_BYTES // CUTS // 2)
        room = self._room[link]
        if self.count >= CUTS or len(data) < room:
            self._room[link] = room - len(data)
            return data
        self.count += 1
        link.client.sendall(data[:room])
        link.cut()
        return b""


def _cut(server: SshServer, source: Path, target: Path) -> dict[str, Any]:
    files = [RemoteFile(file.name, file.stat().st_size, MTIME) for file in sorted(source.iterdir())]
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    cutter = _Cutter()
    started = time.perf_counter()
    with Proxy(sa.URL.create("ssh", host=server.host, port=server.port), to_client=cutter) as proxy:
        profile = _profile(server, target, int(proxy.url.port or 0))
        with SshHost(profile, CancelToken()) as connection:
            connection.was_connected = True  # a cut in the first handshake is a cut like all others
            newest = target / "newest"
            newest.mkdir()
            download = Download(connection, str(source), newest, target / "parts", lambda done: None, (0.0,) * 50)
            download.run(files)
    seconds = time.perf_counter() - started
    total = sum(file.size for file in files)
    equal = [_digest(source / file.path) == _digest(newest / file.path) for file in files]
    twice = download.received_bytes - total
    assert all(equal)
    assert twice <= cutter.count * BLOCK_BYTES
    return {
        "cuts": cutter.count,
        "seconds": round(seconds, 1),
        "sha256_equal": f"{sum(equal)} of {len(equal)}",
        "fetched_twice_bytes": twice,
        "allowed_bytes": cutter.count * BLOCK_BYTES,
    }


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
