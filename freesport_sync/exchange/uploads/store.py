"""The upload batches of a server, in memory and on the disk."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from pathlib import Path, PurePosixPath

from freesport_sync.core.log_entries import log_entry
from freesport_sync.errors import ExchangeRefused
from freesport_sync.exchange.uploads.batch import Sender, UploadBatch, UploadLimits
from freesport_sync.exchange.uploads.disk import refusal_of, require_space
from freesport_sync.os_support import make_private

log = logging.getLogger(__name__)

MAX_UNUSED = 50
"""Unused batches that are kept: not asked for, or with a failed import; 1C sends them again."""
_NEWEST = "newest"
"""File beside the batches: when the newest of those that were imported arrived."""
_DAY_S = 86_400


class UploadStore:
    """Keeps batches until they are imported, or removed because they are too old or too many.

    Args:
        folder: for all batches, outside of everything that is served; created with the first batch.
        limits: of each batch.
        keep_days: how long an unused batch is kept.
        idle_s: seconds without activity after which a batch is unused.
    """

    def __init__(self, folder: Path, limits: UploadLimits, keep_days: int, idle_s: float) -> None:
        self._folder = folder
        self._limits = limits
        self._keep_days = keep_days
        self._idle_s = idle_s
        restored = (self._restored(path) for path in self._folders())
        self._batches = [batch for batch in restored if batch is not None]

    @property
    def batches(self) -> list[UploadBatch]:
        """Those that the server handles, in the order in which they arrived."""
        return sorted(self._batches, key=lambda batch: batch.arrived_at)

    async def new_batch(self, sender: Sender) -> UploadBatch:
        """A batch with a folder of its own.

        Raises:
            ExchangeRefused: the disk is full of what is in use, or cannot be written to.
        """
        await self.tidy_up()
        while True:
            try:
                await asyncio.to_thread(self._require_folder)
                break
            except ExchangeRefused as error:
                # Better to lose the oldest, which 1C sends again, than every new one.
                unused = await asyncio.to_thread(self._unused, self._in_use())
                if error.code != "exchange_disk_full" or not unused:
                    raise
                await self._remove(unused[0])
        name = f"{datetime.now():%Y%m%d-%H%M%S-%f}-{secrets.token_hex(4)}"
        batch = UploadBatch(self._folder / name, self._limits, sender)
        self._batches.append(batch)
        return batch

    async def tidy_up(self) -> None:
        """Remove batches that are too old, and the oldest of too many; also waiting ones: 1C may never ask for them."""
        for folder in await asyncio.to_thread(self._expired, self._in_use()):
            await self._remove(folder)

    def close(self, batch: UploadBatch) -> None:
        """Stop handling a batch; its files stay where they are."""
        self._batches.remove(batch)
        batch.is_closed = True

    def is_in_use(self, batch: UploadBatch) -> bool:
        """Whether a batch is being received or imported, or was a moment ago."""
        return batch.is_in_use(self._idle_s)

    def is_overtaken(self, batch: UploadBatch) -> bool:
        """Whether the shop has something that arrived after this batch, so the batch is outdated."""
        try:
            return float((self._folder / _NEWEST).read_text("ascii")) > batch.arrived_at
        except (OSError, ValueError):
            return False

    def record_import(self, batch: UploadBatch) -> None:
        """Remember, also for the next server, that this batch is in the shop."""
        if not self.is_overtaken(batch):
            with suppress(OSError):
                (self._folder / _NEWEST).write_text(str(batch.arrived_at), "ascii")

    def _restored(self, folder: Path) -> UploadBatch | None:
        """The batch of an earlier server; None: it has nothing to import.

        If 1C had begun to ask for its imports, it sends the batch again, and what is left here must not be imported
        after that.
        """
        batch = UploadBatch(folder, self._limits)
        with suppress(OSError):
            if batch.notes.read_text("utf-8").strip():
                return None
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                status = path.stat()
                batch.add(PurePosixPath(path.relative_to(folder).as_posix()), status.st_size)
                batch.arrived_at = max(batch.arrived_at, status.st_mtime)
        return batch if batch.waiting else None

    def _require_folder(self) -> None:
        try:
            make_private(self._folder)
            require_space(self._folder)
        except OSError as error:
            raise refusal_of(error) from error

    def _expired(self, in_use: Collection[Path]) -> list[Path]:
        """The folders of batches that were begun too many days ago, and the oldest where there are too many.

        Args:
            in_use: folders that stay and are not counted.
        """
        oldest, found = time.time() - self._keep_days * _DAY_S, list[Path]()
        for number, folder in enumerate(reversed(self._unused(in_use))):
            with suppress(OSError):
                if number >= MAX_UNUSED or folder.stat().st_mtime < oldest:
                    found.append(folder)
        return found

    def _unused(self, in_use: Collection[Path]) -> list[Path]:
        return [folder for folder in self._folders() if folder not in in_use]

    def _folders(self) -> list[Path]:
        """The oldest first: their names begin with the time."""
        return sorted(path for path in self._folder.iterdir() if path.is_dir()) if self._folder.is_dir() else []

    def _in_use(self) -> set[Path]:
        return {batch.folder for batch in self._batches if self.is_in_use(batch)}

    async def _remove(self, folder: Path) -> None:
        """Remove a batch, unless it has come into use again."""
        batch = next((one for one in self._batches if one.folder == folder), None)
        if batch is None:
            batch = UploadBatch(folder, self._limits)  # of an earlier server
        elif self.is_in_use(batch):
            return
        else:
            self.close(batch)
        log_entry(log, logging.WARNING, "received_removed", folder=folder.name)
        with suppress(OSError):
            await asyncio.to_thread(batch.remove)
