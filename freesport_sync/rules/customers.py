"""1C's customers compared with the shop's users: rows in, a plan of what to write out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from freesport_sync.core.issues import (
    SHOWN_LENGTH,
    RowIssue,
    Severity,
    records_repeated,
)
from freesport_sync.core.run import Counts, FieldChange
from freesport_sync.core.shop import Entity
from freesport_sync.core.staged import CustomerType, RejectedCustomer, StagedCustomer

NEW_ROLE = "unregistered"
"""Role of a customer who has never logged in to the shop."""

_Change = tuple[str, str | None, str | None]
"""Field, old value, new value."""


class UserFields(NamedTuple):
    """What 1C says of a user; in a change None is a field that stays as it is."""

    first_name: str | None = None
    last_name: str | None = None
    company_name: str | None = None
    tax_id: str | None = None
    phone: str | None = None


class CompanyFields(NamedTuple):
    """What 1C says of a user's company; None as in `UserFields`."""

    legal_name: str | None = None
    tax_id: str | None = None
    kpp: str | None = None
    legal_address: str | None = None


NO_COMPANY = CompanyFields()


@dataclass(frozen=True, slots=True)
class ShopUser:
    """A user of the shop."""

    id: int
    onec_id: str | None
    email: str | None
    role: str
    fields: UserFields
    company_id: int | None = None
    company: CompanyFields = NO_COMPANY
    is_undone: bool = False
    """Hidden when the import that had brought him was undone: the export shows him again."""


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user to insert."""

    onec_id: str
    email: str | None
    fields: UserFields


@dataclass(frozen=True, slots=True)
class ChangedUser:
    """New values of a user that differs."""

    id: int
    seen_onec_id: str | None
    onec_id: str | None
    """Set for a user of the shop whom 1C has not known before."""
    fields: UserFields


@dataclass(frozen=True, slots=True)
class NewCompany:
    """A company to insert."""

    onec_id: str
    """Of its user, who may be a new one."""
    user_id: int | None
    fields: CompanyFields


@dataclass(frozen=True, slots=True)
class ChangedCompany:
    """New values of a company that differs."""

    id: int
    fields: CompanyFields


class CustomerCreated(NamedTuple):
    """Details of a log row, with the keys of the reference importer."""

    role: str
    has_email: bool
    customer_type: CustomerType


class CustomerUpdated(NamedTuple):
    """Details of a log row, with the keys of the reference importer."""

    role: str
    role_preserved: bool = True


@dataclass(frozen=True, slots=True)
class CustomerLog:
    """A row of the shop's own log of customers.

    Args:
        onec_id: of the customer, whole.
        user_id: None for a new user, and where there is none.
        details: None for a customer that could not be imported.
        error: code of the issue for which it could not be imported.
    """

    onec_id: str
    user_id: int | None
    details: CustomerCreated | CustomerUpdated | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class CustomerPlan:
    """What to do with the customers; changed rows in the order of their ids."""

    created: tuple[NewUser, ...] = ()
    changed: tuple[ChangedUser, ...] = ()
    new_companies: tuple[NewCompany, ...] = ()
    changed_companies: tuple[ChangedCompany, ...] = ()
    log: tuple[CustomerLog, ...] = ()
    counts: Counts = field(default_factory=Counts)
    issues: tuple[RowIssue, ...] = ()
    changes: tuple[FieldChange, ...] = ()

    @property
    def rows(self) -> int:
        """Rows that will be written."""
        return sum(map(len, (self.created, self.changed, self.new_companies, self.changed_companies, self.log)))


def plan_customers(
    staged: Sequence[StagedCustomer],
    rejected: Sequence[RejectedCustomer],
    shop: Iterable[ShopUser],
    files: Mapping[int, str],
) -> CustomerPlan:
    """Find or make the shop's user for each of 1C's buyers (CUSTOMER-2 to CUSTOMER-5).

    A user is known by the `onec_id`, else by the e-mail, ignoring case, as long as 1C has not named him otherwise. An
    e-mail is given to a new user only, and only if nobody else has it. What 1C leaves empty stays as the shop has it.

    Args:
        staged: customers in any order.
        rejected: customers that cannot be imported.
        shop: the users that have one of the staged ids or e-mails.
        files: number -> name of the export's files, for the issues.
    """
    planner = _CustomerPlanner(shop, files)
    for failed in sorted(rejected):
        planner.log.append(CustomerLog(failed.onec_id, None, None, failed.reason))
        planner.counts += Counts(failed=1)
    records = _last_records(staged)
    if repeated := len(staged) - len(records):
        planner.issues.append(records_repeated("contragents", repeated))
    for row in records:
        planner.add(row)
    return planner.plan()


def _last_records(staged: Sequence[StagedCustomer]) -> Sequence[StagedCustomer]:
    """Last record of each customer, in the order of the first; a tombstone marks the customer, it does not empty it."""
    records: dict[str, StagedCustomer] = {}
    for row in sorted(staged, key=lambda row: (row.file_no, row.position)):
        first = records.get(row.onec_id)
        if first is not None and row.name is None:
            records[row.onec_id] = first._replace(is_deleted=row.is_deleted)
        else:
            records[row.onec_id] = row
    return tuple(records.values())


class _CustomerPlanner:
    """The steps of `plan_customers`, one customer after the other."""

    def __init__(self, shop: Iterable[ShopUser], files: Mapping[int, str]) -> None:
        users = sorted(shop, key=lambda user: user.id)
        self.files = files
        self.by_key = {user.onec_id: user for user in users if user.onec_id}
        self.by_email: dict[str, list[ShopUser]] = {}
        for user in users:
            if user.email:
                self.by_email.setdefault(user.email.lower(), []).append(user)
        self.claimed: dict[str, str] = {}
        """E-mail in small letters -> the customer of this export who has it."""
        self.created: list[NewUser] = []
        self.changed: list[ChangedUser] = []
        self.new_companies: list[NewCompany] = []
        self.changed_companies: list[ChangedCompany] = []
        self.log: list[CustomerLog] = []
        self.issues: list[RowIssue] = []
        self.changes: list[FieldChange] = []
        self.counts = Counts()

    def plan(self) -> CustomerPlan:
        return CustomerPlan(
            created=tuple(self.created),
            changed=tuple(sorted(self.changed, key=lambda user: user.id)),
            new_companies=tuple(self.new_companies),
            changed_companies=tuple(sorted(self.changed_companies, key=lambda company: company.id)),
            log=tuple(self.log),
            counts=self.counts,
            issues=tuple(self.issues),
            changes=tuple(self.changes),
        )

    def add(self, row: StagedCustomer) -> None:
        """Take one customer."""
        if row.name is None and row.onec_id not in self.by_key:
            self._skip(row, Severity.NOTE, "tombstone_unknown", "Ид", value=row.onec_id)
        elif not row.is_buyer:
            self._skip(row, Severity.NOTE, "customer_not_buyer", "Роль")
        else:
            if row.is_deleted:
                self._report(row, Severity.NOTE, "customer_deleted", "ПометкаУдаления")
            user = self.by_key.get(row.onec_id)
            owner, email = self._owner_of_email(row, user)
            known = user or owner
            if known is None:
                self._create(row, email)
            else:
                self._update(row, known)

    def _owner_of_email(self, row: StagedCustomer, user: ShopUser | None) -> tuple[ShopUser | None, str]:
        """The user without a customer who has the e-mail, and the e-mail if it is free to be given to a new user."""
        email = row.email.lower()
        owners = self.by_email.get(email, [])
        if not email or user in owners:
            return None, ""
        unnamed = [owner for owner in owners if not owner.onec_id]
        named = [owner.onec_id for owner in owners if owner.onec_id]
        other = self.claimed.get(email) or ("" if unnamed else next(iter(named), ""))
        if other:
            self._report(row, Severity.WARNING, "email_taken", "Электронная почта", other=other)
            return None, ""
        self.claimed[email] = row.onec_id
        exact = [owner for owner in unnamed if owner.email == row.email]
        return next(iter(exact + unnamed), None), row.email

    def _create(self, row: StagedCustomer, email: str) -> None:
        self.created.append(
            NewUser(
                row.onec_id,
                email or None,
                # A company gets the words of its name too, as the reference importer does where there is no person.
                UserFields(row.first_name, row.last_name, row.company_name, row.tax_id, row.phone),
            )
        )
        if row.customer_type is not CustomerType.INDIVIDUAL:
            self.new_companies.append(NewCompany(row.onec_id, None, _company_of(row)))
        details = CustomerCreated(NEW_ROLE, has_email=bool(email), customer_type=row.customer_type)
        self.log.append(CustomerLog(row.onec_id, None, details))
        self.changes.append(FieldChange(Entity.CUSTOMER, row.onec_id, row.name or "", "created", None, row.name))
        self.counts += Counts(created=1)

    def _update(self, row: StagedCustomer, user: ShopUser) -> None:
        onec_id = None if user.onec_id else row.onec_id
        differing = _differing(user.fields, _user_of(row))
        changes: list[_Change] = [("onec_id", user.onec_id, onec_id)] if onec_id else []
        changes += _named_changes(user.fields, differing)
        if changes:
            self.changed.append(ChangedUser(user.id, user.onec_id, onec_id, differing))
        changes += self._company_changes(row, user)
        if user.is_undone:
            changes.append(("is_active", "false", "true"))
        if not changes:
            self.counts += Counts(unchanged=1)
            return
        self.log.append(CustomerLog(row.onec_id, user.id, CustomerUpdated(user.role)))
        name = row.name or ""
        self.changes += [FieldChange(Entity.CUSTOMER, row.onec_id, name, *change) for change in changes]
        self.counts += Counts(updated=1)

    def _company_changes(self, row: StagedCustomer, user: ShopUser) -> list[_Change]:
        """Plan the user's company; returns what changes."""
        if row.customer_type is CustomerType.INDIVIDUAL:
            return []
        differing = _differing(user.company, _company_of(row))
        changes = list(_named_changes(user.company, differing, "company."))
        if user.company_id is None:
            self.new_companies.append(NewCompany(row.onec_id, user.id, _company_of(row)))
        elif changes:
            self.changed_companies.append(ChangedCompany(user.company_id, differing))
        return changes

    def _skip(self, row: StagedCustomer, severity: Severity, code: str, field: str, value: str = "") -> None:
        self._report(row, severity, code, field, value=value)
        self.counts += Counts(skipped=1)

    def _report(
        self, row: StagedCustomer, severity: Severity, code: str, field: str, value: str = "", **params: str
    ) -> None:
        file = self.files.get(row.file_no, "")
        name = (row.name or "")[:SHOWN_LENGTH]
        self.issues.append(RowIssue(severity, code, file, row.line, row.onec_id, name, field, value, params))


def _user_of(row: StagedCustomer) -> UserFields:
    """What 1C says of a user who is in the shop: the words of a company's name are nobody's names."""
    is_person = row.customer_type is CustomerType.INDIVIDUAL
    return UserFields(
        first_name=row.first_name if is_person else None,
        last_name=row.last_name if is_person else None,
        company_name=row.company_name,
        tax_id=row.tax_id,
        phone=row.phone,
    )


def _company_of(row: StagedCustomer) -> CompanyFields:
    return CompanyFields(row.legal_name, row.tax_id, row.kpp, row.legal_address)


Fields = TypeVar("Fields", UserFields, CompanyFields)


def _differing(old: Fields, new: Fields) -> Fields:
    """The fields that 1C fills in and the shop has otherwise; the shop's are never emptied (CUSTOMER-4)."""
    return type(new)(*(stated if stated and stated != known else None for known, stated in zip(old, new, strict=True)))


def _named_changes(old: Fields, differing: Fields, prefix: str = "") -> list[_Change]:
    values = zip(old._fields, old, differing, strict=True)
    return [(prefix + name, known, stated) for name, known, stated in values if stated is not None]
