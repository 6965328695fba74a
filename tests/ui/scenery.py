"""A history with everything in it: other operators, the shop's own importer, all outcomes."""

from __future__ import annotations

import sqlalchemy as sa

from freesport_sync.application import Application

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
