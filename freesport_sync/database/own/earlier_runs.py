"""What a run needs to know about earlier ones: the age of their exports, and which of them are undone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from freesport_sync.core.shop import ImportKind
from freesport_sync.database.own.schema import current_revision, run_files, runs


def has_undo(connection: sa.Connection) -> bool:
    """Whether the history records which runs are undone; one written before version 0004 does not."""
    return (current_revision(connection) or "") >= "0004"


def undoer_column(connection: sa.Connection) -> sa.ColumnElement[Any]:
    """The column `undone_by`, or NULL if the history does not have it yet."""
    return runs.c.undone_by if has_undo(connection) else sa.null().label("undone_by")


def last_imported(connection: sa.Connection) -> dict[str, datetime]:
    """File kind -> newest `ДатаФормирования` of the last completed run that imported files of that kind."""
    query = (
        sa.select(run_files.c.kind, sa.func.max(run_files.c.created_at))
        .join(runs, runs.c.id == run_files.c.run_id)
        .where(runs.c.status == "completed", runs.c.is_dry_run.is_(False), run_files.c.created_at.is_not(None))
        .where(runs.c.kind != ImportKind.IMAGES.value)  # it takes only the pictures of its files
        .where(runs.c.undone_by.is_(None))
        .group_by(run_files.c.kind, run_files.c.run_id)
        .order_by(run_files.c.run_id)
    )
    return {kind: created_at for kind, created_at in connection.execute(query)}  # the last run of a kind stays


def undoable_runs_since(connection: sa.Connection, run_id: int) -> tuple[int, ...]:
    """The completed imports, this one and later ones, that a restore would undo and that are not undone yet."""
    return tuple(connection.scalars(sa.select(runs.c.id).where(_undoable_since(run_id)).order_by(runs.c.id)))


def note_undone(connection: sa.Connection, run_id: int, undone_by: int) -> None:
    """Record that the imports of `undoable_runs_since` are undone: an older export may follow them."""
    connection.execute(runs.update().where(_undoable_since(run_id)).values(undone_by=undone_by))


def read_undoer(connection: sa.Connection, run_id: int) -> int | None:
    """The run that has undone this one, or None."""
    return connection.scalar(sa.select(runs.c.undone_by).where(runs.c.id == run_id))


def note_repair_undone(connection: sa.Connection, run_id: int, undone_by: int) -> None:
    """Record that a repair is undone."""
    connection.execute(runs.update().where(runs.c.id == run_id).values(undone_by=undone_by))


def is_outlived(connection: sa.Connection, run_id: int) -> bool:
    """Whether the undo log of the runs since a backup is incomplete."""
    since = connection.execute(sa.select(runs.c.id, runs.c.is_forgotten).where(runs.c.id >= run_id)).all()
    return not any(row.id == run_id for row in since) or any(row.is_forgotten for row in since)


def _undoable_since(run_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(runs.c.id >= run_id, runs.c.is_undoable, runs.c.undone_by.is_(None))
