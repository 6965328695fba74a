"""What a worker says on a terminal."""

from __future__ import annotations

from freesport_sync.cli.terminal.worker import worker_line
from freesport_sync.core.events import Failure
from freesport_sync.core.worker_events import TaskTaken, WorkerInTrouble
from freesport_sync.errors import ConnectionFailed, SyncError
from freesport_sync.i18n.texts import Language, Texts

TEXTS = Texts(Language.RUSSIAN)


def in_trouble(error: SyncError) -> str:
    return worker_line(WorkerInTrouble(Failure.of(error), 2.0), TEXTS).split("  ", 1)[1]


def test_what_happened_ends_before_what_will_be_done() -> None:
    lost = in_trouble(ConnectionFailed("connection_lost"))
    assert lost == "Соединение с базой потеряно. Исполнитель попробует снова через 2 с."
    assert ".." not in in_trouble(SyncError("cancelled"))


def test_an_event_is_one_line() -> None:
    line = worker_line(TaskTaken(7, "prices", "night\nshift\x1b[31m", 1), TEXTS)
    assert line.endswith("поставил night shift\N{REPLACEMENT CHARACTER}[31m, попытка 1")
