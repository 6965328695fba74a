"""`Контрагент` in every shape that 1C writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.staged import CustomerType, RejectedCustomer, StagedCustomer
from freesport_sync.sources.commerceml.contragents import (
    customer_type,
    is_email,
    normalize_phone,
    read_customer,
)
from freesport_sync.sources.commerceml.export import FileKind
from tests.builders import ExportBuilder, contragent, element, raw_element, tombstone
from tests.unit.sources.commerceml.support import parse, read_record


def read(xml: str) -> tuple[StagedCustomer, list[RowIssue]]:
    (row,), issues = read_record(read_customer, xml)
    assert isinstance(row, StagedCustomer)
    return row, issues


def customer(xml: str) -> StagedCustomer:
    row, issues = read(xml)
    assert issues == []
    return row


# --- who it is ------------------------------------------------------------------------------------------------------


def test_a_company() -> None:
    row = customer(
        contragent(
            "c1",
            name=" ООО  Верх ",
            full_name="Общество «Верх»",
            inn="7700000001",
            kpp="770101001",
            email="A@example.test",
            phone="8 (982) 911-00-98, 8-961-205-46-21",
            address="Москва, Тверская, 1",
        )
    )
    assert row[3:] == (
        *("c1", "ООО  Верх", CustomerType.LEGAL_ENTITY, True, "Верх", "ООО", "ООО  Верх", "Общество «Верх»"),
        *("7700000001", "770101001", "Москва, Тверская, 1", "A@example.test", "+79829110098", False),
    )


def test_the_first_word_of_a_person_is_the_last_name() -> None:
    row = customer(contragent("c1", name="Петров Иван Иванович", inn="770000000012"))
    assert (row.customer_type, row.first_name, row.last_name) == (CustomerType.INDIVIDUAL, "Иван Иванович", "Петров")
    assert (row.company_name, row.legal_name, row.tax_id) == ("", "", "770000000012")


def test_a_single_word_is_the_last_name() -> None:
    row = customer(contragent("c1", name="Розничный"))
    assert (row.first_name, row.last_name) == ("", "Розничный")


@pytest.mark.parametrize(
    ("full_name", "tax_id", "kpp", "expected"),
    [
        ("ИП Иванов", "7", "7", CustomerType.LEGAL_ENTITY),
        ("Иванов ИП (Москва)", "7", "", CustomerType.INDIVIDUAL_ENTREPRENEUR),
        ("ИПИванов", "7", "", CustomerType.INDIVIDUAL_ENTREPRENEUR),
        ("ИП Иванов", "", "", CustomerType.INDIVIDUAL),
        ("Иванов ИП", "7", "", CustomerType.INDIVIDUAL),
        ("ип Иванов", "7", "", CustomerType.INDIVIDUAL),
    ],
)
def test_kpp_makes_a_company_and_inn_with_ip_an_entrepreneur(
    full_name: str, tax_id: str, kpp: str, expected: CustomerType
) -> None:
    assert customer_type(full_name, tax_id, kpp) is expected


@pytest.mark.parametrize("tag", ["ПолноеНаименование", "ОфициальноеНаименование"])
def test_either_full_name_decides_and_names_the_company(tag: str) -> None:
    row = customer(contragent("c1", name="Иванов", inn="770000000012", extra=element(tag, "ИП Иванов Иван")))
    assert (row.customer_type, row.legal_name) == (CustomerType.INDIVIDUAL_ENTREPRENEUR, "ИП Иванов Иван")
    assert row.company_name == "Иванов"


def test_without_a_full_name_the_name_is_both() -> None:
    row = customer(contragent("c1", name="ИП Иванов", full_name="", inn="770000000012"))
    assert (row.customer_type, row.legal_name) == (CustomerType.INDIVIDUAL_ENTREPRENEUR, "ИП Иванов")


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ((), True),
        (("",), True),
        (("покупатель ",), True),
        (("Поставщик",), False),
        (("Поставщик", "Покупатель"), True),
        (("Поставщик, ПОКУПАТЕЛЬ",), True),
        (("Оптовый покупатель",), True),
    ],
)
def test_a_buyer_has_that_role_or_none(roles: tuple[str, ...], expected: bool) -> None:
    assert customer(contragent("c1", roles=roles)).is_buyer is expected


# --- how to reach it ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("contacts", [None, (), [(None, "a@example.test")], [("Почта", None)], [("Почта", "")]])
def test_no_contacts(contacts: list[tuple[str | None, str | None]] | None) -> None:
    row = customer(contragent("c1", contacts=contacts))
    assert (row.email, row.phone) == ("", "")


def test_the_last_contact_of_a_kind_that_is_not_empty_counts() -> None:
    contacts = [
        ("Электронная почта", "first@example.test"),
        ("Телефон рабочий", "9820000001"),
        ("Email", "last@example.test"),
        ("Факс", "9820000003"),
        ("PHONE", "79820000002"),
        ("Почта", ""),
    ]
    row = customer(contragent("c1", contacts=contacts))
    assert (row.email, row.phone) == ("last@example.test", "+79820000002")


@pytest.mark.parametrize(
    "kind",
    [
        *("Электронная почта", "ЭлектроннаяПочта", "Адрес электронной почты", "электронный  адрес", "Эл. почта"),
        *("E-mail", "EMAIL", "e-mail клиента", "Mail", "Почта", "почта рабочая", "Почтовый адрес"),
        *("Имейл", "Мейл", "имэйл", "Е-мэйл", "емайл", "Почта эл.", "Почта (электронная)", "Адрес эл. почты"),
        *("Электронный ящик", "эл. ящик", "Электронный почтовый адрес"),
    ],
)
def test_every_word_for_an_email(kind: str) -> None:
    assert customer(contragent("c1", contacts=[(kind, "a@example.test")])).email == "a@example.test"


@pytest.mark.parametrize(
    "kind",
    [
        *("Телефон", "ТелефонРабочий", "Телефон мобильный", "Мобильный телефон", "Мобильный", "Моб.", "Сотовый"),
        *("тел. рабочий", "Телефон/факс", "Phone", "Mobile"),
    ],
)
def test_every_word_for_a_phone(kind: str) -> None:
    assert customer(contragent("c1", contacts=[(kind, "9820000001")])).phone == "+79820000001"


@pytest.mark.parametrize("kind", ["Факс", "Телефакс", "Телеграм", "Telegram", "ICQ", "Веб-страница", "Адрес", None])
def test_what_is_neither(kind: str | None) -> None:
    row = customer(contragent("c1", contacts=[(kind, "a@example.test"), (kind, "9820000001")]))
    assert (row.email, row.phone) == ("", "")


def test_what_cannot_be_an_email_or_a_phone_replaces_none() -> None:
    contacts = [
        ("Электронная почта", "a@example.test"),
        ("Почта", "101000, Москва, Тверская, 1"),
        ("E-mail", "нет"),
        ("Телефон рабочий", "9820000001"),
        ("Внутренний телефон", "12-34"),
        ("Телефон", "нет"),
    ]
    row = customer(contragent("c1", contacts=contacts))
    assert (row.email, row.phone) == ("a@example.test", "+79820000001")


def test_an_address_for_letters_is_no_wrong_email() -> None:
    row = customer(contragent("c1", contacts=[("Почта", "Москва, Тверская, 1"), ("Почтовый адрес", "Тверь")]))
    assert row.email == ""


@pytest.mark.parametrize("kind", ["Имейл", "Мейл", "Почта эл.", "Адрес эл. почты", "Почта электронная"])
def test_a_bad_email_is_told_whatever_the_word_for_it(kind: str) -> None:
    row, (issue,) = read(contragent("c1", contacts=[(kind, "нет")]))
    assert (row.email, issue.code, issue.value) == ("", "email_invalid", "нет")


@pytest.mark.parametrize(
    "written",
    [
        *("mailto:a@example.test", "MAILTO:a@example.test", "mailto:a@example.test?subject=1&body=2"),
        *(
            "<mailto:a@example.test>",
            "Пётр <mailto:a@example.test?subject=1>, b@example.test",
            "e-mail: a@example.test",
        ),
        *(
            "почта:a@example.test",
            "a@example.test (рабочая)",
            "(a@example.test)",
            '"a@example.test"',
            "«a@example.test»",
        ),
        *("a@example.test.", "[a@example.test](mailto:a@example.test)"),
    ],
)
def test_what_stands_around_an_email_is_not_part_of_it(written: str) -> None:
    assert customer(contragent("c1", contacts=[("E-mail", written.replace("<", "&lt;"))])).email == "a@example.test"


def test_of_several_emails_in_one_contact_the_first_that_is_one() -> None:
    contacts = [("Почта", "Пётр <a@example.test>; b@example.test")]
    assert customer(contragent("c1", contacts=contacts)).email == "a@example.test"


def test_contacts_as_other_versions_write_them() -> None:
    def contact(tag: str, kind: str, value: str) -> str:
        return raw_element(tag, kind + value)

    email = contact("КонтактнаяИнформация", element("КонтактВид", "Почта"), element("Значение", "a@example.test"))
    phone = contact("Контакт", element("Тип", "Телефон"), element("Представление", "9820000001"))
    row = customer(contragent("c1", contacts=None, extra=raw_element("Контакты", email + phone)))
    assert (row.email, row.phone) == ("a@example.test", "+79820000001")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8-982-911-00-98", "+79829110098"),
        ("+7 982 911 00 98", "+79829110098"),
        ("982 9110098 доб.", "+79829110098"),
        ("89829110098, 123", "+79829110098"),
        ("123, 89829110098", "+79829110098"),
        ("нет / 8 982 911-00-98", "+79829110098"),
        ("8-982-911-00-98 доб. 123", "+79829110098"),
        ("+7 (982) 911 00 98 (вн. 12)", "+79829110098"),
        ("+375 29 123-45-67", ""),
        ("8982911009", "+78982911009"),
        ("98291100981", ""),
        ("нет", ""),
        ("", ""),
    ],
)
def test_the_first_russian_number_is_the_phone(text: str, expected: str) -> None:
    assert normalize_phone(text) == expected


def test_a_phone_that_is_not_understood_is_an_issue() -> None:
    row, (issue,) = read(contragent("c1", name="Петров", phone="доб. 12"))
    assert row.phone == ""
    assert (issue.severity, issue.code, issue.onec_id, issue.name) == (
        *(Severity.WARNING, "phone_not_understood", "c1", "Петров"),
    )
    assert (issue.field, issue.value) == ("Телефон", "доб. 12")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@example.test", True),
        ("A.b+c_d-e@mail.example.co", True),
        ("почта@example.test", False),
        ("a@почта.рф", True),
        ("a@example", False),
        ("a@example.t", False),
        ("a@-example.test", False),
        ("a@example-.test", False),
        ("a@exam_ple.test", False),
        (".a@example.test", False),
        ("a..b@example.test", False),
        ("a b@example.test", False),
        ("a@example.test, b@example.test", False),
        ("a@@example.test", False),
        ("example.test", False),
        ("a@example.test\n", False),
        (f"{'a' * 241}@example.test", True),
        (f"{'a' * 242}@example.test", False),
        (f"a@{'b' * 63}.test", True),
        (f"a@{'b' * 64}.test", False),
    ],
)
def test_which_emails_the_shop_takes(text: str, expected: bool) -> None:
    assert is_email(text) is expected


def test_a_bad_email_is_an_issue() -> None:
    row, (issue,) = read(contragent("c1", name="Петров", email="нет"))
    assert row.email == ""
    assert (issue.severity, issue.code, issue.onec_id, issue.name, issue.field, issue.value) == (
        *(Severity.WARNING, "email_invalid", "c1", "Петров", "Электронная почта", "нет"),
    )


# --- where it is ----------------------------------------------------------------------------------------------------


def test_the_address_of_registration_goes_by_its_parts_where_it_is_not_shown() -> None:
    def part(kind: str, value: str) -> str:
        return raw_element("АдресноеПоле", element("Тип", kind) + element("Значение", value))

    parts = part("Почтовый индекс", "101000") + part("Улица", "") + part("Город", "Москва")
    assert customer(contragent("c1", extra=raw_element("АдресРегистрации", parts))).legal_address == "101000, Москва"
    both = element("Представление", "Тверь") + parts
    assert customer(contragent("c1", extra=raw_element("АдресРегистрации", both))).legal_address == "Тверь"
    other = raw_element("Адрес", element("Представление", "Тверь"))
    assert customer(contragent("c1", extra=other)).legal_address == ""


# --- what is wrong with it ------------------------------------------------------------------------------------------


def test_too_long_texts_are_cut() -> None:
    long = "я" * 300
    row, issues = read(contragent("c1", name=f"{long} {long}", full_name=long, inn="7" * 13, kpp="7" * 10))
    assert (len(row.company_name), len(row.legal_name), len(row.tax_id), len(row.kpp)) == (200, 255, 12, 9)
    assert (len(row.first_name), len(row.last_name)) == (150, 150)
    assert [(issue.code, issue.field) for issue in issues] == [
        ("text_cut", "Наименование"),  # as the company's name; its words are not a person's name
        ("text_cut", "ПолноеНаименование"),
        ("text_cut", "ИНН"),
        ("text_cut", "КПП"),
    ]
    row, issues = read(contragent("c1", name=f"{long} Иван"))
    assert (len(row.last_name), row.first_name, row.legal_name) == (150, "Иван", "")
    assert [issue.code for issue in issues] == ["text_cut"]


@pytest.mark.parametrize(
    ("xml", "onec_id", "reason"),
    [
        (contragent("x" * 101), "x" * 100, "onec_id_too_long"),
        (contragent(None), "", "onec_id_missing"),
        (contragent("c1", name=""), "c1", "name_missing"),
        (contragent("c1", name=None, full_name="Общество"), "c1", "name_missing"),
    ],
)
def test_what_cannot_be_imported(xml: str, onec_id: str, reason: str) -> None:
    (row,), (issue,) = read_record(read_customer, xml)
    assert isinstance(row, RejectedCustomer)
    assert (row.onec_id, row.reason) == (onec_id, reason)
    assert (issue.severity, issue.code) == (Severity.ERROR, reason)


def test_a_deleted_customer_and_a_tombstone() -> None:
    assert customer(contragent("c1", deleted=True)).is_deleted
    row = customer(tombstone("Контрагент", "c1"))
    assert (row.name, row.is_deleted, row.is_buyer) == (None, True, True)


# --- the file -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("namespace", ["urn:1C.ru:commerceml_3", "urn:1C.ru:commerceml_210", ""])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "windows-1251"])
def test_any_namespace_and_encoding(tmp_path: Path, namespace: str, encoding: str) -> None:
    export = ExportBuilder(tmp_path, namespace=namespace, encoding=encoding)
    parsed = parse(export.contragents(contragent("c1", name="Петров", email="a@example.test")), FileKind.CONTRAGENTS)
    (row,) = parsed.rows
    assert isinstance(row, StagedCustomer)
    assert (row.name, row.email, row.position) == ("Петров", "a@example.test", 1)


def test_only_children_of_the_list_are_customers(tmp_path: Path) -> None:
    inner = contragent("inner", name="Контактное лицо", email="inner@example.test")
    representative = raw_element("Представитель", element("Отношение", "Контактное лицо") + inner)
    outer = contragent("outer", name="ООО Верх", extra=raw_element("Представители", representative))
    parsed = parse(ExportBuilder(tmp_path).contragents(outer, contragent("next")), FileKind.CONTRAGENTS)
    rows = [row for row in parsed.rows if isinstance(row, StagedCustomer)]
    assert [(row.position, row.onec_id, row.name, row.email) for row in rows] == [
        (1, "outer", "ООО Верх", ""),
        (2, "next", "ООО Тест", ""),
    ]
    assert parsed.records == 2
