"""The parameters of the requests of 1C."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from freesport_sync.exchange.http.requests import ExchangeRequest, parse_request


@given(st.binary())
def test_any_query_can_be_read(query: bytes) -> None:
    parse_request(query)


@given(st.text().filter(lambda text: max(text, default="") <= "\ud7ff"), st.sampled_from(["utf-8", "cp1251"]))
def test_a_name_comes_as_it_was_written(name: str, encoding: str) -> None:
    assume(encoding == "utf-8" or _is_only(name, encoding))
    query = f"type=catalog&mode=file&filename={quote(name, safe='+', encoding=encoding)}&sessid=1".encode()
    assert parse_request(query) == ExchangeRequest("catalog", "file", name)


def _is_only(name: str, encoding: str) -> bool:
    """Whether a text can be written in an encoding, and what is written is no UTF-8."""
    try:
        written = name.encode(encoding)
    except UnicodeEncodeError:
        return False
    try:
        return written.decode("utf-8") == name
    except UnicodeDecodeError:
        return True


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("", ExchangeRequest()),
        ("type=catalog&mode=init", ExchangeRequest("catalog", "init")),
        ("a=b?type=catalog&mode=init", ExchangeRequest("catalog", "init")),
        ("&&=&type=catalog", ExchangeRequest("catalog")),
        ("mode=file&mode=import&mode=", ExchangeRequest(mode="file")),
        ("filename=a+b%2Bc%20d.xml", ExchangeRequest(filename="a+b+c d.xml")),
        ("filename=%D1%8F.xml", ExchangeRequest(filename="я.xml")),
        ("filename=%FF.xml", ExchangeRequest(filename="я.xml")),
        ("filename=я.xml", ExchangeRequest(filename="я.xml")),
        ("filename=a=b.xml", ExchangeRequest(filename="a=b.xml")),
        ("filename=%zz%.xml", ExchangeRequest(filename="%zz%.xml")),
        ("version= 3.1 &timestamp= 5 ", ExchangeRequest(version="3.1", timestamp="5")),
        ("SESSID=1&unknown=2", ExchangeRequest()),
        ("m%6Fde=init", ExchangeRequest(mode="init")),
    ],
)
def test_queries(query: str, asked: ExchangeRequest) -> None:
    assert parse_request(query.encode()) == asked
