"""The files of past runs, one folder each, kept for as long as the settings say."""

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
from freesport_sync.sources.ssh.download import local_failure

_LOCK = "lock"
_DAY_S = 86_400


class RunFolders:
    """Folders named `STAMP`, each with the files of one run.

    Args:
        folder: created when the first files come.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, files: Mapping[str, Path]) -> Path:
        """Keep the current files for one run; returns their folder.

        Args:
            files: path below that folder -> file; later versions replace the file and never modify it.

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
            raise local_failure(error, folder) from error
        return folder

    def newest_first(self) -> list[Path]:
        """All folders that are kept."""
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
        """Keep the files of a run from being deleted while they are read; other folders are ignored."""
        if not self.has(folder):
            yield
            return
        with self._lock_of(folder).open("ab") as file:
            is_locked = try_lock(file)  # else another run imports the same files, and protects them too
            try:
                yield
            finally:
                if is_locked:
                    unlock(file)

    def drop(self, folder: Path) -> None:
        """Remove the files of a run that did not start."""
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            self._lock_of(folder).unlink()

    def forget_old(self, keep_runs: int, keep_days: int) -> None:
        """Remove the files of the oldest runs, beyond a count and beyond an age."""
        folders = self.newest_first()
        oldest = time.time() - keep_days * _DAY_S
        for number, folder in enumerate(folders):
            with suppress(OSError):  # removed or opened by another process: no reason for a run to fail
                if number >= keep_runs or folder.stat().st_mtime < oldest:
                    with self._lock_of(folder).open("ab") as file:
                        is_unused = try_lock(file)
                    if is_unused:
                        self.drop(folder)

    def _lock_of(self, folder: Path) -> Path:
        return self._folder / f"{folder.name}.{_LOCK}"
