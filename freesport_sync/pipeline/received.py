"""Files of the server on this computer: the newest of each, and those of past runs."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from freesport_sync.errors import LockHeld
from freesport_sync.os_support import file_lock, try_lock, unlock
from freesport_sync.transfer.download import local_trouble

_LOCK = "lock"
_DAY_S = 86_400


class Received:
    """The folder of received files.

        newest/         as they are on the server, as far as they were ever fetched
        parts/          those that are not complete yet
        runs/STAMP/     what one run imports, linked to `newest`: a file there is replaced, never written to

    Args:
        folder: created when the first files come.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.newest = folder / "newest"
        self.parts = folder / "parts"
        self._runs = folder / "runs"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else may fetch into this folder meanwhile.

        Raises:
            LockHeld: somebody does.
            ImportFailed: the folder cannot be written to.
        """
        with ExitStack() as stack:
            try:
                self.newest.mkdir(parents=True, exist_ok=True)
                stack.enter_context(file_lock(self.folder / _LOCK, timeout_s=0))
            except TimeoutError as error:
                raise LockHeld("pull_busy", folder=str(self.folder)) from error
            except OSError as error:
                raise local_trouble(error, self.folder) from error
            yield

    def here(self) -> dict[str, tuple[int, int]]:
        """Size and time of the newest files, by their path on the server."""
        found: dict[str, tuple[int, int]] = {}
        for folder, _, names in os.walk(self.newest):
            for name in names:
                path = Path(folder, name)
                status = path.stat()
                found[path.relative_to(self.newest).as_posix()] = (status.st_size, int(status.st_mtime))
        return found

    def forget(self, paths: Iterable[str]) -> None:
        """Remove files that the server does not have any more."""
        for path in paths:
            with suppress(OSError):  # somebody has it open on Windows: the next time
                (self.newest / path).unlink()
                for folder in (self.newest / path).parents:
                    if folder == self.newest:
                        break
                    folder.rmdir()  # fails where something else is in it

    def keep(self, paths: Iterable[str]) -> Path:
        """Keep files for one run, as they are now; returns the folder in which they lie.

        Raises:
            ImportFailed: the disk is full or cannot be written to.
        """
        folder = self._runs / f"{datetime.now():%Y%m%d-%H%M%S-%f}-{secrets.token_hex(2)}"
        try:
            folder.mkdir(parents=True)
            for path in paths:
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                try:
                    os.link(self.newest / path, target)
                except OSError:  # a file system without links
                    shutil.copy2(self.newest / path, target)
        except OSError as error:
            self.drop(folder)
            raise local_trouble(error, folder) from error
        return folder

    def has(self, folder: Path) -> bool:
        """Whether a folder holds the files of a past run."""
        return folder.parent == self._runs and folder.is_dir()

    def is_of_run(self, folder: Path) -> bool:
        """Whether a folder holds, or once held, the files of a run."""
        return folder.parent == self._runs

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
        if not self._runs.is_dir():
            return
        folders = sorted((path for path in self._runs.iterdir() if path.is_dir()), reverse=True)
        oldest = time.time() - keep_days * _DAY_S
        for number, folder in enumerate(folders):
            if number >= keep_runs or folder.stat().st_mtime < oldest:
                with self._lock_of(folder).open("ab") as file:
                    is_unused = try_lock(file)
                if is_unused:
                    self.drop(folder)

    def _lock_of(self, folder: Path) -> Path:
        return self._runs / f"{folder.name}.{_LOCK}"
