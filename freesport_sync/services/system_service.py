"""Describes a service that runs this program: a unit of systemd, or a task of Windows Task Scheduler."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from freesport_sync.errors import ConfigError, reason_of
from freesport_sync.os_support import own_command, quoted, replaced_whole
from freesport_sync.services.database import shop_url
from freesport_sync.services.systemd_unit import UNIT_FOLDER, Unit
from freesport_sync.services.windows_task import (
    DECLARED_ENCODING,
    ENCODING,
    ServiceTask,
    task_name,
    windows_user,
)
from freesport_sync.settings.loading import load_settings
from freesport_sync.settings.paths import find_paths

SYSTEM_ACCOUNT = "freesport-sync"
"""The account of the services that the packages for Linux bring along."""
ROOT = "root"


@dataclass(frozen=True, slots=True)
class ServiceDefinition:
    """What the system is to be told.

    Args:
        name: of the service.
        text: the unit or the task.
        encoding: of a file with it.
        commands: what brings the file into force.
    """

    name: str
    text: str
    encoding: str
    commands: tuple[str, ...]

    def save(self, file: Path) -> None:
        """Write it into a file, which appears whole or not at all.

        Raises:
            ConfigError: it cannot be written.
        """
        try:
            with replaced_whole(file) as unfinished:
                unfinished.write_text(self.text, self.encoding)
        except OSError as error:
            raise ConfigError("service_not_saved", file=str(file), reason=reason_of(error)) from error


def define_service(
    roles: Sequence[str], arguments: Sequence[str], home: Path | None, database_url: str | None, about: str
) -> ServiceDefinition:
    """Describe a service of this system; nothing is changed or created.

    Args:
        roles: short names of what it does: `worker`, `exchange`.
        arguments: of the program.
        home: of the program's state, as on the command line.
        database_url: as on the command line.
        about: one line for people.

    Raises:
        ConfigError: the settings are wrong, the address of the database is or has a password in it, neither systemd nor
            Task Scheduler is there, or the state would be root's own.
    """
    paths = find_paths(home)
    settings = load_settings(paths.settings_file)
    shop_url(database_url, settings, paths.settings_file)
    if sys.platform == "win32":
        return _windows_task(roles, arguments, home, about)
    if sys.platform != "linux":
        raise ConfigError("service_elsewhere", system=sys.platform)
    folders = {paths.settings_file.parent, paths.backups.parent, paths.logs}
    folders |= {folder for folder in (settings.backup.folder, settings.pictures.media_root) if folder is not None}
    name = "-".join(("freesport-sync", *roles))
    state = paths.settings_file.parent
    user, commands = _owner_of(state), ["systemctl daemon-reload", f"systemctl enable --now {name}"]
    if user == ROOT:
        if home is None:
            raise ConfigError("service_of_root", account=SYSTEM_ACCOUNT)
        user, commands = SYSTEM_ACCOUNT, [*_account_commands(state), *commands]
    unit = Unit(
        about=about,
        command=[*own_command(has_console=True), *arguments],
        user=user,
        folders=sorted(folder for folder in folders if folders.isdisjoint(folder.parents)),
    )
    text = unit.to_text((f"{UNIT_FOLDER}/{name}.service", *commands))
    return ServiceDefinition(name, text, "utf-8", tuple(commands))


def _windows_task(roles: Sequence[str], arguments: Sequence[str], home: Path | None, about: str) -> ServiceDefinition:
    name = task_name(" ".join(roles), home)
    task = ServiceTask([*own_command(has_console=False), *arguments], datetime.now(), windows_user(), about)
    # The same in every encoding, whatever a redirection makes of it.
    text = task.to_xml().replace(DECLARED_ENCODING, "").encode("ascii", "xmlcharrefreplace").decode()
    commands = (f'schtasks /Create /F /TN "{name}" /XML', f'schtasks /Run /TN "{name}"')
    return ServiceDefinition(name, text, ENCODING, commands)


def _owner_of(state: Path) -> str:
    try:
        return state.owner()
    except (OSError, KeyError):  # there is no state yet, or its owner was deleted
        return getpass.getuser()


def _account_commands(state: Path) -> list[str]:
    """Give the state to an account of its own: nothing that listens to a network should be root."""
    folder = quoted(str(state))
    return [
        f"useradd --system --user-group --home-dir {folder} {SYSTEM_ACCOUNT}",
        f"install -d -m 750 {folder}",
        f"chown -R {SYSTEM_ACCOUNT}: {folder}",
    ]
