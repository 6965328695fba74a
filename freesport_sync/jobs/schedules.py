"""Submits tasks when their schedules say so, once however many workers look."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from freesport_sync.core.log_entries import log_entry
from freesport_sync.database.own import schedules, tasks
from freesport_sync.database.own.schedules import Due
from freesport_sync.database.server.engine import Connection, transaction
from freesport_sync.errors import ConfigError
from freesport_sync.rules.schedules import SkipReason, due_start
from freesport_sync.runs.requests import decode
from freesport_sync.tasks.registry import Registry
from freesport_sync.tasks.waiting import new_task

log = logging.getLogger(__name__)


class Scheduler:
    """Starts what is due; each worker has one.

    Args:
        registry: what can be run.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._unknown: set[tuple[int, datetime]] = set()
        """Schedules that a newer program has made, with their next start: left to workers that know them."""

    def fire_due(self, connection: Connection) -> int:
        """Submit what is due by the clock of the database; returns how many tasks are new.

        Args:
            connection: any, in autocommit; to a database whose tables are those of this program.
        """
        submitted = 0
        while True:
            with transaction(connection):
                due = schedules.lock_due(connection, self._unknown)
                if due is None:
                    return submitted
                submitted += self._fire(connection, due)

    def _fire(self, connection: Connection, due: Due) -> bool:
        schedule = due.schedule
        try:
            start = due_start(schedule, due.now, due.has_open_task)
            submission = decode(self._registry, schedule.request)
        except ConfigError as error:
            if schedule.next_at is not None:
                self._unknown.add((schedule.id, schedule.next_at))
            log_entry(log, logging.WARNING, "schedule_unknown", cause=error, name=schedule.name)
            return False
        submitted = None
        if start.skip_reason is None and not schedules.has_submitted(connection, schedule.id, start.due_at):
            new = new_task(
                self._registry, submission, host=schedule.host or None, schedule_id=schedule.id, due_at=start.due_at
            )
            submitted = tasks.submit(connection, new)
            if not submitted.is_new:
                start = replace(start, skip_reason=SkipReason.EQUAL_WAITS)
        schedules.advance(connection, schedule.id, start)
        if start.skip_reason is not None:
            log_entry(log, logging.WARNING, "schedule_skipped", name=schedule.name, skip_reason=start.skip_reason.value)
        elif submitted is not None:
            log_entry(log, logging.INFO, "schedule_started", name=schedule.name, task_id=submitted.id)
        return submitted is not None and submitted.is_new
