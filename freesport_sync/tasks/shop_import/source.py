"""The files of an import: fetched from the SSH host first, if it asks for that, and archived there afterwards."""

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
    PullJob,
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
        server: the SSH host, for pictures that go there.
    """

    request: ShopImport
    reporter: Reporter
    issues: tuple[RowIssue, ...] = ()
    server: SshHost | None = None


@contextmanager
def opened_source(context: RunContext, request: ShopImport) -> Iterator[ImportSource]:
    """The files of an import; they are not deleted while the block lasts.

    Raises:
        NothingNew: the SSH host has nothing that is not imported.
        SourceMissing: it has nothing that is ready.
        SyncError: it cannot be reached, or somebody else fetches into the same folder.
    """
    refuse_contradiction(request)
    received = Received(context.folders.received)
    if not request.is_pull:
        with _media_server(context, request) as media, received.runs.in_use(request.data_dir):
            yield ImportSource(request, context.reporter, server=media)
        return
    with context.open_ssh_host() as server:
        with received.locked():
            job = pull_job(context.settings, received, server, request, context.reporter)
            pulled = pull_something(job)
            _refuse_full_of_some(request, pulled)
            folder = received.runs.keep({file.path: received.newest / file.path for file in pulled.files})
            kept = context.settings.received
            received.runs.forget_old(kept.keep_runs, kept.keep_days)
        watch = _StartWatch(context.reporter)
        try:
            with received.runs.in_use(folder):
                yield ImportSource(replace(request, data_dir=folder), watch, pulled.issues, server)
        finally:
            if not watch.has_started:  # the history does not know the run, so nobody can ask for these files
                received.runs.drop(folder)
        if not context.header.is_dry_run:
            archive(job, imported_files(job, pulled.files, request.kind), folder.name)


def pull_job(
    settings: Settings, received: Received, server: SshHost, request: ShopImport, reporter: Reporter
) -> PullJob:
    """What has to be fetched for an import.

    Args:
        settings: those in force.
        received: where to.
        server: where from.
        request: says which kinds of files.
        reporter: receives progress and the result.
    """
    ssh = settings.ssh
    media_root: Path | str | None = request.media_root or settings.pictures.media_root or ssh.media_root
    return PullJob(
        server=server,
        folder=ssh.folder,
        received=received,
        kinds=kinds_of(request),
        with_pictures=bool(media_root) and wants_pictures(request),
        archive_folder=ssh.archive_folder,
        quiet_s=ssh.quiet_s,
        report=reporter,
    )


def _media_server(context: RunContext, request: ShopImport) -> AbstractContextManager[SshHost | None]:
    """The SSH host, if that is where this run's pictures go."""
    settings = context.settings
    is_here = request.media_root or settings.pictures.media_root
    if is_here or settings.ssh.media_root is None or not wants_pictures(request):
        return nullcontext()
    return context.open_ssh_host()


def _refuse_full_of_some(request: ShopImport, pulled: Pulled) -> None:
    """`--full` hides what the export does not contain, so nothing of it may be left for the next time.

    Raises:
        SourceMissing: something is.
    """
    missing = [path for path, _ in pulled.unfinished]
    missing += [path for path, reason in pulled.left_out if reason in UNSEEN]
    if request.is_full and missing:
        named = ", ".join(map(replace_surrogates, missing[:5]))
        raise SourceMissing("full_files_unfinished", files=named, count=len(missing))
    refuse_full_unseen(pulled.left_out, request)


class _StartWatch:
    """Passes events on, and remembers whether the run ever got a number."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self.has_started = False

    def __call__(self, event: Event) -> None:
        self.has_started = self.has_started or isinstance(event, RunStarted)
        self._reporter(event)
