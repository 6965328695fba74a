from __future__ import annotations

from pathlib import Path

import pytest

from freesport_sync.core.connections import RemoteFolders
from freesport_sync.services.remote_export import RemoteExport
from freesport_sync.settings.model import Settings, SshSettings
from freesport_sync.settings.paths import find_paths


@pytest.mark.parametrize(
    ("ssh", "login"),
    [
        ({"host": "shop", "user": "onec"}, "onec@shop:22"),
        ({"host": "onec@shop"}, "onec@shop:22"),
        ({"host": "shop", "port": 2222}, "shop:2222"),
    ],
)
def test_a_host_is_enough_to_name_the_export(tmp_path: Path, ssh: dict[str, object], login: str) -> None:
    settings = Settings(ssh=SshSettings(**ssh, folder="webdata"))
    assert RemoteExport(settings, find_paths(tmp_path)).folders == RemoteFolders(login, "webdata", None)


def test_without_a_host_there_is_no_export(tmp_path: Path) -> None:
    assert RemoteExport(Settings(), find_paths(tmp_path)).folders is None
