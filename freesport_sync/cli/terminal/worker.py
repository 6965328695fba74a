"""Events of a worker on a terminal."""

from __future__ import annotations

from datetime import datetime

from freesport_sync.core.printable import printable
from freesport_sync.core.worker_events import (
    TaskLeft,
    TaskTaken,
    WorkerEvent,
    WorkerInTrouble,
    WorkerReady,
    WorkerStopping,
)
from freesport_sync.i18n.texts import Texts


def worker_line(event: WorkerEvent, texts: Texts) -> str:
    """The line for an event of a worker."""
    return f"{datetime.now():%H:%M:%S}  {printable(_said(event, texts))}"


def _said(event: WorkerEvent, texts: Texts) -> str:
    match event:
        case WorkerReady():
            return texts("cli.worker_ready", worker_id=event.worker_id, jobs=event.jobs)
        case TaskTaken():
            kind, asked = texts.word("kind", event.kind), {"operator": event.operator, "attempt": event.attempt}
            return texts("cli.task_taken", task_id=event.task_id, kind=kind, **asked)
        case TaskLeft():
            kind, status = texts.word("kind", event.kind), texts.word("task_status", event.status)
            line = texts("cli.task_left", task_id=event.task_id, kind=kind, status=status)
            return line if event.failure is None else f"{line}. {texts.error(event.failure.error).what}"
        case WorkerInTrouble():
            what = texts.error(event.failure.error).what.rstrip(".")
            return texts("cli.worker_in_trouble", what=what, seconds=round(event.retry_s))
        case WorkerStopping():
            key = "cli.worker_ends" if event.running else "cli.worker_ends_idle"
            return texts(key, running=event.running, seconds=round(event.drain_s))
