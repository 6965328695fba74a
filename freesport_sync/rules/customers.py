"""Compares 1C's customers with the shop's users: staged rows in, a plan of writes out."""

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
    """Fields of a user that 1C sets; in a change, None leaves a field as it is."""

    first_name: str | None = None
    last_name: str | None = None
    company_name: str | None = None
    tax_id: str | None = None
    phone: str | None = None


class CompanyFields(NamedTuple):
    """Fields of a user's company that 1C sets; None as in `UserFields`."""

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
    """Hidden by undoing the import that inserted it; this export shows it again."""


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user to insert."""

    onec_id: str
    email: str | None
    fields: UserFields


@dataclass(frozen=True, slots=True)
class ChangedUser:
    """A user to update, with the new values."""

    id: int
    seen_onec_id: str | None
    onec_id: str | None
    """Set for a user who is linked to 1C for the first time."""
    fields: UserFields


@dataclass(frozen=True, slots=True)
class NewCompany:
    """A company to insert."""

    onec_id: str
    """1C's id of the user, who may be new."""
    user_id: int | None
    fields: CompanyFields


@dataclass(frozen=True, slots=True)
class ChangedCompany:
    """A company to update, with the new values."""

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
    """A row of the shop's customer log.

    Args:
        onec_id: of the customer, whole.
        user_id: None for a new user or for none.
        details: None if the customer could not be imported.
        error: code of the issue that prevented the import.
    """

    onec_id: str
    user_id: int | None
    details: CustomerCreated | CustomerUpdated | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class CustomerPlan:
    """Writes for customers; changed rows sorted by id."""

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
        """Number of rows to write."""
        return sum(map(len, (self.created, self.changed, self.new_companies, self.changed_companies, self.log)))


def plan_customers(
    staged: Sequence[StagedCustomer],
    rejected: Sequence[RejectedCustomer],
    shop: Iterable[ShopUser],
    files: Mapping[int, str],
) -> CustomerPlan:
    """Find or create the shop's user for each of 1C's buyers (CUSTOMER-2 to CUSTOMER-5).

    A user is found by `onec_id`, else by e-mail, ignoring case, unless linked to another customer. Only new users get
    an e-mail, and only if nobody else has it. Fields that 1C leaves empty keep the shop's value.

    Args:
        staged: customers in any order.
        rejected: customers that cannot be imported.
        shop: users with one of the staged ids or e-mails.
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
    """Return the last record of each customer, in the order of the first ones; a tombstone keeps the other fields."""
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
        """Lower-case e-mail -> the customer of this export who has it."""
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
        """Plan one customer."""
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
        """Return the unlinked user with the e-mail, and the e-mail if it is free for a new user."""
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
                # Without a person, the words of the company's name are used, as in the reference importer.
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
    """Return 1C's fields for an existing user, without names taken from a company's name."""
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
    """Return the fields that 1C sets to another value; they are never emptied (CUSTOMER-4)."""
    return type(new)(*(stated if stated and stated != known else None for known, stated in zip(old, new, strict=True)))


def _named_changes(old: Fields, differing: Fields, prefix: str = "") -> list[_Change]:
    values = zip(old._fields, old, differing, strict=True)
    return [(prefix + name, known, stated) for name, known, stated in values if stated is not None]
