"""Fetches files: in parallel, going on where a broken connection has left off, and never seen half."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from freesport_sync.errors import ImportFailed, reason_of
from freesport_sync.os_support import DISK_FULL, replace_fresh
from freesport_sync.sources.ssh import transport
from freesport_sync.sources.ssh.listing import LeftOut, RemoteFile, joined
from freesport_sync.sources.ssh.retry import retrying
from freesport_sync.sources.ssh.sftp import Task
from freesport_sync.sources.ssh.transport import (
    Kind,
    Reply,
    Request,
    Status,
)

if TYPE_CHECKING:
    from freesport_sync.sources.ssh.host import SshHost

BLOCK_BYTES = 128 * 1024
"""What one request asks for; old servers answer with less."""
DEPTH = 32
"""Requests of one file that are on their way at once."""
SPARE_BYTES = 100 * 1024**2
"""What must stay free on the disk."""
_SMALLEST_BLOCK = 1024
_REASONS: dict[int, str] = {Status.NO_SUCH_FILE: "vanished", Status.PERMISSION_DENIED: "unreadable"}


@dataclass(slots=True)
class Fetched:
    """What came of the files.

    Args:
        files: those that are here now.
        unfinished: those that changed, vanished or could not be read meanwhile.
    """

    files: list[RemoteFile] = field(default_factory=list)
    unfinished: list[LeftOut] = field(default_factory=list)


class Download:
    """Fetches files into a folder.

    Args:
        host: where from.
        root: the folder of the host.
        target: where a file comes to lie, at its path below it.
        parts: folder for files that are not complete yet.
        advance: told how many bytes are here, those of an earlier try included.
        waits_s: see `retry`.
    """

    def __init__(
        self,
        host: SshHost,
        root: str,
        target: Path,
        parts: Path,
        advance: Callable[[int], None],
        waits_s: Sequence[float],
    ) -> None:
        self._host = host
        self._root = root
        self._target = target
        self._parts = parts
        self._advance = advance
        self._waits_s = waits_s
        self._block = BLOCK_BYTES
        self._here = 0
        self.received_bytes = 0
        """What has come over the network, twice where it had to come twice."""
        self._in_pieces: list[RemoteFile] = []
        self._of_others: set[str] = set()
        """Files of which an earlier program has left a part: a power cut may have emptied pieces of it."""
        self._result = Fetched()

    def run(self, files: Sequence[RemoteFile]) -> Fetched:
        """Fetch files; returns what came of them.

        Raises:
            ImportFailed: the disk is full or cannot be written to.
            ConnectionFailed: the connection broke once too often, or could not be made again.
            Cancelled: asked to stop; what has come so far is used by the next try.
        """
        try:
            self._make_room(files)
            self._fetch(files)
            self._fetch(self._place_verified())
            self._result.unfinished += [LeftOut(file.path, "damaged") for file in self._place_verified()]
        except OSError as error:
            raise local_trouble(error, self._target) from error
        return self._result

    def _make_room(self, files: Sequence[RemoteFile]) -> None:
        """Forget pieces of files that are not wanted any more, and see whether the rest has room."""
        self._parts.mkdir(parents=True, exist_ok=True)
        wanted = {self._part(file).name for file in files}
        for leftover in self._parts.iterdir():
            if leftover.name not in wanted:
                leftover.unlink()
        here = {file.path: self._size_here(file) for file in files}
        self._of_others = {path for path, size in here.items() if size}
        self._here = sum(here.values())
        needed = sum(file.size for file in files) - self._here
        free = shutil.disk_usage(self._parts).free
        if needed and needed + SPARE_BYTES > free:
            raise ImportFailed("pull_disk_full", path=str(self._target), needed=needed + SPARE_BYTES, free=free)

    def _fetch(self, files: Sequence[RemoteFile]) -> None:
        """Bring files here; those that came in one piece come to lie at their places."""
        remaining = {file.path: file for file in files}
        host, progress = self._host, lambda: self._here + self._settled
        for attempt in retrying(lambda: host.was_connected, self._waits_s, progress, host.cancel):
            with attempt:
                tasks = (self._task(file, remaining) for file in list(remaining.values()))
                host.sftp().run(tasks, check=host.cancel.check)

    @property
    def _settled(self) -> int:
        return len(self._result.files) + len(self._result.unfinished) + len(self._in_pieces)

    def _task(self, file: RemoteFile, remaining: dict[str, RemoteFile]) -> Task:
        """One file, from its opening to the last byte."""
        reply = yield (transport.open_file(joined(self._root, file.path), transport.READ),)
        if reply.kind == Kind.STATUS:
            del remaining[file.path]
            self._result.unfinished.append(LeftOut(file.path, _REASONS.get(transport.status_of(reply), "unreadable")))
            return
        handle = transport.handle_of(reply)
        offset = self._size_here(file)
        problem = yield from _changed(file, handle)
        problem = problem or (yield from self._read(file, handle, offset))
        problem = problem or (yield from _changed(file, handle))
        yield (transport.on_handle(Kind.CLOSE, handle),)
        del remaining[file.path]
        if problem:
            self._result.unfinished.append(LeftOut(file.path, problem))
        elif offset:
            self._in_pieces.append(file)
        else:
            self._place(file)

    def _read(self, file: RemoteFile, handle: bytes, offset: int) -> Generator[tuple[Request, ...], Reply, str]:
        """Append what is missing to the part that is here; returns why it could not be done."""
        asked: dict[Request, tuple[int, int]] = {}
        early: dict[int, memoryview] = {}
        next_offset = offset

        def ask(start: int, length: int) -> Request:
            request = transport.read(handle, start, length)
            asked[request] = (start, length)
            return request

        def more() -> Iterator[Request]:
            nonlocal next_offset
            while next_offset < file.size and len(asked) < DEPTH:
                length = min(self._block, file.size - next_offset)
                yield ask(next_offset, length)
                next_offset += length

        problem = ""
        with self._part(file).open("ab") as part:
            requests = tuple(more())
            while asked:
                reply = yield requests
                requests = ()
                start, length = asked.pop(reply.request)
                if reply.kind == Kind.STATUS:  # the file is shorter now, or cannot be read after all
                    problem = problem or ("changing" if transport.status_of(reply) == Status.EOF else "unreadable")
                if problem:
                    continue
                data = transport.data_of(reply)
                if not 0 < len(data) <= length:
                    raise transport.broken(f"{len(data)} bytes where {length} were asked for")
                self.received_bytes += len(data)
                early[start] = data
                while (ready := early.pop(offset, None)) is not None:
                    part.write(ready)
                    offset += len(ready)
                    self._here += len(ready)
                if len(data) < length:  # no more than this goes into an answer of this host
                    self._block = max(len(data), _SMALLEST_BLOCK)
                    requests = (ask(start + len(data), length - len(data)),)
                requests = (*requests, *more())
                self._advance(self._here)
        return problem

    def _place_verified(self) -> list[RemoteFile]:
        """Put files that came in pieces to their places; returns those whose pieces do not fit, to be fetched anew.

        The pieces might be of two files of the same size and time. One that came in one piece is covered by the
        checksums of SSH, and by its size and time, which were the same before and after.
        """
        files, self._in_pieces = self._in_pieces, []
        size = sum(file.size for file in files)
        digests = self._host.digests([joined(self._root, file.path) for file in files], size) if files else {}
        damaged: list[RemoteFile] = []
        for file in files:
            self._host.cancel.check()
            expected = digests.get(joined(self._root, file.path))
            is_ours = file.path not in self._of_others
            if is_ours if expected is None else expected == digest_of(self._part(file)):
                self._place(file)
            else:
                self._part(file).unlink()
                self._here -= file.size
                self._of_others.discard(file.path)
                damaged.append(file)
        return damaged

    def _place(self, file: RemoteFile) -> None:
        """Make a complete file visible, with the time that it has on the host."""
        part, target = self._part(file), self._target / file.path
        os.utime(part, (file.mtime, file.mtime))
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_fresh(part, target)
        self._result.files.append(file)

    def _part(self, file: RemoteFile) -> Path:
        """Where a file grows; another size or time makes it another file."""
        name = f"{file.path}\0{file.size}\0{file.mtime}".encode()
        return self._parts / f"{hashlib.sha256(name).hexdigest()[:40]}.part"

    def _size_here(self, file: RemoteFile) -> int:
        part = self._part(file)
        try:
            size = part.stat().st_size
        except FileNotFoundError:
            return 0
        if size > file.size:
            part.unlink()
            return 0
        return size


def problem_of_reading(host: SshHost, path: str) -> str:
    """Why a file of the host cannot be read; an empty text where it can."""
    sftp = host.sftp()
    reply = sftp.ask(transport.open_file(path, transport.READ))
    if reply.kind == Kind.STATUS:
        return transport.reason_of_status(reply)
    handle = transport.handle_of(reply)
    reply = sftp.ask(transport.read(handle, 0, 1))
    sftp.ask(transport.on_handle(Kind.CLOSE, handle))
    is_readable = reply.kind == Kind.DATA or transport.status_of(reply) == Status.EOF
    return "" if is_readable else transport.reason_of_status(reply)


def digest_of(file: Path) -> str:
    """SHA-256 of a file of ours."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def local_trouble(error: OSError, folder: Path) -> ImportFailed:
    """What to tell of a disk that does not take the files."""
    if error.errno in DISK_FULL:
        return ImportFailed("disk_full", path=str(folder))
    return ImportFailed("received_not_writable", path=str(folder), reason=reason_of(error))


def _changed(file: RemoteFile, handle: bytes) -> Generator[tuple[Request, ...], Reply, str]:
    """Why a file is not the one of the list any more."""
    reply = yield (transport.on_handle(Kind.FSTAT, handle),)
    if reply.kind == Kind.STATUS:
        return "unreadable"
    now = transport.attributes_of(reply)
    return "" if file.is_as(now) else "changing"
