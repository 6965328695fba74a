"""The imports that 1C asks for, whatever happens while they run; the runs themselves are faked."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.events import IssuesFound, Reporter, RunStarted
from freesport_sync.core.exchange import ExchangeEvent, ImportNotRequested
from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.run import RunReport, RunStatus
from freesport_sync.core.shop import ImportKind
from freesport_sync.core.tasks import Header, Trigger
from freesport_sync.errors import ConnectionFailed, ExchangeRefused
from freesport_sync.exchange.access.passwords import PasswordFile
from freesport_sync.exchange.http.listener import Listener
from freesport_sync.exchange.http.messages import Messages
from freesport_sync.exchange.server import build_exchange
from freesport_sync.exchange.uploads import store as store_module
from freesport_sync.exchange.uploads.batch import UploadBatch
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.settings.model import ExchangeSettings
from freesport_sync.tasks.shop_import.request import ShopImport
from tests.builders import product
from tests.e2e.serving import import_xml
from tests.exchange_client import PASSWORD, StandardClient, Stopped, zipped
from tests.watching import background, wait_until

LIMIT, MANY = 1024**2, 10**9
NAME = "import.xml"
OLD, NEW = import_xml(product("old")), import_xml(product("new"))


class Desk:
    """An exchange whose runs end when the test says so."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.runs = folder / "runs"
        self.has_fresh_backup = False
        self.may_begin, self.fails = True, False
        self.may_end = threading.Event()
        self.requests: list[ShopImport] = []
        self.headers: list[Header] = []
        self.imported: list[bytes] = []
        """What each run has found, once it has begun."""
        self.names: list[set[str]] = []
        self.missing: list[RowIssue] = []
        self.events: list[ExchangeEvent] = []
        self.listener = Listener("127.0.0.1", 0, None, None, ())
        self.stop = threading.Event()
        rules = ExchangeSettings(**{"long_poll_s": 1, "idle_s": 1, "allow_older": True, "file_limit_mb": 1} | settings)
        password = PasswordFile(folder / "password")
        if not (folder / "password").exists():
            password.set(PASSWORD)
        self.parts = build_exchange(
            rules,
            folder,
            password,
            self._run,
            nullcontext,
            lambda: self.has_fresh_backup,
            Messages(Texts(Language.RUSSIAN)),
            False,
            self.events.append,
            lambda _: None,
        )

    def folders(self) -> list[Path]:
        """Of the batches that the server still looks after."""
        return [batch.folder for batch in self.parts.store.batches]

    def serve(self) -> None:
        endpoint = self.parts.endpoint
        self.listener.run(endpoint.application(), lambda: None, self.stop, self.parts.queue.stop, endpoint.refuse)

    def _run(self, request: ShopImport, header: Header, report: Reporter, cancel: CancelToken) -> RunReport:
        if not self.may_begin:
            raise ConnectionFailed("connection_refused")
        report(RunStarted(len(self.requests), request.kind, "", "", False))
        self.requests.append(request)
        self.headers.append(header)
        self.imported.append(next(request.data_dir.rglob(NAME)).read_bytes())
        self.names.append({path.relative_to(request.data_dir).as_posix() for path in request.data_dir.rglob("*.*")})
        if self.missing:
            report(IssuesFound(tuple(self.missing)))
        while not self.may_end.wait(0.01):
            cancel.check()
        if self.fails:
            raise ConnectionFailed("connection_lost")
        return RunReport(1, request.kind, RunStatus.COMPLETED, False, datetime.now(UTC), 0)


@contextmanager
def working(folder: Path, **settings: Any) -> Iterator[Desk]:
    desk = Desk(folder, **settings)
    with background(desk.serve) as served:
        yield desk
        desk.stop.set()
        served.result(10)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with working(tmp_path) as desk:
        yield desk


@pytest.mark.parametrize("has_init", [False, True])
def test_the_outcome_of_an_import_is_not_that_of_the_next_file_of_its_name(desk: Desk, has_init: bool) -> None:
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


def test_waiting_imports_end_when_the_server_stops(desk: Desk) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(StandardClient(desk.listener.port)) for _ in range(3)]
        for onec in clients:
            onec.log_in()
            onec.upload(NAME, OLD)
        answers = [stack.enter_context(background(partial(onec.ask_import, NAME))) for onec in clients]
        wait_until(lambda: all(onec.progress_texts for onec in clients))
        desk.stop.set()
        assert [answer.result(10).code for answer in answers] == ["cancelled"] * 3
    assert len(desk.imported) == 1


