"""The right server, and a way into it: host keys, keys of users, agents, passwords, and every way in which it fails."""

from __future__ import annotations

import logging
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
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
from tests.integration.ssh.conftest import Client
from tests.integration.test_connection import free_port
from tests.ssh_server import PASSWORD, asyncssh_server, make_key

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


@pytest.mark.skipif(shutil.which("ssh-agent") is None, reason="no ssh-agent here")
def test_the_keys_of_an_agent_open_the_server(
    keys: Path, many_keys_client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "agent"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(place)], stdout=subprocess.DEVNULL)
    try:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(place))
        while not place.exists():
            assert agent.poll() is None
        subprocess.run(["ssh-add", "-q", str(keys / "rsa")], check=True)
        many_keys_client.use(key_file=None, use_agent=True)
        connect(many_keys_client)
    finally:
        agent.terminate()
        agent.wait()
        many_keys_client.use(use_agent=False)


def test_a_password_opens_the_server_and_is_written_nowhere(
    asyncssh_client: Client, caplog: pytest.LogCaptureFixture
) -> None:
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


def test_a_changed_key_is_refused_whoever_asks(client: Client, tmp_path: Path) -> None:
    other = Path(f"{make_key(tmp_path / 'other')}.pub").read_text()
    client.profile.pinned.write_text(f"# mine\n[127.0.0.1]:{client.server.port} {other}")
    with pytest.raises(HostKeyChanged, match="host_key_changed") as caught:
        connect(client, accepted_once=(client.server.fingerprint,))
    assert caught.value.params["place"] == f"{client.profile.pinned}:2"
    with client.opened() as server, pytest.raises(HostKeyChanged, match="host_key_changed"):
        server.pin_host_key(client.server.fingerprint)


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
    """A port where somebody says something to whoever connects."""
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
