"""Reads and writes the shop's users, their companies, and the customer log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from freesport_sync.core.staged import StagedCustomer
from freesport_sync.database.merge.new_rows import moment, placed
from freesport_sync.database.own.schema import deactivated_objects
from freesport_sync.database.server.sql_files import sql
from freesport_sync.database.server.writing import MergeConflict, expect_written, insert_rows
from freesport_sync.database.shop.tables import common_customersynclog, companies, users
from freesport_sync.database.undo.undo_log import lock_and_note
from freesport_sync.rules.customers import (
    NEW_ROLE,
    ChangedCompany,
    ChangedUser,
    CompanyFields,
    CustomerLog,
    CustomerPlan,
    CustomerUpdated,
    NewCompany,
    NewUser,
    ShopUser,
    UserFields,
)

READ_ROWS = 10_000
"""Customers per query; each query scans all users for the e-mails."""

LOG_ID_LENGTH = 36
"""Length of 1C's id in the customer log, less than in `users`."""

Item = TypeVar("Item")


def read_users(connection: sa.Connection, staged: Sequence[StagedCustomer]) -> list[ShopUser]:
    """Return the users with the id or, ignoring case, the e-mail of a staged customer."""
    found: dict[int, ShopUser] = {}
    u = users.c
    for rows in _chunks(staged, READ_ROWS):
        emails = {row.email for row in rows if row.email}
        by_id = u.onec_id == _any_of(row.onec_id for row in rows)
        # Depending on its locale, PostgreSQL does not lower-case Russian letters; Python does.
        by_email = sa.or_(u.email == _any_of(emails), sa.func.lower(u.email) == _any_of(map(str.lower, emails)))
        for condition in (by_id, by_email):
            found |= {user.id: user for user in _users(connection, condition)}
    return list(found.values())


def write_customers(
    connection: sa.Connection, plan: CustomerPlan, session: int, chunk_size: int, advance: Callable[[int], None]
) -> None:
    """Write the plan, inside the merge transaction.

    Args:
        connection: the lock's connection.
        plan: what to write.
        session: the shop's `import_sessions` row of this import.
        chunk_size: rows per statement.
        advance: called with the number of rows written; may raise `Cancelled`.

    Raises:
        MergeConflict: a user was removed or linked to another customer meanwhile.
    """
    done = 0
    ids: dict[str, int] = {}

    def in_chunks(rows: Sequence[Item], write: Callable[[Sequence[Item], int], None]) -> None:
        nonlocal done
        for first in range(0, len(rows), chunk_size):
            chunk = rows[first : first + chunk_size]
            write(chunk, first)
            done += len(chunk)
            advance(done)

    in_chunks(plan.changed, lambda rows, _: _update_users(connection, rows))
    in_chunks(plan.changed_companies, lambda rows, _: _update_companies(connection, rows))
    in_chunks(plan.created, lambda rows, first: ids.update(_insert_users(connection, rows, first)))
    in_chunks(plan.new_companies, lambda rows, first: _insert_companies(connection, rows, ids, first))
    in_chunks(plan.log, lambda rows, first: _insert_log(connection, rows, ids, session, first))


