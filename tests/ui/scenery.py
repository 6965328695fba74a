"""A history with everything in it: other operators, the shop's own importer, all outcomes."""

from __future__ import annotations

import sqlalchemy as sa

from freesport_sync.application import Application
from freesport_sync.core.schedules import Schedule
from freesport_sync.core.tasks import Header, Submission, Trigger
from freesport_sync.i18n.texts import Language, Texts

_RUNS = """
INSERT INTO freesport_sync.runs (kind, request, operator, host, process_id, backend_id, program_version, is_dry_run,
    status, stage, session_ids, started_at, heartbeat_at, finished_at, counts, issue_totals, error_code, error_params)
SELECT kinds[1 + i % 5], jsonb_build_object('kind', kinds[1 + i % 5],
        'data_dir', '/srv/1c/export', 'trigger', triggers[1 + i % 2]),
    operators[1 + i % 3], hosts[1 + i % 3], 1, 1, '0.1', i % 4 = 3,
    statuses[1 + i % 7], CASE WHEN statuses[1 + i % 7] = 'completed' THEN 'report' ELSE 'apply' END, '{}',
    now() - i * interval '5 hours', now(), now() - i * interval '5 hours' + (10 + (i * 37) % 90) * interval '1 second',
    CASE WHEN statuses[1 + i % 7] = 'completed'
        THEN jsonb_build_object('product', jsonb_build_object('created', i, 'updated', i * 31, 'unchanged', 12000,
            'skipped', 0, 'failed', 0))
        ELSE '{}' END,
    CASE WHEN i % 7 = 2 THEN jsonb_build_array(jsonb_build_object('severity', 'warning', 'code', 'text_cut', 'count',
        i))
        ELSE '[]' END,
    CASE statuses[1 + i % 7] WHEN 'failed' THEN 'no_files' WHEN 'cancelled' THEN 'cancelled_by'
        WHEN 'interrupted' THEN 'interrupted' END,
    jsonb_build_object('path', '/srv/1c/export', 'kinds', 'goods, offers', 'by', 'petrov@SKLAD-2')
FROM generate_series(1, :count) AS i,
    (SELECT ARRAY['catalog', 'stocks', 'prices', 'customers', 'all'] AS kinds,
        ARRAY['window', 'command_line'] AS triggers,
        ARRAY['ivanov@PC-7', 'petrov@SKLAD-2', 'scheduler'] AS operators, ARRAY['PC-7', 'SKLAD-2', 'srv-1c'] AS hosts,
        ARRAY['failed', 'completed', 'completed', 'completed', 'cancelled', 'completed', 'interrupted']
            AS statuses) AS words
"""

_SESSIONS = """
INSERT INTO import_sessions (import_type, status, started_at, finished_at, report_details, error_message, created_at,
    report, updated_at)
SELECT 'catalog', CASE WHEN i % 3 = 0 THEN 'failed' ELSE 'completed' END, now() - i * interval '11 hours',
    now() - i * interval '11 hours' + interval '341 seconds',
    jsonb_build_object('products_created', i, 'products_updated', 2000, 'variants_updated', 6000, 'errors', i % 4,
        'skipped', 3, 'total_items', 2000, 'processed_items', 2000),
    CASE WHEN i % 3 = 0 THEN 'FileNotFoundError: import_files' ELSE '' END, now(),
    E'[2026-11-20 22:00:01] Импорт начат\n[2026-11-20 22:05:42] Импорт завершён\n', now()
FROM generate_series(1, :count) AS i
"""

_RUNNING = """
INSERT INTO freesport_sync.runs (kind, request, operator, host, process_id, backend_id, program_version, is_dry_run,
    status, stage, session_ids, started_at, heartbeat_at, counts, issue_totals)
VALUES ('prices', '{"trigger": "command_line"}', 'scheduler', 'srv-1c', 1, 1, '0.1', false, 'running', 'stage', '{}',
    now() - interval '12 seconds', now() + interval '1 hour', '{}', '[]')
RETURNING id
"""


def add_other_sessions(application: Application) -> None:
    """Make the history look like that of a shop after some days."""
    with application.database.connection() as connection:
        insert_other_sessions(connection, 25)


