"""`Контрагент` -> customers: who they are, how to reach them, and which company they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lxml.etree import _Element

from freesport_sync.commerceml.elements import child_text, children, fields_of, is_deleted, text_of
from freesport_sync.commerceml.reading import ID_LIMIT, Reading
from freesport_sync.commerceml.values import cut
from freesport_sync.core.issues import Severity
from freesport_sync.core.staged import CustomerType, RejectedCustomer, StagedCustomer

BUYER = "покупатель"
PERSON_NAME_LIMIT = 150
COMPANY_NAME_LIMIT = 200
LEGAL_NAME_LIMIT = 255
TAX_ID_LIMIT = 12
KPP_LIMIT = 9
EMAIL_LIMIT = 254


def read_customer(element: _Element, reading: Reading) -> Sequence[StagedCustomer | RejectedCustomer]:
    """One `Контрагент` by the shop's own rules (facts 2.11)."""
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
    email, phone = _contacts(element)
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
        email=_checked_email(email, onec_id, name, reading),
        phone=_checked_phone(phone, onec_id, name, reading),
        is_deleted=deleted,
    )


def customer_type(full_name: str, tax_id: str, kpp: str) -> CustomerType:
    """What the shop takes a customer for: КПП makes a company, ИНН and the letters ИП an entrepreneur."""
    if kpp:
        return CustomerType.LEGAL_ENTITY
    if tax_id and (full_name.startswith("ИП") or "ИП " in full_name):
        return CustomerType.INDIVIDUAL_ENTREPRENEUR
    return CustomerType.INDIVIDUAL


def _is_buyer(element: _Element) -> bool:
    """Whether a `Роль` contains the word, as in the reference importer; who has no role is a buyer."""
    roles = " ".join(text_of(child) for child in children(element, "Роль")).strip(" ,").casefold()
    return not roles or BUYER in roles


def _contacts(element: _Element) -> tuple[str, str]:
    """E-mail and phone as written; of several the last that is not empty."""
    email = phone = ""
    for contact_type, value in _contact_values(element):
        if "email" in contact_type or "почта" in contact_type:
            email = value
        elif "телефон" in contact_type or "phone" in contact_type:
            phone = value
    return email, phone


def _contact_values(element: _Element) -> Iterator[tuple[str, str]]:
    for contacts in children(element, "Контакты"):
        for contact in children(contacts, "Контакт"):
            if value := child_text(contact, "Значение"):
                yield child_text(contact, "Тип").lower(), value


def _address(address: _Element | None) -> str:
    """The address as 1C shows it, else put together from its parts."""
    if shown := child_text(address, "Представление"):
        return shown
    parts = (child_text(part, "Значение") for part in children(address, "АдресноеПоле"))
    return ", ".join(part for part in parts if part)


def _checked_email(email: str, onec_id: str, name: str, reading: Reading) -> str:
    if not email or is_email(email):
        return email
    reading.report(
        Severity.WARNING, "email_invalid", onec_id=onec_id, name=name, field="Электронная почта", value=email
    )
    return ""


def _checked_phone(phone: str, onec_id: str, name: str, reading: Reading) -> str:
    normalized = normalize_phone(phone)
    if phone and not normalized:
        reading.report(
            Severity.WARNING, "phone_not_understood", onec_id=onec_id, name=name, field="Телефон", value=phone
        )
    return normalized


# The rules of the shop's own validator (Django's) without the rarities: quoted local parts and bare IP addresses.
_ATOM = r"[0-9A-Za-z!#$%&'*+/=?^_`{|}~-]+"
_LETTER = r"[0-9A-Za-z\u00a1-\uffff]"
_LABEL = rf"{_LETTER}(?:(?:{_LETTER}|-){{0,61}}{_LETTER})?"
_EMAIL = rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LABEL}(?<=[^.]{{2}})"  # compiled when a customer is met: 15 ms


def is_email(text: str) -> bool:
    """Whether the shop would take the text for one e-mail address, and can store it."""
    return len(text) <= EMAIL_LIMIT and re.fullmatch(_EMAIL, text) is not None


def normalize_phone(text: str) -> str:
    """The first of comma-separated numbers as `+79991234567`; empty where it is no Russian number."""
    digits = re.sub(r"[^0-9]", "", text.partition(",")[0])
    if len(digits) == 11 and digits[0] in "78":
        digits = digits[1:]
    return f"+7{digits}" if len(digits) == 10 else ""
