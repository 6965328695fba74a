"""Copies into the shop's media: whole or not at all, never over what is there."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

from freesport_sync.errors import ConfigError, ImportFailed
from freesport_sync.rules.catalog.pictures import NotDeliverable, PictureProblem
from freesport_sync.tasks.shop_import.media_root import MediaRoot

PLACE = "products/base/01/x.jpg"


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    folder.mkdir()
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "x.jpg"
    file.write_bytes(b"picture")
    return file


def files_of(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_picture_is_copied(media: Path, source: Path) -> None:
    root = MediaRoot(media)
    assert root.size(PLACE) is None
    root.deliver(source, PLACE)
    assert root.size(PLACE) == MediaRoot(media).size(PLACE) == 7
    assert files_of(media) == [PLACE]
    assert (media / PLACE).read_bytes() == b"picture"


def test_a_dry_run_only_remembers(media: Path, source: Path) -> None:
    root = MediaRoot(media, is_dry_run=True)
    root.deliver(source, PLACE)
    assert root.size(PLACE) == 7
    assert list(media.iterdir()) == []


@pytest.mark.parametrize("is_dry_run", [False, True])
def test_what_cannot_be_read(media: Path, tmp_path: Path, is_dry_run: bool) -> None:
    with pytest.raises(NotDeliverable) as caught:
        MediaRoot(media, is_dry_run).deliver(tmp_path / "missing.jpg", PLACE)
    assert caught.value.problem is PictureProblem.UNREADABLE
    assert files_of(media) == []


def failing_copy(error: int) -> object:
    def copyfile(source: Path, target: Path) -> NoReturn:
        target.write_bytes(b"half")
        raise OSError(error, "it does not work")

    return copyfile


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_stops_the_run(media: Path, source: Path, error: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "copyfile", failing_copy(error))
    with pytest.raises(ImportFailed, match="disk_full"):
        MediaRoot(media).deliver(source, PLACE)
    assert files_of(media) == []


def test_nothing_is_left_of_a_copy_that_failed(media: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "copyfile", failing_copy(errno.EIO))
    with pytest.raises(NotDeliverable) as caught:
        MediaRoot(media).deliver(source, PLACE)
    assert (caught.value.problem, caught.value.params) == (PictureProblem.NOT_COPIED, {"reason": "it does not work"})
    assert files_of(media) == []


def test_what_a_killed_program_left_is_cleared_away(media: Path, source: Path) -> None:
    folder = (media / PLACE).parent
    folder.mkdir(parents=True)
    (folder / ".freesport_sync-4711.part").write_bytes(b"half")
    (folder / ".htaccess").write_bytes(b"")
    root = MediaRoot(media)
    root.deliver(source, PLACE)
    assert files_of(media) == ["products/base/01/.htaccess", PLACE]


def test_a_file_where_a_folder_should_be(media: Path, source: Path) -> None:
    (media / "products").write_bytes(b"")
    with pytest.raises(NotDeliverable) as caught:
        MediaRoot(media).deliver(source, PLACE)
    assert caught.value.problem is PictureProblem.NOT_COPIED


def test_the_root_itself_is_never_made(media: Path, source: Path) -> None:
    """Its disk may have been unmounted: the pictures would fill the disk below."""
    root = MediaRoot(media)
    media.rmdir()
    with pytest.raises(NotDeliverable):
        root.deliver(source, PLACE)
    assert not media.exists()


def test_the_root_must_be_a_folder(tmp_path: Path, source: Path) -> None:
    for path in (tmp_path / "missing", source):
        with pytest.raises(ConfigError, match="media_root_missing"):
            MediaRoot(path)


def test_the_root_must_be_writable(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_options: object) -> NoReturn:
        raise PermissionError(errno.EACCES, "no right")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(ConfigError, match="media_root_not_writable"):
        MediaRoot(media)
