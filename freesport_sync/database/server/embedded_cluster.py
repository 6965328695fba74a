"""The cluster of the private server: made with initdb, started and stopped with pg_ctl.

Callers hold the folder lock (`embedded`); nothing here guards against a second caller.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from freesport_sync import os_support
from freesport_sync.core.log_entries import log_entry
from freesport_sync.database.server.embedded_binaries import (
    Binaries,
    locate_binaries,
    make_reachable,
    reachable_place,
)
from freesport_sync.errors import ConfigError, ConnectionFailed

HOST = "127.0.0.1"
USER = "freesport_sync"
POLL_S = 0.02
# Grace period for the remains of a killed server: containers reap late, child processes end slowly.
RETRY_TIMEOUT_S = 15

_log = logging.getLogger(__name__)

_SETTINGS_FILE = "freesport_sync.conf"
_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",  # the path of a socket may have 107 bytes at most
    "max_connections": "60",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",  # we read the log
    "log_checkpoints": "off",
    "jit": "off",
}
# Since version 17 upper() and ILIKE know Russian letters with a locale of PostgreSQL's own, before that only with one
# of the system; the first that exists is taken.
_BUILTIN_LOCALE_MAJOR = 17
_POSIX_LOCALES = ("C.UTF-8", "en_US.UTF-8", "C")
_WINDOWS_LOCALES = ("ru-RU", "Russian_Russia.1251", "C")
_TRANSIENT = (
    "pre-existing shared memory block",  # children of a killed server are still ending
    'lock file "postmaster.pid"',  # half-written by another start
    "could not create any TCP/IP sockets",  # the port was taken between our look and the start
)
_INITDB_TIMEOUT_S = 180
_SERVER_TIMEOUT_S = 60
_EXIT_TIMEOUT_S = 5
_WAL_SEGMENT_BYTES = 16 << 20
_LOG_LIMIT_BYTES = 5_000_000
_TAIL_BYTES = 10_000
_TAIL_LINES = 8


@dataclass(frozen=True, slots=True)
class Postmaster:
    """What a server writes into postmaster.pid."""

    pid: int
    port: int
    status: str
    data: str


class Cluster:
    """One cluster, in `folder` or, for root, perhaps elsewhere; arguments as for `EmbeddedPostgres`."""

    def __init__(self, folder: Path, binaries: Path | None, settings: Mapping[str, str]) -> None:
        self._folder = folder
        self._binaries_setting = binaries
        self._settings = {**_SETTINGS, **settings}
        self._account = os_support.unprivileged_account()
        self._log_file = folder / "server.log"
        self.home = folder / "server"

    @property
    def password(self) -> str:
        return (self.home / "password").read_text("utf-8")

    @property
    def _data(self) -> Path:
        return self.home / "data"

    def settle(self) -> None:
        """Decide where the cluster lies and who runs it. One that exists decides, because rights may change."""
        if self._account is None:
            return
        if not self._data.exists():
            folder_hash = hashlib.sha256(os.fsencode(self._folder)).hexdigest()[:16]
            elsewhere = reachable_place(folder_hash) / "server"
            if elsewhere.exists() or not os_support.can_enter(self._folder, self._account):
                self.home = elsewhere
        if self._data.exists():
            self._account = os_support.owner_of(self._data)

    def running(self) -> Postmaster | None:
        """The server that runs on this cluster, once it has finished starting; None if none runs or it is ending.

        Raises:
            ConnectionFailed: `embedded_not_responding`, it neither gets ready nor ends.
        """
        deadline = time.monotonic() + _SERVER_TIMEOUT_S
        while (server := self._live_postmaster()) is not None:
            if server.status == "ready":
                return server
            if time.monotonic() > deadline:
                raise self.not_responding(server.port)
            time.sleep(POLL_S)
        return None

    def start(self) -> Postmaster:
        """Start the server, creating the cluster if there is none; the caller has checked that it does not run.

        Raises:
            ConfigError: binaries missing or invalid, cluster of another major version.
            ConnectionFailed: initdb or the server failed, or the disk is full.
        """
        binaries = locate_binaries(self._binaries_setting, self._account)
        if not self.home.exists():
            self._create(binaries)
        self._check_version(binaries)
        (self._data / _SETTINGS_FILE).write_text(_as_configuration(self._settings), "utf-8")
        deadline = time.monotonic() + RETRY_TIMEOUT_S
        while True:
            self._remove_stale_postmaster()
            start = ["start", "-w", "-t", str(_SERVER_TIMEOUT_S), "-o", f"-p {_free_port()}"]
            _, output = self._run(binaries.program("pg_ctl"), start, self._data, _SERVER_TIMEOUT_S + 10)
            # The state counts, not what pg_ctl reports: the start of a killed process may have won the race.
            if (server := self.running()) is not None:
                return server
            if time.monotonic() > deadline or not any(sign in output for sign in _TRANSIENT):
                raise self._failure(output)
            time.sleep(POLL_S)

    def stop(self) -> None:
        """Stop the server if it runs, and wait until its process has gone."""
        server = self._live_postmaster()
        if server is None:
            return
        binaries = locate_binaries(self._binaries_setting, self._account)
        stop = ["stop", "-w", "-t", str(_SERVER_TIMEOUT_S), "-m", "fast"]
        is_done, output = self._run(binaries.program("pg_ctl"), stop, self._data, _SERVER_TIMEOUT_S + 10)
        # pg_ctl returns once postmaster.pid is gone; the process may keep its files open a little longer.
        deadline = time.monotonic() + _EXIT_TIMEOUT_S
        while os_support.is_running_in(server.pid, "postgres", self._data) and time.monotonic() < deadline:
            time.sleep(POLL_S)
        if not is_done:
            log_entry(_log, logging.WARNING, "private_server_not_stopped", folder=str(self.home), said=output)

    def not_responding(self, port: int) -> ConnectionFailed:
        log = self._log_tail(0)
        return ConnectionFailed("embedded_not_responding", folder=str(self._folder), port=port, log=log)

    # --- postmaster.pid ---

    def _read_postmaster(self) -> Postmaster | None:
        try:
            lines = (self._data / "postmaster.pid").read_bytes().splitlines()
            pid, data, _, port, *rest = [os_support.decode_path(line).strip() for line in lines]
            return Postmaster(int(pid), int(port), rest[3] if len(rest) > 3 else "", data)
        except (FileNotFoundError, ValueError):
            return None

    def _live_postmaster(self) -> Postmaster | None:
        """postmaster.pid, if it is true: it outlives a killed server and is copied along with a folder."""
        server = self._read_postmaster()
        if server is None or not _is_same_folder(server.data, self._data):
            return None
        return server if os_support.is_running_in(server.pid, "postgres", self._data) else None

    def _remove_stale_postmaster(self) -> None:
        """Remove a postmaster.pid that names a zombie or an unrelated process: PostgreSQL would refuse to start.

        Children of the killed server that are still running are safe: a server finds them by their shared memory.
        """
        path = self._data / "postmaster.pid"
        if self._live_postmaster() is not None or not path.exists():
            return
        # Another process that was killed a moment ago may have started a server that is just writing this file.
        is_half_written = self._read_postmaster() is None and time.time() - path.stat().st_mtime < RETRY_TIMEOUT_S
        if not is_half_written:
            path.unlink(missing_ok=True)

    # --- making a cluster ---

    def _check_version(self, binaries: Binaries) -> None:
        cluster = (self._data / "PG_VERSION").read_text("ascii").strip()
        if cluster != str(binaries.major):
            versions = {"cluster": cluster, "binaries": str(binaries.major)}
            raise ConfigError("embedded_version_mismatch", folder=str(self.home), **versions)

    def _create(self, binaries: Binaries) -> None:
        """Build the cluster in a draft folder and rename it, so that a killed attempt leaves no half-made cluster."""
        make_reachable(self.home.parent)
        for litter in self.home.parent.glob("server.new-*"):
            shutil.rmtree(litter, ignore_errors=True)
        draft = self.home.with_name(f"server.new-{secrets.token_hex(4)}")
        draft.mkdir(mode=0o700)
        try:
            self._fill(draft, binaries)
            os_support.rename_fresh(draft, self.home)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise

    def _fill(self, draft: Path, binaries: Binaries) -> None:
        data, password = draft / "data", draft / "password"
        data.mkdir(mode=0o700)
        os_support.write_private_file(password, secrets.token_urlsafe(24))
        if self._account is not None:
            draft.chmod(0o711)
            os_support.set_owner(data, self._account)
            os_support.set_owner(password, self._account)
        self._initialize(binaries, data, password)
        with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(f"\ninclude_if_exists = '{_SETTINGS_FILE}'\n")

    def _initialize(self, binaries: Binaries, data: Path, password: Path) -> None:
        options = ["--encoding=UTF8", "--auth=scram-sha-256", f"--username={USER}", f"--pwfile={password}"]
        options += ["--no-sync"] if self._settings.get("fsync") == "off" else []
        locales: tuple[str, ...] = _WINDOWS_LOCALES if sys.platform == "win32" else _POSIX_LOCALES
        if binaries.major >= _BUILTIN_LOCALE_MAJOR:
            options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            locales = ("C",) if sys.platform == "win32" else locales
        for locale in locales:
            localized = [*options, f"--locale={locale}", "--lc-messages=C"]
            is_done, output = self._run(binaries.program("initdb"), localized, data, _INITDB_TIMEOUT_S)
            if is_done:
                return
            if "invalid locale name" not in output:
                break
        raise self._failure(output)

    # --- running programs ---

    def _run(self, program: str, arguments: list[str], data: Path, timeout_s: float) -> tuple[bool, str]:
        """Run a program of PostgreSQL on a cluster; whether it succeeded, and the end of what it wrote into the log.

        The log is a file and no pipe of ours, because a server keeps it open for as long as it lives. PGDATA names
        the cluster, because pg_ctl passes what its options name through a shell.
        """
        with self._log_file.open("ab") as log:
            if log.tell() > _LOG_LIMIT_BYTES:
                log.truncate(0)
            start_bytes = self._log_file.stat().st_size
            options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": subprocess.STDOUT}
            options |= {"env": _child_environment(data), "cwd": Path(program).parent, "timeout": timeout_s}
            options |= os_support.detached(self._account)
            try:
                is_done = subprocess.run([program, *arguments], **options).returncode == 0
            except subprocess.TimeoutExpired:
                is_done = False
        return is_done, self._log_tail(start_bytes)

    def _log_tail(self, start_bytes: int) -> str:
        with self._log_file.open("rb") as file:
            file.seek(max(start_bytes, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-_TAIL_LINES:])

    def _failure(self, log: str) -> ConnectionFailed:
        # Full shared memory is reported in the same words. On a full disk the log itself is truncated.
        is_told = any("No space left on device" in line and "shared memory" not in line for line in log.splitlines())
        free_bytes = min(shutil.disk_usage(place).free for place in (self._folder, self.home.parent))
        if is_told or free_bytes < _WAL_SEGMENT_BYTES:
            return ConnectionFailed("embedded_disk_full", folder=str(self.home))
        return ConnectionFailed("embedded_start_failed", folder=str(self._folder), log=log)


def _is_same_folder(left: str, right: Path) -> bool:
    try:
        return os.path.samefile(left, right)
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def _as_configuration(settings: Mapping[str, str]) -> str:
    quoted = ((name, value.replace("\\", "\\\\").replace("'", "''")) for name, value in settings.items())
    return "".join(f"{name} = '{value}'\n" for name, value in quoted)


def _child_environment(data: Path) -> dict[str, str]:
    """Our environment without what would change how PostgreSQL behaves; messages in English, because we read them."""
    disturbing = ("PG", "LC_", "LANG")
    everything = os_support.foreign_environment()
    environment = {name: value for name, value in everything.items() if not name.upper().startswith(disturbing)}
    return environment | {"PGDATA": str(data), "LC_ALL": "C", "TZ": "UTC"}