def _users(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> Iterator[ShopUser]:
    # Explicit columns, so that password hashes are never read.
    u, c, undone = users.c, companies.c, deactivated_objects
    query = (
        sa.select(
            *(u.id, u.onec_id, u.email, u.role),
            *(u.first_name, u.last_name, u.company_name, u.tax_id, u.phone),
            *(c.id, c.legal_name, c.tax_id, c.kpp, c.legal_address),
            sa.not_(u.is_active) & sa.exists().where(undone.c.entity == "customer", undone.c.onec_id == u.onec_id),
        )
        .select_from(users.outerjoin(companies, c.user_id == u.id))
        .where(condition)
    )
    for row in connection.execute(query):
        yield ShopUser(*row[:4], UserFields(*row[4:9]), row[9], CompanyFields(*row[10:14]), row[14])


def _update_users(connection: sa.Connection, rows: Sequence[ChangedUser]) -> None:
    u = users.c
    query = sa.select(u.id, u.onec_id).where(u.id == _any_id(row.id for row in rows)).order_by(u.id).with_for_update()
    if {tuple(row) for row in connection.execute(query)} != {(row.id, row.seen_onec_id) for row in rows}:
        raise MergeConflict("a user has been removed or belongs to another customer now")
    lock_and_note(connection, users, sql("merge/write/given_ids"), {"ids": [row.id for row in rows]})
    columns = [{"id": row.id, "onec_id": row.onec_id, **row.fields._asdict()} for row in rows]
    expect_written("users", connection.execute(sql("merge/write/update_users"), _arrays(columns)).rowcount, len(rows))


def _update_companies(connection: sa.Connection, rows: Sequence[ChangedCompany]) -> None:
    c = companies.c
    query = sa.select(c.id).where(c.id == _any_id(row.id for row in rows)).order_by(c.id).with_for_update()
    if len(connection.execute(query).all()) != len(rows):
        raise MergeConflict("a company has been removed")
    lock_and_note(connection, companies, sql("merge/write/given_ids"), {"ids": [row.id for row in rows]})
    columns = [{"id": row.id, **row.fields._asdict()} for row in rows]
    expect_written(
        "companies", connection.execute(sql("merge/write/update_companies"), _arrays(columns)).rowcount, len(rows)
    )


def _insert_users(connection: sa.Connection, rows: Sequence[NewUser], first: int) -> dict[str, int]:
    """Insert new customers; with an empty password they cannot log in (PRODUCT-2)."""
    statement = (
        users.insert()
        .values(
            password="",
            is_superuser=False,
            is_staff=False,
            is_active=True,
            date_joined=moment,
            role=NEW_ROLE,
            is_verified=False,
            created_at=moment,
            updated_at=moment,
            created_in_1c=True,
            last_sync_at=moment,
            needs_1c_export=False,
            sync_error_message="",
            sync_status="synced",
            verification_status="unverified",
            country="Россия",
        )
        .returning(users.c.onec_id, users.c.id)
    )
    values = placed(({"onec_id": row.onec_id, "email": row.email, **row.fields._asdict()} for row in rows), first)
    ids = {onec_id: user_id for onec_id, user_id in connection.execute(statement, values)}
    expect_written("users", len(ids), len(rows))
    return ids


def _insert_companies(
    connection: sa.Connection, rows: Sequence[NewCompany], new_ids: Mapping[str, int], first: int
) -> None:
    insert_rows(
        connection,
        companies.insert().values(bank_name="", bank_bik="", account_number="", created_at=moment, updated_at=moment),
        placed(({"user_id": row.user_id or new_ids[row.onec_id], **row.fields._asdict()} for row in rows), first),
    )


def _insert_log(
    connection: sa.Connection, rows: Sequence[CustomerLog], new_ids: Mapping[str, int], session: int, first: int
) -> None:
    insert_rows(
        connection,
        common_customersynclog.insert().values(
            session=str(session), created_at=moment, updated_at=moment, user_agent="", duration_ms=None, ip_address=None
        ),
        placed(
            (
                {
                    "onec_id": row.onec_id[:LOG_ID_LENGTH],
                    "operation_type": _operation(row),
                    "status": "failed" if row.details is None else "success",
                    "error_message": row.error,
                    "details": row.details._asdict() if row.details else {},
                    "correlation_id": uuid4(),
                    "customer_id": row.user_id or (new_ids[row.onec_id] if row.details else None),
                }
                for row in rows
            ),
            first,
        ),
    )


def _operation(row: CustomerLog) -> str:
    if row.details is None:
        return "error"
    return "updated" if isinstance(row.details, CustomerUpdated) else "created"


def _any_of(values: Iterable[str]) -> sa.CollectionAggregate[bool]:
    return sa.any_(sa.literal(sorted(values), ARRAY(sa.Text)))


def _any_id(values: Iterable[int]) -> sa.CollectionAggregate[bool]:
    return sa.any_(sa.literal(sorted(values), ARRAY(sa.BigInteger)))


def _arrays(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return one array per column, for `unnest`."""
    return {column: [row[column] for row in rows] for column in rows[0]}


def _chunks(rows: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
