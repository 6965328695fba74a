"""Moves imported files on the host into an archive folder."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from freesport_sync.sources.ssh import transport
from freesport_sync.sources.ssh.listing import LeftOut, RemoteFile, joined
from freesport_sync.sources.ssh.retry import WAITS_S, retrying
from freesport_sync.sources.ssh.sftp import Sftp, SftpTask
from freesport_sync.sources.ssh.transport import Kind, Status

if TYPE_CHECKING:
    from freesport_sync.sources.ssh.host import SshHost


def move_files(host: SshHost, root: str, files: Sequence[RemoteFile], archive: str, name: str) -> tuple[LeftOut, ...]:
    """Move files into another folder of the host, never replacing anything.

    Args:
        host: the host.
        root: the folder that was listed.
        files: with size and time as of the download.
        archive: the other folder; created if missing.
        name: of a folder in it, below which the files keep their paths.

    Returns:
        Files that were not moved, each with a reason code.

    Raises:
        ConnectionFailed: the connection broke too often.
    """
    remaining = {file.path: file for file in files}
    kept: list[LeftOut] = []

    def task(file: RemoteFile) -> SftpTask:
        source = joined(root, file.path)
        reply = yield (transport.on_path(Kind.LSTAT, source),)
        reason = "vanished"
        if reply.kind == Kind.ATTRS:
            now = transport.attributes_of(reply)
            reason = "changing"
            if file.is_as(now):
                reply = yield (transport.rename(source, joined(archive, f"{name}/{file.path}")),)
                reason = "" if transport.status_of(reply) == Status.OK else "not_moved"
        del remaining[file.path]
        if reason:
            kept.append(LeftOut(file.path, reason))

    progress = len(files)
    for attempt in retrying(lambda: host.was_connected, WAITS_S, lambda: progress - len(remaining), host.cancel):
        with attempt:
            sftp = host.sftp()
            make_folders(sftp, archive, {str(PurePosixPath(name, path).parent) for path in remaining})
            sftp.run((task(file) for file in list(remaining.values())), check=host.cancel.check)
    return tuple(sorted(kept))


def make_folders(sftp: Sftp, root: str, folders: Collection[str]) -> None:
    """Create folders and their parents, including the root; existing ones are left alone.

    Args:
        sftp: the session.
        root: of the host.
        folders: paths below it.
    """
    needed = {joined(root, "")}
    for folder in folders:
        parts = [part for part in PurePosixPath(folder).parts if part != "."]
        needed |= {joined(root, "/".join(parts[: count + 1])) for count in range(len(parts))}
    for folder in sorted(needed):
        sftp.ask(transport.make_folder(folder))  # refused if it exists; any other reason shows in the next step
