"""The worker: lanes that run tasks, the tick, and what keeps both going while the database is away."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, suppress

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.events import Failure
from freesport_sync.core.log_entries import log_entry
from freesport_sync.core.tasks import Lock
from freesport_sync.core.worker_events import WorkerEvent, WorkerInTrouble, WorkerReady, WorkerStopping
from freesport_sync.database.own.lock import prepare_own_schema_alone
from freesport_sync.database.server.engine import Connection, Url
from freesport_sync.database.server.kept_connection import KeptConnection
from freesport_sync.errors import Cancelled, ConfigError, SchemaMismatch, SyncError
from freesport_sync.jobs.lane import JobLane
from freesport_sync.jobs.performer import Perform, Performer
from freesport_sync.jobs.queue import open_queue
from freesport_sync.jobs.running import RunningTasks
from freesport_sync.jobs.schedules import Scheduler
from freesport_sync.jobs.tick import WorkerTick
from freesport_sync.runs.context import Announce, Target
from freesport_sync.tasks.registry import Registry

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 15.0
log = logging.getLogger(__name__)


class TaskWorker:
    """Runs queued tasks until it is asked to stop.

    Args:
        open_target: the database.
        registry: what can be run.
        jobs: tasks that run at once; 0: one for each lock.
        drain_s: how long a worker that has to end lets its tasks run; then they are stopped and wait again.
        perform: see `Application.perform`.
        announce: see `runs.context.Announce`.
        observe: looks now and then whether people have to be told something, within a transaction.
        report: receives events, on any thread.
    """

    def __init__(
        self,
        open_target: Callable[[], AbstractContextManager[Target]],
        registry: Registry,
        jobs: int,
        drain_s: float,
        perform: Perform,
        announce: Announce,
        observe: Callable[[Connection], None],
        report: Callable[[WorkerEvent], None],
    ) -> None:
        self._open_target = open_target
        self._report = report
        self._announce = announce
        self._drain_s = drain_s
        queues = _queues(registry)
        self._queues = tuple(sorted(queue for some in queues.values() for queue in some))
        self._jobs = jobs or len(queues)
        self._running = RunningTasks()
        scheduler = Scheduler(registry)
        self._tick = WorkerTick(
            self._url, self._queues, self._jobs, self._running, scheduler, announce, observe, self._give_up
        )
        slots = asyncio.Semaphore(self._jobs)
        self._lanes = [JobLane(self._performer(lock, some, perform), slots) for lock, some in queues.items()]
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reason: SyncError | None = None

    def run(self, cancel: CancelToken) -> None:
        """Work until `cancel` is set, then let the tasks that run end.

        Raises:
            SyncError: it cannot work on this database.
        """
        # psycopg 3 cannot use the loop that Windows has by default.
        with (
            suppress(Cancelled),  # asked to stop before it had begun
            self._open_target(),
            asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner,
        ):
            runner.run(self._work(cancel))
        if self._reason is not None:
            raise self._reason

    async def _work(self, cancel: CancelToken) -> None:
        self._loop = asyncio.get_running_loop()
        drain = asyncio.create_task(self._drain())
        try:
            with cancel.interrupting(self._ask_to_stop):
                await self._repeat(self._sign_in)
                await self._repeat(self._take_jobs)
                for lane in self._lanes:  # those that were cut off from the queue
                    await lane.finish()
        finally:
            drain.cancel()
            for lane in self._lanes:
                lane.close()
            await asyncio.to_thread(self._tick.stop)

    async def _repeat(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do something until it is done or the worker has to stop; the database may be away meanwhile.

        Raises:
            ConfigError: somebody has to change something first.
            SchemaMismatch: the same.
        """
        pause_s = FIRST_PAUSE_S
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                await work()
                return
            except* SyncError as errors:
                failure = _first(errors)
            if isinstance(failure, ConfigError | SchemaMismatch):
                raise failure
            pause_s = FIRST_PAUSE_S if time.monotonic() - began > LONGEST_PAUSE_S else pause_s
            log_entry(log, logging.WARNING, "worker_waits", cause=failure, seconds=pause_s)
            self._report(WorkerInTrouble(Failure.of(failure), pause_s))
            await asyncio.wait([asyncio.ensure_future(self._stopping.wait())], timeout=pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _sign_in(self) -> None:
        def sign_in() -> None:
            with KeptConnection(self._url, "freesport_sync worker").use() as connection:
                prepare_own_schema_alone(connection)
            self._tick.start()

        await asyncio.to_thread(sign_in)

    async def _take_jobs(self) -> None:
        """Take jobs until the worker has to stop."""
        url = await asyncio.to_thread(self._url)
        async with open_queue(url, len(self._lanes)) as queue:
            self._report(WorkerReady(self._tick.worker_id, self._queues, self._jobs))
            async with asyncio.TaskGroup() as group:
                helpers = [group.create_task(queue.listen(self._wake)), group.create_task(queue.stay_known())]
                await asyncio.wait([group.create_task(lane.run(queue, self._stopping)) for lane in self._lanes])
                for one in helpers:
                    one.cancel()

    async def _drain(self) -> None:
        """End the tasks in time, once the worker has to stop."""
        await self._stopping.wait()
        self._report(WorkerStopping(len(self._running), self._drain_s))
        self._tick.take_no_more()
        await asyncio.sleep(self._drain_s)
        self._running.stop_all()
        for lane in self._lanes:
            lane.end()

    def _wake(self) -> None:
        for lane in self._lanes:
            lane.wake()

    def _ask_to_stop(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)

    def _give_up(self, reason: SyncError) -> None:
        self._reason = reason
        self._ask_to_stop()

    def _url(self) -> Url:
        """Asked for anew each time: a private server that had to be started again has another port."""
        with self._open_target() as target:
            return target.url

    def _performer(self, lock: Lock, queues: Sequence[str], perform: Perform) -> Performer:
        kept = KeptConnection(self._url, "freesport_sync lane")
        return Performer(lock, queues, kept, self._tick, perform, self._announce, self._running, self._report)


def _queues(registry: Registry) -> dict[Lock, list[str]]:
    """Where the tasks of each lock wait."""
    host, found = socket.gethostname(), dict[Lock, list[str]]()
    for task_type in registry:
        found.setdefault(task_type.lock, []).extend(task_type.queues(host))
    return found


def _first(errors: BaseExceptionGroup[SyncError]) -> SyncError:
    one: BaseException = errors
    while isinstance(one, BaseExceptionGroup):
        one = one.exceptions[0]
    assert isinstance(one, SyncError)
    return one
