"""Runs the migrations on the connection that holds the import lock."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context

from freesport_sync.database.metadata import SCHEMA, own_metadata
from freesport_sync.database.server.engine import transaction

connection: sa.Connection = context.config.attributes["connection"]
with transaction(connection):
    if not sa.inspect(connection).has_schema(SCHEMA):  # IF NOT EXISTS asks for the right to create one all the same
        connection.execute(sa.schema.CreateSchema(SCHEMA))
    context.configure(connection=connection, target_metadata=own_metadata, version_table_schema=SCHEMA)
    with context.begin_transaction():
        context.run_migrations()
