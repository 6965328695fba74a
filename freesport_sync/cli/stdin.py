"""What comes from stdin: passwords, and the signal to stop."""

from __future__ import annotations

import getpass
import os
import sys
import threading
from contextlib import suppress

from freesport_sync.core.cancel import CancelToken
from freesport_sync.errors import ConfigError
from freesport_sync.i18n.texts import Texts

_STDIN_BYTES = 1024


def ask_password(texts: Texts, prompt: str = "cli.exchange_password") -> str:
    """Ask for a password: typed without echo, or the first line of a pipe."""
    if sys.stdin is None or not sys.stdin.isatty():
        line = sys.stdin.readline(_STDIN_BYTES) if sys.stdin is not None else ""
        return line.rstrip("\r\n")
    return getpass.getpass(texts(prompt))


def ask_new_password(texts: Texts) -> str:
    """Ask for a new password, which must be typed twice.

    Raises:
        ConfigError: the two differ.
    """
    password = ask_password(texts, "cli.new_password")
    is_typed = sys.stdin is not None and sys.stdin.isatty()
    if is_typed and getpass.getpass(texts("cli.new_password_again")) != password:
        raise ConfigError("exchange_passwords_differ")
    return password


def is_agreed(question: str) -> bool:
    """Ask on a terminal; where nobody sits, the answer is yes.

    Args:
        question: with the letters to answer; the first letter of a yes is д or y.
    """
    streams = (sys.stdin, sys.stdout)
    if not all(stream is not None and stream.isatty() for stream in streams):
        return True
    print(question, end="", flush=True)
    return sys.stdin.readline(_STDIN_BYTES).strip().lower()[:1] in ("д", "y")


def stop_with_stdin(cancel: CancelToken) -> None:
    """Set `cancel` when the parent process closes our stdin or dies."""

    def wait() -> None:
        # Not through `sys.stdin`: at exit the interpreter could not take its lock from this thread, and would abort.
        with suppress(OSError, ValueError):
            while sys.stdin is not None and os.read(sys.stdin.fileno(), _STDIN_BYTES):
                pass
        cancel.cancel()

    threading.Thread(target=wait, name="stdin", daemon=True).start()
