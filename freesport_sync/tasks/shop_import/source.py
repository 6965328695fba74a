"""The files of an import: fetched from the SSH host first, if requested, and archived there afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from freesport_sync.core.events import Event, Reporter, RunStarted
from freesport_sync.core.issues import RowIssue
from freesport_sync.core.printable import replace_surrogates
from freesport_sync.errors import SourceMissing
from freesport_sync.runs.context import RunContext
from freesport_sync.settings.model import Settings
from freesport_sync.tasks.shop_import.guards import refuse_full_unseen
from freesport_sync.tasks.shop_import.plan import kinds_of, refuse_contradiction, wants_pictures
from freesport_sync.tasks.shop_import.pull import (
    UNSEEN,
    Pulled,
    PullOptions,
    archive,
    imported_files,
    pull_something,
)
from freesport_sync.tasks.shop_import.received import Received
from freesport_sync.tasks.shop_import.request import ShopImport

if TYPE_CHECKING:
    from freesport_sync.sources.ssh.host import SshHost


@dataclass(frozen=True, slots=True)
class ImportSource:
    """What an import reads.

    Args:
        request: with the folder that has the files.
        reporter: of the run.
        issues: what is known of the files before they are read.
        host: the SSH host, if pictures are delivered to it.
    """

    request: ShopImport
    reporter: Reporter
    issues: tuple[RowIssue, ...] = ()
    host: SshHost | None = None


@contextmanager
def opened_source(context: RunContext, request: ShopImport) -> Iterator[ImportSource]:
    """Provide the files of an import; they are not deleted within the block.

    Raises:
        NothingNew: the SSH host has no files outside its archive.
        SourceMissing: it has no finished files.
        SyncError: it cannot be reached, or another pull into the same folder is running.
    """
    refuse_contradiction(request)
    received = Received(context.folders.received)
    if not request.is_pull:
        with _remote_media_host(context, request) as media, received.runs.in_use(request.data_dir):
            yield ImportSource(request, context.reporter, host=media)
        return
    with context.open_ssh_host() as host:
        with received.locked():
            options = pull_options(context.settings, received, host, request, context.reporter)
            pulled = pull_something(options)
            _refuse_full_of_some(request, pulled)
            folder = received.runs.keep({file.path: received.newest / file.path for file in pulled.files})
            kept = context.settings.received
            received.runs.forget_old(kept.keep_runs, kept.keep_days)
        watch = _StartWatch(context.reporter)
        try:
            with received.runs.in_use(folder):
                yield ImportSource(replace(request, data_dir=folder), watch, pulled.issues, host)
        finally:
            if not watch.has_started:  # the run is not in the history, so it cannot be repeated with these files
                received.runs.drop(folder)
        if not context.header.is_dry_run:
            archive(options, imported_files(options, pulled.files, request.kind), folder.name)


def pull_options(
    settings: Settings, received: Received, host: SshHost, request: ShopImport, reporter: Reporter
) -> PullOptions:
    """The options of the pull for an import.

    Args:
        settings: the effective ones.
        received: where the files go.
        host: to fetch from.
        request: decides on the kinds of files.
        reporter: receives progress and the result.
    """
    ssh = settings.ssh
    media_root: Path | str | None = request.media_root or settings.pictures.media_root or ssh.media_root
    return PullOptions(
        host=host,
        folder=ssh.folder,
        received=received,
        kinds=kinds_of(request),
        with_pictures=bool(media_root) and wants_pictures(request),
        archive_folder=ssh.archive_folder,
        quiet_s=ssh.quiet_s,
        report=reporter,
    )


def _remote_media_host(context: RunContext, request: ShopImport) -> AbstractContextManager[SshHost | None]:
    """The SSH host, if this run delivers pictures to it."""
    settings = context.settings
    is_here = request.media_root or settings.pictures.media_root
    if is_here or settings.ssh.media_root is None or not wants_pictures(request):
        return nullcontext()
    return context.open_ssh_host()


def _refuse_full_of_some(request: ShopImport, pulled: Pulled) -> None:
    """`--full` hides what the export lacks, so nothing of it may be left to the next pull.

    Raises:
        SourceMissing: something is left.
    """
    missing = [path for path, _ in pulled.unfinished]
    missing += [path for path, reason in pulled.left_out if reason in UNSEEN]
    if request.is_full and missing:
        named = ", ".join(map(replace_surrogates, missing[:5]))
        raise SourceMissing("full_files_unfinished", files=named, count=len(missing))
    refuse_full_unseen(pulled.left_out, request)


class _StartWatch:
    """Passes events on, and notes whether the run has started."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self.has_started = False

    def __call__(self, event: Event) -> None:
        self.has_started = self.has_started or isinstance(event, RunStarted)
        self._reporter(event)
