"""Reads the bodies of requests, which may be large, slow, or unwanted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request

from freesport_sync.exchange.uploads.fragment import Fragment

BLOCK_BYTES = 512 * 1024
"""Written to the disk at once."""
STALL_S = 60.0
"""How long a body may stand still."""


@dataclass(slots=True)
class ReceivedBytes:
    """How much of a body has come; reported also where the request is refused."""

    count: int = 0


async def receive(request: Request, fragment: Fragment, received: ReceivedBytes) -> None:
    """Write a body to a file.

    Raises:
        ExchangeRefused: see `Fragment.write`.
        ClientDisconnect: the body has not come to its end.
    """
    block = bytearray()
    async for chunk in _chunks(request):
        if len(block) >= BLOCK_BYTES:  # only when more comes, so that the last block goes with `finish`
            await _write(fragment.write, block)
            block = bytearray()
        received.count += len(chunk)
        block += chunk
    await _write(fragment.finish, block)


async def drain(request: Request, limit_bytes: int) -> None:
    """Read a body and drop it: 1C reads the answer only when it has sent everything.

    Args:
        request: whose body.
        limit_bytes: after which the rest is not read.
    """
    with suppress(ClientDisconnect, RuntimeError):  # RuntimeError: it has been read
        async for chunk in _chunks(request):
            limit_bytes -= len(chunk)
            if limit_bytes < 0:
                return


def content_length(request: Request) -> int | None:
    """The bytes that a request announces; None: it does not, or it is not a number."""
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    """The body, as long as it keeps coming."""
    clock = asyncio.get_running_loop().time
    try:
        async with asyncio.timeout(STALL_S) as stall:
            async for chunk in request.stream():
                stall.reschedule(None)  # the time that our side takes for a chunk does not count
                yield chunk
                stall.reschedule(clock() + STALL_S)
    except TimeoutError as error:
        raise ClientDisconnect from error


async def _write(write: Callable[[bytearray], None], block: bytearray) -> None:
    """Write on a thread. A request that is cancelled waits for it, or the rollback would meet the writer."""
    writing = asyncio.ensure_future(asyncio.to_thread(write, block))
    try:
        await asyncio.shield(writing)
    except asyncio.CancelledError:
        await asyncio.wait([writing])
        raise
