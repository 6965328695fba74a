"""The same tests on asyncssh and on the system's `sshd`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.events import Event, FilesPulled
from freesport_sync.sources.commerceml.export import FileKind
from freesport_sync.sources.ssh.host import SshHost
from freesport_sync.sources.ssh.profile import SshProfile
from freesport_sync.tasks.shop_import.pull import Pulled, PullOptions, pull
from freesport_sync.tasks.shop_import.received import Received
from tests.ssh_server import SSHD, SshServer, asyncssh_server, sshd_server


@pytest.fixture(scope="session")
def asyncssh_one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with asyncssh_server(tmp_path_factory.mktemp("asyncssh")) as server:
        yield server


@pytest.fixture(scope="session")
def sshd_one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with sshd_server(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture(params=["asyncssh"] if SSHD is None else ["asyncssh", "sshd"])
def ssh_server(request: pytest.FixtureRequest) -> SshServer:
    """A server that runs commands and has SFTP."""
    server: SshServer = request.getfixturevalue(f"{request.param}_one")
    return server


class Client:
    """Our side: pulls a folder of the server into a folder of the test.

    Args:
        server: where from.
        folder: of the test.
    """

    def __init__(self, server: SshServer, folder: Path) -> None:
        self.server = server
        self.remote = folder / "на сервере"
        self.remote.mkdir(exist_ok=True)
        self.received = Received(folder / "received")
        self.events: list[Event] = []
        self.cancel = CancelToken()
        self.quiet_s = 0.0
        self.waits_s: tuple[float, ...] = (0.0,) * 3
        self.with_pictures = True
        known = folder / "known_hosts"
        known.write_text(f"[{server.host}]:{server.port} {server.host_key}")
        self.profile = SshProfile(
            host=server.host,
            port=server.port,
            user=server.user,
            key_file=server.key_file,
            use_agent=False,
            password=lambda: None,
            passphrase=lambda: None,
            pinned=known,
            timeout_s=10,
        )

    def use(self, **changes: object) -> None:
        """Change the profile."""
        self.profile = replace(self.profile, **changes)  # type: ignore[arg-type]

    def opened(self, accepted_once: tuple[str, ...] = ()) -> SshHost:
        return SshHost(self.profile, self.cancel, accepted_once)

    def put(self, path: str, content: bytes = b"x", mtime: int = 1_700_000_000) -> Path:
        """A file of the server."""
        file = self.remote / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        os.utime(file, (mtime, mtime))
        return file

    def pull(self, *kinds: FileKind) -> Pulled:
        """Fetch; the events are in `events`."""
        self.events.clear()
        wanted = frozenset(kinds) or frozenset(FileKind)

        def report(event: Event) -> None:
            self.events.append(event)

        with self.opened() as server, self.received.locked():
            options = PullOptions(
                host=server,
                folder=str(self.remote),
                received=self.received,
                kinds=wanted,
                with_pictures=self.with_pictures,
                archive_folder=None,
                quiet_s=self.quiet_s,
                report=report,
                waits_s=self.waits_s,
            )
            return pull(options)

    @property
    def pulled(self) -> FilesPulled:
        (pulled,) = [event for event in self.events if isinstance(event, FilesPulled)]
        return pulled

    @property
    def here(self) -> dict[str, bytes]:
        """What was fetched."""
        root = self.received.newest
        return {file.relative_to(root).as_posix(): file.read_bytes() for file in root.rglob("*") if file.is_file()}


@pytest.fixture
def client(ssh_server: SshServer, tmp_path: Path) -> Client:
    """Our side of `ssh_server`."""
    return Client(ssh_server, tmp_path)


@pytest.fixture
def asyncssh_client(asyncssh_one: SshServer, tmp_path: Path) -> Client:
    """Our side of the server in this process, for what does not depend on the server."""
    return Client(asyncssh_one, tmp_path)
