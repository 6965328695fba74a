"""The program's own tables, in their own schema of the shop's database, and the migrations that make them."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, INT8MULTIRANGE, JSONB, UUID
from sqlalchemy.exc import ProgrammingError

from freesport_sync.database.metadata import SCHEMA, own_metadata
from freesport_sync.database.server.sql_files import sql
from freesport_sync.errors import SchemaMismatch

HEAD = "0010"
"""Newest migration; a test compares it with the folder. Kept here so that a run need not load Alembic to know it."""

_now = sa.DateTime(timezone=True)
_alembic_version = sa.table("alembic_version", sa.column("version_num", sa.Text), schema=SCHEMA)

workers = sa.Table(
    "workers",
    own_metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("process_id", sa.Integer, nullable=False),
    sa.Column("backend_id", sa.Integer, nullable=False, comment="PostgreSQL process that holds its lock"),
    sa.Column("program_version", sa.Text, nullable=False),
    sa.Column("queues", ARRAY(sa.Text), nullable=False, comment="those it listens to"),
    sa.Column("jobs", sa.Integer, nullable=False, comment="tasks that it runs at once"),
    sa.Column("started_at", _now, nullable=False),
    sa.Column("heartbeat_at", _now, nullable=False),
    sa.Column("stopping_at", _now, comment="it takes no more tasks since"),
    comment="Processes that run queued tasks",
)

schedules = sa.Table(
    "schedules",
    own_metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("cron", sa.Text, nullable=False, comment="five fields"),
    sa.Column("zone", sa.Text, nullable=False, comment="IANA name"),
    sa.Column("request", JSONB, nullable=False),
    sa.Column("host", sa.Text, nullable=False, comment="whose folder it means; empty: any"),
    sa.Column("is_enabled", sa.Boolean, nullable=False),
    sa.Column("grace_s", sa.Integer, nullable=False, comment="a missed start is made up for within this time"),
    sa.Column("next_at", _now, comment="NULL: switched off, or never"),
    sa.Column("last_due_at", _now, comment="the last start that came, whatever became of it"),
    sa.Column("note", sa.Text, comment="why the last start was left out"),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", _now, nullable=False),
    sa.Index("schedules_next_at_idx", "next_at"),
)

tasks = sa.Table(
    "tasks",
    own_metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("uid", UUID, nullable=False, server_default=sa.text("gen_random_uuid()"), unique=True),
    sa.Column("type", sa.Text, nullable=False, comment="name of the task type"),
    sa.Column("version", sa.Integer, nullable=False, comment="of the request"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("request", JSONB, nullable=False),
    sa.Column("is_dry_run", sa.Boolean, nullable=False),
    sa.Column("queue", sa.Text, nullable=False, comment="empty: it never waited in one"),
    sa.Column("job_id", sa.BigInteger, comment="its row in procrastinate_jobs, which may be gone"),
    sa.Column("lock_key", sa.Integer, nullable=False, comment="second key of its lock"),
    sa.Column("dedupe_key", sa.Text, comment="equal ones wait only once"),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False, comment="higher comes first"),
    sa.Column("operator", sa.Text, nullable=False),
    sa.Column("trigger", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False, comment="where it must run or runs; empty: anywhere"),
    sa.Column("run_after", _now),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("crashes", sa.Integer, nullable=False, comment="tries whose process died"),
    sa.Column("claim", UUID, comment="of the try that may write here"),
    sa.Column("worker_id", sa.BigInteger, sa.ForeignKey(workers.c.id, ondelete="SET NULL")),
    sa.Column("waiting_for", JSONB, comment="who holds its lock"),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("done", sa.BigInteger, nullable=False),
    sa.Column("total", sa.BigInteger, nullable=False),
    sa.Column("percent", sa.Integer, nullable=False, comment="never goes back"),
    sa.Column("counts", JSONB, nullable=False),
    sa.Column("error_code", sa.Text),
    sa.Column("error_params", JSONB),
    sa.Column("created_at", _now, nullable=False),
    sa.Column("started_at", _now, comment="of the first try"),
    sa.Column("finished_at", _now),
    sa.Column("cancel_requested_at", _now),
    sa.Column("cancel_requested_by", sa.Text),
    sa.Column("schedule_id", sa.BigInteger, sa.ForeignKey(schedules.c.id, ondelete="SET NULL")),
    sa.Column("due_at", _now, comment="the start of its schedule that it is for"),
    sa.UniqueConstraint("schedule_id", "due_at", name="tasks_due_key"),
    sa.Index("tasks_waiting_once_idx", "dedupe_key", unique=True, postgresql_where=sa.text("status = 'pending'")),
    sa.Index("tasks_open_idx", "status", postgresql_where=sa.text("status IN ('pending', 'running')")),
    sa.Index("tasks_created_at_idx", "created_at"),
    comment="What was wanted; each try of it that held its lock is a run",
)

runs = sa.Table(
    "runs",
    own_metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("request", JSONB, nullable=False),
    sa.Column("operator", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("process_id", sa.Integer, nullable=False),
    sa.Column("backend_id", sa.Integer, nullable=False, comment="PostgreSQL process that holds the lock"),
    sa.Column("program_version", sa.Text, nullable=False),
    sa.Column("is_dry_run", sa.Boolean, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("session_ids", ARRAY(sa.BigInteger), nullable=False, comment="rows of the shop's import_sessions"),
    sa.Column("started_at", _now, nullable=False),
    sa.Column("heartbeat_at", _now, nullable=False),
    sa.Column("finished_at", _now),
    sa.Column("cancel_requested_at", _now),
    sa.Column("cancel_requested_by", sa.Text),
    sa.Column("counts", JSONB, nullable=False),
    sa.Column("issue_totals", JSONB, nullable=False),
    sa.Column("error_code", sa.Text),
    sa.Column("error_params", JSONB),
    sa.Column("merged_at", _now, comment="time of the transaction that has written into the shop"),
    sa.Column("merged_xid", sa.BigInteger, comment="`xmin` of every row that the run has written"),
    sa.Column("is_undoable", sa.Boolean, nullable=False, server_default=sa.false(), comment="a restore undoes it"),
    sa.Column("undone_by", sa.BigInteger, comment="the run that has undone it"),
    sa.Column("task", sa.Text, nullable=False, server_default="shop_import", comment="name of the task"),
    sa.Column("lock_name", sa.Text, nullable=False, server_default="shop", comment="one run at a time"),
    sa.Column("lock_key", sa.Integer, nullable=False, server_default="1", comment="second key of its lock"),
    sa.Column("is_forgotten", sa.Boolean, nullable=False, server_default=sa.false(), comment="its written values are"),
    sa.Column("task_id", sa.BigInteger, sa.ForeignKey(tasks.c.id, ondelete="SET NULL")),
    sa.Index("runs_started_at_idx", "started_at"),
    sa.Index("runs_task_id_idx", "task_id"),
)

notifications = sa.Table(
    "notifications",
    own_metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("uid", UUID, nullable=False, server_default=sa.text("gen_random_uuid()"), unique=True),
    sa.Column("host", sa.Text, nullable=False, comment="whose settings know how to reach the target"),
    sa.Column("target", sa.Text, nullable=False, comment="mail:ADDRESS or messenger:NAME"),
    sa.Column("occasion", sa.Text, nullable=False),
    sa.Column("task_id", sa.BigInteger, sa.ForeignKey(tasks.c.id, ondelete="CASCADE")),
    sa.Column("message_code", sa.Text, comment="of what is not about a task"),
    sa.Column("message_params", JSONB),
    sa.Column("group_key", sa.Text, nullable=False, comment="equal ones share a message; empty: one of its own"),
    sa.Column("created_at", _now, nullable=False),
    sa.Column("send_after", _now, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("message_id", sa.Text, comment="of the message that has told it"),
    sa.Column("sent_at", _now),
    sa.Column("given_up_at", _now),
    sa.Column("error_code", sa.Text),
    sa.Column("error_params", JSONB),
    sa.UniqueConstraint("task_id", "target", name="notifications_task_target_key"),
    sa.Index("notifications_open_idx", "host", postgresql_where=sa.text("sent_at IS NULL AND given_up_at IS NULL")),
    sa.Index("notifications_sent_idx", "target", "group_key", "sent_at"),
    comment="What people have to be told, one row for each task and target",
)

run_stages = sa.Table(
    "run_stages",
    own_metadata,
    sa.Column("run_id", sa.BigInteger, sa.ForeignKey(runs.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("stage", sa.Text, primary_key=True),
    sa.Column("started_at", _now, nullable=False),
    sa.Column("done", sa.BigInteger, nullable=False),
    sa.Column("total", sa.BigInteger, nullable=False),
)

run_files = sa.Table(
    "run_files",
    own_metadata,
    sa.Column("run_id", sa.BigInteger, sa.ForeignKey(runs.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=False), comment="1C's own clock, without a zone"),
)

row_issues = sa.Table(
    "row_issues",
    own_metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("run_id", sa.BigInteger, sa.ForeignKey(runs.c.id, ondelete="CASCADE"), nullable=False),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("line", sa.Integer, nullable=False),
    sa.Column("onec_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("params", JSONB, nullable=False),
    sa.Column("article", sa.Text, nullable=False),
    sa.Index("row_issues_run_id_idx", "run_id", "code"),
)

field_changes = sa.Table(
    "field_changes",
    own_metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("run_id", sa.BigInteger, sa.ForeignKey(runs.c.id, ondelete="CASCADE"), nullable=False),
    sa.Column("entity", sa.Text, nullable=False),
    sa.Column("onec_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("old_value", sa.Text),
    sa.Column("new_value", sa.Text),
    sa.Index("field_changes_run_id_idx", "run_id"),
    comment="What a dry run would have changed",
)

written_values = sa.Table(
    "written_values",
    own_metadata,
    sa.Column("run_id", sa.BigInteger, sa.ForeignKey(runs.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("table_name", sa.Text, primary_key=True),
    sa.Column("row_id", sa.BigInteger, primary_key=True),
    sa.Column("before", JSONB, nullable=False, comment="column -> value, of the columns that the run has changed"),
    sa.Column("written", JSONB, nullable=False, comment="the same columns -> what the run has written"),
)

created_rows = sa.Table(
    "created_rows",
    own_metadata,
    sa.Column("run_id", sa.BigInteger, sa.ForeignKey(runs.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("table_name", sa.Text, primary_key=True),
    sa.Column("is_shown", sa.Boolean, primary_key=True, comment="it was, when made"),
    sa.Column("ids", INT8MULTIRANGE, nullable=False),
    comment="Rows of the shop that an undoable run has made, in tables whose rows can be hidden",
)

confirmed_values = sa.Table(
    "confirmed_values",
    own_metadata,
    sa.Column("run_id", sa.BigInteger, sa.ForeignKey(runs.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("table_name", sa.Text, primary_key=True),
    sa.Column("fields", ARRAY(sa.Text), primary_key=True),
    sa.Column("ids", INT8MULTIRANGE, nullable=False),
    comment="What a run that is never undone was the last of those to say of rows, whether that changed them or not",
)

spread_times = sa.Table(
    "spread_times",
    own_metadata,
    sa.Column("run_id", sa.BigInteger, sa.ForeignKey(runs.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("table_name", sa.Text, primary_key=True),
    sa.Column("before", _now, primary_key=True, comment="`created_at` of all these rows before"),
    sa.Column("written", _now, nullable=False, comment="the new one of the first; of the others microseconds later"),
    sa.Column("ids", INT8MULTIRANGE, nullable=False),
    comment="What a repair of equal times has written into the shop",
)

deactivated_objects = sa.Table(
    "deactivated_objects",
    own_metadata,
    sa.Column("entity", sa.Text, primary_key=True),
    sa.Column("onec_id", sa.Text, primary_key=True),
    comment="Objects that 1C (not an operator) has hidden in the shop",
)

product_links = sa.Table(
    "product_links",
    own_metadata,
    sa.Column("product_id", sa.BigInteger, primary_key=True, autoincrement=False, comment="of the shop's products"),
    sa.Column("made", ARRAY(sa.BigInteger), nullable=False, comment="values that imports have linked"),
    sa.Column("of_variants", ARRAY(sa.BigInteger), nullable=False, comment="those of them that only variants have"),
    sa.Column("said_hash", sa.BigInteger, comment="of the values that the goods have said last"),
    comment="Links in products_attributes that are 1C's; all others somebody has made by hand",
)


def prepare_own_schema(connection: sa.Connection) -> None:
    """Bring the own schema to `HEAD`; call it only while no task runs (see `own.lock.alone`).

    Raises:
        SchemaMismatch: the schema is newer than this program, or may not be created; the error then carries the SQL
            that a database administrator has to run.
    """
    refuse_unusable_schema(connection)
    if current_revision(connection) != HEAD:
        _migrate(connection)


def refuse_unusable_schema(connection: sa.Connection) -> None:
    """Raise `SchemaMismatch` as `prepare_own_schema` would, but change nothing."""
    current = current_revision(connection)
    if current is None and (needed := sql_for_administrator(connection)):
        raise SchemaMismatch("own_schema_forbidden", sql=needed)
    if current == HEAD and not _has_rights(connection, "SELECT", "INSERT", "UPDATE", "DELETE"):
        raise SchemaMismatch("own_schema_read_only", sql=_grants(_role(connection)))


def refuse_unreadable_schema(connection: sa.Connection) -> None:
    """Raise `SchemaMismatch` if there is a history that we may not read."""
    if current_revision(connection) is not None and not _has_rights(connection, "SELECT"):
        raise SchemaMismatch("own_schema_unreadable", sql=_grants(_role(connection)))


def _role(connection: sa.Connection) -> str:
    return str(connection.scalar(sa.select(sa.func.quote_ident(sa.func.current_user()))))


def _grants(role: str) -> str:
    """The statements that let a role import without owning the schema; only the owner can migrate it."""
    tables = f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {SCHEMA} TO {role};"
    return f"GRANT USAGE ON SCHEMA {SCHEMA} TO {role}; {tables}"


def _has_rights(connection: sa.Connection, *rights: str) -> bool:
    """Whether we have these rights on all our tables except Alembic's."""
    return bool(connection.scalar(sql("own/has_rights"), {"schema": SCHEMA, "rights": list(rights)}))


