"""`~/.ssh/config` as `ssh` understands it."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from freesport_sync.core.ssh_address import parse_ssh_address
from freesport_sync.errors import ConfigError
from freesport_sync.sources.ssh.ssh_config import Hop, route_to


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config"


def route(file: Path, typed: str, content: str = "") -> list[str]:
    """`user@host:port` of each hop."""
    if content:
        file.write_text(content, "utf-8")
    return [f"{hop.user or '?'}@{hop.host}:{hop.port}" for hop in route_to(parse_ssh_address(typed), file)]


def test_without_the_file_the_address_is_what_was_typed(file: Path) -> None:
    assert route_to(parse_ssh_address("onec@shop:2222"), file) == (Hop("shop", 2222, "onec", None, False),)


def test_an_alias_gives_what_nobody_has_typed(file: Path, tmp_path: Path) -> None:
    key = tmp_path / "id_shop"
    key.write_text("key")
    content = f"""\ufeff
Host shop
    HostName shop.example.ru
    Port 2222
    User onec
    IdentityFile {tmp_path}/none
    IdentityFile {key}
    IdentitiesOnly yes
Host *.ru
    User everybody
"""
    assert route(file, "shop", content) == ["onec@shop.example.ru:2222"]
    assert route(file, "me@shop:22") == ["me@shop.example.ru:22"]
    assert route(file, "other.ru") == ["everybody@other.ru:22"]
    (hop,) = route_to(parse_ssh_address("shop"), file)
    assert (hop.key_file, hop.only_key_file) == (key, True)


def test_servers_on_the_way(file: Path) -> None:
    me = getpass.getuser()
    content = """
Host shop
    User onec
    ProxyJump gate,inner@10.0.0.2:2200
Host gate
    HostName gate.example.ru
    User guard
Host far
    User onec
    ProxyJump shop
Host plain
    User onec
    ProxyJump none
"""
    way = ["guard@gate.example.ru:22", "inner@10.0.0.2:2200", "onec@shop:22"]
    assert route(file, "shop", content) == way
    assert route(file, "far") == [*way, "onec@far:22"]
    assert route(file, "plain") == ["onec@plain:22"]
    assert route(file, "shop", "Host shop\n User onec\n ProxyJump [::1]:2222") == [f"{me}@::1:2222", "onec@shop:22"]


def test_a_server_on_the_way_to_everything_is_not_on_the_way_to_itself(file: Path) -> None:
    content = "Host *\n User onec\n ProxyJump gate\n"
    assert route(file, "shop", content) == ["onec@gate:22", "onec@shop:22"]
    assert route(file, "gate") == ["onec@gate:22"]
    assert len(route(file, "a", "Host a\n ProxyJump b\nHost b\n ProxyJump a\n")) < 4


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("Host shop\n ProxyCommand nc %h %p\n", "ssh_proxy_command"),
        ("Host shop\n Port x\n", "ssh_config_unusable"),
        ("Host shop\n ProxyJump a:b\n", "ssh_config_unusable"),
        ("Match nonsense\n", "ssh_config_unusable"),
        ("x\n", "ssh_config_unusable"),
    ],
)
def test_directives_that_cannot_be_followed_are_reported(content: str, code: str, file: Path) -> None:
    with pytest.raises(ConfigError, match=code) as caught:
        route(file, "shop", content)
    assert caught.value.params["file"] == str(file)
