"""Delivers the export's pictures into the shop's media, before the merge attaches them (PICTURE-5)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from freesport_sync.core.events import IssuesFound
from freesport_sync.core.issues import SHOWN_LENGTH, RowIssue, Severity
from freesport_sync.core.progress import StageMeter
from freesport_sync.core.run import Counts
from freesport_sync.core.shop import ImportKind, Stage
from freesport_sync.database.merge import pictures
from freesport_sync.database.merge.pictures import DeliveredPicture, FoundPicture
from freesport_sync.errors import ConfigError
from freesport_sync.rules.catalog.pictures import (
    MAIN_IMAGE_LIMIT,
    PICTURE_FIELD,
    VARIANT,
    NotDeliverable,
    PictureProblem,
    PictureRules,
    file_name,
    is_safe,
    media_path,
)
from freesport_sync.runs.context import RunContext
from freesport_sync.runs.life import LockedRun
from freesport_sync.settings.model import OwnedField
from freesport_sync.sources.commerceml.picture_files import PictureFolders
from freesport_sync.tasks.shop_import.media_root import Media, MediaRoot
from freesport_sync.tasks.shop_import.plan import wants_pictures
from freesport_sync.tasks.shop_import.remote_media import RemoteMedia
from freesport_sync.tasks.shop_import.request import ShopImport

if TYPE_CHECKING:
    from freesport_sync.sources.ssh.host import SshHost

OBJECTS_AT_ONCE = 500
"""Objects per query, so that the lock's connection is never idle for long."""


@dataclass(frozen=True, slots=True)
class PictureOutcome:
    """Outcome of delivering the export's pictures, before the merge.

    Args:
        accepted: pictures that the shop shows already, or can show now.
        skipped: too small, or of objects that the shop does not have.
        failed: not delivered.
    """

    accepted: int = 0
    skipped: int = 0
    failed: int = 0

    def counts(self, attached: int) -> Counts:
        """The counts, once the merge knows how many pictures are new to their objects."""
        return Counts(created=attached, unchanged=self.accepted - attached, skipped=self.skipped, failed=self.failed)


