"""1C sends its catalogue to a real server, as both clients do; `success` means that it is in the shop."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from lxml import etree

from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.exchange.access.passwords import PasswordFile
from freesport_sync.settings.paths import find_paths
from tests.builders import product
from tests.databases import cloned_database
from tests.e2e.serving import (
    Server,
    catalogue_2x,
    catalogue_3x,
    document,
    import_xml,
    offers_xml,
    price,
    serving,
)
from tests.exchange_client import PASSWORD, PATH, BitrixClient, StandardClient, Stopped, escaped
from tests.faults.test_lock import TAKE_LOCK
from tests.program import Installation
from tests.shop import Shop
from tests.tls import certificate
from tests.watching import VARIANT, background, holding, wait_until, waiting_importers

CLIENTS = pytest.mark.parametrize("kind", [StandardClient, BitrixClient], ids=["standard", "bitrix"])
LAST_RUN = "SELECT max(id) FROM freesport_sync.runs"


@dataclass(frozen=True)
class Live:
    """A server and its shop; every test uses products of its own."""

    server: Server
    shop: Shop
    media: Path


@pytest.fixture(scope="session")
def live(postgres: EmbeddedPostgres, stocked_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("live")
    media = folder / "media"
    media.mkdir()
    with (
        cloned_database(postgres, stocked_template) as url,
        Shop(url, folder) as shop,
        serving(url, folder / "home", pictures__media_root=media, queue_timeout_s=60) as server,
    ):
        yield Live(server, shop, media)


@pytest.fixture
def server(live: Live) -> Server:
    return live.server


@pytest.fixture
def shop(live: Live) -> Shop:
    return live.shop


@pytest.fixture
def key() -> str:
    """A product of this test alone."""
    return uuid4().hex


# --- the catalogue ---


@CLIENTS
def test_a_catalogue_of_2x(server: Server, shop: Shop, key: str, kind: type[StandardClient]) -> None:
    last = shop.value(LAST_RUN)
    with kind(server.port) as onec:
        onec.log_in()
        onec.init()
        assert onec.is_zip
        goods, offers = catalogue_2x(key, 150).values()
        answers = onec.send_batch({"import.xml": goods, f"offers_{key}.xml": offers})
    assert [answer.text for answer in answers.values()] == ["success", "success"]
    assert price(shop, key) == 150
    runs = shop.rows(
        "SELECT request ->> 'trigger', operator, status FROM freesport_sync.runs WHERE id > :last", last=last
    )
    assert runs == [("onec", "1C 1c@127.0.0.1", "completed")] * 2, "each request is a run of its own"
    # The first request has imported everything; the second one had nothing to change.
    event = server.program.event("request", mode="import", file=f"offers_{key}.xml", answer="success")
    assert event["client"] == ("standard" if kind is StandardClient else "bitrix")


def test_a_catalogue_of_3x(server: Server, shop: Shop, key: str, tmp_path: Path) -> None:
    files = catalogue_3x(tmp_path / "export", key, 175)
    assert len(files) == 9
    with server.standard() as onec:
        onec.log_in()
        onec.init()
        for name, data in files.items():  # unpacked, although the server has asked for an archive
            onec.upload(name, data)
        for name in (next(iter(files)), list(files)[-1]):
            assert onec.ask_import(name).text == "success"
    assert price(shop, key) == 175


@pytest.mark.parametrize(
    "options",
    [{"http": "1.0", "path": "/1c_exchange.php"}, {"expects": True}, {"posts": True, "path": f"{PATH}/"}],
    ids=["HTTP/1.0", "100-continue", "POST"],
)
def test_other_ways_to_send_it(server: Server, shop: Shop, key: str, options: dict[str, Any]) -> None:
    with server.standard(**options) as onec:
        onec.log_in()
        onec.init()
        for name, data in catalogue_2x(key, 125).items():
            onec.upload(name, data)
        assert onec.ask_import("import.xml").text == "success"
    assert price(shop, key) == 125


def test_files_with_unknown_names_are_recognised_by_their_content(server: Server, shop: Shop, key: str) -> None:
    files = catalogue_2x(key, 130)
    names = ["Srvr_Server_Ref_VM_catalogimport.xml", "Предложения [склад №1].xml"]
    with server.standard() as onec:
        answers = onec.send_batch(dict(zip(names, files.values(), strict=True)))
    assert [answer.text for answer in answers.values()] == ["success"] * 2
    assert price(shop, key) == 130


def test_files_that_get_another_name_for_the_run_replace_no_other(server: Server, shop: Shop, key: str) -> None:
    files = {"Каталог.xml": import_xml(product(key)), "import_1.xml": import_xml(product(f"{key}-2"))}
    with server.standard() as onec:
        assert [answer.text for answer in onec.send_batch(files).values()] == ["success"] * 2
    assert shop.value("SELECT count(*) FROM products WHERE onec_id LIKE :key", key=f"{key}%") == 2


@pytest.mark.parametrize("name", ["import.xml", "storages.xml", "Выгрузка целиком.xml"])
def test_goods_and_offers_in_one_file(server: Server, shop: Shop, key: str, name: str) -> None:
    goods, offers = (data.decode("utf-8-sig") for data in catalogue_2x(key, 135).values())
    package = offers[offers.index("<ПакетПредложений") :]
    with server.standard() as onec:
        answers = onec.send_batch({name: goods.replace("</КоммерческаяИнформация>", package).encode()})
    assert answers[name].text == "success"
    assert price(shop, key) == 135


def test_pictures_reach_the_media_of_the_shop(live: Live, key: str) -> None:
    picture = f"import_files/{key[:2]}/{key}.jpg"
    with live.server.standard() as onec:
        goods = import_xml(product(key, pictures=[picture]))
        # As 1C on a Linux server packs them.
        prefixed = f"import_files/tmp/webdata/1/2/{picture}"
        answers = onec.send_batch(
            {"import.xml": goods, "offers.xml": offers_xml({f"{key}#c": 5}), prefixed: b"x" * 9000}
        )
    assert {answer.text for answer in answers.values()} == {"success"}
    (images,) = live.shop.row("SELECT base_images FROM products WHERE onec_id = :id", id=key)
    assert images
    assert (live.media / images[0]).read_bytes() == b"x" * 9000


def test_pictures_of_a_later_batch_reach_the_media_of_the_shop(live: Live, key: str) -> None:
    picture = f"import_files/{key[:2]}/{key}.jpg"
    with live.server.standard() as onec:
        goods = import_xml(product(key, pictures=[picture]))
        assert onec.send_batch({"import.xml": goods})["import.xml"].text == "success"
        look = "SELECT base_images FROM products WHERE onec_id = :id"
        assert not live.shop.value(look, id=key)
        assert onec.send_batch({picture: b"x" * 9000}) == {}
        assert onec.ask_import("v8_1A76_155ae.zip").text == "success"
    (images,) = live.shop.row(look, id=key)
    assert (live.media / images[0]).read_bytes() == b"x" * 9000


def test_a_file_that_fails_does_not_hold_up_the_next(server: Server, shop: Shop, key: str) -> None:
    files = {"broken.xml": b"<?xml version='1.0'?><no", **catalogue_2x(key, 140)}
    with server.standard() as onec:
        broken, *others = onec.send_batch(files).values()
    assert broken.word == "failure"
    assert "broken.xml" in broken.lines[1]
    assert str(server.home) not in broken.text
    assert [answer.text for answer in others] == ["success", "success"]
    assert price(shop, key) == 140


def test_a_batch_in_which_nothing_is_new_is_a_success(server: Server) -> None:
    empty = document("<ПакетПредложений СодержитТолькоИзменения='true'><Предложения/></ПакетПредложений>")
    with server.standard() as onec:
        assert onec.send_batch({"offers0_1.xml": empty})["offers0_1.xml"].text == "success"


def test_the_files_of_an_import_can_be_imported_again(server: Server, shop: Shop, key: str) -> None:
    with server.standard() as onec:
        onec.send_batch(catalogue_2x(key, 160))
    run_id = shop.value("SELECT max(id) - 1 FROM freesport_sync.runs")
    shop.execute("UPDATE product_variants SET retail_price = 1 WHERE onec_id = :id", id=f"{key}#c")
    again = Installation(server.home, shop.url).run(
        *("--run", "catalog", "--files-of", run_id, "--json", "--skip-backup", "--skip-images")
    )
    assert again.code == 0, again
    assert price(shop, key) == 160


# --- success means committed ---


def test_success_comes_after_the_commit(server: Server, shop: Shop) -> None:
    """Somebody holds the row that is to be changed."""
    with server.standard() as onec:
        onec.log_in()
        onec.init()
        onec.upload("offers.xml", offers_xml({"p1#c1": 321}))
        with holding(shop.url, VARIANT) as holder, background(lambda: onec.ask_import("offers.xml")) as answer:
            wait_until(lambda: waiting_importers(shop.connection))
            wait_until(lambda: onec.progress_texts)
            assert not answer.done()
            holder.release()
    look = "SELECT retail_price FROM product_variants WHERE onec_id = 'p1#c1'"
    assert answer.result().text == "success"
    assert shop.value(look) == 321
    assert "%" in onec.progress_texts[-1]


def test_1c_waits_for_other_imports(server: Server, shop: Shop, key: str) -> None:
    with server.standard() as onec:
        onec.log_in()
        onec.init()
        onec.upload("import.xml", import_xml(product(key)))
        with holding(shop.url, TAKE_LOCK) as holder, background(lambda: onec.ask_import("import.xml")) as answer:
            wait_until(lambda: "Ожидание." in "".join(onec.progress_texts))
            assert not answer.done()
            holder.release()
    assert answer.result().text == "success"
    assert shop.value("SELECT count(*) FROM products WHERE onec_id = :id", id=key) == 1


def test_two_exchanges_at_once_take_turns(server: Server, shop: Shop, key: str) -> None:
    """Files of the same name do not meet, and a second login does not end the first."""
    other = f"{key}-2"
    with server.standard() as first, server.bitrix() as second:
        for onec, name in ((first, key), (second, other)):
            onec.log_in()
            onec.init()
            onec.upload("import.xml", import_xml(product(name)))
        with background(lambda: first.ask_import("import.xml")) as one:
            assert second.ask_import("import.xml").text == "success"
        assert one.result().text == "success"
    assert shop.value("SELECT count(*) FROM products WHERE onec_id IN (:a, :b)", a=key, b=other) == 2


# --- steps without files ---


@pytest.mark.parametrize("path", ["/api/integration/1c/exchange", "/1c_exchange.php", "/bitrix/admin/1c_exchange.php"])
@pytest.mark.parametrize("tail", ["", "/", "?a=b"])
def test_every_address_answers(server: Server, path: str, tail: str) -> None:
    for written in (path, f"/{path}", path.upper(), path.replace("/", "//")):  # as people enter it in 1C
        with server.standard(path=written + tail) as onec:
            assert onec.log_in().status == 200


def test_unescaped_bytes_are_refused_with_a_reason(server: Server) -> None:
    with server.standard() as onec:
        answer = onec.send("type=catalog&mode=file&filename=Каталог.xml", b"<a/>")
    assert (answer.status, answer.word, answer.code) == (200, "failure", "exchange_address_unescaped")
    event = server.program.event("request", answer="failure", type="")
    assert "%D0%90" in event["text"]


def test_orders_are_answered_politely(server: Server) -> None:
    with server.standard() as onec:
        onec.log_in("sale")
        answer = onec.ask("query", type="sale")
        assert answer.headers["content-type"] == "application/xml; charset=utf-8"
        assert answer.body.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
        assert etree.fromstring(answer.body).findall(".//Документ") == []
        assert onec.ask("success", type="sale").text == "success"
        onec.init("sale")
        assert onec.ask("file", type="sale", body=b"<a/>", filename="orders-1.xml").code == "exchange_orders_later"
        assert onec.ask("import", type="sale", filename="orders-1.xml").code == "exchange_orders_later"
    with server.bitrix() as onec:
        onec.log_in("sale")
        onec.init("sale")


def test_the_log_of_the_bitrix_module_is_taken_without_init(server: Server) -> None:
    with server.bitrix() as onec:
        assert onec.send_log().text == "success"
        assert "Reports/Exchange_(Узел обмена)2026-11-21.zip" in server.spooled()


def test_a_login_says_the_same_to_both_clients(server: Server) -> None:
    with server.standard() as onec:
        answer = onec.log_in()
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "set-cookie" not in answer.headers
    word, cookie, value, sessid, timestamp = answer.lines
    assert (word, cookie, len(value)) == ("success", "freesport_exchange", 32)
    assert sessid.startswith("sessid=")
    assert abs(int(timestamp.removeprefix("timestamp=")) - datetime.now().timestamp()) < 60


def test_the_server_says_that_it_is_alive(server: Server) -> None:
    with StandardClient(server.port, path="/healthz") as anybody:
        answer = anybody.send("")
    assert (answer.status, answer.text) == (200, "ok")


def test_who_stands_behind_no_known_proxy_cannot_choose_an_address(server: Server) -> None:
    with server.standard(headers={"X-Forwarded-For": "203.0.113.9"}, path="/1c_exchange.php?forged") as onec:
        onec.ask("checkauth", type="forged")
    assert server.program.event("request", type="forged")["address"] == "127.0.0.1"


STEERING = "\r\nerror\x1b[2J\x1b]0;title\x07\x9b1m\u202e"
"""Breaks lines, steers a terminal, turns the direction of writing."""


def reported(server: Server, field: str, start: str) -> Mapping[str, Any]:
    """The journal's next line whose field begins so; nothing in it may be more than text."""
    while not (event := server.program.event("request"))[field].startswith(start):
        pass
    assert all(value.isprintable() for value in event.values() if isinstance(value, str))
    return event


