"""`Контрагент` -> customers with contacts and company."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lxml.etree import _Element

from freesport_sync.core.issues import Severity
from freesport_sync.core.staged import CustomerType, RejectedCustomer, StagedCustomer
from freesport_sync.sources.commerceml.current_record import ID_LIMIT
from freesport_sync.sources.commerceml.elements import (
    child_text,
    children,
    fields_of,
    is_deleted,
    text_of,
)
from freesport_sync.sources.commerceml.reading import Reading
from freesport_sync.sources.commerceml.values import cut, normalize_name

BUYER = "покупатель"
PERSON_NAME_LIMIT = 150
COMPANY_NAME_LIMIT = 200
LEGAL_NAME_LIMIT = 255
TAX_ID_LIMIT = 12
KPP_LIMIT = 9
EMAIL_LIMIT = 254

# Types of contacts, see `_contact_values`: normalising turns `й` into `и`.
_EMAIL_WORDS = re.compile("mail|м[аеэ]ил|эл(ектр[а-я]*)?(почт|адрес|ящик)|почт[а-я]*эл|электронка")
"""`E-mail`, `Имейл`, `Эл. почта`, `Почта электронная`, `Электронный адрес`..."""
_PHONE = re.compile(r"телефон|phone|^(тел(?!е)|tel(?!e)|моб|сотов|mobile)")
"""Neither `Телеграм` nor `Телефакс` is one."""
_MAIL_LINK = re.compile(r"mailto:([^?\s<>]*)(\?[^\s<>]*)?", re.IGNORECASE)
_EXTENSION = re.compile(r"доб|вн|ext|#", re.IGNORECASE)


def read_customer(element: _Element, reading: Reading) -> Sequence[StagedCustomer | RejectedCustomer]:
    """Read one `Контрагент` by the shop's own rules (CUSTOMER-1 to CUSTOMER-6)."""
    reading.next_record(element.sourceline)
    fields = fields_of(element)
    name = text_of(fields.get("Наименование"))
    onec_id = text_of(fields.get("Ид"))
    deleted = is_deleted(element, fields)
    if reading.checked_id(onec_id, name=name) is None:
        reason = "onec_id_too_long" if onec_id else "onec_id_missing"
        return (RejectedCustomer(*reading.place, cut(onec_id, ID_LIMIT), reason),)
    if not reading.has_name(name, onec_id=onec_id, deleted=deleted):
        return (RejectedCustomer(*reading.place, onec_id, "name_missing"),)
    return (_customer(element, fields, onec_id, name, deleted, reading),)


def _customer(
    element: _Element, fields: dict[str, _Element], onec_id: str, name: str, deleted: bool, reading: Reading
) -> StagedCustomer:
    def shortened(text: str, limit: int, field: str) -> str:
        return reading.shortened(text, limit, onec_id=onec_id, field=field, name=name)

    full_name = text_of(fields.get("ПолноеНаименование")) or text_of(fields.get("ОфициальноеНаименование")) or name
    tax_id, kpp = text_of(fields.get("ИНН")), text_of(fields.get("КПП"))
    kind = customer_type(full_name, tax_id, kpp)
    is_company = kind is not CustomerType.INDIVIDUAL
    last_name, _, first_name = " ".join(name.split()).partition(" ")
    if not is_company:
        last_name = shortened(last_name, PERSON_NAME_LIMIT, "Наименование")
        first_name = shortened(first_name, PERSON_NAME_LIMIT, "Наименование")
    email, phone = _contacts(element, onec_id, name, reading)
    return StagedCustomer(
        *reading.place,
        onec_id=onec_id,
        name=name or None,
        customer_type=kind,
        is_buyer=_is_buyer(element),
        first_name=cut(first_name, PERSON_NAME_LIMIT),
        last_name=cut(last_name, PERSON_NAME_LIMIT),
        company_name=shortened(name, COMPANY_NAME_LIMIT, "Наименование") if is_company else "",
        legal_name=shortened(full_name, LEGAL_NAME_LIMIT, "ПолноеНаименование") if is_company else "",
        tax_id=shortened(tax_id, TAX_ID_LIMIT, "ИНН"),
        kpp=shortened(kpp, KPP_LIMIT, "КПП"),
        legal_address=_address(fields.get("АдресРегистрации")),
        email=email,
        phone=phone,
        is_deleted=deleted,
    )


