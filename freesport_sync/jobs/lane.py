"""One lane for each lock: its tasks run one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from freesport_sync.jobs.performer import JobCall, Performer
from freesport_sync.jobs.queue import JobQueue

POLL_S = 5.0
"""A lane looks for jobs so often, should a message be lost; those that wait for their time come by it."""


class JobLane:
    """Takes jobs of one lock, as long as it may; outlives the connections to the queue.

    Args:
        queues: where its tasks wait.
        performer: works on them.
        slots: shared by all lanes: how many tasks run at once.
    """

    def __init__(self, queues: Sequence[str], performer: Performer, slots: asyncio.Semaphore) -> None:
        self._queues = queues
        self._performer = performer
        self._slots = slots
        # A thread of its own, because its connection is used by one thread at a time.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"lane-{performer.lock.name}")
        self._woken = asyncio.Event()
        self._work: asyncio.Future[bool] | None = None
        self._was_held = False

    def wake(self, is_job: bool) -> None:
        """Look again: there is a job, or something else has changed, perhaps the lock is free."""
        if is_job or self._was_held:
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
            self._was_held = work.result()

    def end(self) -> None:
        """Do not wait for the database any longer."""
        self._performer.end()

    def close(self) -> None:
        """Close the connection; no task runs any more."""
        self._thread.submit(self._performer.kept.close)
        self._thread.shutdown(wait=False)

    async def _take_next(self, queue: JobQueue) -> bool:
        """Work on a task; returns whether to look for another at once."""
        loop = asyncio.get_running_loop()
        await self._slots.acquire()
        call: JobCall | None = None
        try:
            self._was_held = not await loop.run_in_executor(self._thread, self._may_take)
            if not self._was_held:
                call = await queue.take(self._queues)
        finally:
            if call is None:
                self._slots.release()
        if call is None:
            return False
        self._work = loop.run_in_executor(self._thread, self._performer.answer, call)
        self._work.add_done_callback(lambda _: self._slots.release())
        await self.finish()
        return not self._was_held

    def _may_take(self) -> bool:
        return self._performer.may_take(was_held=self._was_held)

    async def _pause(self, stopping: asyncio.Event) -> None:
        waits = [asyncio.ensure_future(one.wait()) for one in (self._woken, stopping)]
        await asyncio.wait(waits, timeout=POLL_S, return_when=asyncio.FIRST_COMPLETED)
        for one in waits:
            one.cancel()