def test_requests_of_strangers_are_logged_on_one_harmless_line(server: Server) -> None:
    with server.standard(password="wrong", headers={"User-Agent": "a\x1b[2J\x9b1m"}) as onec:
        onec.ask(escaped(f"mode{STEERING}"), type=escaped(f"stranger{STEERING}"), filename=f"file{STEERING}")
    assert "mode" in reported(server, "type", "stranger")["mode"]


# --- a careful server: TLS, a proxy, an allow-list, unpacked files in small fragments, and it writes nothing ---


@dataclass(frozen=True)
class Careful:
    server: Server
    shop: Shop
    tls: ssl.SSLContext

    def standard(self, **options: Any) -> StandardClient:
        return self.server.standard(tls=self.tls, **options)


@pytest.fixture(scope="session")
def careful(
    postgres: EmbeddedPostgres, stocked_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Careful]:
    folder = tmp_path_factory.mktemp("careful")
    file = certificate(folder / "certificate.pem")
    settings: dict[str, Any] = {
        "certificate": file,
        "allow": '["127.0.0.0/8", "192.0.2.0/24"]',
        "proxies": '["127.0.0.1"]',
        "zip": "false",
        "file_limit_mb": 1,
        "queue_timeout_s": 2,
    }
    with (
        cloned_database(postgres, stocked_template) as url,
        Shop(url, folder) as shop,
        serving(url, folder / "home", "--dry-run", **settings) as server,
    ):
        yield Careful(server, shop, ssl.create_default_context(cafile=str(file)))


