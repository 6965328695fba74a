"""The model of the customers, which have nothing to do with the catalogue (CUSTOMER-1 to CUSTOMER-7)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Customer:
    """A `Контрагент`; without a name a tombstone."""

    onec_id: str | None
    name: str | None
    full_name: str | None = None
    roles: tuple[str, ...] = ("Покупатель",)
    inn: str | None = None
    kpp: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class CustomerFile:
    """One file, `contragents_1_<segment>_<guid>.xml`."""

    records: tuple[Customer, ...]
    segment: int


@dataclass(frozen=True, slots=True)
class CustomerExport:
    """One run."""

    files: tuple[CustomerFile, ...]


@dataclass(frozen=True, slots=True)
class Registration:
    """Somebody registers in the shop, unless the e-mail is in use."""

    email: str
    first_name: str = "Ваня"
    phone: str = ""
    company_name: str = ""


CustomerStep = CustomerExport | Registration


@dataclass(slots=True)
class Company:
    legal_name: str
    tax_id: str
    kpp: str
    legal_address: str


@dataclass(slots=True)
class User:
    onec_id: str | None
    email: str | None
    role: str
    first_name: str = ""
    last_name: str = ""
    company_name: str = ""
    tax_id: str = ""
    phone: str = ""
    company: Company | None = None


@dataclass(slots=True)
class ModelUsers:
    """The users of the shop, and its log of what was done to them."""

    users: list[User] = field(default_factory=list)
    log: list[tuple[str, str, str]] = field(default_factory=list)

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Table -> what its rows say."""
        return {
            "users": [
                (u.onec_id, u.email, u.role, u.first_name, u.last_name, u.company_name, u.tax_id, u.phone)
                for u in self.users
            ],
            "companies": [
                (u.onec_id, u.company.legal_name, u.company.tax_id, u.company.kpp, u.company.legal_address)
                for u in self.users
                if u.company
            ],
            "common_customersynclog": self.log,
        }

    def register(self, step: Registration) -> None:
        """Somebody registers."""
        if not any(user.email == step.email for user in self.users):
            self.users.append(User(None, step.email, "trainer", step.first_name, "", step.company_name, "", step.phone))

    def run(self, export: CustomerExport) -> None:
        """Import customer after customer: the last record of each counts."""
        last: dict[str, Customer] = {}
        for file in sorted(export.files, key=lambda file: file.segment):
            for record in file.records:
                key, name = (record.onec_id or "").strip(), (record.name or "").strip()
                if not key or len(key) > 100 or not (name or record.deleted):
                    self.log.append((key[:36], "error", "failed"))
                elif key in last and not name:
                    last[key] = replace(last[key], deleted=True)
                else:
                    last[key] = replace(record, onec_id=key, name=name)
        claimed: dict[str, str] = {}
        for key, record in last.items():
            if record.name or any(user.onec_id == key for user in self.users):
                self._import(key, record, claimed)

    def _import(self, key: str, record: Customer, claimed: dict[str, str]) -> None:
        roles = ",".join(record.roles).strip(", ").lower()
        if roles and "покупатель" not in roles:
            return
        email = _email(record.email)
        known = next((user for user in self.users if user.onec_id == key), None)
        owner, email = self._owner(key, known, email, claimed)
        user = known or owner
        if user is None:
            user = User(key, email or None, "unregistered")
            self.users.append(user)
            self._fill(user, record, is_new=True)
            self.log.append((key[:36], "created", "success"))
            return
        before = repr(user)
        user.onec_id = key
        self._fill(user, record, is_new=False)
        if repr(user) != before:
            self.log.append((key[:36], "updated", "success"))

    def _owner(self, key: str, known: User | None, email: str, claimed: dict[str, str]) -> tuple[User | None, str]:
        """A user whom only the shop knows and who has this e-mail; and the e-mail, if it is free."""
        owners = [user for user in self.users if email and (user.email or "").lower() == email.lower()]
        if not email or known in owners:
            return None, ""
        unnamed = [user for user in owners if user.onec_id is None]
        # Two customers of one export that share an e-mail: the first has it, whether or not it needed it.
        if claimed.get(email.lower()) or (owners and not unnamed):
            return None, ""
        claimed[email.lower()] = key
        exact = [user for user in unnamed if user.email == email]
        return next(iter(exact + unnamed), None), email

    def _fill(self, user: User, record: Customer, *, is_new: bool) -> None:
        """What 1C leaves empty stays as the shop has it."""
        name, tax_id, kpp = record.name or "", (record.inn or "").strip(), (record.kpp or "").strip()
        full_name = (record.full_name or "").strip() or name
        is_entrepreneur = bool(tax_id) and ("ИП " in full_name or full_name.startswith("ИП"))
        is_person = not kpp and not is_entrepreneur
        words = name.split()
        if is_person or is_new:
            user.last_name = " ".join(words[:1])[:150] or user.last_name
            user.first_name = " ".join(words[1:])[:150] or user.first_name
        user.tax_id = tax_id[:12] or user.tax_id
        user.phone = _phone(record.phone or "") or user.phone
        if is_person:
            return
        user.company_name = name[:200] or user.company_name
        company = user.company = user.company or Company("", "", "", "")
        company.legal_name = full_name[:255] or company.legal_name
        company.tax_id, company.kpp = tax_id[:12] or company.tax_id, kpp[:9] or company.kpp
        company.legal_address = (record.address or "").strip() or company.legal_address


def _email(text: str | None) -> str:
    words = (text or "").replace(",", " ").replace(";", " ").split()
    return next((word for word in words if re.fullmatch(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", word)), "")


def _phone(text: str) -> str:
    for written in text.split(","):
        digits = "".join(char for char in written.split("доб")[0] if char in "0123456789")
        if len(digits) == 11 and digits[0] in "78":
            digits = digits[1:]
        if len(digits) == 10:
            return f"+7{digits}"
    return ""
