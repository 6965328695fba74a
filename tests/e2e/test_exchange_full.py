"""`deactivate` at the end of a full export, and servers that are killed, or not asked to import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from freesport_sync.errors import ExitCode
from tests.builders import product
from tests.e2e.serving import catalogue_2x, import_xml, offers_xml, price, serving
from tests.exchange_client import BitrixClient, Wire, basic
from tests.program import ROOT, clean_environment
from tests.shop import Shop
from tests.watching import DEADLINE_S, VARIANT, background, holding, wait_until, waiting_importers


def export_of(*keys: str, is_whole: bool) -> dict[str, bytes]:
    """A batch: only the first says that it has the whole catalogue."""
    return {
        "import.xml": import_xml(*map(product, keys), is_whole=is_whole),
        "offers.xml": offers_xml({f"{key}#c": 10 for key in keys}),
    }


def shown(shop: Shop) -> set[str]:
    return {key for (key,) in shop.rows("SELECT onec_id FROM products WHERE is_active")}


def test_deactivate_hides_what_a_full_export_did_not_contain(stocked_shop: Shop, tmp_path: Path) -> None:
    keys = [f"k{number}" for number in range(8)]
    with serving(stocked_shop.url, tmp_path / "home") as server, server.bitrix() as onec:
        # Batches 2 and on of a full export say that they have only changes.
        first, second = export_of(*keys[:4], is_whole=True), export_of(*keys[4:], is_whole=False)
        assert onec.full_export([first, second]).text == "success"
        assert shown(stocked_shop) == set(keys), "p1 is hidden, nothing of the second portion"
        assert onec.complete().text == "success"

        # A session of its own that was never a full export.
        assert _code(onec, onec.timestamp.replace("=", "=1")) == "exchange_timestamp_invalid"
        assert onec.full_export([second]).code == "exchange_export_not_full"

        # What is left out is too much for an accident.
        refused = onec.full_export([first])
        assert refused.code == "large_change"
        assert "администратора" in refused.lines[1]

        # Only a part of it is in the shop.
        broken = onec.full_export([export_of(*keys[:7], is_whole=True), {"import.xml": b"<?xml version='1.0'?><no"}])
        assert broken.word == "failure"
        assert onec.deactivate().code == "exchange_export_incomplete"

        # A part of it was sent, and 1C never asked to import it.
        assert onec.send_batch(export_of(*keys[:7], is_whole=True))["import.xml"].text == "success"
        assert onec.login is not None
        onec.timestamp = onec.login.lines[4]
        onec.log_in()
        onec.init()
        onec.upload("import.xml", import_xml(product(keys[7])))
        assert onec.deactivate().code == "exchange_export_incomplete"

        # A part of it has never come, whatever became of it.
        most = export_of(*keys[:7], is_whole=True)
        for lose, mode in ((_cut_off, "file"), (_refused, "file"), (_asked_for_in_vain, "import")):
            assert onec.send_batch(most)["import.xml"].text == "success"
            onec.timestamp = onec.login.lines[4]
            onec.log_in()
            lose(onec)
            server.program.event("request", mode=mode, answer="failure")
            assert onec.deactivate().code == "exchange_export_incomplete", lose
        assert shown(stocked_shop) == set(keys)

        # 1C has logged in, and died before it has sent anything.
        for begin in (onec.log_in, onec.init):
            assert onec.send_batch(most)["import.xml"].text == "success"
            onec.timestamp = onec.login.lines[4]
            onec.log_in()
            begin()
            assert onec.deactivate().code == "exchange_export_broken_off"
        assert shown(stocked_shop) == set(keys)


def _cut_off(onec: BitrixClient) -> None:
    head = (
        f"POST {onec.path}?type=catalog&mode=file&filename=import.xml HTTP/1.1\r\nHost: a\r\nCookie: {onec.cookie}\r\n"
    )
    with Wire(onec.port) as wire:
        wire.send(f"{head}Authorization: {basic()}\r\nContent-Length: 100\r\n\r\n<?xml".encode())


def _refused(onec: BitrixClient) -> None:
    assert onec.ask("file", body=b"<a/>", filename="import:2.xml").code == "exchange_name_unsafe"


def _asked_for_in_vain(onec: BitrixClient) -> None:
    assert onec.ask_import("import.xml").code == "exchange_file_missing"


def _code(onec: BitrixClient, timestamp: str) -> str:
    onec.timestamp = timestamp
    return onec.deactivate().code


def test_a_killed_server_loses_nothing(stocked_shop: Shop, tmp_path: Path) -> None:
    home, key = tmp_path / "home", uuid4().hex
    dearer = {name: offers_xml({"p1#c1": 333}) for name in ("prices.xml", "offers.xml")}
    with serving(stocked_shop.url, home, idle_s=1) as server, server.standard() as onec:
        onec.log_in()
        onec.init()
        for name, data in catalogue_2x(key, 110).items():
            onec.upload(name, data)
        event = server.program.event("not_asked_for")
        assert (event["files"], event["is_imported_now"]) == (["import.xml", "offers.xml"], False)
        with holding(stocked_shop.url, VARIANT), background(lambda: onec.send_batch(dearer)) as answers:
            wait_until(lambda: len(onec.progress_texts) > 1)  # longer than it may be silent
            wait_until(lambda: waiting_importers(stocked_shop.connection))
            server.program.kill()
            with pytest.raises((EOFError, ConnectionError)):
                answers.result()
        assert len(server.program.ended().events("not_asked_for")) == 1, "nothing of what is being imported"
    wait_until(lambda: not waiting_importers(stocked_shop.connection))
    assert price(stocked_shop, key) is None

    with serving(stocked_shop.url, home, idle_s=1, import_when_idle="true") as server:
        event = server.program.event("not_asked_for", is_imported_now=True)
        assert event["files"] == ["import.xml", "offers.xml"]
        with server.standard() as onec:  # the next attempt of 1C
            assert onec.send_batch(dearer)["offers.xml"].text == "success"
        wait_until(lambda: price(stocked_shop, key) == 110)
    look = "SELECT retail_price FROM product_variants WHERE onec_id = 'p1#c1'"
    assert stocked_shop.value(look) == 333
    statuses = [status for (status,) in stocked_shop.rows("SELECT status FROM freesport_sync.runs ORDER BY id")]
    assert stocked_shop.value("SELECT count(*) FROM freesport_sync.runs WHERE operator = '1C'") == 1
    assert statuses.count("interrupted") == 1
    assert statuses.count("completed") == len(statuses) - 1


def test_an_exchange_that_ends_by_itself_says_why_while_its_stdin_is_open(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "freesport_sync", "--serve", "--stop-with-stdin", "--home", str(tmp_path)]
    with (
        (tmp_path / "said").open("wb") as said,
        subprocess.Popen(command, stdin=subprocess.PIPE, stderr=said, env=clean_environment(), cwd=ROOT) as server,
    ):
        assert server.wait(DEADLINE_S) == ExitCode.USAGE
    assert "(exchange_password_missing)" in (tmp_path / "said").read_text("utf-8")


def test_a_server_that_is_stopped_lets_1c_try_again(stocked_shop: Shop, tmp_path: Path) -> None:
    with serving(stocked_shop.url, tmp_path / "home", idle_s=1) as server, server.standard() as onec:
        onec.send_batch({"prices.xml": offers_xml({"p1#c1": 222})})
        wait_until(lambda: not server.spooled())  # what is in the shop need not be kept
        # The same session may go on, even without `init`.
        onec.upload("prices.xml", offers_xml({"p1#c1": 333}))
        onec.upload("rests.xml", offers_xml({"p1#c1": 333}))
        server.program.event("not_asked_for")
        with holding(stocked_shop.url, VARIANT), background(lambda: onec.ask_import("prices.xml")) as answer:
            wait_until(lambda: waiting_importers(stocked_shop.connection))
            server.program.interrupt()
            assert answer.result().code == "cancelled"
        outcome = server.program.ended()
    assert outcome.stderr == ""
    assert stocked_shop.value("SELECT status FROM freesport_sync.runs ORDER BY id DESC LIMIT 1") == "cancelled"
