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
"""How long a body may stall."""


@dataclass(slots=True)
class ReceivedBytes:
    """How much of a body has arrived; also reported if the request is refused."""

    count: int = 0


async def receive(request: Request, fragment: Fragment, received: ReceivedBytes) -> None:
    """Write a body to a file.

    Raises:
        ExchangeRefused: see `Fragment.write`.
        ClientDisconnect: the body ended early or stalled.
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
    """Read a body and drop it: 1C reads the answer only after it has sent everything.

    Args:
        request: with the body.
        limit_bytes: the rest is not read.
    """
    with suppress(ClientDisconnect, RuntimeError):  # RuntimeError: it has been read
        async for chunk in _chunks(request):
            limit_bytes -= len(chunk)
            if limit_bytes < 0:
                return


def content_length(request: Request) -> int | None:
    """The length of the body that a request announces; None: it is missing or not a number."""
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
    """Write on a thread. A cancelled request waits for it, or the rollback would collide with the write."""
    writing = asyncio.ensure_future(asyncio.to_thread(write, block))
    try:
        await asyncio.shield(writing)
    except asyncio.CancelledError:
        await asyncio.wait([writing])
        raise
