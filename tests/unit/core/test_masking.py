"""What leaves this computer has no secrets; in a support package no personal data either."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from freesport_sync.core.masking import Masker, blanked, blanked_xml, is_tax_id, masked, without_literals

MARK = "Zebra7"
"""In the middle of each secret, so that a part of it that is left can be found."""
any_text = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=12)
secrets = st.builds(lambda before, after: f"{before}{MARK}{after}", any_text, any_text)
words = st.text("abcXYZ019_-%!*+$@#", max_size=8).map(lambda word: f"{word[:4]}{MARK}{word[4:]}")

steady = settings(
    max_examples=60, derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
"""The same examples each time, however busy the computer is."""

QUOTED: list[Callable[[str], str]] = [
    lambda secret: json.dumps({"a": 1, "password": secret, "z": [2]}),
    lambda secret: json.dumps({"db_password": secret}, ensure_ascii=False),
    lambda secret: json.dumps({"line": json.dumps({"token": secret, "z": 1})}),
    lambda secret: json.dumps(json.dumps(json.dumps({"пароль": secret}))),
    lambda secret: repr({"passphrase": secret, "user": "shop"}),
    lambda secret: f"connect(password={secret!r}, user='shop')",
    lambda secret: f"api_key = {json.dumps(secret, ensure_ascii=False)}  # of a settings file",
    lambda secret: f"postgresql://shop:{quote(secret, safe='')}@host/shop",
    lambda secret: quote(f"postgresql://shop:{quote(secret, safe='')}@host/shop", safe=""),
    lambda secret: f"GET /?user=1c&password={quote_plus(secret)}&mode=init",
    lambda secret: f"url=https%3A%2F%2Fh%2F%3Fpassword%3D{quote(quote(secret, safe=''), safe='')}",
    lambda secret: f"Authorization: Basic {base64.b64encode(f'1c:{secret}'.encode()).decode()}",
    lambda secret: f"('cookie', 'PHPSESSID={quote(secret)}; path=/')",
    lambda secret: f"Set-Cookie: freesport={quote(secret)}; HttpOnly",
]
PLAIN: list[Callable[[str], str]] = [
    lambda secret: f"FREESPORT_SYNC_DB_PASSWORD={secret}",
    lambda secret: f"host=h password={secret} dbname=shop",
    lambda secret: f"Пароль: {secret}",
    lambda secret: f"<Пароль>{secret}</Пароль><x>1</x>",
    lambda secret: f"freesport-sync --password {secret} --run",
    lambda secret: f"postgresql://shop:{secret}@host:5432/shop",
    lambda secret: f"https://{secret}@host/shop.git",
]


@steady
@given(secrets)
@example(f'"{MARK}"')
@example(f"\\{MARK}\\")
@example(f"'{MARK}\",")
def test_no_quoted_or_encoded_secret_is_left(secret: str) -> None:
    for context in QUOTED:
        assert MARK not in masked(f"before\n{context(secret)}\nafter"), context(secret)


@steady
@given(words)
def test_no_plain_secret_is_left(secret: str) -> None:
    for context in PLAIN:
        assert MARK not in masked(f"before\n{context(secret)}\nafter"), context(secret)


@steady
@given(secrets)
def test_a_known_secret_is_masked_wherever_and_however_it_is_written(secret: str) -> None:
    mask = Masker([secret])
    written = [
        secret,
        json.dumps(secret),
        repr(secret),
        quote(secret),
        quote(quote(secret, safe=""), safe=""),
        quote_plus(secret),
        json.dumps(secret, ensure_ascii=False),
        f'Traceback:\n  File "x.py"\nValueError: cannot read {secret} of user',
    ]
    for text in written:
        assert MARK not in mask(f"some words {text} and more"), text
    assert base64.b64encode(secret.encode()).decode() not in mask(base64.b64encode(secret.encode()).decode())


@steady
@given(any_text, any_text)
def test_text_without_secrets_stays_and_masking_twice_changes_nothing(before: str, after: str) -> None:
    once = Masker()(f"{before} password={after}")
    assert Masker()(once) == once


@pytest.mark.parametrize(
    "text",
    [
        '2026-11-29 14:38:25,123 INFO 4711 freesport_sync.runs.life run_started {"run_id": 81, "seconds": 12.5}',
        "8f06f4f1-b3f0-11ea-81c3-00155d3cae02#00155d3c-ae02-11ea-8123-456789012345",
        'database.password_file = "/home/ivanov/secrets/db"',
        'FATAL: password authentication failed for user "shop"',
        "ivanov@PC-7 onec@shop C:\\Users\\Иванов\\AppData",
        "Мяч футбольный 4607123456789, 1 250,50 руб., 20 %",
        "Counts(created=155, updated=0, unchanged=1234567890)",
        "a file of 104857600 bytes, 999423/999423",
        "<Наименование>Мяч</Наименование><Представление>4 625 руб.</Представление>",
    ],
)
def test_what_support_needs_stays(text: str) -> None:
    assert Masker()(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Почта ivan.petrov+1@mail.ru и петров@почта.рф", "Почта ***@*** и ***@***"),
        ("from=ivan%40mail.ru", "from=***@***"),
        ("+7 (916) 123-45-67, 8 800 555 35 35, 89161234567", "***, ***, ***"),
        ("+7–916–123–45–67; %2B79161234567; +375 29 123 45 67", "***; ***; ***"),
        ("звонить (495) 123-45-67 или 123-45-67", "звонить *** или ***"),
        ("ИНН 7707083893, 500100732259", "ИНН ***, ***"),
        ("счёт 40702810900000001234", "счёт ***"),
        ("112-233-445 95", "***"),
        ('"first_name": "Иван", "кпп": "770701001"', '"first_name": ***, "кпп": ***'),
        ("<Фамилия>Иванов</Фамилия><ПолноеНаименование>ИП Иванов</ПолноеНаименование>", None),
        ("DETAIL:  Failing row contains (1, Иванов, null).", "DETAIL:  Failing row contains ***"),
        ("Key (email)=(ivan@mail.ru) already exists.", "Key (email)=***"),
        ("[parameters: {'name': 'Иванов'}]", "[parameters: ***"),
    ],
)
def test_personal_data_is_masked(text: str, left: str | None) -> None:
    found = Masker()(text)
    assert "Иванов" not in found
    assert left in (None, found)


def test_logins_of_our_own_hosts_are_no_mail_addresses() -> None:
    assert Masker(hosts=["files.shop.ru"])("onec@Files.shop.ru ivan@shop.ru") == "onec@Files.shop.ru ***@***"


def test_private_keys_are_masked_across_lines() -> None:
    key = f"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA{MARK}\nBBBB\n-----END OPENSSH PRIVATE KEY-----"
    for text in (key, json.dumps(key), key.partition("-----END")[0]):
        for mask in (masked, Masker()):
            assert MARK not in mask(f"before {text}")
            assert mask(f"before {text}").removeprefix("before ").strip('"') == "***"


def test_a_short_password_does_not_make_a_log_unreadable() -> None:
    assert Masker(["a", "1c", ""])("a log of 1c") == "a log of 1c"


SPELLINGS: list[Callable[[str], str]] = [
    lambda secret: base64.b64encode(f"u:{secret}".encode()).decode(),
    lambda secret: base64.b64encode(f"1c:{secret}:z".encode()).decode(),
    lambda secret: base64.b64encode(f"shop:{secret}".encode()).decode(),
    lambda secret: base64.b64encode(secret.encode("utf-16-le")).decode(),
    lambda secret: secret.encode("utf-16-le").decode("utf-8", "replace"),
    lambda secret: secret.encode("cp1251").decode("utf-8", "replace"),
    lambda secret: secret.encode().hex(),
    lambda secret: repr(secret.encode()),
    lambda secret: json.dumps(json.dumps(secret)),
]


@pytest.mark.parametrize("secret", ["Zebra7 ключ/&+", "tiger lion", "ж\"Zebra7'"])
@pytest.mark.parametrize("spell", SPELLINGS)
def test_a_known_secret_is_masked_in_every_spelling(spell: Callable[[str], str], secret: str) -> None:
    shown = Masker([secret])(f"[{spell(secret)}]")
    assert "***" in shown
    assert len(shown.replace("\0", "")) <= len("[***]") + 12, "at most letters that it shares with its neighbours"


@pytest.mark.parametrize(
    "part",
    ["://a:", '"password":"', "--token ", "%3A%2F%2F", "Key (", "+7 ", "<password ", "имя=", "a.b@", "<!--", "'", "7-"],
)
def test_hostile_text_takes_no_time(part: str) -> None:
    text = part * (200_000 // len(part))
    began = time.process_time()
    Masker(["secret word"])(text)
    blanked_xml(text)
    without_literals(text)
    assert time.process_time() - began < 10, "a hundred times what it takes"


@steady
@given(st.text())
def test_a_blanked_text_has_the_shape_and_nothing_else(text: str) -> None:
    shape = blanked(text)
    assert len(shape) == len(text)
    assert not any(char.isalnum() and char not in "x0" for char in shape)


def test_a_file_of_customers_keeps_its_elements() -> None:
    text = (
        '\ufeff<?xml version="1.0" encoding="UTF-8"?>\n<!-- Пётр --><К xmlns="urn:1C.ru" ВерсияСхемы="3.1" имя="Пётр">'
        "<Контрагент><Ид>8f06f4f1-b3f0-11ea-81c3-00155d3cae02</Ид><Ид>8f06f4f1-b3f0-11ea-81c3-00155d3cae02#Пётр</Ид>"
        "<Роль>Покупатель</Роль><Имя>Пётр &amp; Ко</Имя><![CDATA[Пётр <b>]]><Адрес  a='Пётр' >Тула, 5</Адрес"
    )
    assert blanked_xml(text) == (
        '\ufeff<?xml version="1.0" encoding="UTF-8"?>\n<!-- --><К xmlns="urn:1C.ru" ВерсияСхемы="3.1" имя="xxxx">'
        "<Контрагент><Ид>8f06f4f1-b3f0-11ea-81c3-00155d3cae02</Ид><Ид>0x00x0x0-x0x0-00xx-00x0-00000x0xxx00#xxxx</Ид>"
        "<Роль>Покупатель</Роль><Имя>xxxx &xxx; xx</Имя><![CDATA[xxxx <x>]]><Адрес  a='xxxx' >xxxx, 0</Адрес"
    )


def test_sql_keeps_no_values() -> None:
    assert without_literals("INSERT ('Иван''ов', 1, 'x") == "INSERT ('***', 1, '***'"


def test_tax_ids_check_themselves() -> None:
    assert is_tax_id("7707083893")
    assert is_tax_id("500100732259")
    assert not is_tax_id("7707083894")
    assert not is_tax_id("500100732250")
