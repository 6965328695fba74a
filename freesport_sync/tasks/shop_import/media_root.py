"""The folder in which the shop keeps its pictures."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from freesport_sync.core.checks import CheckItem
from freesport_sync.errors import ConfigError, ImportFailed, reason_of
from freesport_sync.os_support import DISK_FULL, rename_fresh
from freesport_sync.rules.catalog.pictures import NotDeliverable, PictureProblem

_DRAFT = ".freesport_sync-{}.part"


class Media(Protocol):
    """Where the shop keeps its pictures: a folder of this computer or of the SSH host."""

    def size(self, relative: str) -> int | None: ...
    def deliver_all(self, pictures: Mapping[str, Path], done: Callable[[], None]) -> Mapping[str, NotDeliverable]: ...


class MediaRoot:
    """The local folder of the shop's pictures; existing files are never replaced or removed.

    Args:
        folder: exists and can be written to.
        is_dry_run: only pretend to deliver.

    Raises:
        ConfigError: it does not exist, or cannot be written to.
    """

    def __init__(self, folder: Path, is_dry_run: bool = False) -> None:
        self._root = folder
        self._is_dry_run = is_dry_run
        self._folders = {folder}
        self._delivered: dict[str, int] = {}
        if not folder.is_dir():
            raise ConfigError("media_root_missing", path=str(folder))
        try:
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise ConfigError("media_root_not_writable", path=str(folder), reason=reason_of(error)) from error

    def size(self, relative: str) -> int | None:
        """Size in bytes of a picture in the shop's media; None if it is not there."""
        if relative in self._delivered:
            return self._delivered[relative]
        path = self._root / relative
        try:
            return path.stat().st_size if path.is_file() else None
        except OSError:
            return None

    def deliver_all(self, pictures: Mapping[str, Path], done: Callable[[], None]) -> Mapping[str, NotDeliverable]:
        """Copy pictures; returns those that cannot be delivered. The caller has checked that none exists yet.

        Args:
            pictures: path below the media root -> file of the export.
            done: called after each; may raise.

        Raises:
            ImportFailed: the disk is full.
        """
        failed: dict[str, NotDeliverable] = {}
        for relative, source in pictures.items():
            try:
                self.deliver(source, relative)
            except NotDeliverable as trouble:
                failed[relative] = trouble
            done()
        return failed

    def deliver(self, source: Path, relative: str) -> None:
        """Copy a picture that does not exist yet; readers see the whole file or none.

        Args:
            source: the file of the export.
            relative: path below the media root, with forward slashes.

        Raises:
            NotDeliverable: it cannot be read or written.
            ImportFailed: the disk is full.
        """
        try:
            with source.open("rb") as opened:
                size = os.fstat(opened.fileno()).st_size
        except OSError as error:
            raise NotDeliverable(PictureProblem.UNREADABLE, reason=reason_of(error)) from error
        if not self._is_dry_run:
            self._copy(source, self._root / relative)
        self._delivered[relative] = size

    def _copy(self, source: Path, target: Path) -> None:
        try:
            self._make(target.parent)
            draft = target.with_name(_DRAFT.format(os.getpid()))
            try:
                shutil.copyfile(source, draft)
                rename_fresh(draft, target)
            except BaseException:
                with suppress(OSError):
                    draft.unlink()
                raise
        except OSError as error:
            if error.errno in DISK_FULL:
                raise ImportFailed("disk_full", path=str(target)) from error
            raise NotDeliverable(PictureProblem.NOT_COPIED, reason=reason_of(error)) from error

    def _make(self, folder: Path) -> None:
        """Make a folder below the root, but not the root itself: its disk may just have been unmounted."""
        if folder not in self._folders:
            self._make(folder.parent)
            folder.mkdir(exist_ok=True)
            for leftover in folder.glob(_DRAFT.format("*")):  # of a program that was killed while it copied
                with suppress(OSError):
                    leftover.unlink()
            self._folders.add(folder)


def check_media_root(folder: Path) -> CheckItem:
    """Whether pictures can be copied into a folder."""
    try:
        MediaRoot(folder)
    except ConfigError as error:
        return CheckItem(error.code, False, error.params)
    return CheckItem("media_root", True, {"path": str(folder)})
