"""Files of the server on this computer: the newest of each, and those that are not complete yet."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from freesport_sync.errors import LockHeld
from freesport_sync.os_support import file_lock, make_private
from freesport_sync.sources.ssh.download import local_trouble
from freesport_sync.tasks.shop_import.run_folders import RunFolders

_LOCK = "lock"


class Received:
    """The folder of received files.

        newest/         as they are on the server, those that were ever fetched
        parts/          those that are not complete yet
        runs/STAMP/     what one run imports, linked to `newest`: a file there is replaced, never written to

    Args:
        folder: created when the first files come.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.newest = folder / "newest"
        self.parts = folder / "parts"
        self.runs = RunFolders(folder / "runs")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else may fetch into this folder meanwhile.

        Raises:
            LockHeld: somebody does.
            ImportFailed: the folder cannot be written to.
        """
        with ExitStack() as stack:
            try:
                make_private(self.newest)
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
