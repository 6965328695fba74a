"""Reads rows: whether there are any, how many, a chunk at a time, and in bulk by COPY."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any, Protocol, cast

import psycopg2
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import psycopg2 as dialects
from sqlalchemy.exc import DBAPIError

from freesport_sync.database.server.engine import driver_connection
from freesport_sync.database.server.sql_files import sql

_COPY_BYTES = 256 * 1024
_NAMED = dialects.dialect(paramstyle="named")  # type: ignore[no-untyped-call]


class SupportsRead(Protocol):
    """A source of rows for COPY."""

    def read(self, size: int, /) -> bytes: ...


class SupportsWrite(Protocol):
    """A sink for the rows of COPY."""

    def write(self, row: bytes, /) -> object: ...


def has_rows(connection: sa.Connection, table: str, *conditions: sa.ColumnElement[bool]) -> bool:
    """Return whether a table has a row that meets all conditions."""
    rows = sa.select(sa.literal(1)).select_from(sa.table(table)).where(*conditions)
    return bool(connection.scalar(sa.select(sa.exists(rows))))


def count_rows(connection: sa.Connection, table: str, *conditions: sa.ColumnElement[bool]) -> int:
    """Count the rows of a table that meet all conditions."""
    query = sa.select(sa.func.count()).select_from(sa.table(table)).where(*conditions)
    return connection.scalar(query) or 0


def fetch_in_chunks(
    connection: sa.Connection,
    query: sa.TextClause | sa.Select[Any],
    parameters: Mapping[str, object] | None = None,
    rows: int = 1000,
    is_held: bool = False,
) -> Iterator[Sequence[sa.RowMapping]]:
    """Yield the rows of a query in chunks, so that a million of them are never in memory at once.

    Args:
        connection: in a transaction, unless `is_held`.
        query: the statement of a file, or a built one.
        parameters: values of the `:name` parameters of a file.
        rows: per chunk, at most.
        is_held: materialise the result on the server instead of keeping a transaction open, for slow readers.
    """
    hold = "WITH HOLD" if is_held else "WITHOUT HOLD"
    text, values = _text_of(query)
    declare = sa.text(f"DECLARE chunked NO SCROLL CURSOR {hold} FOR {text}")
    connection.execute(declare, {**values, **(parameters or {})})
    while chunk := connection.exec_driver_sql(f"FETCH {rows} FROM chunked").mappings().all():
        yield chunk
    connection.exec_driver_sql("CLOSE chunked")


def _text_of(query: sa.TextClause | sa.Select[Any]) -> tuple[str, Mapping[str, object]]:
    if isinstance(query, sa.TextClause):
        return query.text, {}
    compiled = query.compile(dialect=_NAMED)
    return str(compiled), compiled.params


def copy_in(connection: sa.Connection, table: str, columns: Sequence[str], data: bytes | SupportsRead) -> None:
    """Append rows to a table with COPY; errors are those of any other statement.

    Args:
        connection: in autocommit or in a transaction.
        table: its name.
        columns: in the order of the data.
        data: rows in COPY text format, UTF-8.
    """
    statement = sql("server/copy_in", table=table, columns=tuple(columns)).text
    # psycopg2 calls nothing but `read`, whatever its types say.
    file = io.BytesIO(data) if isinstance(data, bytes) else cast("IO[bytes]", data)
    try:
        with driver_connection(connection).cursor() as cursor:
            cursor.copy_expert(statement, file, _COPY_BYTES)
    except psycopg2.Error as error:
        raise DBAPIError(statement, None, error) from error


def copy_out(connection: sa.Connection, table: sa.TableClause, columns: Sequence[str], file: SupportsWrite) -> int:
    """Write the rows of a table to a file with COPY, one `write` per row; returns the number of rows."""
    statement = sql("server/copy_out", table=table, columns=tuple(columns)).text
    try:
        with driver_connection(connection).cursor() as cursor:
            cursor.copy_expert(statement, file)
            return cursor.rowcount
    except psycopg2.Error as error:
        raise DBAPIError(statement, None, error) from error


def analyze(connection: sa.Connection, table: str, columns: Sequence[str]) -> None:
    """Tell the planner what the columns of a temporary table hold; autovacuum never looks at one."""
    connection.execute(sql("server/analyze", table=table, columns=tuple(columns)))
