"""The export on the SSH host of the settings: fetch it, pin the host's key, check whether that works."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.checks import CheckItem
from freesport_sync.core.connections import RemoteFolders
from freesport_sync.core.events import Reporter
from freesport_sync.errors import (
    ConfigError,
    SyncError,
)
from freesport_sync.settings.model import Settings, SshSettings
from freesport_sync.settings.paths import Paths, located
from freesport_sync.settings.secrets import ssh_passphrase, ssh_password
from freesport_sync.sources.ssh.download import problem_of_reading
from freesport_sync.sources.ssh.listing import Listing, joined
from freesport_sync.sources.ssh.profile import SshProfile
from freesport_sync.sources.ssh.upload import problem_of_root
from freesport_sync.tasks.shop_import.pull import PullOptions, list_export, pull_something
from freesport_sync.tasks.shop_import.received import Received
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.tasks.shop_import.source import pull_options

if TYPE_CHECKING:
    from freesport_sync.sources.ssh.host import SshHost
    from freesport_sync.sources.ssh.ssh_config import Hop


@dataclass(frozen=True, slots=True)
class PinnedHostKey:
    """The key of an SSH host that is on record now."""

    host: str
    port: int
    key_type: str
    fingerprint: str
    file: str


class RemoteExport:
    """The export on an SSH host.

    Args:
        settings: those in force.
        paths: of this installation.
    """

    def __init__(self, settings: Settings, paths: Paths) -> None:
        self._settings = settings
        self._paths = paths
        self._accepted_once: set[str] = set()
        self._password: str | None = None
        self._passphrase: str | None = None
        self.received = Received(paths.received)

    def of(self, ssh: SshSettings, password: str | None, passphrase: str | None) -> RemoteExport:
        """The export on another SSH host; host keys that were accepted here are accepted there.

        Args:
            ssh: in place of what the settings say.
            password: None: the one that is kept.
            passphrase: None: the one that is kept.
        """
        other = RemoteExport(self._settings.model_copy(update={"ssh": ssh}), self._paths)
        other._accepted_once = self._accepted_once
        other._password, other._passphrase = password, passphrase
        return other

    @property
    def folders(self) -> RemoteFolders | None:
        """Where the export lies; None: the settings name no SSH host."""
        ssh = self._settings.ssh
        return None if ssh.host is None else RemoteFolders(ssh.login, ssh.folder, ssh.archive_folder)

    def accept_host_key_once(self, fingerprint: str) -> None:
        """Trust a host key until the program ends."""
        self._accepted_once.add(fingerprint)

    def pin_host_key(
        self, fingerprint: str, cancel: CancelToken | None = None, replaces: bool = False
    ) -> PinnedHostKey:
        """Record the host's key if it has this fingerprint, perhaps in place of the one on record.

        Raises:
            HostKeyChanged: it has another one.
            ConnectionFailed: the host cannot be reached.
            ConfigError: no SSH host is configured, or the fingerprint is invalid.
        """
        with self.open(cancel or CancelToken()) as host:
            profile, key = host.pin_host_key(fingerprint, replaces)
        return PinnedHostKey(profile.host, profile.port, key.key_type, key.fingerprint, str(profile.pinned))

    def pull(self, reporter: Reporter, cancel: CancelToken) -> None:
        """Fetch what is new or changed, of all kinds; what came of it is the event `FilesPulled`.

        Raises:
            NothingNew: the host has no files but the imported ones in its archive.
            SyncError: see `tasks.shop_import.pull.pull`; or another program fetches into the same folder.
        """
        with self.open(cancel) as host, self.received.locked():
            pull_something(self._everything(host, reporter))

    def check(self, cancel: CancelToken) -> tuple[CheckItem, ...]:
        """Whether files could be fetched, step by step; the last item is the step that fails. Writes nothing.

        Nothing is checked if no SSH host is configured.

        Args:
            cancel: ends it at once.
        """
        ssh = self._settings.ssh
        if ssh.host is None:
            return ()
        items: list[CheckItem] = []
        try:
            with self.open(cancel) as host:
                profile = host.profile
                address = {"host": profile.host, "port": profile.port, "user": profile.user}
                host.connect(lambda step: items.append(CheckItem(f"ssh_{step.value}", True, address)))
                found = list_export(self._everything(host, lambda event: None))
                items.append(CheckItem("ssh_folder", True, {"folder": ssh.folder or ".", "files": len(found.files)}))
                items.append(CheckItem("ssh_commands" if host.runs_commands() else "ssh_commands_missing", True))
                items += self._check_rights(host, found)
        except SyncError as error:
            items.append(CheckItem(error.code, False, error.params))
        return tuple(items)

    def _check_rights(self, host: SshHost, found: Listing) -> Iterator[CheckItem]:
        ssh = self._settings.ssh
        if found.files:
            path, problem = found.files[0].path, problem_of_reading(host, joined(ssh.folder, found.files[0].path))
            code = "ssh_file_unreadable" if problem else "ssh_rights"
            yield CheckItem(code, not problem, {"path": path, "reason": problem})
        for name, folder in (("archive", ssh.archive_folder), ("media", ssh.media_root)):
            if folder is not None:
                problem = problem_of_root(host, folder, may_write=False)
                code = f"ssh_{name}_missing" if problem else f"ssh_{name}"
                # The archive is made with the first file that goes there.
                yield CheckItem(code, not problem or name == "archive", {"folder": folder, "reason": problem})

    def _everything(self, host: SshHost, reporter: Reporter) -> PullOptions:
        return pull_options(self._settings, self.received, host, ShopImport(), reporter)

    def open(self, cancel: CancelToken) -> SshHost:
        """The SSH host of the settings, to be used as a context.

        Raises:
            ConfigError: none is configured.
        """
        # paramiko takes longer to load than all the rest
        from freesport_sync.sources.ssh.host import SshHost
        from freesport_sync.sources.ssh.ssh_config import route_to

        ssh = self._settings.ssh
        if ssh.host is None:
            raise ConfigError("ssh_not_configured", file=str(self._paths.settings_file))
        profile: SshProfile | None = None
        route = route_to(ssh.address, self._located(ssh.config_file))
        for hop in route:
            profile = self._profile(hop, profile, is_target=hop is route[-1])
        assert profile is not None
        return SshHost(profile, cancel, self._accepted_once)

    def _profile(self, hop: Hop, jump: SshProfile | None, is_target: bool) -> SshProfile:
        """How a host is reached; jump hosts take only keys, because the password is for the target alone."""
        ssh = self._settings.ssh
        if hop.user is None:
            raise ConfigError("ssh_not_configured", file=str(self._paths.settings_file))
        key_file = hop.key_file if ssh.key_file is None else self._located(ssh.key_file)
        return SshProfile(
            host=hop.host,
            port=hop.port,
            user=hop.user,
            key_file=key_file,
            use_agent=ssh.use_agent,
            password=self._kept_password if is_target else lambda: None,
            passphrase=lambda: None if key_file is None else self._passphrase_of(key_file),
            pinned=self._paths.known_hosts,
            known_hosts=tuple(self._located(file) for file in ssh.known_hosts),
            timeout_s=ssh.timeout_s,
            only_key_file=hop.only_key_file,
            jump=jump,
        )

    def _kept_password(self) -> str | None:
        ssh = self._settings.ssh
        return self._password or ssh_password(ssh.login, ssh.password_file)

    def _passphrase_of(self, key_file: Path) -> str | None:
        return self._passphrase or ssh_passphrase(key_file, self._settings.ssh.passphrase_file)

    def _located(self, written: Path) -> Path:
        """The window gives paths as they were typed; in the settings file they will start from its folder."""
        return located(written, self._paths.settings_file.parent)
