"""Which files of the server a run has used up."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from freesport_sync.core.shop import ImportKind
from freesport_sync.sources.commerceml.export import FileKind
from freesport_sync.sources.ssh.listing import RemoteFile
from freesport_sync.tasks.shop_import.pull import imported_files

NAMES = ("contragents.xml", "goods.xml", "webdata.zip")


@pytest.mark.parametrize(
    ("kind", "kinds", "moved"),
    [
        (ImportKind.CUSTOMERS, {FileKind.CONTRAGENTS}, ["contragents.xml"]),
        (ImportKind.ALL, set(FileKind), list(NAMES)),
    ],
)
def test_what_another_run_may_need_stays(kind: ImportKind, kinds: set[FileKind], moved: list[str]) -> None:
    job = cast("Any", SimpleNamespace(kinds=frozenset(kinds)))
    files = [RemoteFile(name, 1, 1) for name in NAMES]
    assert [file.path for file in imported_files(job, files, kind)] == moved
