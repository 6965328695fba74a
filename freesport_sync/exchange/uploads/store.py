"""Where the portions lie, and which of them have to go."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from freesport_sync.exchange.uploads.batch import UploadBatch, UploadLimits
from freesport_sync.exchange.uploads.fragment import refusal_of, require_space
from freesport_sync.os_support import make_private

MAX_UNUSED = 50
"""Portions that nobody has asked to import, or whose import failed; 1C sends them again."""
_DAY_S = 86_400


class Inbox:
    """The folder of portions; outside of everything that anybody serves.

    Args:
        folder: created when the first portion comes.
        limits: of each portion.
    """

    def __init__(self, folder: Path, limits: UploadLimits) -> None:
        self._folder = folder
        self._limits = limits

    def new_portion(self) -> UploadBatch:
        """Room for a portion of its own.

        Raises:
            ExchangeRefused: the disk is full, or the folder cannot be written.
        """
        try:
            make_private(self._folder)
            require_space(self._folder)
        except OSError as error:
            raise refusal_of(error) from error
        return UploadBatch(self._folder / f"{datetime.now():%Y%m%d-%H%M%S-%f}-{secrets.token_hex(4)}", self._limits)

    def left_over(self) -> Iterator[UploadBatch]:
        """The portions of an earlier server in which files wait that nobody has asked for."""
        for folder in self._folders():
            portion = UploadBatch(folder, self._limits)
            if portion.find_files():
                yield portion

    def superfluous(self, keep_days: int, in_use: Collection[Path]) -> list[Path]:
        """The portions that were begun too many days ago, and the oldest where there are too many.

        Args:
            keep_days: how long they are kept.
            in_use: folders that stay, and do not count.
        """
        oldest, found = time.time() - keep_days * _DAY_S, list[Path]()
        for number, folder in enumerate(reversed(self.unused(in_use))):
            with suppress(OSError):
                if number >= MAX_UNUSED or folder.stat().st_mtime < oldest:
                    found.append(folder)
        return found

    def unused(self, in_use: Collection[Path]) -> list[Path]:
        """The others, the oldest first."""
        return [folder for folder in self._folders() if folder not in in_use]

    def remove(self, folder: Path) -> None:
        """Remove a portion that nobody uses."""
        with suppress(OSError):
            UploadBatch(folder, self._limits).remove()

    def _folders(self) -> list[Path]:
        return sorted(path for path in self._folder.iterdir() if path.is_dir()) if self._folder.is_dir() else []
