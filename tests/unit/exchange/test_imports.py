"""What becomes of the imports that 1C asks for, whatever happens meanwhile; the runs themselves are made up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.exchange import ExchangeEvent, NotAskedFor
from freesport_sync.core.progress import Reporter, RunStarted
from freesport_sync.core.run import RunReport, RunRequest, RunStatus, Trigger
from freesport_sync.errors import ConnectionFailed
from freesport_sync.exchange.doorkeeper import Doorkeeper
from freesport_sync.exchange.endpoint import Endpoint
from freesport_sync.exchange.imports import Imports
from freesport_sync.exchange.listener import Listener
from freesport_sync.exchange.passwords import PasswordFile
from freesport_sync.exchange.portion import Inbox, Limits, Portion
from freesport_sync.exchange.sayings import Sayings
from freesport_sync.pipeline.run_folders import RunFolders
from freesport_sync.settings.model import ExchangeSettings
from freesport_sync.texts import Language, Texts
from tests.builders import product
from tests.e2e.serving import import_xml
from tests.exchange_client import PASSWORD, USER, StandardClient
from tests.watching import background, wait_until

LIMIT, MANY = 1024**2, 10**9
NAME = "import.xml"
OLD, NEW = import_xml(product("old")), import_xml(product("new"))


class Desk:
    """A server whose runs end when they are told to."""

    def __init__(self, folder: Path) -> None:
        self.runs = folder / "runs"
        self.has_fresh_backup = False
        self.may_begin, self.fails = True, False
        self.may_end = threading.Event()
        self.requests: list[RunRequest] = []
        self.imported: list[bytes] = []
        """What each run has found, once it has begun."""
        self.events: list[ExchangeEvent] = []
        self.listener = Listener("127.0.0.1", 0, None, None, ())
        self.stop = threading.Event()
        rules = ExchangeSettings(hold_s=1, idle_s=1, allow_older=True, file_limit_mb=1)
        password = PasswordFile(folder / "password")
        password.set(PASSWORD)
        self._imports = Imports(
            self._run, RunFolders(self.runs), rules, False, lambda: self.has_fresh_backup, lambda _: None
        )
        self._endpoint = Endpoint(
            Doorkeeper(USER, password, (), 60),
            Inbox(folder / "portions", Limits(LIMIT, MANY, MANY, MANY)),
            self._imports,
            rules,
            False,
            Sayings(Texts(Language.RUSSIAN)),
            self.events.append,
        )

    def portions(self) -> list[Path]:
        """Those that the server still looks after."""
        return [held.portion.folder for held in self._endpoint._held]

    def serve(self) -> None:
        self.listener.run(self._endpoint.application(), lambda: None, self.stop, self._imports.stop)

    def _run(self, request: RunRequest, report: Reporter, cancel: CancelToken) -> RunReport:
        if not self.may_begin:
            raise ConnectionFailed("connection_refused")
        report(RunStarted(len(self.requests), request.kind, "", "", False))
        self.requests.append(request)
        self.imported.append((request.data_dir / NAME).read_bytes())
        while not self.may_end.wait(0.01):
            cancel.check()
        if self.fails:
            raise ConnectionFailed("connection_lost")
        return RunReport(1, request.kind, RunStatus.COMPLETED, False, datetime.now(UTC), 0)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    with background(desk.serve) as served:
        yield desk
        desk.stop.set()
        served.result(10)


@pytest.mark.parametrize("has_init", [False, True])
def test_the_end_of_an_import_is_not_told_of_the_next_file_of_that_name(desk: Desk, has_init: bool) -> None:
    with StandardClient(desk.listener.port) as onec:
        onec.log_in()
        onec.init()
        onec.upload(NAME, OLD)
        assert onec.ask("import", filename=NAME).word == "progress"
        if has_init:
            onec.init()
        onec.upload(NAME, NEW)
        desk.may_end.set()
        assert onec.ask_import(NAME).word == "success"
    assert desk.imported == [OLD, NEW]


def test_imports_that_wait_are_told_that_the_server_stops(desk: Desk) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(StandardClient(desk.listener.port)) for _ in range(3)]
        for onec in clients:
            onec.log_in()
            onec.upload(NAME, OLD)
        answers = [stack.enter_context(background(partial(onec.ask_import, NAME))) for onec in clients]
        wait_until(lambda: all(onec.told for onec in clients))
        desk.stop.set()
        assert [answer.result(10).code for answer in answers] == ["cancelled"] * 3
    assert len(desk.imported) == 1


def test_a_portion_that_cannot_be_removed_does_not_end_the_watch(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(portion: Portion) -> None:
        raise OSError("somebody has it open")

    monkeypatch.setattr(Portion, "remove", fails)
    desk.may_end.set()
    with StandardClient(desk.listener.port) as onec:
        assert onec.portion({NAME: OLD})[NAME].word == "success"
        onec.log_in()
        onec.upload(NAME, NEW)
        wait_until(lambda: any(isinstance(event, NotAskedFor) for event in desk.events), 10)


def test_a_portion_stays_while_it_is_imported_and_after_an_import_that_failed(desk: Desk) -> None:
    desk.fails = True
    with StandardClient(desk.listener.port) as onec, StandardClient(desk.listener.port) as later:
        onec.log_in()
        onec.upload(NAME, OLD)
        (folder,) = desk.portions()
        with background(partial(onec.ask_import, NAME)) as answer:
            wait_until(lambda: desk.requests)
            later.log_in()
            later.init()
            wait_until(lambda: len(desk.portions()) < 2)  # the empty one has been looked at
            looked_after = desk.portions()
            desk.may_end.set()
            assert answer.result(10).code == "connection_lost"
        assert looked_after == [folder]
        wait_until(lambda: not desk.portions())
    assert (folder / NAME).read_bytes() == OLD


@pytest.mark.parametrize("is_fresh", [False, True])
def test_a_run_is_asked_for_as_the_settings_say(desk: Desk, is_fresh: bool) -> None:
    desk.has_fresh_backup = is_fresh
    desk.may_end.set()
    with StandardClient(desk.listener.port) as onec:
        assert onec.portion({NAME: OLD})[NAME].word == "success"
    (request,) = desk.requests
    assert (request.skip_backup, request.allow_older, request.trigger) == (is_fresh, True, Trigger.ONEC)
    assert request.data_dir.parent == desk.runs


def test_files_of_a_run_that_never_was_are_not_kept(desk: Desk) -> None:
    desk.may_begin = False
    with StandardClient(desk.listener.port) as onec:
        assert onec.portion({NAME: OLD})[NAME].code == "connection_refused"
    assert not list(desk.runs.iterdir())


def test_who_is_not_let_in_does_not_keep_a_connection(desk: Desk) -> None:
    with StandardClient(desk.listener.port, password="wrong-password") as onec:
        answer = onec.ask("checkauth")
    assert (answer.status, answer.headers["connection"]) == (401, "close")


def test_a_piece_that_is_too_large_is_read_to_its_end(desk: Desk) -> None:
    with StandardClient(desk.listener.port, expects=True) as onec:
        onec.log_in()
        answer = onec.ask("file", body=bytes(LIMIT + 1), filename=NAME)
        assert (answer.status, answer.code) == (200, "exchange_fragment_too_large")
        assert onec.upload(NAME, OLD).text == "success"
