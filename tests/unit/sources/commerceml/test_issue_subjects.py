"""Whom an issue is about: everything that the file says of the object, so that it can be found in 1C."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from freesport_sync.core.staged import StagedProduct
from freesport_sync.sources.commerceml.goods import read_product
from tests.builders import element, offer, product, raw_element
from tests.unit.sources.commerceml.support import read_offer, read_prices, read_record, read_rests

LONG = "x" * 101
TITLE = element("Артикул", " ART-1 ") + element("Наименование", "Мяч")
BAD_PRICE = raw_element(
    "Цены", raw_element("Цена", element("ИдТипаЦены", "retail") + element("ЦенаЗаЕдиницу", "дорого"))
)


def record(*content: str) -> str:
    return raw_element("Предложение", element("Ид", "p1#c1") + "".join(content))


@pytest.mark.parametrize(
    ("read", "xml", "code"),
    [
        (read_product, product("p1", name="Мяч", article="ART-1", vat="много"), "vat_not_understood"),
        (read_product, product("p1", name="Мяч", article="ART-1", group=LONG), "reference_too_long"),
        (read_product, product("p1", name="Мяч", article="ART-1", description="x" * 100_001), "text_cut"),
        (read_product, product(LONG, name="Мяч", article="ART-1"), "onec_id_too_long"),
        (read_product, product(None, name="Мяч", article="ART-1"), "onec_id_missing"),
        (read_offer, offer(None, name="Мяч", article="ART-1"), "onec_id_missing"),
        (read_offer, offer("p1#c1", name="Мяч", article="ART-1", characteristics={"Цвет": LONG}), "text_cut"),
        (read_prices, record(TITLE, BAD_PRICE), "price_not_number"),
        (read_rests, record(TITLE, element("Количество", "-1")), "quantity_negative"),
        (read_rests, record(TITLE), "quantity_missing"),
    ],
)
def test_name_and_article_of_the_record(read: Callable[..., Any], xml: str, code: str) -> None:
    _, (issue,) = read_record(read, xml)
    assert (issue.code, issue.name, issue.article) == (code, "Мяч", "ART-1")


def test_a_product_without_name_has_its_article() -> None:
    _, (issue,) = read_record(read_product, product("p1", name=None, article="ART-1"))
    assert (issue.code, issue.name, issue.article) == ("name_missing", "", "ART-1")


def test_long_articles_are_cut() -> None:
    _, (issue,) = read_record(read_product, product("p1", vat="много", article="x" * 300))
    assert issue.article == "x" * 200


def test_a_record_with_nothing_but_its_id() -> None:
    _, (issue,) = read_record(read_prices, record(BAD_PRICE))
    assert (issue.onec_id, issue.name, issue.article) == ("p1#c1", "", "")


@pytest.mark.parametrize(
    ("read", "xml", "code"),
    [
        (
            read_prices,
            record(TITLE, raw_element("Цены", raw_element("Цена", element("ИдТипаЦены", "новый")))),
            "price_type_unknown",
        ),
    ],
)
def test_what_is_wrong_with_the_whole_file_names_no_object(read: Callable[..., Any], xml: str, code: str) -> None:
    _, (issue,) = read_record(read, xml)
    assert (issue.code, issue.onec_id, issue.name, issue.article) == (code, "", "", "")


def test_the_article_is_staged() -> None:
    (row,), _ = read_record(read_product, product("p1", article=" ART-1 "))
    assert isinstance(row, StagedProduct)
    assert row.article == "ART-1"
