"""Lists a folder of the host, and decides what to download; the decision is pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

from freesport_sync.errors import ConfigError
from freesport_sync.rules.catalog.pictures import is_safe
from freesport_sync.sources.ssh import transport
from freesport_sync.sources.ssh.sftp import Sftp, SftpTask
from freesport_sync.sources.ssh.transport import (
    Attributes,
    Kind,
    Reply,
    SftpRequest,
    Status,
)

MAX_ENTRIES = 1_000_000
"""Maximum of names in all folders; beyond it a host that never ends its list is assumed."""
_MAX_NAME_CHARACTERS = 1024
_MAX_NAME_BYTES = 200
"""Maximum per path component: file systems accept 255, and temporary names are longer."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of the host.

    Args:
        path: below the folder that was listed, with forward slashes.
        size: bytes.
        mtime: last change, seconds since 1970 by the host's clock; 0 if unknown.
    """

    path: str
    size: int
    mtime: int

    def is_as(self, now: Attributes) -> bool:
        """Return whether size and time are unchanged."""
        return now.size == self.size and self.mtime in (0, now.mtime or 0)


class LeftOut(NamedTuple):
    """A file that is not downloaded, with a reason code."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a folder and its subfolders."""

    files: tuple[RemoteFile, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """What to do with the files of a listing.

    Args:
        fetch: new or changed.
        unchanged: downloaded before.
        unfinished: 1C may still be writing them.
        left_out: never downloaded.
    """

    fetch: tuple[RemoteFile, ...]
    unchanged: tuple[RemoteFile, ...]
    unfinished: tuple[LeftOut, ...]
    left_out: tuple[LeftOut, ...]


def list_files(
    sftp: Sftp,
    root: str,
    is_entered: Callable[[PurePosixPath], bool],
    is_of_interest: Callable[[PurePosixPath], bool],
    check: Callable[[], None],
) -> Listing:
    """List a folder of the host recursively.

    Links to files below the root are followed; links to folders are not.

    Args:
        sftp: the session.
        root: the folder.
        is_entered: whether to list a folder, by its path below the root.
        is_of_interest: whether a file may be wanted; others are skipped without a reason.
        check: called for every reply; may raise.

    Raises:
        ConfigError: the root cannot be listed.
        ConnectionFailed: the connection broke, or the replies are invalid.
    """
    walk = _RemoteWalk(sftp, root, is_entered, is_of_interest, check)
    walk.run()
    return Listing(tuple(sorted(walk.files, key=lambda file: file.path)), tuple(sorted(walk.left_out)))


def choose(files: Sequence[RemoteFile], here: Mapping[str, tuple[int, int]], now: float, quiet_s: float) -> Choice:
    """Sort the files of a listing.

    Args:
        files: sorted by path.
        here: path -> size and time of the files we have.
        now: the host's clock.
        quiet_s: seconds since the last change after which a file counts as finished.
    """
    fetch: list[RemoteFile] = []
    unchanged: list[RemoteFile] = []
    unfinished: list[LeftOut] = []
    left_out: list[LeftOut] = []
    names: set[str] = set()
    for file in files:
        # On Windows and macOS `A.xml` and `a.xml` are one file, on macOS also the two encodings of `й`.
        name = unicodedata.normalize("NFC", file.path).casefold()
        if problem := name_problem(file.path):
            left_out.append(LeftOut(file.path, problem))
        elif name in names:
            left_out.append(LeftOut(file.path, "same_name_twice"))
        else:
            names.add(name)
            # The clocks may differ a little. A time far in the future comes from copying the file.
            if abs(now - file.mtime) < quiet_s:
                unfinished.append(LeftOut(file.path, "not_quiet"))
            elif file.mtime and here.get(file.path) == (file.size, file.mtime):
                unchanged.append(file)
            else:
                fetch.append(file)
    return Choice(tuple(fetch), tuple(unchanged), tuple(unfinished), tuple(left_out))


def name_problem(path: str) -> str:
    """Return why a path of the host must not be used locally; empty if it may."""
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return "outside"
    if not is_safe(path) or any(len(part.encode("utf-8", "surrogateescape")) > _MAX_NAME_BYTES for part in parts):
        return "name"
    return "name" if any("\ud800" <= char <= "\udfff" for char in path) else ""


class _RemoteWalk:
    """One recursive listing, level by level."""

    def __init__(
        self,
        sftp: Sftp,
        root: str,
        is_entered: Callable[[PurePosixPath], bool],
        is_of_interest: Callable[[PurePosixPath], bool],
        check: Callable[[], None],
    ) -> None:
        self._sftp = sftp
        self._root = root
        self._is_entered = is_entered
        self._is_of_interest = is_of_interest
        self._check = check
        self._entries = 0
        self._below: list[str] = []
        self._links: list[str] = []
        self._undated: list[str] = []
        self.files: list[RemoteFile] = []
        self.left_out: list[LeftOut] = []

    def run(self) -> None:
        level = [""]
        while level:
            self._below = []
            self._sftp.run((self._list(folder) for folder in level), check=self._check)
            level = self._below
        if self._links:
            real = _path_of(self._sftp.ask(transport.on_path(Kind.REALPATH, self._root)))
            self._sftp.run((self._follow(path, real) for path in self._links), check=self._check)
        if self._undated:
            self._sftp.run((self._ask(path) for path in self._undated), check=self._check)

    def _list(self, folder: str) -> SftpTask:
        end = yield from read_folder(joined(self._root, folder), lambda *entry: self._take(folder, *entry))
        if transport.status_of(end) != Status.EOF:
            self._refused(folder, end)

    def _take(self, folder: str, name: str, attributes: Attributes) -> None:
        self._entries += 1
        if self._entries > MAX_ENTRIES:
            raise transport.broken(f"more than {MAX_ENTRIES} names")
        if name in (".", ".."):
            return
        path = f"{folder}/{name}" if folder else name
        if not name or "/" in name:  # not a file name: a broken or malicious host
            self.left_out.append(LeftOut(path, "outside"))
        elif attributes.is_folder:
            if self._is_entered(PurePosixPath(path)):
                self._below.append(path)
        elif self._is_of_interest(PurePosixPath(path)):
            self._take_file(path, attributes)

    def _take_file(self, path: str, attributes: Attributes, is_asked_for: bool = False) -> None:
        if attributes.is_link:
            self._links.append(path)
        elif attributes.is_file and attributes.mtime is None and not is_asked_for:
            self._undated.append(path)  # some servers report attributes only on request
        elif attributes.is_file:
            self.files.append(RemoteFile(path, attributes.size or 0, attributes.mtime or 0))
        else:
            self.left_out.append(LeftOut(path, "not_a_file"))

    def _follow(self, path: str, real_root: str) -> SftpTask:
        place = joined(self._root, path)
        reply = yield (transport.on_path(Kind.REALPATH, place),)
        target = _path_of(reply) if reply.kind == Kind.NAME else ""
        if not target:
            self.left_out.append(LeftOut(path, "symlink_broken"))
            return
        if not PurePosixPath(target).is_relative_to(real_root):
            self.left_out.append(LeftOut(path, "symlink_outside"))
            return
        reply = yield (transport.on_path(Kind.STAT, place),)
        if reply.kind == Kind.STATUS:
            self.left_out.append(LeftOut(path, "symlink_broken"))
        else:
            self._take_file(path, transport.attributes_of(reply), is_asked_for=True)

    def _ask(self, path: str) -> SftpTask:
        reply = yield (transport.on_path(Kind.STAT, joined(self._root, path)),)
        if reply.kind == Kind.STATUS:
            self.left_out.append(LeftOut(path, "unreadable"))
        else:
            self._take_file(path, transport.attributes_of(reply), is_asked_for=True)

    def _refused(self, folder: str, reply: Reply) -> None:
        if folder:
            self.left_out.append(LeftOut(folder, "folder_unreadable"))
            return
        code = (
            "remote_folder_missing" if transport.status_of(reply) == Status.NO_SUCH_FILE else "remote_folder_forbidden"
        )
        raise ConfigError(code, folder=self._root, reason=transport.reason_of_status(reply))


def read_folder(path: str, take: Callable[[str, Attributes], None]) -> Generator[tuple[SftpRequest, ...], Reply, Reply]:
    """Pass on the names of a folder; returns the final status, `EOF` if it was read completely.

    Raises:
        ConnectionFailed: the list never ends, or has invalid names.
    """
    reply = yield (transport.on_path(Kind.OPENDIR, path),)
    if reply.kind == Kind.STATUS:
        return reply
    handle = transport.handle_of(reply)
    count = 0
    while (reply := (yield (transport.on_handle(Kind.READDIR, handle),))).kind != Kind.STATUS:
        names = list(transport.names_of(reply))
        count += len(names)
        if not names or count > MAX_ENTRIES:
            raise transport.broken("a list without an end")
        for name, attributes in names:
            if len(name) > _MAX_NAME_CHARACTERS:
                raise transport.broken(f"a name of {len(name)} characters")
            take(name, attributes)
    yield (transport.on_handle(Kind.CLOSE, handle),)
    return reply


def joined(root: str, path: str) -> str:
    """Join a folder of the host and a path below it; an empty root is the login's home."""
    if not root or not path:
        return root.rstrip("/") or path or ("/" if root else ".")
    return f"{root.rstrip('/')}/{path}"


def _path_of(reply: Reply) -> str:
    names: Collection[tuple[str, Attributes]] = list(transport.names_of(reply))
    return next((name for name, _ in names), "")
