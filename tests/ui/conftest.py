"""Windows without a screen."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before anything of Qt is made

import pytest
import sqlalchemy as sa
from PySide6.QtWidgets import QApplication

from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.services import database
from freesport_sync.settings.secrets import PASSWORD_VARIABLE
from freesport_sync.sources.commerceml import workers
from freesport_sync.tasks.registry import TASKS
from freesport_sync.ui.backend import Backend
from freesport_sync.ui.theme import LIGHT, Theme
from tests.builders import ExportBuilder, offer, prices, product
from tests.shop import InProcessPool
from tests.ui.desk import Desk, options_for

OpenDesk = Callable[..., Desk]


@pytest.fixture(scope="session")
def theme(qapp: QApplication) -> Theme:
    """The colours, set once: the style sheet of every widget would be made again."""
    return Theme(qapp, LIGHT)


@pytest.fixture
def open_desk(
    theme: Theme, tmp_path: Path, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OpenDesk]:
    """Opens windows over databases of the tests; they are closed at the end."""
    monkeypatch.setattr(workers, "WorkerPool", InProcessPool)
    # Creating the private server of a new home would take seconds.
    monkeypatch.setattr(database, "EmbeddedPostgres", lambda *_: _Joined(postgres))
    desks: list[Desk] = []

    def open_one(url: sa.URL | None, is_first_start: bool = False, **options: Any) -> Desk:
        if not is_first_start:  # else the wizard would open over what a test looks at
            monkeypatch.setattr(Backend, "is_first_start", False)
        if url is not None:
            monkeypatch.setenv(PASSWORD_VARIABLE, str(url.password))
        state_file, tasks = options.pop("state_file", None), options.pop("tasks", TASKS)
        desk = Desk(options_for(tmp_path / "home", url, **options), theme, state_file, tasks)
        desks.append(desk)
        return desk

    yield open_one
    for desk in desks:
        desk.close()


class _Joined:
    """The server of the tests in place of the program's private one."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server

    def __enter__(self) -> EmbeddedPostgres:
        return self._server

    def __exit__(self, *exc: object) -> None:
        """The server keeps running."""


@pytest.fixture
def new_export(tmp_path: Path) -> Callable[[int], Path]:
    """Makes the export of `stocked_shop` with another price."""

    def make(retail: int) -> Path:
        folder = tmp_path / f"price_{retail}"
        export = ExportBuilder(folder)
        export.reference_data()
        export.goods(product("p1"))
        export.offers(offer("p1#c1"))
        export.prices(prices("p1#c1", {"retail": retail}))
        return folder

    return make
