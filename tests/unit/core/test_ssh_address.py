"""What people type for a server is taken apart as `ssh` would."""

from __future__ import annotations

import pytest

from freesport_sync.core.ssh_address import SshAddress, parse_ssh_address
from freesport_sync.errors import ConfigError
from freesport_sync.settings.model import SshSettings


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("shop", SshAddress("shop")),
        (" shop.example.ru ", SshAddress("shop.example.ru")),
        ("onec@shop", SshAddress("shop", user="onec")),
        ("shop:2222", SshAddress("shop", 2222)),
        ("onec@shop:2222", SshAddress("shop", 2222, "onec")),
        ("ivanov@corp.local@shop", SshAddress("shop", user="ivanov@corp.local")),
        ("CORP\\ivanov@shop", SshAddress("shop", user="CORP\\ivanov")),
        ("::1", SshAddress("::1")),
        ("[::1]", SshAddress("::1")),
        ("[::1]:2222", SshAddress("::1", 2222)),
        ("onec@[fe80::1%eth0]:22", SshAddress("fe80::1%eth0", 22, "onec")),
        ("onec@::1", SshAddress("::1", user="onec")),
        ("ssh://onec@shop:2222", SshAddress("shop", 2222, "onec")),
        ("sftp://shop/", SshAddress("shop")),
        ("магазин.рф:22", SshAddress("магазин.рф", 22)),
    ],
)
def test_an_address(typed: str, address: SshAddress) -> None:
    assert parse_ssh_address(typed) == address


NONE = ("", "@shop", "onec@", "shop:", "shop:x", "shop:0", "shop:65536", "[::1", "[::1]22", "[]:22", "shop:/srv/1c")


@pytest.mark.parametrize("typed", [*NONE, "shop/srv", "ssh://shop/srv", "onec:x@shop", "my shop", "https://shop"])
def test_what_names_no_server(typed: str) -> None:
    with pytest.raises(ValueError, match="not an SSH host"):
        parse_ssh_address(typed)


def test_settings_and_what_was_typed_go_together() -> None:
    assert SshSettings(host="shop", port=2222, user="onec").login == "onec@shop:2222"
    assert SshSettings(host="onec@shop:2222").login == "onec@shop:2222"
    assert SshSettings(host="onec@[::1]:2222", user="onec", port=2222).login == "onec@::1:2222"
    assert SshSettings(host="shop", user="onec").address.port is None  # ~/.ssh/config may say one
    for contradiction in (SshSettings(host="a@shop", user="b"), SshSettings(host="shop:1", port=2)):
        with pytest.raises(ConfigError, match="ssh_address_contradicts"):
            contradiction.address  # noqa: B018
    with pytest.raises(ConfigError, match="ssh_address_invalid"):  # of the window, which asks nobody
        SshSettings().model_copy(update={"host": "shop/srv"}).login  # noqa: B018


def test_a_folder_of_the_server_may_begin_in_its_home() -> None:
    ssh = SshSettings(folder="~/webdata", archive_folder="~", media_root="/srv/~x")
    assert (ssh.folder, ssh.archive_folder, ssh.media_root) == ("webdata", ".", "/srv/~x")
