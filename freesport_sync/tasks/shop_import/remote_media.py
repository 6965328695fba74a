"""The shop's media on the SSH host."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from freesport_sync.errors import ConfigError, reason_of
from freesport_sync.rules.catalog.pictures import NotDeliverable, PictureProblem
from freesport_sync.sources.ssh.upload import (
    Refused,
    Upload,
    problem_of_root,
    sizes_in,
)

if TYPE_CHECKING:
    from freesport_sync.sources.ssh.host import SshHost


class RemoteMedia:
    """The folder of the shop's pictures on the SSH host; each subfolder is listed once.

    Args:
        host: the host.
        folder: exists there and can be written to.
        is_dry_run: only pretend to deliver.

    Raises:
        ConfigError: it does not exist, or cannot be written to.
        ConnectionFailed: the host cannot be reached.
    """

    def __init__(self, host: SshHost, folder: str, is_dry_run: bool = False) -> None:
        self._host = host
        self._root = folder
        self._is_dry_run = is_dry_run
        self._sizes: dict[str, dict[str, int]] = {}
        if problem := problem_of_root(host, folder, may_write=not is_dry_run):
            raise ConfigError("server_media_unusable", server=host.profile.label, path=folder, reason=problem)

    def size(self, relative: str) -> int | None:
        """Size in bytes of a picture in the shop's media; None if it is not there."""
        folder, _, name = relative.rpartition("/")
        if folder not in self._sizes:
            self._sizes[folder] = sizes_in(self._host, self._root, folder)
        return self._sizes[folder].get(name)

    def deliver_all(self, pictures: Mapping[str, Path], done: Callable[[], None]) -> Mapping[str, NotDeliverable]:
        """Upload pictures; the caller has checked that none exists yet.

        Args:
            pictures: path below the media root -> file of the export.
            done: called after each; may raise.

        Returns:
            Those that cannot be delivered.

        Raises:
            ConnectionFailed: the connection broke too often.
        """
        if self._is_dry_run:
            refused: Mapping[str, Refused] = {}
            for _ in pictures:
                done()
        else:
            refused = Upload(self._host, self._root, done).run(pictures)
        failed = {path: _trouble(why) for path, why in refused.items()}
        for path, file in pictures.items():
            if path in failed:
                continue
            folder, _, name = path.rpartition("/")
            try:
                self._sizes.setdefault(folder, {})[name] = file.stat().st_size
            except OSError as error:
                failed[path] = NotDeliverable(PictureProblem.UNREADABLE, reason=reason_of(error))
        return failed


def _trouble(why: Refused) -> NotDeliverable:
    problem = PictureProblem.UNREADABLE if why.is_ours else PictureProblem.NOT_COPIED
    return NotDeliverable(problem, reason=why.reason)
