"""A disk that is soon full; who uses it is marked `linux_only(A_SMALL_DISK)`."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

A_SMALL_DISK = "a disk in memory to mount"


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """Mount a disk on a folder, for root only.

    Args:
        folder: is there already.
        size: as `mount` takes it, such as `512k`.
    """
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("only an administrator may mount a disk")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)