def customer_type(full_name: str, tax_id: str, kpp: str) -> CustomerType:
    """Return the kind of customer: КПП makes a company, ИНН with the letters ИП an entrepreneur (CUSTOMER-5)."""
    if kpp:
        return CustomerType.LEGAL_ENTITY
    if tax_id and (full_name.startswith("ИП") or "ИП " in full_name):
        return CustomerType.INDIVIDUAL_ENTREPRENEUR
    return CustomerType.INDIVIDUAL


def _is_buyer(element: _Element) -> bool:
    """Return whether a `Роль` contains the word, as in the reference importer; none means buyer (CUSTOMER-1)."""
    roles = " ".join(text_of(child) for child in children(element, "Роль")).strip(" ,").casefold()
    return not roles or BUYER in roles


def _contacts(element: _Element, onec_id: str, name: str, reading: Reading) -> tuple[str, str]:
    """Return e-mail and phone: of several contacts the last valid one (CUSTOMER-6)."""
    email = phone = bad_email = bad_phone = ""
    for contact_type, value in _contact_values(element):
        if _PHONE.search(contact_type):
            phone, bad_phone = normalize_phone(value) or phone, value
        elif found := _email_in(value) if _may_be_email(contact_type) else "":
            email = found
        elif _EMAIL_WORDS.search(contact_type):
            bad_email = value
    if bad_email and not email:
        reading.report(
            Severity.WARNING, "email_invalid", onec_id=onec_id, name=name, field="Электронная почта", value=bad_email
        )
    if bad_phone and not phone:
        reading.report(
            Severity.WARNING, "phone_not_understood", onec_id=onec_id, name=name, field="Телефон", value=bad_phone
        )
    return email, phone


def _contact_values(element: _Element) -> Iterator[tuple[str, str]]:
    """Yield type and value of the contacts; the type is reduced to letters: `E-mail` -> `email`."""
    for contacts in children(element, "Контакты"):
        for contact in contacts:
            fields = fields_of(contact)
            value = text_of(fields.get("Значение")) or text_of(fields.get("Представление"))
            if value:
                written = text_of(fields.get("Тип")) or text_of(fields.get("КонтактВид"))
                yield normalize_name(written), value


def _may_be_email(contact_type: str) -> bool:
    """Return whether the type may mean e-mail; 1C uses `Почта` for e-mails, but also for postal addresses."""
    return "почт" in contact_type or _EMAIL_WORDS.search(contact_type) is not None


def _email_in(text: str) -> str:
    """Return the first e-mail in a text or link (`mailto:a@b.ru?subject=1`); empty if there is none."""
    words = re.split(r"[\s,;:<>()\[\]\"«»]+", _MAIL_LINK.sub(r" \1 ", text))
    return next(filter(is_email, (word.rstrip(".") for word in words)), "")


def _address(address: _Element | None) -> str:
    """Return the address as 1C displays it, else joined from its parts."""
    if shown := child_text(address, "Представление"):
        return shown
    parts = (child_text(part, "Значение") for part in children(address, "АдресноеПоле"))
    return ", ".join(part for part in parts if part)


# The rules of Django's validator, which the shop uses, without quoted local parts and IP addresses.
_ATOM = r"[0-9A-Za-z!#$%&'*+/=?^_`{|}~-]+"
_LETTER = r"[0-9A-Za-z\u00a1-\uffff]"
_LABEL = rf"{_LETTER}(?:(?:{_LETTER}|-){{0,61}}{_LETTER})?"
_EMAIL = rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LABEL}(?<=[^.]{{2}})"  # compiled when a customer is met: 15 ms


def is_email(text: str) -> bool:
    """Return whether the shop accepts the text as one e-mail address and can store it."""
    return len(text) <= EMAIL_LIMIT and re.fullmatch(_EMAIL, text) is not None


def normalize_phone(text: str) -> str:
    """Return the first Russian phone number in a text, as `+79991234567`; empty if there is none (CUSTOMER-6)."""
    for written in re.split(r"[,;/\n]", text):
        digits = re.sub(r"[^0-9]", "", _EXTENSION.split(written)[0])
        if len(digits) == 11 and digits[0] in "78":
            digits = digits[1:]
        if len(digits) == 10:
            return f"+7{digits}"
    return ""
