"""Real SSH servers for the tests: asyncssh in this process, and the system's `sshd` where there is one."""

from __future__ import annotations

import asyncio
import getpass
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import asyncssh

from tests.watching import wait_until

PASSWORD = "пароль сервера"
SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@dataclass(frozen=True, slots=True)
class SshServer:
    """A running server that accepts `user` with `key_file`; asyncssh also accepts `PASSWORD`."""

    port: int
    user: str
    key_file: Path
    host_key: str
    """A line of a public key file."""
    host: str = "127.0.0.1"

    @property
    def fingerprint(self) -> str:
        return asyncssh.import_public_key(self.host_key).get_fingerprint()


def make_key(file: Path, algorithm: str = "ssh-ed25519", passphrase: str | None = None, pem: bool = False) -> Path:
    """A private key file with the public one beside it."""
    key = asyncssh.generate_private_key(algorithm)
    key.write_private_key(str(file), "pkcs1-pem" if pem else "openssh", passphrase, rounds=4, ignore_few_rounds=True)
    key.write_public_key(f"{file}.pub")
    file.chmod(0o600)
    return file


class _Login(asyncssh.SSHServer):
    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return password == PASSWORD


class SftpServer(asyncssh.SFTPServer):
    """asyncssh forgets to close a file that it opens while its client is cut off."""

    opened: ClassVar[list[Any]] = []

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
        file = super().open(path, pflags, attrs)
        self.opened.append(file)
        return file


async def _run_command(process: asyncssh.SSHServerProcess[bytes]) -> None:
    child = await asyncio.create_subprocess_shell(
        process.command or "", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    said, _ = await child.communicate()
    process.stdout.write(said)
    process.exit(child.returncode or 0)


@contextmanager
def asyncssh_server(
    folder: Path, sftp: Any = SftpServer, runs_commands: bool = True, **options: Any
) -> Iterator[SshServer]:
    """A server on a thread of this process.

    Args:
        folder: for its keys.
        sftp: makes the SFTP server of a connection.
        runs_commands: whether it runs commands; else it ignores them.
        options: of `asyncssh.listen`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    host_key, user_key = make_key(folder / "host"), make_key(folder / "user")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def on_loop(make: Callable[[], Any]) -> Any:
        async def made() -> Any:
            return await make()

        return asyncio.run_coroutine_threadsafe(made(), loop).result()

    settings: dict[str, Any] = {
        "server_host_keys": [str(host_key)],
        "authorized_client_keys": f"{user_key}.pub",
        "sftp_factory": sftp,
        "process_factory": _run_command if runs_commands else None,
        "encoding": None,
        **options,
    }
    connections: list[asyncssh.SSHServerConnection] = []

    class Known(settings.pop("server_factory", _Login)):  # type: ignore[misc]
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            connections.append(conn)
            super().connection_made(conn)

    settings["server_factory"] = Known
    acceptor = on_loop(lambda: asyncssh.listen("127.0.0.1", 0, **settings))
    try:
        public = Path(f"{host_key}.pub").read_text()
        yield SshServer(acceptor.get_port(), "tester", user_key, public)
    finally:

        async def wait() -> None:
            acceptor.close()
            for connection in connections:
                connection.abort()
            await acceptor.wait_closed()  # since Python 3.12 for its connections too
            await asyncio.sleep(0)  # their transports close
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        try:
            on_loop(wait)
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()
            while SftpServer.opened:
                SftpServer.opened.pop().close()


@contextmanager
def sshd_server(folder: Path, *settings: str) -> Iterator[SshServer]:
    """The system's `sshd`, as the user who runs the tests."""
    assert SSHD is not None
    folder.mkdir(parents=True, exist_ok=True)
    host_key, user_key = make_key(folder / "host"), make_key(folder / "user")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    lines = [
        f"Port {port}",
        "ListenAddress 127.0.0.1",
        f"HostKey {host_key}",
        f"AuthorizedKeysFile {user_key}.pub",
        "StrictModes no",
        "UsePAM no",
        "PasswordAuthentication no",
        "PermitRootLogin yes",
        "MaxStartups 1000",
        "PidFile none",
        "Subsystem sftp internal-sftp",
        *settings,
    ]
    config = folder / "sshd_config"
    config.write_text("\n".join(lines) + "\n")
    process = subprocess.Popen([SSHD, "-D", "-e", "-f", str(config)], stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: _answers(port))
        yield SshServer(port, getpass.getuser(), user_key, Path(f"{host_key}.pub").read_text())
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True
