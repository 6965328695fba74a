"""How long files of past runs are kept."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from freesport_sync.errors import ImportFailed
from freesport_sync.tasks.shop_import.received import Received


@pytest.fixture
def received(tmp_path: Path) -> Received:
    received = Received(tmp_path / "received")
    (received.newest / "goods").mkdir(parents=True)
    (received.newest / "goods/goods.xml").write_text("first")
    return received


def test_files_of_a_run_stay_as_they_were(received: Received) -> None:
    folder = received.runs.keep({"goods/goods.xml": received.newest / "goods/goods.xml"})
    fresh = received.folder / "fresh"
    fresh.write_text("second")
    os.replace(fresh, received.newest / "goods/goods.xml")
    assert (folder / "goods/goods.xml").read_text() == "first"
    assert received.runs.has(folder)
    received.forget(["goods/goods.xml", "goods/unknown.xml"])
    assert received.here() == {}


def test_a_file_system_without_links(received: Received, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError(1, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    assert (
        received.runs.keep({"goods/goods.xml": received.newest / "goods/goods.xml"}) / "goods/goods.xml"
    ).read_text() == "first"


def test_the_newest_runs_are_kept(received: Received) -> None:
    runs = [received.runs.keep({"goods/goods.xml": received.newest / "goods/goods.xml"}) for _ in range(4)]
    received.runs.forget_old(keep_runs=2, keep_days=30)
    assert [received.runs.has(folder) for folder in runs] == [False, False, True, True]
    assert received.runs.is_of_run(runs[0])
    assert not received.runs.is_of_run(received.newest)


def test_old_runs_are_forgotten_unless_somebody_reads_them(received: Received) -> None:
    runs = [received.runs.keep({"goods/goods.xml": received.newest / "goods/goods.xml"}) for _ in range(2)]
    for folder in runs:
        os.utime(folder, (time.time() - 11 * 86_400,) * 2)
    received.runs.forget_old(keep_runs=10, keep_days=12)
    assert all(map(received.runs.has, runs))
    with received.runs.in_use(runs[0]):
        received.runs.forget_old(keep_runs=10, keep_days=10)
        assert [received.runs.has(folder) for folder in runs] == [True, False]
    received.runs.forget_old(keep_runs=10, keep_days=10)
    assert not received.runs.has(runs[0])


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "received").write_text("a file")
    received = Received(tmp_path / "received")
    with pytest.raises(ImportFailed, match="received_not_writable"), received.locked():
        pass
    with pytest.raises(ImportFailed, match="received_not_writable"):
        received.runs.keep({"goods.xml": received.newest / "goods.xml"})


def test_a_run_that_never_was_leaves_nothing(received: Received) -> None:
    folder = received.runs.keep({"goods/goods.xml": received.newest / "goods/goods.xml"})
    with received.runs.in_use(folder):
        pass
    received.runs.drop(folder)
    assert list(folder.parent.iterdir()) == []
