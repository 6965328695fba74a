"""Files fetched from the SSH host: the newest version of each, and incomplete ones."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from freesport_sync.errors import LockHeld
from freesport_sync.os_support import file_lock, make_private
from freesport_sync.sources.ssh.download import local_failure
from freesport_sync.tasks.shop_import.run_folders import RunFolders

_LOCK = "lock"


class Received:
    """The folder of received files.

        newest/         as they are on the host, as far as they were ever fetched
        parts/          incomplete ones
        runs/STAMP/     what one run imports, hard links to `newest`, whose files are replaced and never modified

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
        """Keep other pulls out of this folder.

        Raises:
            LockHeld: another pull is running.
            ImportFailed: the folder cannot be written to.
        """
        with ExitStack() as stack:
            try:
                make_private(self.newest)
                stack.enter_context(file_lock(self.folder / _LOCK, timeout_s=0))
            except TimeoutError as error:
                raise LockHeld("pull_busy", folder=str(self.folder)) from error
            except OSError as error:
                raise local_failure(error, self.folder) from error
            yield

    def here(self) -> dict[str, tuple[int, int]]:
        """Path on the host -> size and modification time of the newest files."""
        found: dict[str, tuple[int, int]] = {}
        for folder, _, names in os.walk(self.newest):
            for name in names:
                path = Path(folder, name)
                status = path.stat()
                found[path.relative_to(self.newest).as_posix()] = (status.st_size, int(status.st_mtime))
        return found

    def forget(self, paths: Iterable[str]) -> None:
        """Remove files that the host no longer has."""
        for path in paths:
            with suppress(OSError):  # open on Windows: the next pull tries again
                (self.newest / path).unlink()
                for folder in (self.newest / path).parents:
                    if folder == self.newest:
                        break
                    folder.rmdir()  # fails unless it is empty
