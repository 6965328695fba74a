"""Tasks, the processes that run them, schedules, and the queue of procrastinate."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SCHEMA = "freesport_sync"
_now = sa.DateTime(timezone=True)
_QUEUE = Path(__file__).parents[1] / "procrastinate_3_10_0.sql"
"""As that version brings it; a newer one needs a migration of its own."""
_FIND_FUNCTIONS = f"""
SELECT oid::regprocedure FROM pg_proc
WHERE pronamespace = '{SCHEMA}'::regnamespace AND starts_with(proname, 'procrastinate_')
"""


def upgrade() -> None:
    """Make the tables; runs so far get no tasks."""
    _make_workers()
    _make_schedules()
    _make_tasks()
    op.add_column("runs", sa.Column("task_id", sa.BigInteger), schema=SCHEMA)
    op.create_foreign_key(
        "runs_task_id_fkey", "runs", "tasks", ["task_id"], ["id"],
        source_schema=SCHEMA, referent_schema=SCHEMA, ondelete="SET NULL",
    )  # fmt: skip
    op.create_index("runs_task_id_idx", "runs", ["task_id"], schema=SCHEMA)
    _make_queue()


def _make_queue() -> None:
    """Its tables have no schema in their names; its functions find them whatever the session's search path is."""
    connection = op.get_bind()
    before = connection.scalar(sa.text("SHOW search_path"))
    connection.exec_driver_sql(f"SET LOCAL search_path = {SCHEMA}")
    connection.execution_options(no_parameters=True).exec_driver_sql(_QUEUE.read_text(encoding="utf-8"))
    for function in connection.scalars(sa.text(_FIND_FUNCTIONS)).all():
        connection.exec_driver_sql(f"ALTER FUNCTION {function} SET search_path = {SCHEMA}")
    # Who may insert a job may number it, as with the identity columns of our own tables.
    connection.exec_driver_sql(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {SCHEMA} TO PUBLIC")
    connection.execute(sa.text("SELECT set_config('search_path', :before, true)"), {"before": before})


def _make_workers() -> None:
    op.create_table(
        "workers",
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
        schema=SCHEMA,
    )


def _make_schedules() -> None:
    op.create_table(
        "schedules",
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
        schema=SCHEMA,
    )
    op.create_index("schedules_next_at_idx", "schedules", ["next_at"], schema=SCHEMA)


def _make_tasks() -> None:
    op.create_table(
        "tasks",
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
        sa.Column("worker_id", sa.BigInteger, sa.ForeignKey(f"{SCHEMA}.workers.id", ondelete="SET NULL")),
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
        sa.Column("schedule_id", sa.BigInteger, sa.ForeignKey(f"{SCHEMA}.schedules.id", ondelete="SET NULL")),
        sa.Column("due_at", _now, comment="the start of its schedule that it is for"),
        sa.UniqueConstraint("schedule_id", "due_at", name="tasks_due_key"),
        comment="What was wanted; each try of it that held its lock is a run",
        schema=SCHEMA,
    )
    op.create_index(
        "tasks_waiting_once_idx",
        "tasks",
        ["dedupe_key"],
        unique=True,
        postgresql_where=sa.text("status = 'pending'"),
        schema=SCHEMA,
    )
    op.create_index(
        "tasks_open_idx",
        "tasks",
        ["status"],
        postgresql_where=sa.text("status IN ('pending', 'running')"),
        schema=SCHEMA,
    )
    op.create_index("tasks_created_at_idx", "tasks", ["created_at"], schema=SCHEMA)


def downgrade() -> None:
    """Not offered: an older program refuses a newer schema, nothing goes back."""
    raise RuntimeError("the history of runs is not downgraded")
