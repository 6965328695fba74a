"""The statements of the `.sql` files."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import psycopg2

from freesport_sync.database.server.sql_files import sql


def test_names_are_quoted_where_sql_needs_it() -> None:
    statement = sql("server/copy_in", table='a"; DROP TABLE users; --', columns=("id", "Цена", "order"))
    assert statement.text == 'COPY "a""; DROP TABLE users; --" (id, "Цена", "order") FROM STDIN\n'


def test_a_table_brings_its_schema() -> None:
    statement = sql("server/copy_out", table=sa.table("runs", schema="freesport_sync"), columns=("id",))
    assert statement.text == "COPY freesport_sync.runs (id) TO STDOUT\n"


def test_columns_of_an_alias() -> None:
    ids = sql("merge/write/given_ids")
    statement = sql("undo/lock_and_note", noted="was_users", table="users", columns=("phone", "tax_id"), ids=ids)
    assert "SELECT t.id, t.xmin::text::bigint, t.phone, t.tax_id FROM users AS t" in statement.text
    assert "IN (SELECT unnest(CAST(:ids AS bigint[]))" in statement.text


@pytest.mark.parametrize(
    "name", ["a:b", ":a", "a::b", "a%b", "%(id)s", "{table}", "{t.columns}", "a\nb", "a\n", "a\\:b"]
)
def test_a_name_means_nothing_but_itself(name: str) -> None:
    compiled = sql("server/analyze", table=name, columns=("id",)).compile(dialect=psycopg2.dialect())  # type: ignore[no-untyped-call]
    assert (str(compiled) % {}, compiled.params) == (f'ANALYZE "{name}" (id)\n', {})


def test_no_placeholder_is_forgotten() -> None:
    with pytest.raises(KeyError, match="columns"):
        sql("server/analyze", table="users")