def test_a_dry_run_in_fragments_over_tls_writes_nothing(careful: Careful) -> None:
    goods = import_xml(product("new"), product("p1", description="д" * 1_200_000))
    picture = bytes(range(256)) * 9000
    with careful.standard() as onec:
        answer = onec.send_batch({"import.xml": goods, "import_files/ab/a.jpg": picture})["import.xml"]
        assert (onec.is_zip, onec.limit) == (False, 1024 * 1024)
    assert answer.word == "failure", "success would make 1C forget its changes"
    assert "без записи" in answer.lines[1]
    assert careful.shop.rows("SELECT onec_id FROM products") == [("p1",)]
    spool = careful.server.spool
    assert [path.read_bytes() for path in spool.rglob("a.jpg")] == [picture]
    assert goods in [path.read_bytes() for path in spool.rglob("import.xml")]


def test_after_the_queue_timeout_1c_is_told_that_another_import_is_in_progress(careful: Careful) -> None:
    with careful.standard() as onec:
        onec.log_in()
        onec.init()
        onec.upload("import.xml", import_xml(product("new")))
        with holding(careful.shop.url, TAKE_LOCK):
            answer = onec.ask_import("import.xml")
        assert (answer.status, answer.text) == (200, "failure\nImport already in progress")
        assert onec.progress_texts, "it has seen the wait before"
        assert "без записи" in onec.ask_import("import.xml").lines[1]


