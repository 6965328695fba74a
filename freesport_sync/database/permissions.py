"""Predicts refusals for lack of rights, with the very checks an import makes; writes nothing."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from freesport_sync.core.permissions import Refusal, Rights
from freesport_sync.database.own.schema import refuse_unreadable_schema, refuse_unusable_schema
from freesport_sync.database.shop.verify import (
    TableCreation,
    refuse_creation,
    refuse_unfit,
    refuse_unwritable,
    require_customer_tables,
)
from freesport_sync.errors import SchemaMismatch


def read_rights(connection: sa.Connection, creation: TableCreation) -> Rights:
    """List what the login of a connection lacks.

    Args:
        connection: any, in autocommit.
        creation: whether an import would create shop tables that are missing.
    """

    def refused_by(check: Callable[[sa.Connection], None]) -> Refusal | None:
        try:
            check(connection)
        except SchemaMismatch as error:
            return Refusal(error.code, error.params)
        return None

    runs = refused_by(refuse_unwritable) or refused_by(refuse_unusable_schema)
    if creation is TableCreation.NEVER:
        shop, customers = refused_by(refuse_unfit), refused_by(require_customer_tables)
    else:
        shop = customers = refused_by(lambda connection: refuse_creation(connection, creation))
    return Rights(shop or runs, customers, runs, refused_by(refuse_unreadable_schema))
