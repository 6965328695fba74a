"""Downloads files: in parallel, resuming after a broken connection, visible only when complete."""

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
from freesport_sync.sources.ssh.sftp import SftpTask
from freesport_sync.sources.ssh.transport import (
    Kind,
    Reply,
    SftpRequest,
    Status,
)

if TYPE_CHECKING:
    from freesport_sync.sources.ssh.host import SshHost

BLOCK_BYTES = 128 * 1024
"""Bytes per read request; old servers return less."""
DEPTH = 32
"""Concurrent requests per file."""
SPARE_BYTES = 100 * 1024**2
"""Disk space that must stay free."""
_SMALLEST_BLOCK = 1024
_REASONS: dict[int, str] = {Status.NO_SUCH_FILE: "vanished", Status.PERMISSION_DENIED: "unreadable"}


@dataclass(slots=True)
class Fetched:
    """Result of a download.

    Args:
        files: that are complete.
        unfinished: that changed, vanished or became unreadable meanwhile.
    """

    files: list[RemoteFile] = field(default_factory=list)
    unfinished: list[LeftOut] = field(default_factory=list)


class Download:
    """Downloads files into a folder.

    Args:
        host: to download from.
        root: folder of the host.
        target: local folder, below which files keep their paths.
        parts: folder for incomplete files.
        advance: called with the number of bytes present, including those of an earlier attempt.
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
        """Bytes received, repeated ones counted again."""
        self._in_pieces: list[RemoteFile] = []
        self._of_others: set[str] = set()
        """Files with a part left by an earlier process; after a power cut pieces of it may be empty."""
        self._result = Fetched()

    def run(self, files: Sequence[RemoteFile]) -> Fetched:
        """Download files.

        Raises:
            ImportFailed: the disk is full or cannot be written to.
            ConnectionFailed: the connection broke too often, or could not be restored.
            Cancelled: the run was cancelled; the next attempt resumes with the parts.
        """
        try:
            self._make_room(files)
            self._fetch(files)
            self._fetch(self._place_verified())
            self._result.unfinished += [LeftOut(file.path, "damaged") for file in self._place_verified()]
        except OSError as error:
            raise local_failure(error, self._target) from error
        return self._result

    def _make_room(self, files: Sequence[RemoteFile]) -> None:
        """Delete parts of files no longer wanted, and check the disk space for the rest."""
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
        """Download files; those received in one piece become visible at once."""
        remaining = {file.path: file for file in files}
        host, progress = self._host, lambda: self._here + self._settled
        for attempt in retrying(lambda: host.was_connected, self._waits_s, progress, host.cancel):
            with attempt:
                tasks = (self._task(file, remaining) for file in list(remaining.values()))
                host.sftp().run(tasks, check=host.cancel.check)

    @property
    def _settled(self) -> int:
        return len(self._result.files) + len(self._result.unfinished) + len(self._in_pieces)

    def _task(self, file: RemoteFile, remaining: dict[str, RemoteFile]) -> SftpTask:
        """Download one file, from opening it to the last byte."""
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

    def _read(self, file: RemoteFile, handle: bytes, offset: int) -> Generator[tuple[SftpRequest, ...], Reply, str]:
        """Append the missing bytes to the part; returns the reason of a failure."""
        asked: dict[SftpRequest, tuple[int, int]] = {}
        early: dict[int, memoryview] = {}
        next_offset = offset

        def ask(start: int, length: int) -> SftpRequest:
            request = transport.read(handle, start, length)
            asked[request] = (start, length)
            return request

        def more() -> Iterator[SftpRequest]:
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
                if reply.kind == Kind.STATUS:  # the file has become shorter or unreadable
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
                if len(data) < length:  # the maximum of this host
                    self._block = max(len(data), _SMALLEST_BLOCK)
                    requests = (ask(start + len(data), length - len(data)),)
                requests = (*requests, *more())
                self._advance(self._here)
        return problem

    def _place_verified(self) -> list[RemoteFile]:
        """Make resumed files visible if their digests match; returns the others, to be downloaded again.

        The pieces might belong to two versions of equal size and time. A file received in one piece is covered by the
        checksums of SSH, and by its size and time before and after.
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
        """Move a complete file to its place, with its modification time on the host."""
        part, target = self._part(file), self._target / file.path
        os.utime(part, (file.mtime, file.mtime))
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_fresh(part, target)
        self._result.files.append(file)

    def _part(self, file: RemoteFile) -> Path:
        """Return the path of a part; it depends on size and time of the file."""
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
    """Return why a file of the host cannot be read; empty if it can."""
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
    """Return the SHA-256 of a local file."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def local_failure(error: OSError, folder: Path) -> ImportFailed:
    """Return the error for a local disk that cannot be written."""
    if error.errno in DISK_FULL:
        return ImportFailed("disk_full", path=str(folder))
    return ImportFailed("received_not_writable", path=str(folder), reason=reason_of(error))


def _changed(file: RemoteFile, handle: bytes) -> Generator[tuple[SftpRequest, ...], Reply, str]:
    """Return why a file is no longer the listed one."""
    reply = yield (transport.on_handle(Kind.FSTAT, handle),)
    if reply.kind == Kind.STATUS:
        return "unreadable"
    now = transport.attributes_of(reply)
    return "" if file.is_as(now) else "changing"