@pytest.mark.parametrize(("address", "status"), [("192.0.2.7", 200), ("203.0.113.7", 403), ("nonsense", 403)])
def test_only_a_known_proxy_may_name_the_client(careful: Careful, address: str, status: int) -> None:
    with careful.standard(headers={"X-Forwarded-For": address}) as onec:
        answer = onec.ask("checkauth")
    assert answer.status == status
    assert answer.word == ("success" if status == 200 else "failure")


def test_an_address_from_a_proxy_is_logged_on_one_harmless_line(careful: Careful) -> None:
    with careful.standard(headers={"X-Forwarded-For": "bad\x1b[2J\x9b1m"}) as onec:
        assert onec.ask("checkauth").status == 403
    assert reported(careful.server, "address", "bad")["status"] == 403


def test_a_new_password_ends_all_sessions(careful: Careful) -> None:
    passwords = PasswordFile(find_paths(careful.server.home).exchange_password)
    with careful.standard() as onec:
        onec.log_in()
        passwords.set("another password")
        try:
            assert onec.ask("init").code == "exchange_session_unknown"
            with pytest.raises(Stopped) as caught:
                onec.log_in()
            assert caught.value.args[0].status == 401
            onec.password = "another password"
            onec.log_in()
        finally:
            passwords.set(PASSWORD)


def test_a_small_fragment_is_all_that_is_taken(careful: Careful) -> None:
    with careful.standard() as onec:
        onec.log_in()
        onec.init()
        onec.limit = 0
        with pytest.raises(Stopped) as caught:
            onec.upload("a.xml", b"x" * (1024 * 1024 + 1))
        assert caught.value.args[0].code == "exchange_fragment_too_large"
        onec.upload("a.xml", b"x" * (1024 * 1024))


def test_plain_http_is_not_spoken_where_tls_is_asked_for(careful: Careful) -> None:
    with careful.server.standard() as onec, pytest.raises((EOFError, ConnectionError)):
        onec.log_in()
