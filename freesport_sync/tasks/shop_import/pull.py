"""The first stage of a run: the files of the server come here.

It goes before the import lock: a network that stands still must not keep others from importing, and nothing of the
database is needed. Two pulls into the same folder exclude each other with a lock of their own.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from freesport_sync.core.events import FilesArchived, FilesPulled, Reporter
from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.log_entries import log_entry
from freesport_sync.core.printable import replace_surrogates
from freesport_sync.core.progress import StageMeter
from freesport_sync.core.shop import ImportKind, Stage
from freesport_sync.errors import NothingNew, SourceMissing, SyncError
from freesport_sync.sources.commerceml.export import FileKind, opened_kinds, recognise, refusal_of
from freesport_sync.sources.commerceml.folders import PICTURE_FOLDER, is_too_deep
from freesport_sync.sources.commerceml.picture_files import is_packed_picture
from freesport_sync.sources.ssh.archive import move_files
from freesport_sync.sources.ssh.download import Download, local_trouble
from freesport_sync.sources.ssh.listing import (
    Choice,
    LeftOut,
    Listing,
    RemoteFile,
    choose,
    joined,
    list_files,
)
from freesport_sync.sources.ssh.retry import WAITS_S, retrying
from freesport_sync.tasks.shop_import.plan import but_others, left_out_issues
from freesport_sync.tasks.shop_import.received import Received

if TYPE_CHECKING:
    from freesport_sync.sources.ssh.host import SshHost

log = logging.getLogger(__name__)

UNSEEN = frozenset(("folder_unreadable", "same_name_twice", "symlink_broken"))
"""Why files that the export has may be missing here without our knowing what is in them."""
MAX_PICTURE_DEPTH = 3
"""Folders below `import_files`; 1C makes one."""


@dataclass(frozen=True, slots=True)
class PullJob:
    """One pull.

    Args:
        server: where from.
        folder: of the server.
        received: where to.
        kinds: which files.
        with_pictures: the pictures of the export too.
        archive_folder: of the server, where imported files are moved to; None: they stay.
        quiet_s: how long 1C must not have written to a file.
        report: receives progress in bytes, and the result.
        waits_s: see `sources.ssh.retry`.
    """

    server: SshHost
    folder: str
    received: Received
    kinds: frozenset[FileKind]
    with_pictures: bool
    archive_folder: str | None
    quiet_s: float
    report: Reporter
    waits_s: Sequence[float] = WAITS_S


@dataclass(frozen=True, slots=True)
class Pulled:
    """What came of it.

    Args:
        files: all that the server has and we have now.
        unfinished: left for the next time, with a reason code each.
        left_out: never fetched, with a reason code each.
    """

    files: tuple[RemoteFile, ...]
    unfinished: tuple[LeftOut, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def issues(self) -> tuple[RowIssue, ...]:
        """What the history of a run is to say of it."""
        unfinished = tuple(
            RowIssue(Severity.WARNING, f"pull_{reason}", replace_surrogates(path), value=replace_surrogates(path))
            for path, reason in self.unfinished
        )
        left_out = [(replace_surrogates(path), reason) for path, reason in self.left_out]
        return unfinished + left_out_issues(one for one in left_out if not is_packed_picture(PurePosixPath(one[0])))


def pull(job: PullJob) -> Pulled:
    """Fetch what is new or changed; the caller holds the lock of `job.received`.

    Raises:
        SyncError: the server cannot be reached or read, the disk is full, or somebody has cancelled.
    """
    meter = StageMeter(job.report, Stage.PULL, 0, time.monotonic)
    here: dict[str, tuple[int, int]] = {}
    listing = Listing((), ())
    now = 0.0
    for attempt in retrying(lambda: job.server.was_connected, job.waits_s, lambda: 0, job.server.cancel):
        with attempt:
            now = job.server.clock()  # before the list, which may take long
            listing = look(job)
    try:
        here = job.received.here()
        wanted, skipped = _sorted_out(listing.files, job)
        job.received.forget(_gone(here, listing, job.with_pictures))  # first: a file may become a folder
        choice = choose(wanted, here, now, job.quiet_s)
        download = Download(job.server, job.folder, job.received.newest, job.received.parts, meter.advance, job.waits_s)
        meter.expect(sum(file.size for file in choice.fetch))
        fetched = download.run(choice.fetch)
    except OSError as error:
        raise local_trouble(error, job.received.folder) from error
    meter.finish()
    pulled = Pulled(
        tuple(sorted((*choice.unchanged, *fetched.files), key=lambda file: file.path)),
        (*choice.unfinished, *fetched.unfinished),
        tuple(sorted((*listing.left_out, *skipped, *choice.left_out))),
    )
    job.report(_event(job, choice, pulled, fetched.files))
    return pulled


def pull_something(job: PullJob) -> Pulled:
    """As `pull`, where there has to be something.

    Raises:
        NothingNew: the server has nothing, because what it had is in its archive.
        SourceMissing: it has nothing that is ready.
        SyncError: see `pull`.
    """
    pulled = pull(job)
    if pulled.files:
        return pulled
    place = {"server": job.server.profile.label, "folder": job.folder or "."}
    is_seen = not pulled.unfinished and not any(reason in UNSEEN for _, reason in pulled.left_out)
    if job.archive_folder is not None and is_seen:
        raise NothingNew("server_has_nothing_new", **place, archive=job.archive_folder)
    others = but_others([(replace_surrogates(path), reason) for path, reason in pulled.left_out])
    raise SourceMissing("server_has_no_files", **place, unfinished=len(pulled.unfinished), **others)


def imported_files(job: PullJob, files: Sequence[RemoteFile], kind: ImportKind) -> list[RemoteFile]:
    """Those that a run has used up: a zip may hold what only a run of everything imports."""

    def is_used_up(path: PurePosixPath) -> bool:
        match path.suffix.lower():
            case ".xml":
                return recognise(path.name)[0] in job.kinds
            case ".zip":
                return kind is ImportKind.ALL
        return True

    return [file for file in files if is_used_up(PurePosixPath(file.path))]


def archive(job: PullJob, files: Sequence[RemoteFile], name: str) -> None:
    """Move imported files on the server into a folder of their own below the archive, if the profile says so.

    The import is done: what goes wrong here is reported in `FilesArchived` and does not fail the run.
    """
    if job.archive_folder is None:
        return
    try:
        kept = move_files(job.server, job.folder, files, job.archive_folder, name)
    except SyncError as error:
        log_entry(log, logging.WARNING, "files_not_archived", cause=error)
        kept = tuple(LeftOut(file.path, "not_moved") for file in files)
    kept_names = tuple((replace_surrogates(path), reason) for path, reason in kept)
    job.report(FilesArchived(joined(job.archive_folder, name), len(files) - len(kept), kept_names))


def look(job: PullJob) -> Listing:
    """List what may be wanted from the folder of the server.

    Raises:
        ConfigError: the folder is not there, or cannot be listed.
        ConnectionFailed: the server cannot be reached.
    """
    archive = None if job.archive_folder is None else joined(job.archive_folder, "")
    left_out: list[LeftOut] = []

    def is_entered(folder: PurePosixPath) -> bool:
        """The folders that a local export is looked through, and those of pictures."""
        if joined(job.folder, str(folder)) == archive:
            return False  # what has been imported is not fetched again
        names = [part.lower() for part in folder.parts]
        if PICTURE_FOLDER in names:
            below = len(names) - names.index(PICTURE_FOLDER) - 1
            return below <= (MAX_PICTURE_DEPTH if job.with_pictures else 0)
        if is_too_deep(folder):
            left_out.append(LeftOut(str(folder), "too_deep"))
            return False
        return True

    def is_of_interest(path: PurePosixPath) -> bool:
        match path.suffix.lower():
            case ".xml":  # below the folders of `import_files` lie pictures only
                return PICTURE_FOLDER not in (part.lower() for part in path.parts[:-2])
            case ".zip" if PICTURE_FOLDER not in (part.lower() for part in path.parts):
                if len(path.parts) > 1:
                    left_out.append(LeftOut(str(path), "archive_inside"))
                return len(path.parts) == 1
        return job.with_pictures and is_packed_picture(path)

    found = list_files(job.server.sftp(), job.folder, is_entered, is_of_interest, job.server.cancel.check)
    return Listing(found.files, tuple(sorted((*found.left_out, *left_out))))


def _gone(here: Collection[str], listing: Listing, with_pictures: bool) -> set[str]:
    """Files of ours, among those asked for, that the server no longer has."""
    asked_for = {path for path in here if with_pictures or not is_packed_picture(PurePosixPath(path))}
    return asked_for - {file.path for file in listing.files}


def _sorted_out(files: Sequence[RemoteFile], job: PullJob) -> tuple[list[RemoteFile], list[LeftOut]]:
    """The files that the kinds of the run mean, and the XML files that it leaves alone."""
    kinds: dict[str, FileKind] = {}
    wanted: list[RemoteFile] = []
    left_out: list[LeftOut] = []
    for file in files:
        if not file.path.lower().endswith(".xml"):
            wanted.append(file)
            continue
        kind, _ = recognise(PurePosixPath(file.path).name)
        if kind is None or refusal_of(kind):
            left_out.append(LeftOut(file.path, refusal_of(kind)))
        else:
            kinds[file.path] = kind
            wanted.append(file)
    opened = opened_kinds(set(kinds.values()), job.kinds)
    left_out += [LeftOut(path, "not_in_this_run") for path, kind in kinds.items() if kind not in opened]
    return [file for file in wanted if kinds.get(file.path) in (None, *opened)], left_out


def _event(job: PullJob, choice: Choice, pulled: Pulled, fetched: Sequence[RemoteFile]) -> FilesPulled:
    return FilesPulled(
        server=job.server.profile.label,
        folder=str(job.received.newest),
        fetched=len(fetched),
        fetched_bytes=sum(file.size for file in fetched),
        unchanged=len(choice.unchanged),
        unfinished=tuple((replace_surrogates(path), reason) for path, reason in pulled.unfinished),
        left_out=tuple((replace_surrogates(path), reason) for path, reason in pulled.left_out),
    )
