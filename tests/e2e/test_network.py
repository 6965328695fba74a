"""The network and the server go away in every phase of a run: all is written or nothing, and the run says so."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from freesport_sync.core.shop import Entity
from freesport_sync.database.own.schema import prepare_own_schema
from freesport_sync.database.server import deadline, interrupt
from freesport_sync.database.server.engine import connect, transaction
from freesport_sync.database.shop.tables import create_shop_tables
from freesport_sync.errors import ConnectionFailed
from freesport_sync.runs import heartbeat
from tests.builders import ExportBuilder, offer, prices, product
from tests.databases import FAST, RestartedServer
from tests.integration.support import shop_rows
from tests.proxy import PHASES, Proxy, at_phase
from tests.shop import Shop
from tests.watching import DEADLINE_S, background, importers, lock_is_free, side_connections, wait_until

pytestmark = pytest.mark.usefixtures("workers")


def assert_left(shop: Shop) -> None:
    """The lock is free, and the run has no connection to the server any more."""
    wait_until(lambda: lock_is_free(shop.connection))
    wait_until(lambda: not importers(shop.connection) and not side_connections(shop.connection))


# --- a network that swallows everything without a word, as a tunnel or a firewall does ------------------------------


class Patience(threading.Timer):
    """The timer of `silence`, which hears of it when its time becomes shorter."""

    def run(self) -> None:
        begun_at = time.monotonic()
        while not self.finished.wait(0.02):
            if time.monotonic() - begun_at > deadline.REPLY_TIMEOUT_S:
                self.function(*self.args, **self.kwargs)
                return


@pytest.mark.parametrize("arrives", [False, True], ids=["question lost", "answer lost"])
@pytest.mark.parametrize("phase", PHASES)
def test_a_network_that_swallows_everything_ends_the_run(
    stocked_shop: Shop, dearer: Path, tmp_path: Path, phase: str, arrives: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def swallow(data: bytes) -> bytes:
        monkeypatch.setattr(deadline, "REPLY_TIMEOUT_S", 0.3)
        network.is_gone.set()
        network.hangs.set()
        return data if arrives else b""

    monkeypatch.setattr(heartbeat, "HEARTBEAT_S", 0.1)
    monkeypatch.setattr(threading, "Timer", Patience)
    monkeypatch.setattr(interrupt, "DEAF_S", 0.3)
    before, is_committed = shop_rows(stocked_shop), phase == "commit" and arrives
    network = Proxy(stocked_shop.url, at_phase(phase, swallow))
    with network, background(lambda: Shop(network.url, tmp_path).run(dearer)) as run:
        try:
            error = run.exception(DEADLINE_S)
            assert network.hangs.is_set(), "the run has not come so far"
        finally:
            network.hangs.clear()
    assert isinstance(error, ConnectionFailed)
    assert error.code == ("outcome_unknown" if phase == "commit" else "connection_lost")
    assert_left(stocked_shop)
    assert (shop_rows(stocked_shop) != before) == is_committed

    assert stocked_shop.run(dearer).counts[Entity.PRICE].updated == (0 if is_committed else 1)
    statuses = stocked_shop.rows("SELECT status FROM freesport_sync.runs ORDER BY id")
    assert statuses == [("completed",), ("completed" if is_committed else "interrupted",), ("completed",)]
    assert not stocked_shop.value("SELECT count(*) FROM import_sessions WHERE finished_at IS NULL")


# --- a server that restarts -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestartedServer]:
    """Has the shop's database."""
    server = RestartedServer(
        tmp_path_factory.mktemp("server"), settings=FAST | {"synchronous_commit": "on"}
    )  # else a crash forgets
    with server:
        server.ensure_database("shop")
        connection = connect(server.url("shop"), "tests")
        with transaction(connection):
            create_shop_tables(connection)
        prepare_own_schema(connection)
        connection.close()
        yield server


def priced(folder: Path, retail: int) -> Path:
    export = ExportBuilder(folder)
    export.reference_data()
    export.goods(product("p1"))
    export.offers(offer("p1#c"))
    export.prices(prices("p1#c", {"retail": retail}))
    return folder


@pytest.mark.parametrize(("phase", "mode"), [*((phase, "fast") for phase in PHASES), ("apply", "immediate")])
def test_a_server_that_restarts_fails_the_run(server: RestartedServer, tmp_path: Path, phase: str, mode: str) -> None:
    def restart(data: bytes) -> bytes:
        server.restart(mode)
        return data

    with Shop(server.url("shop"), tmp_path) as shop:
        shop.run(priced(tmp_path / "cheap", 100))
        before = shop_rows(shop)
    with Proxy(server.url("shop"), at_phase(phase, restart)) as network, pytest.raises(ConnectionFailed) as caught:
        Shop(network.url, tmp_path).run(priced(tmp_path / "dear", 200))
    assert caught.value.code == "connection_lost"
    with Shop(server.url("shop"), tmp_path) as shop:
        assert_left(shop)
        assert shop_rows(shop) == before
        assert shop.row(
            "SELECT r.status, r.error_code, s.status, r.finished_at IS NOT NULL, s.finished_at IS NOT NULL"
            " FROM freesport_sync.runs AS r JOIN import_sessions AS s ON s.id = r.session_ids[1]"
            " ORDER BY r.id DESC LIMIT 1"
        ) == ("failed", "connection_lost", "failed", True, True)
        assert shop.run(tmp_path / "dear").counts[Entity.PRICE].updated == 1
