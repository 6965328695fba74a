"""Values: every shape in which 1C has been seen to write them."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freesport_sync.sources.commerceml.values import (
    NotANumber,
    cut,
    is_not_set,
    normalize_name,
    parse_bool,
    parse_decimal,
    parse_price,
    parse_quantity,
    parse_vat,
    slugify,
    transliterate,
    trim,
)

NBSP, NARROW, THIN = "\u00a0", "\u202f", "\u2009"

SENTINELS = [
    "-999 999 999,9",
    "-999999999.9",
    "-999999999,9",
    f"-999{NBSP}999{NBSP}999,9",
    f"-999{NARROW}999{NARROW}999,90",
    "−999 999 999,9",
    " -999999999.90 ",
    "-9.999999999E+8",
]

NOT_NUMBERS = [
    "",
    " ",
    "-",
    "abc",
    "12 руб",
    "1,234.56",
    "1.234,56",
    "NaN",
    "sNaN",
    "inf",
    "-Infinity",
    "1_000",
    "9" * 61,
]


@pytest.mark.parametrize(
    ("text", "trimmed"), [(None, ""), ("", ""), ("796 ", "796"), (f"{NBSP}шт{NARROW}\n", "шт"), ("а б", "а б")]
)
def test_trim(text: str | None, trimmed: str) -> None:
    assert trim(text) == trimmed


def test_cut_counts_characters() -> None:
    assert cut("мяч", 2) == "мя"
    assert cut("мяч", 3) == "мяч"


@pytest.mark.parametrize("text", ["true", "True", " TRUE ", "1", "да", "Да", "истина"])
def test_parse_bool_true(text: str) -> None:
    assert parse_bool(text) is True


@pytest.mark.parametrize("text", [None, "", "false", "0", "нет", "yes?"])
def test_parse_bool_false(text: str | None) -> None:
    assert parse_bool(text) is False


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", "12"),
        ("12.50", "12.5"),
        ("12,50", "12.5"),
        ("3.000", "3"),
        ("-4", "-4"),
        ("−4", "-4"),
        ("+4", "4"),
        (" 7 ", "7"),
        ("1 234,5", "1234.5"),
        (f"1{NBSP}234{NBSP}567,89", "1234567.89"),
        (f"1{NARROW}234", "1234"),
        (f"1{THIN}234", "1234"),
        ("1E+3", "1000"),
        ("1,2e2", "120"),
        (".5", "0.5"),
    ],
)
def test_numbers_with_comma_spaces_and_exponent(text: str, value: str) -> None:
    assert parse_decimal(text) == Decimal(value)


@pytest.mark.parametrize("text", SENTINELS)
def test_not_set_is_no_value_in_every_spelling(text: str) -> None:
    assert parse_decimal(text) is None
    assert parse_price(text) == (None, None)
    assert parse_quantity(text) == (None, "quantity_not_set")
    assert is_not_set(text)


@pytest.mark.parametrize("text", ["0", "-", "9999", "-999 999 999", "Синий 999", "-999 999 999,8"])
def test_a_value_is_not_taken_for_not_set(text: str) -> None:
    assert not is_not_set(text)


def test_an_empty_characteristic_is_not_set() -> None:
    assert is_not_set("")


@pytest.mark.parametrize("text", NOT_NUMBERS)
def test_not_a_number(text: str) -> None:
    with pytest.raises(NotANumber):
        parse_decimal(text)
    assert parse_price(text) == (None, "price_not_number")
    assert parse_quantity(text) == (None, "quantity_not_number")


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("120", "120.00"),
        ("120,50", "120.50"),
        (f"4{NBSP}625", "4625.00"),
        ("0", "0.00"),
        ("0.005", "0.01"),
        ("0.0049", "0.00"),
        ("2.675", "2.68"),
        ("99999999.994", "99999999.99"),
        ("1e-999999", "0.00"),
    ],
)
def test_prices_are_rounded_to_kopecks(text: str, price: str) -> None:
    parsed, problem = parse_price(text)
    assert (str(parsed), problem) == (price, None)


@pytest.mark.parametrize("text", ["-1", "-0.001", "100000000", "99999999.995", "1e999999", "-1e999999"])
def test_price_out_of_range(text: str) -> None:
    assert parse_price(text) == (None, "price_out_of_range")


@pytest.mark.parametrize(
    ("text", "quantity", "problem"),
    [
        ("5", 5, None),
        ("3.000", 3, None),
        (f"1{NBSP}200", 1200, None),
        ("1E+2", 100, None),
        ("0", 0, None),
        ("-0", 0, None),
        ("2,5", 2, "quantity_fractional"),
        ("0.9", 0, "quantity_fractional"),
        ("1e-999999", 0, "quantity_fractional"),
        ("-4", 0, "quantity_negative"),
        ("-0.5", 0, "quantity_negative"),
        ("999999999", 999999999, None),
        ("1000000000", None, "quantity_out_of_range"),
        ("1e999999", None, "quantity_out_of_range"),
    ],
)
def test_quantities_are_whole_and_not_negative(text: str, quantity: int | None, problem: str | None) -> None:
    assert parse_quantity(text) == (quantity, problem)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("20", "20"),
        ("22%", "22"),
        ("22 %", "22"),
        (f"22{NBSP}%", "22"),
        ("22,0", "22"),
        ("20/120", "20"),
        ("НДС 20%", "20"),
        ("НДС10", "10"),
        ("0", "0"),
        ("7,5", "7.5"),
        ("100", "100"),
    ],
)
def test_vat_rates_in_every_spelling(text: str, rate: str) -> None:
    assert parse_vat(text) == (Decimal(rate), None)


@pytest.mark.parametrize("text", ["", " ", "Без НДС", "без ндс", "БЕЗ НДС", "Без налога (НДС)", "-999 999 999,9"])
def test_no_vat_is_no_problem(text: str) -> None:
    assert parse_vat(text) == (None, None)


@pytest.mark.parametrize("text", ["двадцать", "НДС", "120", "-1", "NaN", "1e999999", "/"])
def test_vat_not_understood(text: str) -> None:
    assert parse_vat(text) == (None, "vat_not_understood")


@given(st.decimals(min_value=0, max_value=Decimal("99999999.99"), places=2), st.sampled_from([" ", NBSP, NARROW, ""]))
@settings(deadline=None)
def test_a_price_is_read_back_however_it_is_grouped(price: Decimal, separator: str) -> None:
    written = f"{price:,.2f}".replace(",", separator).replace(".", ",")
    assert parse_price(written) == (price, None)


@given(st.text(max_size=80))
@settings(deadline=None)
def test_no_text_is_too_strange_for_the_numbers(text: str) -> None:
    price, price_problem = parse_price(text)
    assert price is None or (price_problem is None and 0 <= price < 10**8)
    quantity, _problem = parse_quantity(text)
    assert quantity is None or 0 <= quantity < 10**9
    rate, _problem = parse_vat(text)
    assert rate is None or 0 <= rate <= 100


@pytest.mark.parametrize(
    ("name", "normalized"),
    [
        ("Nike", "nike"),
        ("NIKE  Pro", "nikepro"),
        ("nike-pro_2", "nikepro2"),
        ("BoyBo®", "boybo"),
        ("Ёлка й", "елкаи"),
        ("Café", "cafe"),
        (f"a{NBSP}b", "ab"),
        ("!!!", ""),
        ("№1", "no1"),
    ],
)
def test_names_are_compared_without_case_accents_and_signs(name: str, normalized: str) -> None:
    assert normalize_name(name) == normalized


@pytest.mark.parametrize(
    ("text", "latin"),
    [
        ("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", "abvgdeezhzijklmnoprstufhtschshsch'y'ejuja"),
        ("ЩУКА Ёж", "SchUKA Ezh"),
        ("Nike 5", "Nike 5"),
    ],
)
def test_russian_letters_become_latin_as_in_the_shop(text: str, latin: str) -> None:
    assert transliterate(text) == latin


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Объём мяч", "obem-mjach"),
        ("Кимоно (А5 (2XL))", "kimono-a5-2xl"),
        ("№ 5 “Тест”", "no-5-test"),
        ("中文", ""),
        ("", ""),
        ("  --Мяч__ ", "mjach"),
        ("a -- b", "a-b"),
        ("230/180 мм", "230180-mm"),
    ],
)
def test_slugs_are_made_as_in_the_shop(text: str, slug: str) -> None:
    assert slugify(text) == slug


def test_slug_fits_its_column() -> None:
    assert len(slugify("щ" * 300)) == 255


@given(st.text(max_size=60))
@settings(deadline=None)
def test_a_slug_is_plain_ascii(text: str) -> None:
    slug = slugify(text)
    assert slug.isascii()
    assert slug == slug.lower().strip("-")
    assert not any(unicodedata.category(char).startswith("Z") for char in slug)
