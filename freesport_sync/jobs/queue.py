"""Procrastinate's queue: who calls, and what wakes a worker up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from uuid import UUID

import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException

from freesport_sync.database.metadata import SCHEMA
from freesport_sync.database.own.jobs import ANY_QUEUE, PERFORM, UID
from freesport_sync.database.server.engine import LIBPQ_SETTINGS, Url, ignore_libpq_environment
from freesport_sync.errors import ConnectionFailed
from freesport_sync.jobs.performer import JobCall

APPLICATION_NAME = "freesport_sync queue"
STALE_AFTER_S = 60
"""A queue's worker that was not heard of for so long is forgotten, and its jobs with it."""
STAY_KNOWN_S = 10.0
ANSWER_WITHIN_S = 30.0


class JobQueue:
    """Open connections to the queue; on the event loop of the worker.

    Args:
        app: procrastinate's.
        worker_id: procrastinate's number of us.
    """

    def __init__(self, app: App, worker_id: int) -> None:
        self._app = app
        self._manager = app.job_manager
        self._worker_id = worker_id

    async def take(self, queues: Sequence[str]) -> JobCall | None:
        """Take the first job of some queues; None: there is none.

        Raises:
            ConnectionFailed: the database does not answer.
        """
        with _failures():
            while True:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    job = await self._manager.fetch_job(queues, self._worker_id)
                if job is None:
                    return None
                if job.id is not None and job.task_name == PERFORM:
                    return JobCall(job.id, UUID(str(job.task_kwargs[UID])))

    async def listen(self, wake: Callable[[], None]) -> None:
        """Listen until cancelled.

        Args:
            wake: called when there is a job in any queue.

        Raises:
            ConnectionFailed: the connection was lost.
        """

        async def heard(*, channel: str, payload: str) -> None:
            wake()

        with _failures():
            await self._app.connector.listen_notify(heard, [ANY_QUEUE])

    async def stay_known(self) -> None:
        """Tell procrastinate that we live, until cancelled.

        Raises:
            ConnectionFailed: the database does not answer.
        """
        with _failures():
            while True:
                await asyncio.sleep(STAY_KNOWN_S)
                await self._manager.update_heartbeat(self._worker_id)
                await self._manager.prune_stalled_workers(STALE_AFTER_S)


@asynccontextmanager
async def open_queue(url: Url, connections: int) -> AsyncIterator[JobQueue]:
    """Connect to the queue for as long as the block lasts.

    Args:
        url: of the database.
        connections: to take jobs with.

    Raises:
        ConnectionFailed: it cannot be reached, or is lost.
    """
    ignore_libpq_environment()
    connector = PsycopgConnector(
        kwargs=_parameters(url), min_size=1, max_size=connections, timeout=ANSWER_WITHIN_S, name="jobs"
    )
    app = App(connector=connector)
    with _failures():
        await app.open_async()
    try:
        with _failures():
            worker_id = await app.job_manager.register_worker()
        yield JobQueue(app, worker_id)
        with _failures():
            await app.job_manager.unregister_worker(worker_id)
    finally:
        await app.close_async()


def _parameters(url: Url) -> dict[str, Any]:
    """What libpq connects with; the queue finds its tables by the search path."""
    named = url.translate_connect_args(username="user", database="dbname")
    # A job that was taken and forgotten by a server that crashed is taken again, and does no harm.
    options = f"-c search_path={SCHEMA} -c synchronous_commit=off -c idle_session_timeout=0"
    given = {name: value if isinstance(value, str) else value[-1] for name, value in url.query.items()}
    options = " ".join(filter(None, (given.pop("options", ""), options)))
    return LIBPQ_SETTINGS | given | named | {"application_name": APPLICATION_NAME, "options": options}


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except (ConnectorException, psycopg.Error, TimeoutError, OSError) as error:
        cause = error.__cause__ or error
        reason = next((line.strip() for line in str(cause).splitlines() if line.strip()), type(cause).__name__)
        raise ConnectionFailed("connection_lost", reason=reason) from error
