"""The disk that uploads are written to."""

from __future__ import annotations

import shutil
from pathlib import Path

from freesport_sync.errors import ExchangeRefused, SyncError, reason_of
from freesport_sync.os_support import DISK_FULL

MB = 1024**2
SPARE_BYTES = 200 * MB
"""What must stay free on the disk."""


def require_space(folder: Path) -> None:
    """Check that the disk of a folder has room.

    Raises:
        ExchangeRefused: less than `SPARE_BYTES` are free.
    """
    if shutil.disk_usage(folder).free < SPARE_BYTES:
        raise ExchangeRefused("exchange_disk_full")


def refusal_of(error: OSError) -> SyncError:
    """The answer to 1C when writing has failed; never contains a path of this computer."""
    if error.errno in DISK_FULL:
        return ExchangeRefused("exchange_disk_full")
    return ExchangeRefused("exchange_disk_broken", reason=reason_of(error))
