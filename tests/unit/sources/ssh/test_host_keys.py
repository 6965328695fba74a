"""`known_hosts` files are read and judged as OpenSSH does it."""

from __future__ import annotations

import base64
import hmac
from pathlib import Path

import pytest

from freesport_sync.core.fingerprints import is_fingerprint, same_fingerprint
from freesport_sync.errors import ConfigError
from freesport_sync.os_support import is_private
from freesport_sync.sources.ssh.host_keys import (
    HostKey,
    Standing,
    forget,
    judge,
    known_types,
    parse_known_hosts,
    pin,
    read_known_hosts,
)

KEY = HostKey("ssh-ed25519", b"key")
OTHER = HostKey("ssh-ed25519", b"other")
RSA = HostKey("ssh-rsa", b"rsa")


def line(hosts: str, key: HostKey = KEY, marker: str = "") -> str:
    return f"{marker} {hosts} {key.key_type} {base64.b64encode(key.blob).decode()} comment".strip()


def hashed(name: str) -> str:
    salt = b"12345678901234567890"
    digest = hmac.new(salt, name.encode(), "sha1").digest()
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


@pytest.mark.parametrize(
    ("lines", "host", "port", "standing"),
    [
        ([], "shop.ru", 22, Standing.UNKNOWN),
        ([line("shop.ru")], "shop.ru", 22, Standing.KNOWN),
        ([line("Shop.RU,10.0.0.1")], "sHOP.ru", 22, Standing.KNOWN),
        ([line("shop.ru")], "shop.ru", 2222, Standing.UNKNOWN),
        ([line("[shop.ru]:2222")], "shop.ru", 2222, Standing.KNOWN),
        ([line("[shop.ru]:2222")], "shop.ru", 22, Standing.UNKNOWN),
        ([line("*.shop.ru")], "files.shop.ru", 22, Standing.KNOWN),
        ([line("*.shop.ru,!files.shop.ru")], "files.shop.ru", 22, Standing.UNKNOWN),
        ([line("[*.shop.ru]:2222")], "files.shop.ru", 2222, Standing.KNOWN),
        ([line(hashed("shop.ru"))], "shop.ru", 22, Standing.KNOWN),
        ([line(hashed("[shop.ru]:2222"))], "shop.ru", 2222, Standing.KNOWN),
        ([line(hashed("shop.ru"), OTHER)], "shop.ru", 22, Standing.CHANGED),
        (["|1|broken|=", "|1|x", line("|1|AAAA")], "shop.ru", 22, Standing.UNKNOWN),
        ([line("shop.ru", OTHER)], "shop.ru", 22, Standing.CHANGED),
        ([line("shop.ru", OTHER), line("shop.ru")], "shop.ru", 22, Standing.KNOWN),
        ([line("shop.ru", RSA)], "shop.ru", 22, Standing.CHANGED),
        ([line("shop.ru"), line("shop.ru", KEY, "@revoked")], "shop.ru", 22, Standing.REVOKED),
        ([line("shop.ru", OTHER, "@revoked"), line("shop.ru")], "shop.ru", 22, Standing.KNOWN),
        ([line("shop.ru", KEY, "@cert-authority")], "shop.ru", 22, Standing.UNKNOWN),
        (["", "# shop.ru", "shop.ru ssh-ed25519 ???", "shop.ru ssh-ed25519"], "shop.ru", 22, Standing.UNKNOWN),
    ],
)
def test_a_key_is_judged_by_the_lines_about_its_server(
    lines: list[str], host: str, port: int, standing: Standing
) -> None:
    assert judge(parse_known_hosts("\n".join(lines), "file"), host, port, KEY).standing is standing


def test_the_verdict_names_the_line() -> None:
    known = parse_known_hosts(f"\n{line('a')}\n{line('shop.ru', OTHER)}", "/etc/known")
    assert judge(known, "shop.ru", 22, KEY).place == "/etc/known:3"


def test_types_on_record_are_those_of_the_server() -> None:
    known = parse_known_hosts("\n".join([line("shop.ru", RSA), line("b"), line("*.ru", OTHER)]), "f")
    assert known_types(known, "shop.ru", 22) == ("ssh-rsa", "ssh-ed25519")


def test_fingerprints_may_be_written_with_or_without_ornament() -> None:
    bare = KEY.fingerprint.removeprefix("SHA256:")
    assert is_fingerprint(KEY.fingerprint)
    assert all(same_fingerprint(KEY.fingerprint, text) for text in (bare, f" {bare}=", f"SHA256:{bare}="))
    assert not same_fingerprint(KEY.fingerprint, OTHER.fingerprint)
    assert not any(map(is_fingerprint, ["", "SHA256:", "MD5:16:27", bare[:-1], f"{bare}A", "не отпечаток"]))


def test_a_pinned_key_is_known_and_the_rest_of_the_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "known_hosts"
    pin(file, "a.ru", 22, OTHER)
    file.write_text(file.read_text().rstrip("\n"))  # an editor that leaves the last line open
    pin(file, "shop.ru", 2222, KEY)
    known = read_known_hosts((tmp_path / "none", file))
    assert judge(known, "shop.ru", 2222, KEY).standing is Standing.KNOWN
    assert judge(known, "a.ru", 22, OTHER).standing is Standing.KNOWN


def test_a_file_that_cannot_be_read_is_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="known_hosts_unreadable"):
        read_known_hosts((tmp_path,))
    with pytest.raises(ConfigError, match="known_hosts_not_writable"):
        pin(tmp_path, "a.ru", 22, KEY)


def test_only_the_key_of_the_server_is_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    others = ["# mine", line("other.ru"), line("shop.ru", RSA, "@revoked"), line("[shop.ru]:2222")]
    file.write_text("\n".join([*others, line("shop.ru", OTHER), line("shop.ru", RSA)]) + "\n")
    forget(file, "shop.ru", 22)
    assert file.read_text().splitlines() == others
    known = read_known_hosts((file,))
    assert judge(known, "shop.ru", 22, KEY).standing is Standing.UNKNOWN
    assert judge(known, "shop.ru", 22, RSA).standing is Standing.REVOKED
    assert is_private(file)
    forget(tmp_path / "none", "shop.ru", 22)
    assert not (tmp_path / "none").exists()


def test_the_verdict_has_the_key_on_record() -> None:
    known = parse_known_hosts(line("shop.ru", OTHER), "f")
    assert judge(known, "shop.ru", 22, KEY).on_record == OTHER
