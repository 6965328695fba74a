"""stdout and stderr: consoles with old code pages, readers that go away, full disks."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from io import TextIOWrapper


def protect_streams() -> None:
    """Make stdout and stderr survive any text and the loss of their reader; a windowed program has neither."""
    if sys.stdout is not None:
        sys.stdout = cast("TextIO", _Stream(sys.stdout))
    if sys.stderr is not None:
        sys.stderr = cast("TextIO", _Stream(sys.stderr))


def lost_output() -> bool:
    """Whether stdout was closed or could not take everything; on Windows a program without a console has no stdout."""
    if sys.stdout is None:
        return sys.platform != "win32"
    sys.stdout.flush()
    return getattr(sys.stdout, "is_lost", False)


def encoded_stdout(encoding: str) -> TextIO:
    """stdout for a file that is piped: with the encoding and line ends of the file, not of the terminal."""
    cast("TextIOWrapper", sys.stdout).reconfigure(encoding=encoding, newline="")
    return sys.stdout


def is_unicode(stream: Any) -> bool:
    """Whether a stream can encode every character."""
    return (getattr(stream, "encoding", None) or "").lower().startswith("utf")


class _Stream:
    """A stream that outlives its reader: a closed pipe or a full disk must not stop an import.

    Args:
        stream: sys.stdout or sys.stderr.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        # A Windows console may be cp866 or cp1251; what it cannot show becomes a question mark, not a crash.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")

        self.is_lost = False
        """Whether output was lost; not by a reader that goes away, as `head` does: it has what it wanted."""

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError as error:
            self._discard_from_now_on(error)
        return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self._discard_from_now_on(error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _discard_from_now_on(self, error: OSError) -> None:
        self.is_lost = self.is_lost or error.errno not in (errno.EPIPE, errno.EINVAL)  # the latter on Windows
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), self._stream.fileno())
