"""Pictures between staging and merge: which have to be looked at, and which the shop's media has by now.

Every function runs on the lock's connection, in autocommit: copying files may take longer than a transaction should.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa

from freesport_sync.database.merge.staging import copy_rows
from freesport_sync.database.server.sql_files import sql


class FoundPicture(NamedTuple):
    """One `Картинка` that has to be looked at; `is_listed` where the shop shows a picture of its file name already."""

    object_no: int
    file_no: int
    line: int
    owner: str
    onec_id: str
    name: str
    path: str
    is_listed: bool


class DeliveredPicture(NamedTuple):
    """A picture in the shop's media; `number` orders those of its owner, `path` is relative to the media root."""

    owner: str
    onec_id: str
    number: int
    path: str


class Ownerless(NamedTuple):
    """An object that the shop does not have and does not get."""

    file_no: int
    line: int
    onec_id: str


@dataclass(frozen=True, slots=True)
class PictureTotals:
    """The pictures of the export, each file name of an object counted once.

    Args:
        objects: objects that have to be looked at; their numbers begin with 1.
        pictures: rows to look at.
        settled: pictures of objects that need nothing.
        ownerless: pictures of objects that the shop does not have and does not get.
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
        lends_pictures: a product's first variant gets its pictures too, where it has none.
    """
    connection.execute(sql("merge/pictures/find"), {"owns_pictures": owns_pictures, "lends_pictures": lends_pictures})
    return PictureTotals(*connection.execute(sql("merge/pictures/totals")).one())


def read_pictures(connection: sa.Connection, first: int, last: int) -> list[FoundPicture]:
    """The pictures of the objects `first` to `last`, each object's in the order of the export."""
    rows = connection.execute(sql("merge/pictures/of_objects"), {"first": first, "last": last})
    return [FoundPicture(*row) for row in rows]


def read_ownerless(connection: sa.Connection) -> list[Ownerless]:
    """Objects whose pictures nobody shows, in the order of the export."""
    return [Ownerless(*row) for row in connection.execute(sql("merge/pictures/ownerless"))]


def add_delivered(connection: sa.Connection, pictures: Iterable[DeliveredPicture]) -> None:
    """Remember pictures for the merge, which attaches them."""
    copy_rows(connection, "delivered_picture", DeliveredPicture._fields, pictures)
