"""Metadata of the two sets of tables in a shop database: the shop's own and ours."""

from __future__ import annotations

from sqlalchemy import MetaData

SCHEMA = "freesport_sync"
"""Name of the schema with our own tables."""

own_metadata = MetaData(schema=SCHEMA)

shop_metadata = MetaData()
"""The tables of the shop that this program knows; the shop has more."""
