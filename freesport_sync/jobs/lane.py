"""One lane for each lock: its tasks run one at a time."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from freesport_sync.jobs.performer import JobCall, Performer
from freesport_sync.jobs.queue import JobQueue

POLL_S = 5.0
"""A lane looks for jobs so often: a message may be lost, and nobody calls when a job's time comes."""
HELD_POLL_S = 1.0
"""And so often whether its lock is free again."""


class JobLane:
    """Takes jobs of one lock; outlives the connections to the queue.

    Args:
        performer: works on the tasks.
        slots: shared by all lanes: how many tasks run at once.
    """

    def __init__(self, performer: Performer, slots: asyncio.Semaphore) -> None:
        self._performer = performer
        self._slots = slots
        # A thread of its own, because its connection is used by one thread at a time.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"lane-{performer.lock.name}")
        self._woken = asyncio.Event()
        self._work: asyncio.Future[None] | None = None
        self._is_held = False

    def wake(self) -> None:
        """Look again: there is a job."""
        self._woken.set()

    async def run(self, queue: JobQueue, stopping: asyncio.Event) -> None:
        """Work until asked to stop.

        Raises:
            SyncError: the database does not answer; a task that runs goes on.
        """
        await self.finish()  # of the connections before
        while not stopping.is_set():
            self._woken.clear()
            if not await self._take_next(queue):
                await self._pause(stopping)

    async def finish(self) -> None:
        """Wait for the task that runs, if one does.

        Raises:
            SyncError: it could not be claimed.
        """
        if self._work is not None:
            await asyncio.wait([self._work])
            work, self._work = self._work, None
            work.result()

    def end(self) -> None:
        """Do not wait for the database any longer."""
        self._performer.end()

    def close(self) -> None:
        """Close the connection; no task runs any more."""
        self._thread.submit(self._performer.kept.close)
        self._thread.shutdown(wait=False)

    async def _take_next(self, queue: JobQueue) -> bool:
        """Work on a task; returns whether there was one."""
        loop = asyncio.get_running_loop()
        await self._slots.acquire()
        call: JobCall | None = None
        try:
            self._is_held = not await loop.run_in_executor(self._thread, self._performer.may_take)
            if not self._is_held:
                call = await queue.take(self._performer.queues)
        finally:
            if call is None:
                self._slots.release()
        if call is None:
            return False
        self._work = loop.run_in_executor(self._thread, self._performer.answer, call)
        self._work.add_done_callback(lambda _: self._slots.release())
        await self.finish()
        return True

    async def _pause(self, stopping: asyncio.Event) -> None:
        waits = [asyncio.ensure_future(one.wait()) for one in (self._woken, stopping)]
        limit_s = HELD_POLL_S if self._is_held else POLL_S
        await asyncio.wait(waits, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        for one in waits:
            one.cancel()
