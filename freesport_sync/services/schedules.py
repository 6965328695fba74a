"""Schedules of a database: what workers start when, on whichever computer."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from freesport_sync.core.schedules import Schedule
from freesport_sync.core.task_list import Submitted
from freesport_sync.core.tasks import Submission, Trigger
from freesport_sync.database.own import schedules, tasks
from freesport_sync.database.own.lock import prepare_own_schema_alone
from freesport_sync.database.own.task_list import has_tasks
from freesport_sync.database.server.engine import Connection, transaction
from freesport_sync.errors import ConfigError
from freesport_sync.rules.schedules import next_starts
from freesport_sync.rules.time_zones import zone_names
from freesport_sync.runs.requests import decode, encode
from freesport_sync.services.database import Database
from freesport_sync.tasks.ready_schedules import ReadySchedule
from freesport_sync.tasks.registry import Registry
from freesport_sync.tasks.waiting import new_task

USUAL_ZONE = "Europe/Moscow"


class Schedules:
    """The schedules of one database.

    Args:
        database: that they are kept in.
        registry: what can be run.
        ready: returns schedules to choose from.
    """

    def __init__(self, database: Database, registry: Registry, ready: Callable[[], tuple[ReadySchedule, ...]]) -> None:
        self._database = database
        self._registry = registry
        self.ready = ready

    def list(self) -> tuple[Schedule, ...]:
        """All schedules; what starts next comes first, what is switched off last."""
        with self._database.connection() as connection:
            return schedules.read_schedules(connection) if has_tasks(connection) else ()

    def submission(self, schedule: Schedule) -> Submission[Any]:
        """What a schedule starts.

        Raises:
            ConfigError: this program does not know it.
        """
        return decode(self._registry, schedule.request)

    def starting(self, schedule: Schedule, submission: Submission[Any]) -> Schedule:
        """The schedule, with what it is to start from now on.

        Args:
            schedule: stored or new.
            submission: what is to be started; a folder in it is one of this computer, unless nothing changes.
        """
        header = replace(submission.header, trigger=Trigger.SCHEDULE)
        request = encode(self._registry.of(submission.request), Submission(submission.request, header))
        if {**request, "operator": ""} == {**schedule.request, "operator": ""}:
            return schedule
        is_local = self._registry.of(submission.request).is_local(submission.request)
        return replace(schedule, request=request, host=socket.gethostname() if is_local else "")

    def save(self, schedule: Schedule) -> Schedule:
        """Store a schedule; returns it with its id and its next start.

        Raises:
            ConfigError: it cannot be understood, never starts anything, is gone meanwhile, or there are too many.
            LockHeld: our tables have to be upgraded first, and something is running.
            SchemaMismatch: our tables cannot be made, or are newer than this program.
        """
        decode(self._registry, schedule.request)
        with self._database.connection() as connection:
            prepare_own_schema_alone(connection)
            with transaction(connection):
                schedule_id = schedules.store(connection, schedule)
            return schedules.read_schedule(connection, schedule_id)

    def switch(self, schedule_id: int, is_enabled: bool) -> Schedule:
        """Let a schedule start something, or not; returns it.

        Raises:
            ConfigError: there is no such schedule, or it cannot be understood.
        """
        with self._database.connection() as connection:
            schedule = self._read(connection, schedule_id)
            with transaction(connection):
                if is_enabled:
                    schedules.store(connection, replace(schedule, is_enabled=True))
                else:
                    schedules.switch_off(connection, schedule_id)
            return schedules.read_schedule(connection, schedule_id)

    def remove(self, schedule_id: int) -> Schedule:
        """Delete a schedule; what it has submitted stays. Returns what it was.

        Raises:
            ConfigError: there is no such schedule.
        """
        with self._database.connection() as connection:
            schedule = self._read(connection, schedule_id)
            with transaction(connection):
                schedules.remove(connection, schedule_id)
            return schedule

    def start_now(self, schedule_id: int, operator: str, trigger: Trigger) -> Submitted:
        """Submit what a schedule starts, now; it starts its next time all the same.

        Args:
            schedule_id: of the schedule.
            operator: who asks for it.
            trigger: from where.

        Raises:
            ConfigError: there is no such schedule, or this program does not know what it starts.
        """
        with self._database.connection() as connection:
            schedule = self._read(connection, schedule_id)
            submission = self.submission(schedule).by(operator)
            asked = replace(submission, header=replace(submission.header, trigger=trigger))
            new = new_task(self._registry, asked, host=schedule.host or None, schedule_id=schedule_id)
            with transaction(connection):
                return tasks.submit(connection, new)

    def _read(self, connection: Connection, schedule_id: int) -> Schedule:
        if not has_tasks(connection):
            raise ConfigError("schedule_not_found", schedule_id=schedule_id)
        return schedules.read_schedule(connection, schedule_id)

    def next_starts(self, cron: str, zone: str, count: int) -> tuple[datetime, ...]:
        """The next few starts of a schedule that is being written, by the clock of this computer.

        Raises:
            ConfigError: the fields or the zone cannot be understood.
        """
        return next_starts(cron, zone, datetime.now(UTC), count)

    @property
    def zones(self) -> tuple[str, ...]:
        """The names of all time zones."""
        return tuple(sorted(zone_names()))

    @property
    def local_zone(self) -> str:
        """The time zone of this computer; the usual one if it is unknown."""
        import tzlocal  # only when a new schedule is written

        try:
            name = tzlocal.get_localzone_name()
        except (KeyError, ValueError, OSError):
            name = None
        return name if name in zone_names() else USUAL_ZONE
