"""What each request means, rule by rule (EXCHANGE-1 to EXCHANGE-25)."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath

import pytest
from lxml import etree

from freesport_sync.errors import ExchangeRefused
from freesport_sync.exchange.http.protocol import (
    Begin,
    Deactivate,
    ImportFile,
    LogIn,
    Receive,
    Respond,
    Step,
    logged_in,
    next_step,
)
from freesport_sync.exchange.http.replies import ExchangeReply
from freesport_sync.exchange.http.requests import Mode, parse_request

NOW = datetime(2026, 11, 21, 14, 5, 6)
TWO = "zip=yes\nfile_limit=1000000"
FOUR = f"{TWO}\nsessid=5e551d\nversion=3.1"
NO_ORDERS = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<КоммерческаяИнформация ВерсияСхемы="2.07" ДатаФормирования="2026-11-21T14:05:06"/>'
)


def step(query: str, sessid: str = "5e551d", is_zip: bool = True) -> Step:
    return next_step(parse_request(query.encode()), sessid, 1_000_000, is_zip, NOW)


def reply(query: str) -> ExchangeReply:
    found = step(query)
    assert isinstance(found, Begin | Respond)
    return found.reply


def refusal(query: str, sessid: str = "5e551d") -> ExchangeRefused:
    with pytest.raises(ExchangeRefused) as caught:
        step(query, sessid)
    return caught.value


@pytest.mark.parametrize(
    ("rule", "query", "expected"),
    [
        ("1 standard client: two lines", "type=catalog&mode=init", TWO),
        ("1 also for orders", "type=sale&mode=init", TWO),
        ("1 also with the token that a setting switches on", "type=sale&mode=init&sessid=5e551d", TWO),
        ("1 module of 1C-Bitrix: four", "type=catalog&mode=init&sessid=5e551d&version=2.10", FOUR),
        ("1 also for orders", "type=sale&mode=init&version=3.1", FOUR),
        ("1 an empty version is none", "type=sale&mode=init&version=", TWO),
        ("14, 15 complete is an event only", "type=catalog&mode=complete", "success"),
        ("16 query without init, <?xml first, no Контейнер", "type=sale&mode=query", NO_ORDERS),
        ("16 also with a version", "type=sale&mode=query&version=3.1", NO_ORDERS),
        ("17 success of a query without orders", "type=sale&mode=success", "success"),
    ],
)
def test_answers(rule: str, query: str, expected: str) -> None:
    answer = reply(query)
    assert (answer.body, answer.status) == (expected, 200)
    # 2: no CR, no LF at the end, the charset last
    assert "\r" not in answer.body
    assert answer.body == answer.body.strip()
    assert answer.media_type.endswith("; charset=utf-8")


@pytest.mark.parametrize(
    ("rule", "query", "expected"),
    [
        ("3 login", "type=catalog&mode=checkauth", LogIn()),
        ("3 login for orders", "type=sale&mode=checkauth&version=3.1", LogIn()),
        ("6 file", "type=catalog&mode=file&filename=import0_1.xml", Receive(PurePosixPath("import0_1.xml"))),
        ("7 archive", "type=catalog&mode=file&filename=v8_1A76_155ae.zip", Receive(PurePosixPath("v8_1A76_155ae.zip"))),
        (
            "8 import by the name of the XML",
            "type=catalog&mode=import&filename=a.xml",
            ImportFile(PurePosixPath("a.xml")),
        ),
        ("15 deactivate echoes line 5", "type=catalog&mode=deactivate&timestamp=1790000000", Deactivate(1790000000)),
        ("19 log upload", "type=catalog&mode=file&filename=\\Reports\\a.zip", Receive(PurePosixPath("Reports/a.zip"))),
        ("20 drive", "type=catalog&mode=file&filename=C:\\v8_1.xml", Receive(PurePosixPath("v8_1.xml"))),
        ("24 upper case of words", "type=Catalog&mode=CheckAuth", LogIn()),
    ],
)
def test_steps(rule: str, query: str, expected: Step) -> None:
    assert step(query) == expected


@pytest.mark.parametrize(
    ("rule", "query", "code"),
    [
        ("15 no timestamp", "type=catalog&mode=deactivate", "exchange_timestamp_invalid"),
        ("15 zero", "type=catalog&mode=deactivate&timestamp=0", "exchange_timestamp_invalid"),
        ("15 negative", "type=catalog&mode=deactivate&timestamp=-5", "exchange_timestamp_invalid"),
        ("15 foreign digits", "type=catalog&mode=deactivate&timestamp=%D9%A1", "exchange_timestamp_invalid"),
        ("15 beyond every clock", f"type=catalog&mode=deactivate&timestamp={2**53}", "exchange_timestamp_invalid"),
        (
            "15 longer than Python reads",
            f"type=catalog&mode=deactivate&timestamp={'0' * 19}1{'9' * 5000}",
            "exchange_timestamp_invalid",
        ),
        ("18 statuses must not be forgotten", "type=sale&mode=file&filename=orders-1.xml", "exchange_orders_later"),
        ("18 nor by their import", "type=sale&mode=import&filename=orders-1.xml", "exchange_orders_later"),
        ("24 no type", "", "exchange_type_unknown"),
        *(
            ("24 unknown type", f"type={word}&mode=checkauth", "exchange_type_unknown")
            for word in ("reference", "listen", "act", "user")
        ),
        ("24 unknown mode", "type=catalog&mode=query", "exchange_mode_unknown"),
        ("24 no mode", "type=catalog", "exchange_mode_unknown"),
        ("24 info", "type=sale&mode=info", "exchange_mode_unknown"),
        ("24 deactivate of orders", "type=sale&mode=deactivate&timestamp=1790000000", "exchange_mode_unknown"),
        ("20 no name", "type=catalog&mode=file", "exchange_name_missing"),
        ("20 no name to import", "type=catalog&mode=import&filename=", "exchange_name_missing"),
        ("20 name out of the folder", "type=catalog&mode=file&filename=../a.jpg", "exchange_name_unsafe"),
    ],
)
def test_refusals(rule: str, query: str, code: str) -> None:
    assert refusal(query).code == code


@pytest.mark.parametrize("type_", ["catalog", "sale"])
@pytest.mark.parametrize("mode", [*(mode.value for mode in Mode if mode is not Mode.CHECKAUTH), "info", ""])
def test_rule_3_every_step_but_the_login_needs_a_session(type_: str, mode: str) -> None:
    query = f"type={type_}&mode={mode}&filename=a.xml&timestamp=1790000000&sessid=5e551d"
    assert refusal(query, sessid="").code == "exchange_session_unknown"


def test_rule_7_files_are_asked_for_unpacked_where_the_settings_say_so() -> None:
    found = step("type=catalog&mode=init", is_zip=False)
    assert found == Begin(ExchangeReply("zip=no\nfile_limit=1000000"))


def test_rule_3_the_login_tells_cookie_token_and_time() -> None:
    assert logged_in("c00c1e", "5e551d", 1790000000) == ExchangeReply(
        "success\nfreesport_exchange\nc00c1e\nsessid=5e551d\ntimestamp=1790000000"
    )


def test_rule_25_an_empty_list_of_orders_is_a_valid_document() -> None:
    root = etree.fromstring(reply("type=sale&mode=query").body.encode())
    assert root.tag == "КоммерческаяИнформация"
    assert len(root) == 0


def test_messages_about_unknown_words_are_short() -> None:
    assert refusal(f"type={'x' * 10_000}&mode=file").params == {"type": "x" * 40}
