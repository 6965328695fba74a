"""What a worker does every two seconds, on a thread and a connection of its own."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Sequence

from freesport_sync.core.log_entries import log_entry
from freesport_sync.database.own import jobs, tasks, upkeep, workers
from freesport_sync.database.own.alive import WORKER_DEAD_AFTER_S
from freesport_sync.database.own.recovery import recover_dead_tasks
from freesport_sync.database.own.schema import current_revision
from freesport_sync.database.server.engine import Connection, Url, as_sync_error, transaction
from freesport_sync.database.server.kept_connection import KeptConnection
from freesport_sync.errors import SyncError
from freesport_sync.jobs.running import RunningTasks
from freesport_sync.jobs.schedules import Scheduler
from freesport_sync.rules.retries import SCHEMA_NEWER
from freesport_sync.runs.context import Announce

TICK_S = 2.0
AGAIN_S = 0.5
"""Pause after one that has failed: without its connection the worker soon counts as dead."""
CALL_FORGOTTEN_EVERY = 5
"""Ticks between two looks at all waiting tasks."""
OBSERVED_EVERY = 150
"""Ticks between two looks at what may have to be told: five minutes."""
log = logging.getLogger(__name__)


class WorkerTick:
    """Proves that the worker lives, stops tasks that somebody wants stopped, and mends what others have left.

    Its connection holds the worker's lock, so nothing else may be done with it.

    Args:
        url: of the database.
        queues: those that the worker listens to.
        jobs: tasks that it runs at once.
        running: the tasks that it runs now.
        scheduler: submits what schedules want.
        announce: see `runs.context.Announce`.
        observe: see `TaskWorker`.
        give_up: called when this program can no longer work on the database.
    """

    def __init__(
        self,
        url: Callable[[], Url],
        queues: Sequence[str],
        jobs: int,
        running: RunningTasks,
        scheduler: Scheduler,
        announce: Announce,
        observe: Callable[[Connection], None],
        give_up: Callable[[SyncError], None],
    ) -> None:
        self._kept = KeptConnection(url, "freesport_sync worker", self._sign_in)
        self._queues = queues
        self._jobs = jobs
        self._running = running
        self._scheduler = scheduler
        self._announce = announce
        self._observe = observe
        self._give_up = give_up
        self._worker_id: int | None = None
        self._count = 0
        self._beaten_at = -math.inf
        self._stopped = threading.Event()
        self._takes_no_more = False
        self._thread = threading.Thread(target=self._work, name="worker-tick", daemon=True)

    @property
    def worker_id(self) -> int:
        """Of this process, once it has been signed in."""
        if self._worker_id is None:
            raise RuntimeError("not signed in")
        return self._worker_id

    @property
    def is_alive(self) -> bool:
        """Whether nobody can take the worker for dead: it was neither frozen nor cut off a moment ago."""
        return time.monotonic() - self._beaten_at < WORKER_DEAD_AFTER_S

    def start(self) -> None:
        """Sign the worker in and go on ticking.

        Raises:
            SyncError: the database does not answer, or is not ours any more.
        """
        self.once()
        self._thread.start()

    def take_no_more(self) -> None:
        """Show with the next tick that the worker takes no more tasks."""
        self._takes_no_more = True

    def stop(self) -> None:
        """Stop ticking, and sign the worker out if that is possible."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
        try:
            with self._kept.use() as connection:
                workers.unregister(connection, self.worker_id)
        except SyncError as error:
            log.debug("worker %s stays in the list: %s", self._worker_id, error)
        self._kept.close()

    def once(self) -> None:
        """Tick.

        Raises:
            SyncError: the database does not answer. `SCHEMA_NEWER`: a newer program has changed our tables.
        """
        with self._kept.use() as connection:
            current_revision(connection)
            began = time.monotonic()
            workers.beat(connection, self.worker_id)
            self._beaten_at = began
            if self._takes_no_more:
                workers.stop_taking(connection, self.worker_id)
                self._takes_no_more = False
            claims = self._running.claims
            self._running.stop_cancelled(claims, tasks.requested_cancels(connection, claims))
            self._mend(connection)
            self._scheduler.fire_due(connection)
            self._count += 1
            if self._count % OBSERVED_EVERY == 1:
                self._let_observe(connection)

    def _mend(self, connection: Connection) -> None:
        """What one worker at a time does for all."""
        with transaction(connection):
            if not upkeep.is_my_turn(connection):
                return
            if upkeep.has_settled(connection):
                frozen, dead = upkeep.cut_frozen(connection), recover_dead_tasks(connection)
                for worker_id in frozen:
                    log_entry(log, logging.WARNING, "worker_frozen", worker_id=worker_id)
                for task_id in dead:
                    log_entry(log, logging.WARNING, "task_recovered", task_id=task_id)
                    self._announce(connection, task_id)
            if self._count % CALL_FORGOTTEN_EVERY == 0:
                upkeep.call_forgotten(connection)
                jobs.drop_abandoned(connection)
                workers.forget_dead(connection)

    def _let_observe(self, connection: Connection) -> None:
        """Tell people what no task says; one worker at a time."""
        with transaction(connection):
            if upkeep.is_my_turn(connection):
                self._observe(connection)

    def _sign_in(self, connection: Connection) -> None:
        """Register on the first connection, go on with the same row on later ones."""
        if self._worker_id is None or not workers.take_over(connection, self._worker_id):
            self._worker_id = workers.register(connection, self._queues, self._jobs)

    def _work(self) -> None:
        pause_s, said = TICK_S, ""
        while not self._stopped.wait(pause_s):
            try:
                self.once()
                pause_s, said = TICK_S, ""
            except Exception as error:
                failure, pause_s = as_sync_error(error), AGAIN_S
                if failure.code != said:  # once for each time that the database is away
                    log_entry(log, logging.WARNING, "worker_tick_failed", cause=failure)
                said = failure.code
                if failure.code == SCHEMA_NEWER:
                    self._give_up(failure)
                    return
