"""Recognises refusals by the rules of a shop's database: constraints, and triggers that raise an error."""

from __future__ import annotations

import re

from sqlalchemy.exc import DBAPIError

from freesport_sync.database.metadata import SCHEMA, shop_metadata
from freesport_sync.errors import ImportFailed

_RULES = ("09", "23", "27", "44", "P0")
"""Classes of SQLSTATE: triggered action, constraint, triggered change of data, view's condition, PL/pgSQL."""
_SERVER = ("53", "57", "58")
"""Classes of SQLSTATE for lack of memory or disk, shutdown, system errors: never a rule of the shop."""
_WRITTEN = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+([\w.]+)", re.IGNORECASE)
_DEFINES = re.compile(r"\s*(?:CREATE|ALTER|DROP)\b", re.IGNORECASE)
_FUNCTION = re.compile(r"([\w.\"]+\([^()]*\))")


def refusal(error: DBAPIError) -> ImportFailed | None:
    """Return the error that names the table and rule which refused a row; None for other errors.

    Any error inside a function counts, since no statement of ours runs in one: it comes from a broken trigger.
    """
    code, diag = getattr(error.orig, "pgcode", None) or "", getattr(error.orig, "diag", None)
    called = _FUNCTION.search(getattr(diag, "context", None) or "")
    if diag is None or code.startswith(_SERVER) or not (code.startswith(_RULES) or called):
        return None
    statement = error.statement or ""
    if _DEFINES.match(statement):  # an event trigger has stopped it, and no row was written
        return None
    return ImportFailed(
        "shop_refuses_row",
        table=diag.table_name if diag.table_name and not called else written_tables(statement),
        rule=called[1] if called else diag.constraint_name or diag.column_name or code,
        reason=diag.message_primary,
    )


def is_raised(error: DBAPIError) -> bool:
    """Return whether a function of the shop has raised the error, whatever its SQLSTATE: retrying would not help."""
    context: str = getattr(getattr(error.orig, "diag", None), "context", None) or ""
    return context.partition("\n")[0].endswith("RAISE")


def written_tables(statement: str) -> str:
    """Return the tables of the shop and of our schema that a statement writes, comma-separated."""
    names = dict.fromkeys(_WRITTEN.findall(statement))
    return ", ".join(name for name in names if name in shop_metadata.tables or name.startswith(f"{SCHEMA}."))