def open_media_root(context: RunContext, request: ShopImport, host: SshHost | None) -> Media | None:
    """Open the destination of pictures; None if this run delivers none.

    Args:
        context: of the run.
        request: what is imported.
        host: the SSH host, if the shop's media are there.

    Raises:
        ConfigError: the folder is not usable; or the run imports only pictures, and they are switched off or have no
            folder.
        ConnectionFailed: the SSH host cannot be reached.
    """
    settings, is_dry_run = context.settings, context.header.is_dry_run
    folder = request.media_root or settings.pictures.media_root
    remote_folder = settings.ssh.media_root if folder is None else None
    if request.kind is ImportKind.IMAGES:
        if request.skip_images:
            raise ConfigError("skip_images_contradicts")
        if folder is None and remote_folder is None:
            raise ConfigError("media_root_needed")
    if not wants_pictures(request):
        return None
    if remote_folder is not None and host is not None:
        return RemoteMedia(host, remote_folder, is_dry_run)
    return None if folder is None else MediaRoot(folder, is_dry_run)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A picture that exists; `source` is None if only the shop still has it."""

    picture: FoundPicture
    relative: str
    source: Path | None
    size: int


class PictureDelivery:
    """One delivery: everything that its steps share.

    Args:
        run: its connection has filled staging tables.
        folders: where the export's pictures are.
        media: where they go.
        files: number -> name of the export's files.
        only_pictures: the run imports only pictures.
    """

    def __init__(
        self,
        run: LockedRun,
        folders: PictureFolders,
        media: Media,
        files: Mapping[int, str],
        only_pictures: bool,
    ) -> None:
        settings = run.context.settings
        self._connection = run.connection
        self._folders = folders
        self._media = media
        self._files = files
        sizes = settings.pictures
        self._owns_pictures = settings.owns(OwnedField.PICTURES)
        self._only_pictures = only_pictures
        self._rules = PictureRules(sizes.min_size_bytes, sizes.large_size_bytes, sizes.max_size_bytes)
        self._cancel = run.context.cancel
        self._report = run.report
        self._issues: list[RowIssue] = []
        self._missing: dict[str, tuple[Path, int]] = {}
        """To be delivered: path in the shop's media -> file and size."""
        self._given_up: set[tuple[int, int, str]] = set()
        self._accepted = self._small = self._failed = self._settled = 0

    def run(self) -> PictureOutcome:
        """Copy what the shop's media lacks, and list for the merge what it has.

        Raises:
            ImportFailed: the disk is full.
            Cancelled: asked to stop.
        """
        totals = pictures.find_pictures(self._connection, self._owns_pictures, self._only_pictures)
        self._accepted = totals.settled
        meter = StageMeter(self._report, Stage.PICTURES, totals.pictures, time.monotonic)
        if self._only_pictures:
            self._report_ownerless()
        for first in range(1, totals.objects + 1, OBJECTS_AT_ONCE):
            found = pictures.read_pictures(self._connection, first, first + OBJECTS_AT_ONCE - 1)
            wanted = [
                one for _, of_object in groupby(found, attrgetter("object_no")) for one in self._wanted(of_object)
            ]
            pictures.add_delivered(self._connection, list(self._delivered(wanted, meter)))
            self._settled += len(found)
            meter.advance(self._settled)
            self._send_issues()
        if self._small:
            self._issues.append(RowIssue(Severity.NOTE, "pictures_small", field=PICTURE_FIELD, value=str(self._small)))
        self._send_issues()
        meter.finish()
        return PictureOutcome(self._accepted, self._small + totals.ownerless, self._failed)

    def _wanted(self, of_object: Iterable[FoundPicture]) -> Iterator[tuple[int, _Candidate]]:
        """The pictures that an object does not show yet and should, with their places in its list."""
        listed = list(of_object)
        self._accepted += len({file_name(picture.path) for picture in listed if picture.is_listed})
        there = self._look_at(listed)
        smallest = self._rules.smallest_wanted(candidate.size for candidate in there)
        for number, candidate in enumerate(there):
            if candidate.picture.is_listed:
                continue
            if candidate.size < smallest:
                self._small += 1
                continue
            if candidate.source is not None and self._size_there(candidate.relative) is None:
                self._missing[candidate.relative] = (candidate.source, candidate.size)
            yield number, candidate

    def _size_there(self, relative: str) -> int | None:
        """Size of a picture that the shop's media has, or will have after the next delivery."""
        return self._missing[relative][1] if relative in self._missing else self._media.size(relative)

    def _delivered(self, wanted: Sequence[tuple[int, _Candidate]], meter: StageMeter) -> Iterator[DeliveredPicture]:
        """Deliver what is missing; yields the wanted pictures that the shop's media then has."""
        missing = {relative: source for relative, (source, _) in self._missing.items()}
        self._missing.clear()
        done = count(self._settled + 1)

        def advance() -> None:
            self._cancel.check()
            meter.advance(next(done))

        failed = self._media.deliver_all(missing, advance) if missing else {}
        for number, candidate in wanted:
            if (trouble := failed.get(candidate.relative)) is not None:
                self._give_up(candidate.picture, trouble)
            else:
                self._accepted += 1
                picture = candidate.picture
                yield DeliveredPicture(picture.owner, picture.onec_id, number, candidate.relative)

    def _look_at(self, listed: Sequence[FoundPicture]) -> list[_Candidate]:
        """The pictures that exist, the first of each file name."""
        there: dict[str, _Candidate] = {}
        looked_at: set[str] = set()  # a record may be exported twice
        for picture in listed:
            self._cancel.check()
            name = file_name(picture.path)
            if name in there or picture.path in looked_at:
                continue
            looked_at.add(picture.path)
            try:
                there[name] = self._candidate(picture)
            except NotDeliverable as trouble:
                self._give_up(picture, trouble)
        return list(there.values())

    def _candidate(self, picture: FoundPicture) -> _Candidate:
        if not is_safe(picture.path):
            raise NotDeliverable(PictureProblem.UNSAFE)
        relative = media_path(picture.owner, picture.path)
        if picture.owner == VARIANT and len(relative) > MAIN_IMAGE_LIMIT:
            raise NotDeliverable(PictureProblem.PATH_TOO_LONG, length=len(relative), limit=MAIN_IMAGE_LIMIT)
        found = self._folders.find(picture.owner, picture.path, self._files.get(picture.file_no, ""))
        source, size = found or (None, self._size_there(relative))
        if size is None:
            raise NotDeliverable(PictureProblem.MISSING)
        if size > self._rules.maximum:
            raise NotDeliverable(PictureProblem.TOO_LARGE, size_bytes=size, limit_bytes=self._rules.maximum)
        return _Candidate(picture, relative, source, size)

    def _give_up(self, picture: FoundPicture, trouble: NotDeliverable) -> None:
        # A picture that the shop shows already is no loss; a product and a variant that share a picture miss it once.
        place = (picture.file_no, picture.line, picture.path)
        if picture.is_listed or place in self._given_up:
            return
        self._given_up.add(place)
        self._failed += 1
        self._issues.append(
            RowIssue(
                Severity.WARNING,
                trouble.problem.value,
                self._files.get(picture.file_no, ""),
                picture.line,
                picture.onec_id,
                picture.name[:SHOWN_LENGTH],
                field=PICTURE_FIELD,
                value=picture.path[:SHOWN_LENGTH],
                params=trouble.params,
            )
        )

    def _report_ownerless(self) -> None:
        self._issues += [
            RowIssue(
                Severity.WARNING,
                "picture_owner_unknown",
                self._files.get(owner.file_no, ""),
                owner.line,
                owner.onec_id,
                field=PICTURE_FIELD,
                value=owner.onec_id,
            )
            for owner in pictures.read_ownerless(self._connection)
        ]

    def _send_issues(self) -> None:
        if self._issues:
            self._report(IssuesFound(tuple(self._issues)))
            self._issues.clear()
