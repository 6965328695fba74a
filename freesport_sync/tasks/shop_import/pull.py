"""The first stage of a run: fetches the files of the SSH host.

It runs before the import lock is taken: a stalled network must not keep others from importing, and no database is
needed. Pulls into the same folder exclude each other with a lock of their own.
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
from freesport_sync.sources.ssh.download import Download, local_failure
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
from freesport_sync.tasks.shop_import.plan import found_instead, left_out_issues
from freesport_sync.tasks.shop_import.received import Received

if TYPE_CHECKING:
    from freesport_sync.sources.ssh.host import SshHost

log = logging.getLogger(__name__)

UNSEEN = frozenset(("folder_unreadable", "same_name_twice", "symlink_broken"))
"""Reasons for which files of the export may be missing here, with unknown contents."""
MAX_PICTURE_DEPTH = 3
"""Folders below `import_files`; 1C makes one."""


@dataclass(frozen=True, slots=True)
class PullOptions:
    """What to fetch, and how.

    Args:
        host: to fetch from.
        folder: of the host.
        received: where the files go.
        kinds: which files.
        with_pictures: the pictures of the export too.
        archive_folder: of the host, to which imported files are moved; None: they stay.
        quiet_s: seconds since the last change after which a file counts as finished.
        report: receives progress in bytes, and the result.
        waits_s: see `sources.ssh.retry`.
    """

    host: SshHost
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
    """Result of a pull.

    Args:
        files: those of the host that are here now.
        unfinished: left to the next pull, with a reason code each.
        left_out: never fetched, with a reason code each.
    """

    files: tuple[RemoteFile, ...]
    unfinished: tuple[LeftOut, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def issues(self) -> tuple[RowIssue, ...]:
        """The row issues to report."""
        unfinished = tuple(
            RowIssue(Severity.WARNING, f"pull_{reason}", replace_surrogates(path), value=replace_surrogates(path))
            for path, reason in self.unfinished
        )
        left_out = [(replace_surrogates(path), reason) for path, reason in self.left_out]
        return unfinished + left_out_issues(one for one in left_out if not is_packed_picture(PurePosixPath(one[0])))


def pull(options: PullOptions) -> Pulled:
    """Fetch what is new or changed; the caller holds the lock of `options.received`.

    Raises:
        SyncError: the host cannot be reached or read, the disk is full, or the run was cancelled.
    """
    meter = StageMeter(options.report, Stage.PULL, 0, time.monotonic)
    here: dict[str, tuple[int, int]] = {}
    listing = Listing((), ())
    now = 0.0
    for attempt in retrying(lambda: options.host.was_connected, options.waits_s, lambda: 0, options.host.cancel):
        with attempt:
            now = options.host.clock()  # before the list, which may take long
            listing = list_export(options)
    try:
        here = options.received.here()
        wanted, skipped = _sorted_out(listing.files, options)
        options.received.forget(_gone(here, listing, options.with_pictures))  # first: a file may become a folder
        choice = choose(wanted, here, now, options.quiet_s)
        download = Download(
            options.host,
            options.folder,
            options.received.newest,
            options.received.parts,
            meter.advance,
            options.waits_s,
        )
        meter.expect(sum(file.size for file in choice.fetch))
        fetched = download.run(choice.fetch)
    except OSError as error:
        raise local_failure(error, options.received.folder) from error
    meter.finish()
    pulled = Pulled(
        tuple(sorted((*choice.unchanged, *fetched.files), key=lambda file: file.path)),
        (*choice.unfinished, *fetched.unfinished),
        tuple(sorted((*listing.left_out, *skipped, *choice.left_out))),
    )
    options.report(_event(options, choice, pulled, fetched.files))
    return pulled


def pull_something(options: PullOptions) -> Pulled:
    """Pull, and fail if there is nothing to import.

    Raises:
        NothingNew: the host has no files outside its archive.
        SourceMissing: it has no finished files.
        SyncError: see `pull`.
    """
    pulled = pull(options)
    if pulled.files:
        return pulled
    place = {"server": options.host.profile.label, "folder": options.folder or "."}
    is_seen = not pulled.unfinished and not any(reason in UNSEEN for _, reason in pulled.left_out)
    if options.archive_folder is not None and is_seen:
        raise NothingNew("server_has_nothing_new", **place, archive=options.archive_folder)
    others = found_instead([(replace_surrogates(path), reason) for path, reason in pulled.left_out])
    raise SourceMissing("server_has_no_files", **place, unfinished=len(pulled.unfinished), **others)


def imported_files(options: PullOptions, files: Sequence[RemoteFile], kind: ImportKind) -> list[RemoteFile]:
    """The files that a run has imported completely: a zip may contain what only `--run all` imports."""

    def is_imported(path: PurePosixPath) -> bool:
        match path.suffix.lower():
            case ".xml":
                return recognise(path.name)[0] in options.kinds
            case ".zip":
                return kind is ImportKind.ALL
        return True

    return [file for file in files if is_imported(PurePosixPath(file.path))]


def archive(options: PullOptions, files: Sequence[RemoteFile], name: str) -> None:
    """Move imported files of the host into a new folder below the archive, if there is one.

    The import is committed: a failure is reported in `FilesArchived` and does not fail the run.
    """
    if options.archive_folder is None:
        return
    try:
        kept = move_files(options.host, options.folder, files, options.archive_folder, name)
    except SyncError as error:
        log_entry(log, logging.WARNING, "files_not_archived", cause=error)
        kept = tuple(LeftOut(file.path, "not_moved") for file in files)
    not_moved = tuple((replace_surrogates(path), reason) for path, reason in kept)
    options.report(FilesArchived(joined(options.archive_folder, name), len(files) - len(kept), not_moved))


def list_export(options: PullOptions) -> Listing:
    """List the folder of the host, as far as its files may be wanted.

    Raises:
        ConfigError: the folder does not exist, or cannot be listed.
        ConnectionFailed: the host cannot be reached.
    """
    archive = None if options.archive_folder is None else joined(options.archive_folder, "")
    left_out: list[LeftOut] = []

    def is_entered(folder: PurePosixPath) -> bool:
        """The folders that are searched in a local export, and those of pictures."""
        if joined(options.folder, str(folder)) == archive:
            return False  # what has been imported is not fetched again
        names = [part.lower() for part in folder.parts]
        if PICTURE_FOLDER in names:
            below = len(names) - names.index(PICTURE_FOLDER) - 1
            return below <= (MAX_PICTURE_DEPTH if options.with_pictures else 0)
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
        return options.with_pictures and is_packed_picture(path)

    found = list_files(options.host.sftp(), options.folder, is_entered, is_of_interest, options.host.cancel.check)
    return Listing(found.files, tuple(sorted((*found.left_out, *left_out))))


def _gone(here: Collection[str], listing: Listing, with_pictures: bool) -> set[str]:
    """Received files that the host no longer has, as far as it was listed."""
    asked_for = {path for path in here if with_pictures or not is_packed_picture(PurePosixPath(path))}
    return asked_for - {file.path for file in listing.files}


def _sorted_out(files: Sequence[RemoteFile], options: PullOptions) -> tuple[list[RemoteFile], list[LeftOut]]:
    """The files that the run imports, and the XML files that it skips."""
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
    opened = opened_kinds(set(kinds.values()), options.kinds)
    left_out += [LeftOut(path, "not_in_this_run") for path, kind in kinds.items() if kind not in opened]
    return [file for file in wanted if kinds.get(file.path) in (None, *opened)], left_out


def _event(options: PullOptions, choice: Choice, pulled: Pulled, fetched: Sequence[RemoteFile]) -> FilesPulled:
    return FilesPulled(
        server=options.host.profile.label,
        folder=str(options.received.newest),
        fetched=len(fetched),
        fetched_bytes=sum(file.size for file in fetched),
        unchanged=len(choice.unchanged),
        unfinished=tuple((replace_surrogates(path), reason) for path, reason in pulled.unfinished),
        left_out=tuple((replace_surrogates(path), reason) for path, reason in pulled.left_out),
    )