def current_revision(connection: sa.Connection) -> str | None:
    """The current migration of the database; None if our tables do not exist yet.

    Raises:
        SchemaMismatch: it is newer than this program, or we may not read it.
    """
    # Without rights on a schema not even the names of its tables can be resolved.
    if not connection.scalar(sql("own/has_migrations"), {"schema": SCHEMA}):
        return None
    role = _role(connection)  # a refusal aborts the transaction, and every later query would fail
    try:
        revision: str | None = connection.scalar(sa.select(_alembic_version.c.version_num))
    except ProgrammingError as error:
        raise SchemaMismatch("own_schema_unreadable", sql=_grants(role)) from error
    if revision is not None and revision > HEAD:
        raise SchemaMismatch("own_schema_newer", found=revision, known=HEAD)
    return revision


def sql_for_administrator(connection: sa.Connection) -> str:
    """The SQL that a database administrator must run first; empty if we may create the schema ourselves."""
    row = connection.execute(sql("own/may_create_schema"), {"schema": SCHEMA}).one()
    if row.may_create if row.may_use is None else row.may_use:
        return ""
    return f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}; ALTER SCHEMA {SCHEMA} OWNER TO {row.role};"


def _migrate(connection: sa.Connection) -> None:
    # Alembic takes 0.3 s to import: only a first run or an upgrade pays for it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)
