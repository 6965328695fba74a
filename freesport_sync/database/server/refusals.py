"""Rules that a shop's database holds against a row: constraints, and triggers that raise an error."""

from __future__ import annotations

import re

from sqlalchemy.exc import DBAPIError

from freesport_sync.database.metadata import SCHEMA, shop_metadata
from freesport_sync.errors import ImportFailed

_RULES = ("09", "23", "27", "44", "P0")
"""Classes of SQLSTATE: triggered action, constraint, triggered change of data, view's condition, PL/pgSQL."""
_SERVER = ("53", "57", "58")
"""Of a server that lacks memory or disk, that stops or is broken: no rule of the shop, even within a trigger."""
_WRITTEN = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+([\w.]+)", re.IGNORECASE)
_DEFINES = re.compile(r"\s*(?:CREATE|ALTER|DROP)\b", re.IGNORECASE)
_FUNCTION = re.compile(r"([\w.\"]+\([^()]*\))")


def refusal(error: DBAPIError) -> ImportFailed | None:
    """The error that names the table and the rule which have refused a row; None where that is not what happened.

    What a broken trigger runs into counts too, whatever it is: no statement of ours is in a function.
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
    """Whether a function of the shop has raised it, under whatever SQLSTATE: then nobody is in the way."""
    context: str = getattr(getattr(error.orig, "diag", None), "context", None) or ""
    return context.partition("\n")[0].endswith("RAISE")


def written_tables(statement: str) -> str:
    """The tables of the shop, and ours, that a statement writes; those of the staging do not count."""
    names = dict.fromkeys(_WRITTEN.findall(statement))
    return ", ".join(name for name in names if name in shop_metadata.tables or name.startswith(f"{SCHEMA}."))
