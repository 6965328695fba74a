"""Pictures between staging and merge: which ones to copy, and which ones the shop's media has received.

All functions run on the lock's connection in autocommit: copying files may take longer than a transaction should.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa

from freesport_sync.database.merge.staging import copy_rows
from freesport_sync.database.server.sql_files import sql


class FoundPicture(NamedTuple):
    """One `Картинка` to check; `is_listed` if the shop already lists a picture of this file name."""

    object_no: int
    file_no: int
    line: int
    owner: str
    onec_id: str
    name: str
    path: str
    is_listed: bool


class DeliveredPicture(NamedTuple):
    """A picture in the shop's media; `number` its place in the gallery, `path` relative to the media root."""

    owner: str
    onec_id: str
    number: int
    path: str


class Ownerless(NamedTuple):
    """An object that neither the shop nor this run has."""

    file_no: int
    line: int
    onec_id: str


@dataclass(frozen=True, slots=True)
class PictureTotals:
    """Totals of the export's pictures; each file name of an object counts once.

    Args:
        objects: objects to check, numbered from 1.
        pictures: rows to check.
        settled: pictures of objects that need nothing.
        ownerless: pictures of objects that neither the shop nor this run has.
    """

    objects: int
    pictures: int
    settled: int
    ownerless: int


def find_pictures(connection: sa.Connection, owns_pictures: bool, lends_pictures: bool) -> PictureTotals:
    """Compare the staged pictures with what the shop lists.

    Args:
        connection: the lock's connection.
        owns_pictures: 1C adds pictures to objects that the shop already has.
        lends_pictures: a product's first variant gets its pictures too, if it has none.
    """
    connection.execute(sql("merge/pictures/find"), {"owns_pictures": owns_pictures, "lends_pictures": lends_pictures})
    return PictureTotals(*connection.execute(sql("merge/pictures/totals")).one())


def read_pictures(connection: sa.Connection, first: int, last: int) -> list[FoundPicture]:
    """Return the pictures of objects `first` to `last`, in the order of the export."""
    rows = connection.execute(sql("merge/pictures/of_objects"), {"first": first, "last": last})
    return [FoundPicture(*row) for row in rows]


def read_ownerless(connection: sa.Connection) -> list[Ownerless]:
    """Return the objects without owner, in the order of the export."""
    return [Ownerless(*row) for row in connection.execute(sql("merge/pictures/ownerless"))]


def add_delivered(connection: sa.Connection, pictures: Iterable[DeliveredPicture]) -> None:
    """Stage delivered pictures for the merge, which attaches them."""
    copy_rows(connection, "delivered_picture", DeliveredPicture._fields, pictures)
