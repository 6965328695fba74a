"""Events of the exchange on a terminal."""

from __future__ import annotations

from datetime import datetime

from freesport_sync.core.exchange import ExchangeEvent, ExchangeStarted, ImportNotRequested, RequestHandled
from freesport_sync.i18n.texts import Texts


def exchange_lines(event: ExchangeEvent, texts: Texts) -> list[str]:
    """The lines for an event of the exchange."""
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