def test_a_batch_that_cannot_be_removed_does_not_end_the_watch(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(batch: UploadBatch) -> None:
        raise OSError("somebody has it open")

    monkeypatch.setattr(UploadBatch, "remove", fails)
    desk.may_end.set()
    with StandardClient(desk.listener.port) as onec:
        assert onec.send_batch({NAME: OLD})[NAME].word == "success"
        onec.log_in()
        onec.upload(NAME, NEW)
        wait_until(lambda: any(isinstance(event, ImportNotRequested) for event in desk.events), 10)


def test_a_batch_stays_while_it_is_imported_and_after_an_import_that_failed(desk: Desk) -> None:
    desk.fails = True
    with StandardClient(desk.listener.port) as onec, StandardClient(desk.listener.port) as later:
        onec.log_in()
        onec.upload(NAME, OLD)
        (folder,) = desk.folders()
        with background(partial(onec.ask_import, NAME)) as answer:
            wait_until(lambda: desk.requests)
            later.log_in()
            later.init()
            wait_until(lambda: len(desk.folders()) < 2)  # the empty one has been looked at
            looked_after = desk.folders()
            desk.may_end.set()
            assert answer.result(10).code == "connection_lost"
        assert looked_after == [folder]
        wait_until(lambda: not desk.folders())
    assert (folder / NAME).read_bytes() == OLD


@pytest.mark.parametrize("is_fresh", [False, True])
def test_a_run_is_asked_for_as_the_settings_say(desk: Desk, is_fresh: bool) -> None:
    desk.has_fresh_backup = is_fresh
    desk.may_end.set()
    with StandardClient(desk.listener.port) as onec:
        assert onec.send_batch({NAME: OLD})[NAME].word == "success"
    (request,) = desk.requests
    assert (request.skip_backup, request.allow_older, request.accept_no_records) == (is_fresh, True, True)
    assert desk.headers[0].trigger is Trigger.ONEC
    assert request.data_dir.parent == desk.runs


def test_files_of_a_run_that_never_was_are_not_kept(desk: Desk) -> None:
    desk.may_begin = False
    with StandardClient(desk.listener.port) as onec:
        assert onec.send_batch({NAME: OLD})[NAME].code == "connection_refused"
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


# --- what nobody asks for ---


def told(desk: Desk) -> list[ImportNotRequested]:
    return [event for event in desk.events if isinstance(event, ImportNotRequested)]


def send(desk: Desk, *files: bytes) -> None:
    """Batches whose import 1C does not ask for."""
    for data in files:
        with StandardClient(desk.listener.port) as onec:
            onec.log_in()
            onec.init()
            onec.upload(NAME, data)


def test_batches_that_1c_never_asks_for_are_removed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MAX_UNUSED", 3)
    send(desk, *[OLD] * 6)
    wait_until(lambda: len(desk.folders()) == 3, 10)
    newest = sorted(desk.folders())
    os.utime(newest[1], (0, 0))
    wait_until(lambda: len(desk.folders()) == 2, 10)
    assert desk.folders() == [newest[0], newest[2]]
    wait_until(lambda: sorted(newest[0].parent.iterdir()) == [newest[0], newest[2]], 10)


def test_a_batch_in_use_stays_however_old_it_is(desk: Desk) -> None:
    with StandardClient(desk.listener.port) as onec:
        onec.log_in()
        onec.upload(NAME, OLD)
        (folder,) = desk.folders()
        with background(partial(onec.ask_import, NAME)) as answer:
            wait_until(lambda: desk.requests)
            os.utime(folder, (0, 0))
            desk.parts.store.batches[0].used_at = 0  # longer ago than any limit
            send(desk, NEW)  # room is made for it
            assert folder in desk.folders()
            desk.may_end.set()
            assert answer.result(10).word == "success"


def test_on_a_full_disk_the_oldest_unused_batch_makes_room(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def require_space(folder: Path) -> None:
        if len([path for path in folder.iterdir() if path.is_dir()]) > 1:
            raise ExchangeRefused("exchange_disk_full")

    send(desk, OLD, OLD)
    wait_until(lambda: len(told(desk)) == 2, 10)
    monkeypatch.setattr(store_module, "require_space", require_space)
    oldest = desk.folders()[0]
    send(desk, NEW)
    assert oldest not in desk.folders()
    assert not oldest.exists()
    assert len(desk.folders()) == 2


def test_what_came_before_is_imported_before(tmp_path: Path) -> None:
    with working(tmp_path, import_when_idle=True, idle_s=60) as desk:
        desk.may_end.set()
        with StandardClient(desk.listener.port) as first, StandardClient(desk.listener.port) as second:
            for onec, data in ((first, OLD), (second, NEW)):
                onec.log_in()
                onec.init()
                onec.upload(NAME, data)
            assert second.ask_import(NAME).word == "success"
            assert first.ask_import(NAME).word == "success", "it is in the shop"
        assert desk.imported == [OLD, NEW]
        assert [event.is_imported_now for event in told(desk)] == [True]


def test_what_has_not_come_to_its_end_waits(tmp_path: Path) -> None:
    with working(tmp_path, import_when_idle=True, idle_s=60) as desk:
        desk.may_end.set()
        with StandardClient(desk.listener.port) as first, StandardClient(desk.listener.port) as second:
            first.log_in()
            first.init()
            first.upload(NAME, OLD[:-50])
            assert second.send_batch({NAME: NEW})[NAME].word == "success"
            first.upload(NAME, OLD[-50:])
            assert first.ask_import(NAME).word == "success"
        assert desk.imported == [NEW, OLD], "the order in which they have come to their end"


def test_what_is_overtaken_is_not_imported_by_the_next_server_either(tmp_path: Path) -> None:
    with working(tmp_path, idle_s=60) as desk:
        desk.may_end.set()
        send(desk, OLD)
        with StandardClient(desk.listener.port) as onec:
            assert onec.send_batch({NAME: NEW})[NAME].word == "success"
        send(desk, NEW)
    with working(tmp_path, import_when_idle=True) as desk:
        desk.may_end.set()
        wait_until(lambda: len(told(desk)) == 2, 10)
        assert [(event.is_overtaken, event.is_imported_now) for event in told(desk)] == [(True, False), (False, True)]
        wait_until(lambda: desk.imported == [NEW], 10)


def test_batches_not_asked_for_are_imported_in_order_of_arrival(tmp_path: Path) -> None:
    with working(tmp_path, import_when_idle=True) as desk:
        desk.may_end.set()
        with StandardClient(desk.listener.port) as first, StandardClient(desk.listener.port) as second:
            for onec in (first, second):
                onec.log_in()
                onec.init()
            second.upload(NAME, OLD)
            first.upload(NAME, NEW)
        wait_until(lambda: len(desk.imported) == 2, 10)
        assert desk.imported == [OLD, NEW]


# --- files that are no files, pictures ---


@pytest.mark.parametrize("name", [NAME, "v8.zip", "import_files/a.jpg"])
def test_a_file_without_a_body_is_refused(desk: Desk, name: str) -> None:
    with StandardClient(desk.listener.port) as onec:
        onec.log_in()
        onec.init()
        assert onec.ask("file", filename=name).code == "exchange_body_missing"
        assert onec.ask("file", body=b"", filename=name).code == "exchange_body_missing"
        assert onec.ask("import", filename=NAME).code == "exchange_file_missing"


def test_a_picture_with_a_bad_name_does_not_end_the_exchange(desk: Desk) -> None:
    desk.may_end.set()
    with StandardClient(desk.listener.port) as onec:
        onec.log_in()
        onec.upload("import_files/ab/a:b.jpg", b"picture")
        onec.upload("import_files/ab/nul.jpg", b"picture")
        with pytest.raises(Stopped):
            onec.upload("import_files/../../a.jpg", b"picture")
        onec.upload(NAME, OLD)
        assert onec.ask_import(NAME).word == "success"
    assert desk.names[0] == {NAME}


def test_an_archive_can_be_asked_for_as_often_as_one_likes(desk: Desk) -> None:
    desk.may_end.set()
    with StandardClient(desk.listener.port) as onec:
        onec.log_in()
        onec.upload("v8.zip", zipped({NAME: OLD}))
        assert [onec.ask_import(name).word for name in (NAME, "v8.zip", "v8.zip")] == ["success"] * 3
        assert len(desk.requests) == 1
        onec.upload("pictures.zip", zipped({"import_files/a.jpg": b"picture"}))
        assert onec.ask_import("pictures.zip").word == "success"
        desk.fails = True
        onec.upload("v9.zip", zipped({NAME: NEW}))
        for name in (NAME, "v9.zip", "v9.zip"):
            assert onec.ask_import(name).code == "connection_lost", "success would make 1C forget what the shop lacks"


@pytest.mark.parametrize("is_packed", [True, False])
def test_pictures_that_come_later_are_given_to_the_records_that_name_them(desk: Desk, is_packed: bool) -> None:
    desk.may_end.set()
    desk.missing = [RowIssue(Severity.WARNING, "picture_missing", NAME, field="Картинка", value="ab/late.jpg")]
    picture, other = "import_files/ab/late.jpg", "import_files/ab/other.jpg"
    with StandardClient(desk.listener.port) as onec:
        assert onec.send_batch({NAME: OLD})[NAME].word == "success"
        desk.missing = []
        onec.log_in()
        onec.init()
        if is_packed:
            onec.upload("v9.zip", zipped({picture: b"picture", other: b"picture"}))
            assert onec.ask_import("v9.zip").word == "success"
        else:  # nobody asks for pictures
            onec.upload(picture, b"picture")
            onec.upload(other, b"picture")
        wait_until(lambda: len(desk.requests) == 2, 10)
        onec.send_batch({picture: b"picture"})
        wait_until(lambda: not desk.folders(), 10)
    _, late = desk.requests
    assert (late.kind, late.allow_older) == (ImportKind.IMAGES, True)
    assert {name.rpartition("/")[2] for name in desk.names[1]} == {NAME, "late.jpg", "other.jpg"}
    assert {picture, other} < desk.names[1]
