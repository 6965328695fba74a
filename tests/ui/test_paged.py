"""Lists that are read page by page: an answer on its way may be older than what is shown already."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication

from freesport_sync.core.history import Page
from freesport_sync.services.history import History
from freesport_sync.ui.backend import Backend
from freesport_sync.ui.models.paged import Column, PagedModel


class SlowBackend(QObject):
    """Answers on request of the test."""

    database_status_changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[Callable[[], None]] = []

    def ask(self, question: Callable[[Any], Any], on_success: Callable[[Any], None], _: Callable[..., None]) -> None:
        """Read now, answer later."""
        page = question(None)
        self.answers.append(lambda: on_success(page))


@pytest.fixture
def backend(qapp: QApplication) -> Iterator[SlowBackend]:
    backend = SlowBackend()
    yield backend
    backend.deleteLater()


def test_what_changes_while_an_answer_is_on_its_way_is_asked_for_again(backend: SlowBackend) -> None:
    rows = ["a"]

    def fetch(_: History, offset: int, limit: int) -> Page[str]:
        return Page(len(rows), offset, tuple(rows[offset : offset + limit]))

    model = PagedModel(cast("Backend", backend), [Column("name", "", str, 10)], fetch, backend)
    model.reload()
    backend.answers.pop()()
    model.refresh()
    rows.append("b")  # after the question was read
    model.refresh()
    while backend.answers:
        backend.answers.pop(0)()
    assert [model.row_at(number) for number in range(model.rowCount())] == ["a", "b"]
