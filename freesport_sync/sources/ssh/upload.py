"""Uploads files: in parallel, under temporary names, never overwriting anything."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, NamedTuple

from freesport_sync.errors import reason_of
from freesport_sync.sources.ssh import transport
from freesport_sync.sources.ssh.archive import make_folders
from freesport_sync.sources.ssh.listing import joined, read_folder
from freesport_sync.sources.ssh.retry import WAITS_S, retrying
from freesport_sync.sources.ssh.sftp import SftpTask
from freesport_sync.sources.ssh.transport import (
    Attributes,
    Kind,
    Reply,
    SftpRequest,
    Status,
)

if TYPE_CHECKING:
    from freesport_sync.sources.ssh.host import SshHost

BLOCK_BYTES = 32 * 1024
"""Bytes per write request; servers need not accept more."""
DEPTH = 32
"""Concurrent write requests per file."""
_DRAFT, _DRAFT_END = ".freesport_sync-", ".part"


class Refused(NamedTuple):
    """Why a file was not uploaded.

    Args:
        is_ours: the local file could not be read; otherwise the host refused it.
        reason: for display.
    """

    is_ours: bool
    reason: str


def sizes_in(host: SshHost, root: str, folder: str, waits_s: Sequence[float] = WAITS_S) -> dict[str, int]:
    """Return name -> size of the files in a folder below the root; empty if there is no such folder.

    Temporary files left by a killed program are removed.

    Raises:
        ConnectionFailed: the connection broke too often.
    """
    found: dict[str, int] = {}
    path = joined(root, folder)

    def take(name: str, attributes: Attributes) -> None:
        if attributes.is_link:
            found[name] = -1
        elif attributes.is_file:
            found[name] = attributes.size or 0

    def task() -> SftpTask:
        yield from read_folder(path, take)
        for name in [name for name in found if name.startswith(_DRAFT) and name.endswith(_DRAFT_END)]:
            del found[name]
            yield (transport.on_path(Kind.REMOVE, joined(path, name)),)

    for attempt in retrying(lambda: host.was_connected, waits_s, lambda: 0, host.cancel):
        with attempt:
            found.clear()
            host.sftp().run([task()], check=host.cancel.check)
    return found


def problem_of_root(host: SshHost, root: str, may_write: bool) -> str:
    """Return why uploads into a folder of the host are impossible; empty if they are possible.

    Args:
        host: the host.
        root: the folder.
        may_write: try with an empty file; otherwise only look.
    """
    sftp = host.sftp()
    reply = sftp.ask(transport.on_path(Kind.STAT, root))
    if reply.kind == Kind.STATUS:
        return transport.reason_of_status(reply)
    if not transport.attributes_of(reply).is_folder:
        return os.strerror(errno.ENOTDIR)
    if not may_write:
        return ""
    draft = joined(root, _draft())
    reply = sftp.ask(transport.open_file(draft, transport.WRITE_NEW))
    if reply.kind == Kind.STATUS:
        return transport.reason_of_status(reply)
    sftp.ask(transport.on_handle(Kind.CLOSE, transport.handle_of(reply)))
    sftp.ask(transport.on_path(Kind.REMOVE, draft))
    return ""


class Upload:
    """Uploads files into folders below an existing root.

    Args:
        host: to upload to.
        root: a folder of the host.
        done: called after each file; may raise.
        waits_s: see `retry`.
    """

    def __init__(self, host: SshHost, root: str, done: Callable[[], None], waits_s: Sequence[float] = WAITS_S) -> None:
        self._host = host
        self._root = root
        self._done = done
        self._waits_s = waits_s
        self._refused: dict[str, Refused] = {}

    def run(self, files: Mapping[str, Path]) -> Mapping[str, Refused]:
        """Upload files; returns those that failed.

        Args:
            files: path below the root -> local file.

        Raises:
            ConnectionFailed: the connection broke too often.
        """
        remaining = dict(files)
        host = self._host
        # An interrupted file starts over, so only complete ones count.
        for attempt in retrying(
            lambda: host.was_connected, self._waits_s, lambda: len(files) - len(remaining), host.cancel
        ):
            with attempt:
                sftp = host.sftp()
                make_folders(sftp, self._root, {str(PurePosixPath(path).parent) for path in remaining})
                tasks = (self._task(path, file, remaining) for path, file in list(remaining.items()))
                sftp.run(tasks, check=host.cancel.check)
        return self._refused

    def _task(self, path: str, file: Path, remaining: dict[str, Path]) -> SftpTask:
        try:
            opened = file.open("rb")
        except OSError as error:
            refused: Refused | None = Refused(True, reason_of(error))
        else:
            with closing(opened):
                refused = yield from self._upload(path, opened)
        del remaining[path]
        if refused is not None:
            self._refused[path] = refused
        self._done()

    def _upload(self, path: str, file: IO[bytes]) -> Generator[tuple[SftpRequest, ...], Reply, Refused | None]:
        target = joined(self._root, path)
        draft = joined(self._root, str(PurePosixPath(path).with_name(_draft())))
        reply = yield (transport.open_file(draft, transport.WRITE_NEW),)
        if reply.kind == Kind.STATUS:
            return Refused(False, transport.reason_of_status(reply))
        handle = transport.handle_of(reply)
        refused = yield from self._write(handle, file)
        reply = yield (transport.on_handle(Kind.CLOSE, handle),)
        if refused is None and transport.status_of(reply) == Status.OK:
            reply = yield (transport.rename(draft, target),)
        if refused is None and transport.status_of(reply) != Status.OK:
            refused = Refused(False, transport.reason_of_status(reply))
            there = yield (transport.on_path(Kind.STAT, target),)  # another program has just uploaded it
            if there.kind == Kind.ATTRS and transport.attributes_of(there).is_file:
                refused = None
                yield (transport.on_path(Kind.REMOVE, draft),)
        if refused is not None:
            yield (transport.on_path(Kind.REMOVE, draft),)
        return refused

    def _write(self, handle: bytes, file: IO[bytes]) -> Generator[tuple[SftpRequest, ...], Reply, Refused | None]:
        refused: Refused | None = None
        offset = 0
        waiting = 0

        def more() -> Iterator[SftpRequest]:
            nonlocal offset, refused, waiting
            while waiting < DEPTH and refused is None:
                try:
                    block = file.read(BLOCK_BYTES)
                except OSError as error:
                    refused = Refused(True, reason_of(error))
                    return
                if not block:
                    return
                waiting += 1
                yield transport.write(handle, offset, block)
                offset += len(block)

        requests = tuple(more())
        while waiting:
            reply = yield requests
            waiting -= 1
            if transport.status_of(reply) != Status.OK:
                refused = refused or Refused(False, transport.reason_of_status(reply))
            requests = tuple(more())
        return refused


def _draft() -> str:
    """Return a globally unique temporary name; `sizes_in` removes what an interrupted attempt leaves."""
    return f"{_DRAFT}{secrets.token_hex(8)}{_DRAFT_END}"
