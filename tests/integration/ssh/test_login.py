"""The right server, and a way into it: host keys, keys of users, agents, passwords, and every way in which it fails."""

from __future__ import annotations

import logging
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from freesport_sync.errors import (
    ConfigError,
    ConnectionFailed,
    ConnectionLost,
    HostKeyChanged,
    HostKeyUnknown,
    LoginRefused,
    SyncError,
)
from freesport_sync.i18n.texts import Language, Texts
from tests.integration.ssh.conftest import Client
from tests.integration.test_connection import free_port
from tests.platforms import posix_only
from tests.ssh_server import PASSWORD, SshServer, asyncssh_server, make_key
from tests.watching import wait_until

PASSPHRASE = "пароль ключа"


def connect(client: Client, accepted_once: tuple[str, ...] = ()) -> None:
    """Log in and out."""
    with client.opened(accepted_once) as server:
        server.sftp()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys of all kinds, and `all.pub` with all of them."""
    folder = tmp_path_factory.mktemp("keys")
    make_key(folder / "ed25519", passphrase=PASSPHRASE)
    make_key(folder / "rsa", "ssh-rsa")
    make_key(folder / "rsa_pem", "ssh-rsa", passphrase=PASSPHRASE, pem=True)
    make_key(folder / "ecdsa", "ecdsa-sha2-nistp256", passphrase=PASSPHRASE)
    (folder / "all.pub").write_text("".join(file.read_text() for file in sorted(folder.glob("*.pub"))))
    return folder


@pytest.fixture(scope="module")
def many_keys_client(keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("server")
    with asyncssh_server(folder, authorized_client_keys=str(keys / "all.pub")) as server:
        yield Client(server, folder)


@pytest.mark.parametrize("name", ["ed25519", "rsa", "rsa_pem", "ecdsa"])
def test_keys_of_every_kind_open_the_server(name: str, keys: Path, many_keys_client: Client) -> None:
    many_keys_client.use(key_file=keys / name, passphrase=lambda: PASSPHRASE)
    connect(many_keys_client)


@pytest.mark.parametrize(
    ("name", "passphrase", "code"),
    [
        ("ed25519", None, "ssh_passphrase_needed"),
        ("ed25519", "wrong", "ssh_key_unusable"),
        ("rsa_pem", None, "ssh_passphrase_needed"),
        ("rsa_pem", "wrong", "ssh_key_unusable"),
        ("ed25519.pub", None, "ssh_key_unusable"),
        ("nowhere", None, "ssh_key_unreadable"),
    ],
)
def test_a_key_that_cannot_be_used(
    name: str, passphrase: str | None, code: str, keys: Path, many_keys_client: Client
) -> None:
    many_keys_client.use(key_file=keys / name, passphrase=lambda: passphrase)
    with pytest.raises(ConfigError, match=code):
        connect(many_keys_client)


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """A real SSH agent; takes keys without a passphrase."""
    if shutil.which("ssh-agent") is None:
        pytest.skip("no ssh-agent here")
    place = tmp_path / "agent"

    def add(key: Path) -> None:
        subprocess.run(["ssh-add", "-q", str(key)], check=True)

    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(place)], stdout=subprocess.DEVNULL)
    try:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(place))
        wait_until(lambda: subprocess.run(["ssh-add", "-l"], capture_output=True).returncode == 1)  # it has no key yet
        yield add
    finally:
        process.terminate()
        process.wait()


def test_the_keys_of_an_agent_open_the_server(
    keys: Path, many_keys_client: Client, agent: Callable[[Path], None]
) -> None:
    agent(keys / "rsa")
    many_keys_client.use(key_file=None, use_agent=True)
    try:
        connect(many_keys_client)
    finally:
        many_keys_client.use(use_agent=False)


class Strict(asyncssh.SSHServer):
    """As OpenSSH: hangs up when it has refused too often."""

    largest = 6
    """`MaxAuthTries`."""
    own_key: bytes = b""
    """That of the user."""
    tried: list[bytes | str]

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.refused = 0

    def _refuse(self) -> bool:
        self.refused += 1
        if self.refused >= self.largest:
            raise asyncssh.DisconnectError(asyncssh.DISC_PROTOCOL_ERROR, "Too many authentication failures")
        return False

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        self.tried.append(password)
        return password == PASSWORD or self._refuse()

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        if key.public_data not in self.tried:
            self.tried.append(key.public_data)
        return key.public_data == self.own_key or self._refuse()


@pytest.fixture
def strict_client(tmp_path: Path, agent: Callable[[Path], None]) -> Iterator[Client]:
    """Our side of such a server, with an agent that has eight unknown keys."""
    for number in range(8):
        agent(make_key(tmp_path / f"other{number}"))
    Strict.tried, Strict.largest, Strict.own_key = [], 6, b""
    with asyncssh_server(tmp_path / "keys", server_factory=Strict, authorized_client_keys=None) as server:
        client = Client(server, tmp_path)
        client.use(key_file=None, use_agent=True)
        yield client


def test_an_agent_with_many_keys_leaves_the_password_its_turn(strict_client: Client) -> None:
    strict_client.use(password=lambda: PASSWORD)
    connect(strict_client)
    assert len(Strict.tried) == 6
    Strict.tried, Strict.largest = [], 3  # a server with less patience
    connect(strict_client)
    assert Strict.tried[-1] == PASSWORD


def test_an_agent_with_many_keys_is_named_where_the_server_hangs_up(strict_client: Client) -> None:
    Strict.largest = 3
    with pytest.raises(LoginRefused, match="ssh_too_many_keys") as caught:
        strict_client.pull()
    assert len(Strict.tried) == 3  # and no second connection
    assert "ssh.use_agent" in Texts(Language.RUSSIAN).error(caught.value).hint
    strict_client.use(password=lambda: "wrong")
    with pytest.raises(LoginRefused, match="ssh_login_refused"):
        strict_client.pull()


def test_the_configured_key_is_tried_before_those_of_the_agent(
    strict_client: Client, agent: Callable[[Path], None], tmp_path: Path
) -> None:
    Strict.largest = 1
    own = make_key(tmp_path / "own")
    Strict.own_key = asyncssh.read_public_key(f"{own}.pub").public_data
    strict_client.use(key_file=own)
    connect(strict_client)
    # Its passphrase may be known to the agent alone.
    agent(own)
    make_key(tmp_path / "locked", passphrase=PASSPHRASE)
    own.with_name("locked.pub").write_text(Path(f"{own}.pub").read_text())
    strict_client.use(key_file=tmp_path / "locked")
    connect(strict_client)
    strict_client.use(key_file=make_key(tmp_path / "stranger"), only_key_file=True)
    Strict.tried, Strict.largest = [], 6
    with pytest.raises(LoginRefused, match="ssh_login_refused"):
        connect(strict_client)
    assert len(Strict.tried) == 1


@posix_only("the rights of the folder count there")
@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_a_key_that_others_can_read_is_refused(passphrase: str | None, tmp_path: Path, asyncssh_client: Client) -> None:
    key = make_key(tmp_path / "key", passphrase=passphrase)
    asyncssh_client.use(key_file=key, passphrase=lambda: PASSPHRASE)
    for mode in (0o640, 0o604, 0o660):
        key.chmod(mode)
        with pytest.raises(ConfigError, match="ssh_key_open"):
            connect(asyncssh_client)


# --- servers on the way ---------------------------------------------------------------------------------------------


class Gate(asyncssh.SSHServer):
    """Lets who is logged in go on to other servers."""

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool:
        return True


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[SshServer]:
    with asyncssh_server(tmp_path / "gate", server_factory=Gate) as server:
        yield server


def test_files_come_through_a_server_on_the_way(gate: SshServer, asyncssh_client: Client) -> None:
    asyncssh_client.put("goods/goods.xml", b"x" * 300_000)
    behind = asyncssh_client.profile
    jump = replace(behind, host=gate.host, port=gate.port, key_file=gate.key_file)
    asyncssh_client.use(jump=jump)
    with pytest.raises(HostKeyUnknown) as caught:  # its key has to be known, too
        connect(asyncssh_client)
    assert caught.value.params["port"] == gate.port
    with asyncssh_client.opened() as server:
        profile, key = server.pin_host_key(gate.fingerprint)
        assert (profile.port, key.fingerprint) == (gate.port, gate.fingerprint)
    assert [file.path for file in asyncssh_client.pull().files] == ["goods/goods.xml"]
    # Behind it lies nothing.
    asyncssh_client.use(port=free_port())
    with pytest.raises(ConnectionLost, match="ssh_unreachable"):
        asyncssh_client.pull()


def test_a_password_logs_in_and_is_written_nowhere(asyncssh_client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    asyncssh_client.use(key_file=None, password=lambda: PASSWORD)
    connect(asyncssh_client)
    assert PASSWORD not in caplog.text
    assert PASSWORD not in repr(asyncssh_client.profile)


def test_a_login_that_is_refused_is_not_tried_again(tmp_path: Path) -> None:
    attempts: list[str] = []

    class Counting(asyncssh.SSHServer):
        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            attempts.append(password)
            return False

    with asyncssh_server(tmp_path / "keys", server_factory=Counting) as server:
        client = Client(server, tmp_path)
        client.use(key_file=make_key(tmp_path / "stranger"), password=lambda: "wrong")
        with pytest.raises(LoginRefused) as caught:
            client.pull()
    assert attempts == ["wrong"]
    assert caught.value.params["tried"] == "key_file, password"
    assert "wrong" not in str(caught.value)


def test_there_is_nothing_to_log_in_with(asyncssh_client: Client) -> None:
    asyncssh_client.use(key_file=None)
    with pytest.raises(ConfigError, match="ssh_no_credentials"):
        connect(asyncssh_client)


# --- host keys ------------------------------------------------------------------------------------------------------


def test_an_unknown_key_is_refused_until_it_is_pinned(client: Client) -> None:
    client.profile.pinned.unlink()
    with pytest.raises(HostKeyUnknown) as caught:
        connect(client)
    fingerprint = str(caught.value.params["fingerprint"])
    assert fingerprint == client.server.fingerprint
    connect(client, accepted_once=(fingerprint,))
    assert not client.profile.pinned.exists()
    with client.opened() as server, pytest.raises(HostKeyChanged, match="host_key_not_expected"):
        server.pin_host_key("SHA256:" + "A" * 43)
    with client.opened() as server, pytest.raises(ConfigError, match="fingerprint_invalid"):
        server.pin_host_key("MD5:11:22")
    with client.opened() as server:
        server.pin_host_key(f" {fingerprint}= ")
    connect(client)


def test_a_changed_key_is_always_refused(client: Client, tmp_path: Path) -> None:
    other = Path(f"{make_key(tmp_path / 'other')}.pub").read_text()
    client.profile.pinned.write_text(f"# mine\n[127.0.0.1]:{client.server.port} {other}")
    with pytest.raises(HostKeyChanged, match="host_key_changed") as caught:
        connect(client, accepted_once=(client.server.fingerprint,))
    assert caught.value.params["place"] == f"{client.profile.pinned}:2"
    with client.opened() as server, pytest.raises(HostKeyChanged, match="host_key_changed"):
        server.pin_host_key(client.server.fingerprint)


def test_a_pinned_key_can_be_replaced_by_the_expected_one(client: Client, tmp_path: Path) -> None:
    other = Path(f"{make_key(tmp_path / 'other')}.pub").read_text()
    record = f"# mine\n[127.0.0.1]:{client.server.port} {other}"
    client.profile.pinned.write_text(record)
    with pytest.raises(HostKeyChanged) as caught:
        connect(client)
    assert caught.value.params["is_ours"] is True
    assert caught.value.params["old_fingerprint"] not in ("", client.server.fingerprint)
    with client.opened() as server, pytest.raises(HostKeyChanged, match="host_key_not_expected"):
        server.pin_host_key("SHA256:" + "A" * 43, replaces=True)
    assert client.profile.pinned.read_text() == record
    with client.opened() as server:
        server.pin_host_key(client.server.fingerprint, replaces=True)
    connect(client)
    assert client.profile.pinned.read_text().startswith("# mine\n")
    assert other.split()[1] not in client.profile.pinned.read_text()


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen here")
def test_hashed_files_of_openssh_are_understood(client: Client) -> None:
    hashed = client.profile.pinned
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(hashed)], check=True, capture_output=True)
    assert "127.0.0.1" not in hashed.read_text()
    client.use(pinned=hashed.with_name("none"), known_hosts=(hashed,))
    connect(client)


def test_the_key_on_record_is_asked_for_first(tmp_path: Path) -> None:
    rsa = make_key(tmp_path / "rsa", "ssh-rsa")
    with asyncssh_server(tmp_path / "keys", server_host_keys=[str(tmp_path / "keys/host"), str(rsa)]) as server:
        client = Client(replace(server, host_key=Path(f"{rsa}.pub").read_text()), tmp_path)
        connect(client)


# --- what can be wrong with a server --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "outdated", [{"encryption_algs": ["aes128-cbc"]}, {"encryption_algs": ["aes128-ctr"], "mac_algs": ["hmac-sha1"]}]
)
def test_outdated_ciphers_are_refused(outdated: dict[str, Any], tmp_path: Path) -> None:
    with asyncssh_server(tmp_path / "keys", **outdated) as server, pytest.raises(ConnectionLost) as caught:
        connect(Client(server, tmp_path))
    assert caught.value.code == "ssh_handshake_failed"


def test_a_server_without_files(tmp_path: Path) -> None:
    without = asyncssh_server(tmp_path / "keys", sftp=None, runs_commands=False)
    with without as server, pytest.raises(ConnectionFailed, match="sftp_missing"):
        connect(Client(server, tmp_path))


@contextmanager
def _answering(words: bytes) -> Iterator[int]:
    """A port that sends something to every client."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(words)
                connection.recv(1000)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def test_a_server_that_is_not_there(asyncssh_client: Client) -> None:
    def refused(**changes: object) -> SyncError:
        asyncssh_client.use(**changes)
        with pytest.raises(SyncError) as caught:
            asyncssh_client.pull()
        return caught.value

    assert refused(port=free_port()).code == "ssh_unreachable"
    with _answering(b"HTTP/1.0 400 Bad Request\r\n\r\n") as port:
        assert refused(port=port, timeout_s=1).code == "ssh_handshake_failed"
    assert refused(host="нет-такого.invalid").code == "ssh_host_unknown"
