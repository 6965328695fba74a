"""Describes a service of systemd; the units of the packages, packaging/linux/units, may do as little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

UNIT_FOLDER = "/etc/systemd/system"
_HOMES = (Path("/home"), Path("/root"), Path("/run/user"))
_TEMPORARY = (Path("/tmp"), Path("/var/tmp"))


@dataclass(frozen=True, slots=True)
class Unit:
    """A program that systemd keeps running.

    Args:
        about: one line for people.
        command: the program, as an absolute path, and its arguments.
        user: whose process it is.
        folders: absolute; it may write nowhere else.
    """

    about: str
    command: Sequence[str]
    user: str
    folders: Sequence[Path]

    def to_text(self, head: Sequence[str] = ()) -> str:
        """The content of the file.

        Args:
            head: lines of a comment at its beginning; one with a line break in it, as in a path, becomes several.
        """
        # What is hidden from a service cannot be opened to it again: homes can at least stay readable.
        needed = [Path(self.command[0]), Path(self.command[0]).resolve(), *self.folders]
        body = _TEMPLATE.format(
            about=_escaped(self.about),
            command=" ".join(_word(word).replace("$", "$$") for word in self.command),
            user=_escaped(self.user),
            folders=" ".join(_word(str(folder)) for folder in self.folders),
            protect_home="read-only" if _are_below(needed, _HOMES) else "yes",
            private_tmp="no" if _are_below(needed, _TEMPORARY) else "yes",
        )
        lines = (line for one in head for line in one.splitlines())
        return "".join(f"# {line}\n" for line in lines) + body


def _are_below(paths: Sequence[Path], roots: Sequence[Path]) -> bool:
    return any(path.is_relative_to(root) for path in paths for root in roots)


def _escaped(value: str) -> str:
    """Text in which systemd finds no specifier and no second line."""
    return " ".join(value.split()).replace("%", "%%")


def _word(value: str) -> str:
    """One of several words."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("\n", "\\n")
    is_plain = escaped == value and value and not set(value) & set(" \t';")
    return value if is_plain else f'"{escaped}"'


_TEMPLATE = """\
[Unit]
Description={about}
Wants=network-online.target
After=network-online.target postgresql.service

[Service]
Type=exec
ExecStart={command}
Restart=on-failure
RestartSec=10

User={user}
# Passwords, as FREESPORT_SYNC_DB_PASSWORD=...; a file that only root may read.
EnvironmentFile=-/etc/freesport_sync/environment
ReadWritePaths={folders}
UMask=0027

# A cancelled import is rolled back and leaves its outcome in the history.
KillSignal=SIGINT
KillMode=mixed
TimeoutStopSec=120
SuccessExitStatus=130

ProtectSystem=strict
ProtectHome={protect_home}
PrivateTmp={private_tmp}
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
ProcSubset=pid
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""