def insert_other_sessions(connection: sa.Connection, count: int) -> None:
    """Add `count` finished runs, a third as many sessions of the shop, and one running run."""
    connection.execute(sa.text(_RUNS), {"count": count})
    connection.execute(sa.text(_SESSIONS), {"count": count // 3})
    run_id = connection.execute(sa.text(_RUNNING)).scalar_one()
    stages = "INSERT INTO freesport_sync.run_stages VALUES (:id, 'stage', now(), 81400000, 126900000)"
    connection.execute(sa.text(stages), {"id": run_id})


_STARTED = """
UPDATE freesport_sync.schedules SET
    last_due_at = date_trunc('hour', now()) - interval '15 minutes',
    note = CASE WHEN cron LIKE '*/15%' THEN 'unfinished' END,
    is_enabled = cron <> '0 * * * *',
    next_at = CASE WHEN cron = '5 * * * *' THEN now() - interval '2 hours' WHEN cron <> '0 * * * *' THEN next_at END
"""

_WORKERS = """
INSERT INTO freesport_sync.workers (host, process_id, backend_id, program_version, queues, jobs, started_at,
    heartbeat_at, stopping_at)
VALUES ('PC-7', 4711, pg_backend_pid(), '0.1', ARRAY['shop_import/1', 'shop_import/1@PC-7', 'backup/1', 'repair/1'], 2,
        now() - interval '3 hours', now() + interval '1 hour', NULL),
    ('SKLAD-2', 812, pg_backend_pid(), '0.1', ARRAY['shop_import/1', 'backup/1'], 1, now() - interval '26 hours',
        now() + interval '1 hour', now()),
    ('srv-1c', 99, 0, '0.1', ARRAY['shop_import/1'], 1, now() - interval '2 days', now() - interval '5 hours', NULL)
RETURNING id
"""

_TASKS = """
INSERT INTO freesport_sync.tasks (type, version, kind, request, is_dry_run, queue, lock_key, status, priority, operator,
    trigger, host, run_after, attempt, crashes, worker_id, waiting_for, stage, done, total, percent, counts, error_code,
    error_params, created_at, started_at, finished_at, cancel_requested_at, cancel_requested_by)
SELECT 'shop_import', 1, kinds[1 + i % 5], '{}', i % 4 = 3, 'shop_import/1', 1, statuses[1 + i % 5], 20,
    operators[1 + i % 3], triggers[1 + i % 3], hosts[1 + i % 3], NULL, 1, 0, NULL, NULL, 'report', 0, 0, 100,
    CASE WHEN statuses[1 + i % 5] = 'completed' THEN jsonb_build_object('product', jsonb_build_object('created', i,
        'updated', i * 31, 'unchanged', 12000, 'skipped', 0, 'failed', 0)) ELSE '{}' END,
    CASE WHEN statuses[1 + i % 5] = 'failed' THEN 'no_files' END,
    jsonb_build_object('path', '/srv/1c/export', 'kinds', 'goods, offers'),
    now() - i * interval '5 hours', now() - i * interval '5 hours',
    now() - i * interval '5 hours' + interval '1 minute',
    CASE WHEN statuses[1 + i % 5] = 'cancelled' THEN now() END,
    CASE WHEN statuses[1 + i % 5] = 'cancelled' THEN 'petrov@SKLAD-2' END
FROM generate_series(:count, 1, -1) AS i,
    (SELECT ARRAY['catalog', 'stocks', 'prices', 'customers', 'all'] AS kinds,
        ARRAY['window', 'command_line', 'schedule'] AS triggers,
        ARRAY['ivanov@PC-7', 'petrov@SKLAD-2', 'scheduler'] AS operators, ARRAY['PC-7', 'SKLAD-2', 'srv-1c'] AS hosts,
        ARRAY['failed', 'completed', 'completed', 'completed', 'cancelled'] AS statuses) AS words
"""

_OPEN_TASKS = """
INSERT INTO freesport_sync.tasks (type, version, kind, request, is_dry_run, queue, lock_key, status, priority, operator,
    trigger, host, run_after, attempt, crashes, worker_id, waiting_for, stage, done, total, percent, counts, error_code,
    error_params, created_at, started_at)
VALUES
    ('shop_import', 1, 'all', '{}', false, 'shop_import/1', 1, 'running', 20, 'ivanov@PC-7', 'window', 'PC-7', NULL, 1,
        0, :worker, NULL, 'stage', 81400000, 126900000, 46, '{}', NULL, NULL, now() - interval '3 minutes', now()),
    ('shop_import', 1, 'stocks', '{}', false, 'shop_import/1', 1, 'pending', 10, 'scheduler', 'schedule', '', NULL, 0,
        0, NULL, '{"operator": "ivanov@PC-7", "host": "PC-7", "run_id": 40}', '', 0, 0, 0, '{}', NULL, NULL,
        now() - interval '2 minutes', NULL),
    ('backup', 1, 'backup', '{}', false, 'backup/1', 1, 'pending', 20, 'petrov@SKLAD-2', 'command_line', '',
        date_trunc('day', now()) + interval '27 hours', 0, 0, NULL, NULL, '', 0, 0, 0, '{}', NULL, NULL, now(), NULL),
    ('shop_import', 1, 'prices', '{}', false, 'shop_import/1', 1, 'pending', 20, 'scheduler', 'schedule', '',
        now() + interval '4 minutes', 2, 1, NULL, NULL, '', 0, 0, 31, '{}', 'connection_lost',
        '{"reason": "server closed the connection"}', now() - interval '9 minutes', now() - interval '8 minutes'),
    ('shop_import', 1, 'catalog', '{}', false, 'shop_import/1@BUH-3', 1, 'pending', 20, 'sidorova@BUH-3', 'window',
        'BUH-3', NULL, 0, 0, NULL, NULL, '', 0, 0, 0, '{}', NULL, NULL, now() - interval '1 minute', NULL)
"""


def add_tasks(application: Application) -> None:
    """Tasks in all states, and workers that live, stop and have died."""
    with application.database.connection() as connection:
        insert_tasks(connection, 25)


def add_schedules(application: Application) -> None:
    """Schedules that have started, are late, were left out, and are switched off."""
    header = Header("ivanov@PC-7", Trigger.SCHEDULE)
    for one in application.schedules.ready():
        name = Texts(Language.RUSSIAN)(f"ready_schedule.{one.code}")
        schedule = Schedule(name, one.cron, "Europe/Moscow", created_by=header.operator)
        application.schedules.save(application.schedules.starting(schedule, Submission(one.request, header)))
    with application.database.connection() as connection:
        connection.execute(sa.text(_STARTED))


def insert_tasks(connection: sa.Connection, count: int) -> None:
    """Add three workers, `count` ended tasks, and five open ones, the newest of which nobody can run."""
    worker_id = connection.execute(sa.text(_WORKERS)).scalars().all()[0]
    connection.execute(sa.text(_TASKS), {"count": count})
    connection.execute(sa.text(_OPEN_TASKS), {"worker": worker_id})
