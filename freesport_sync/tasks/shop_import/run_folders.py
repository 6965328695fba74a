"""The files of past runs, a folder each, for as long as the settings say."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from freesport_sync.os_support import make_private, try_lock, unlock
from freesport_sync.sources.ssh.download import local_trouble

_LOCK = "lock"
_DAY_S = 86_400


class RunFolders:
    """Folders `STAMP` with what one run each imports.

    Args:
        folder: created when the first files come.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, files: Mapping[str, Path]) -> Path:
        """Keep files for one run, as they are now; returns the folder in which they lie.

        Args:
            files: path below that folder -> file; it is replaced later, never written to.

        Raises:
            ImportFailed: the disk is full or cannot be written to.
        """
        folder = self._folder / f"{datetime.now():%Y%m%d-%H%M%S-%f}-{secrets.token_hex(2)}"
        try:
            make_private(folder)
            for path, file in files.items():
                target = folder / path
                make_private(target.parent)
                try:
                    os.link(file, target)
                except OSError:  # a file system without links
                    shutil.copy2(file, target)
        except OSError as error:
            self.drop(folder)
            raise local_trouble(error, folder) from error
        return folder

    def newest_first(self) -> list[Path]:
        """All that are kept."""
        if not self._folder.is_dir():
            return []
        return sorted((path for path in self._folder.iterdir() if path.is_dir()), reverse=True)

    def has(self, folder: Path) -> bool:
        """Whether a folder holds the files of a past run."""
        return folder.parent == self._folder and folder.is_dir()

    def is_of_run(self, folder: Path) -> bool:
        """Whether a folder holds, or once held, the files of a run."""
        return folder.parent == self._folder

    @contextmanager
    def in_use(self, folder: Path) -> Iterator[None]:
        """The files of a run are not forgotten while they are read; other folders are none of our business."""
        if not self.has(folder):
            yield
            return
        with self._lock_of(folder).open("ab") as file:
            is_ours = try_lock(file)  # else somebody imports the same files, which is as good
            try:
                yield
            finally:
                if is_ours:
                    unlock(file)

    def drop(self, folder: Path) -> None:
        """Remove the files of a run that never was."""
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            self._lock_of(folder).unlink()

    def forget_old(self, keep_runs: int, keep_days: int) -> None:
        """Remove the files of runs beyond a count, and of those that are too long ago."""
        folders = self.newest_first()
        oldest = time.time() - keep_days * _DAY_S
        for number, folder in enumerate(folders):
            with suppress(OSError):  # somebody else removes it, or has it open: no reason for a run to fail
                if number >= keep_runs or folder.stat().st_mtime < oldest:
                    with self._lock_of(folder).open("ab") as file:
                        is_unused = try_lock(file)
                    if is_unused:
                        self.drop(folder)

    def _lock_of(self, folder: Path) -> Path:
        return self._folder / f"{folder.name}.{_LOCK}"
