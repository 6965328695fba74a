"""The exchange server on the terminal: its password, its end, and a line for each request."""

from __future__ import annotations

import getpass
import os
import sys
import threading
from contextlib import suppress
from datetime import datetime

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.exchange import (
    ExchangeEvent,
    ExchangeStarted,
    ImportNotRequested,
    RequestHandled,
)
from freesport_sync.errors import ConfigError
from freesport_sync.i18n.texts import Texts

_STDIN_BYTES = 1024


def asked_password(texts: Texts, prompt: str = "cli.exchange_password") -> str:
    """A password: typed without being shown, or the first line of what is piped in."""
    if sys.stdin is None or not sys.stdin.isatty():
        line = sys.stdin.readline(_STDIN_BYTES) if sys.stdin is not None else ""
        return line.rstrip("\r\n")
    return getpass.getpass(texts(prompt))


def new_password(texts: Texts) -> str:
    """A password that is to be set; whoever types it does so twice.

    Raises:
        ConfigError: the two differ.
    """
    password = asked_password(texts, "cli.new_password")
    is_typed = sys.stdin is not None and sys.stdin.isatty()
    if is_typed and getpass.getpass(texts("cli.new_password_again")) != password:
        raise ConfigError("exchange_passwords_differ")
    return password


def stop_with_stdin(cancel: CancelToken) -> None:
    """Set `cancel` when whoever has started this program closes its stdin, or dies."""

    def wait() -> None:
        # Not by way of `sys.stdin`: a program that ends by itself could not take its lock from this thread, and would
        # die of that.
        with suppress(OSError, ValueError):
            while sys.stdin is not None and os.read(sys.stdin.fileno(), _STDIN_BYTES):
                pass
        cancel.cancel()

    threading.Thread(target=wait, name="stdin", daemon=True).start()


def exchange_lines(event: ExchangeEvent, texts: Texts) -> list[str]:
    """What to write of an event of the server."""
    match event:
        case ExchangeStarted():
            lines = [texts("cli.serving", address=event.address, user=event.user)]
            lines += [texts("cli.serving_dry_run")] if event.is_dry_run else []
            return lines + ([texts("cli.serving_unprotected")] if event.is_unprotected else [])
        case RequestHandled():
            what = " ".join(filter(None, (event.type, event.mode, event.file)))
            size = texts("cli.request_size", size=f"{event.size_bytes / 1_000_000:.2f}") if event.size_bytes else ""
            answer = " ".join(filter(None, (event.answer, event.text)))
            return [
                texts(
                    "cli.request",
                    time=f"{datetime.now():%H:%M:%S}",
                    address=event.address,
                    what=f"{what}{size}",
                    answer=answer,
                    seconds=f"{event.duration_s:.2f}",
                )
            ]
        case ImportNotRequested():
            key = "cli.not_asked_imported" if event.is_imported_now else "cli.not_asked"
            key = "cli.not_asked_overtaken" if event.is_overtaken else key
            files = ", ".join(event.files[:10])
            return [texts(key, files=files, minutes=int(event.idle_s // 60), folder=event.folder)]
