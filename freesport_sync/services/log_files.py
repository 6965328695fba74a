"""Where the window and the support package find what the program has logged."""

from __future__ import annotations

from pathlib import Path

from freesport_sync.settings.logs import log_files


def newest_log_bytes(folder: Path, most: int) -> bytes:
    """The end of the log, across the newest two of its files; empty if there is none.

    Args:
        folder: of the log files.
        most: bytes from each file; of a longer one the first line is cut off.

    Raises:
        OSError: a file cannot be read.
    """
    return b"".join(tail_of(file, most) for file in reversed(log_files(folder)[:2]))


def tail_of(file: Path, most: int) -> bytes:
    """The last whole lines of a file; empty if it is missing.

    Args:
        file: to read.
        most: bytes.

    Raises:
        OSError: it cannot be read.
    """
    try:
        with file.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(max(size - most, 0))
            content = stream.read(most)
    except FileNotFoundError:  # just rotated
        return b""
    return content if size <= most else content.partition(b"\n")[2]
