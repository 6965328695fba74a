"""The support package: one zip with what support needs to find a fault, without secrets and personal data.

It is collected in memory and shown before anything is saved. What cannot be had, because the database is away for
instance, is left out, and the package says so.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import TypeVar

from freesport_sync import __version__
from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.checks import CheckItem
from freesport_sync.core.history import ChangeQuery, EntryKey, EntrySource, HistoryDetails, IssueQuery
from freesport_sync.core.masking import Masker, without_literals
from freesport_sync.crash_reports import CrashReport, crash_reports
from freesport_sync.errors import ConfigError, SyncError, reason_of
from freesport_sync.i18n.texts import Texts
from freesport_sync.os_support import replaced_whole
from freesport_sync.services.diagnostics import entry_report, program_facts, system_facts
from freesport_sync.services.history import History
from freesport_sync.services.issue_export import write_changes, write_csv
from freesport_sync.services.log_files import tail_of
from freesport_sync.services.support_run import file_texts, without_customers
from freesport_sync.settings.listing import ListedSetting
from freesport_sync.settings.logs import log_files
from freesport_sync.settings.model import ENVIRONMENT_PREFIX, Settings
from freesport_sync.settings.paths import Paths, find_paths
from freesport_sync.settings.secrets import known_secrets

LOG_BYTES = 1_000_000
"""The end of each log file that is taken."""
CRASH_BYTES = 64_000
LONGEST_LIST = 20_000
"""How many row issues and changes are taken."""
_PAGE = 2000

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file as it will be saved.

    Args:
        name: in the zip, with forward slashes.
        about: what it is, for people.
        content: in UTF-8, or in the encoding of a file of 1C.
    """

    name: str
    about: str
    content: bytes


@dataclass(frozen=True, slots=True)
class SupportPackage:
    """What would be saved.

    Args:
        name: of the zip.
        files: the first one lists the others.
        missing: sentences about what could not be had.
    """

    name: str
    files: tuple[PackedFile, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SupportRequest:
    """What a support package is to hold.

    Args:
        entry: of the history; None: only program and computer.
        has_files: also the files that the entry's run has read.
        operator: who asks.
        versions: of libraries that only the caller knows.
    """

    entry: EntryKey | None = None
    has_files: bool = False
    operator: str = ""
    versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SupportSources:
    """Where a program that has opened gets what it knows.

    Args:
        settings: those in force.
        login: of the database in use, see `settings.secrets`; empty: the private one.
        list_settings: lists them.
        check_database: checks the database, or raises why it cannot be reached.
        open_history: opens the history.
    """

    settings: Settings
    login: str
    list_settings: Callable[[], Sequence[ListedSetting]]
    check_database: Callable[[], Sequence[CheckItem]]
    open_history: Callable[[], History]


class Support:
    """Collects and saves support packages.

    Args:
        paths: of this installation.
        sources: of the open program, or why it could not be opened.
    """

    def __init__(self, paths: Paths, sources: SupportSources | SyncError) -> None:
        self._paths = paths
        self._sources = sources

    def collect(self, request: SupportRequest, texts: Texts, cancel: CancelToken) -> SupportPackage:
        """Collect a package; nothing is written.

        Args:
            request: what it is to hold.
            texts: its language.
            cancel: ends it between two files.

        Raises:
            ConfigError: the run's files are too large.
            Cancelled: the token was set.
        """
        return _Collector(self._paths, self._sources, request, texts, cancel).package()

    def crash_reports(self) -> tuple[CrashReport, ...]:
        """What processes that crashed have left behind, newest first."""
        return crash_reports(self._paths.logs)


def support_without_program(home: Path | None, error: SyncError) -> Support:
    """Support packages of a program that cannot be opened.

    Args:
        home: one folder for all state; None: where the system keeps such things.
        error: why it cannot be opened.
    """
    return Support(find_paths(home), error)


def save_package(package: SupportPackage, file: Path) -> int:
    """Write the zip, which appears whole or not at all; returns its size in bytes.

    Raises:
        ConfigError: it cannot be written.
    """
    try:
        with replaced_whole(file) as unfinished:
            with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as packed:
                for one in package.files:
                    packed.writestr(one.name, one.content)
            size = unfinished.stat().st_size
    except OSError as error:
        raise ConfigError("support_not_saved", file=str(file), reason=reason_of(error)) from error
    return size


@dataclass(slots=True)
class _Collector:
    paths: Paths
    sources: SupportSources | SyncError
    request: SupportRequest
    texts: Texts
    cancel: CancelToken
    files: list[PackedFile] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    mask: Masker = field(default_factory=Masker)

    def package(self) -> SupportPackage:
        self.mask = self._masker()
        for part in (self._facts, self._database, self._settings, self._settings_files, self._logs, self._run):
            self.cancel.check()
            self._take(part)
        now = datetime.now().astimezone()
        entry = self.request.entry
        what = "" if entry is None else f"-{_named(entry)}"
        name = f"freesport-sync-support{what}-{now:%Y%m%d-%H%M%S}.zip"
        contents = PackedFile("contents.txt", self.texts("support.about_contents"), self._contents(now).encode())
        return SupportPackage(name, (contents, *self.files), tuple(self.missing))

    def _take(self, part: Callable[[], None]) -> None:
        try:
            part()
        except SyncError as error:
            if error.code in ("cancelled", "support_files_too_large"):
                raise
            self.missing.append(self.mask(self.texts.error(error).sentence))
        except (OSError, ValueError) as error:
            self.missing.append(self.mask(f"{type(error).__name__}: {error}"))

    def _add(self, name: str, about: str, text: str) -> None:
        self._pack(name, about, self.mask(text).encode("utf-8", "replace"))

    def _pack(self, name: str, about: str, content: bytes) -> None:
        """Names may hold secrets, too; a masked one can be extracted on Windows and is still the only one."""
        name = self.mask(name).replace("*", "_")
        while any(one.name == name for one in self.files):
            name = f"{name}_"
        self.files.append(PackedFile(name, self.texts(f"support.about_{about}"), content))

    def _masker(self) -> Masker:
        settings = None if isinstance(self.sources, SyncError) else self.sources.settings
        host, login = "", ""
        if not isinstance(self.sources, SyncError):
            host, login = self.sources.settings.ssh.host or "", self.sources.login
        names = (one.rpartition("@")[2].partition(":")[0] for one in (host, login))
        folders = (self.paths.settings_file.parent, self.paths.postgres)
        return Masker(known_secrets(settings, folders, login), filter(None, names))

    def _facts(self) -> None:
        paths = self.paths
        folders = (
            paths.settings_file.parent,
            paths.logs,
            paths.postgres,
            paths.backups,
            paths.received,
            paths.exchange,
        )
        crashes = [f"crash: {one.path.name}" for one in crash_reports(paths.logs)]
        parts = [program_facts(self.request.operator, None, *self.request.versions), system_facts(folders), *crashes]
        if isinstance(self.sources, SyncError):
            parts.append(self.texts.error(self.sources).sentence)
        self._add("diagnostics.txt", "diagnostics", "\n".join(parts))

    def _database(self) -> None:
        if not isinstance(self.sources, SyncError):
            items = self.sources.check_database()
            lines = [
                f"{'+' if one.is_ok else '-'} {self.texts.check(one.code, one.params)} [{one.code}]" for one in items
            ]
            self._add("database.txt", "database", "\n".join(lines))

    def _settings(self) -> None:
        lines = []
        if not isinstance(self.sources, SyncError):
            lines = [f"{one.key} = {one.value} ({one.origin.value})" for one in self.sources.list_settings()]
        ours = (ENVIRONMENT_PREFIX, "PG", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
        lines += [f"{name}={value}" for name, value in sorted(os.environ.items()) if name.upper().startswith(ours)]
        self._add("settings.txt", "settings", "\n".join(lines))

    def _settings_files(self) -> None:
        for name in ("settings.toml", "profiles.toml"):
            file = self.paths.settings_file.with_name(name)
            if file.is_file():
                self._add(name, "settings_file", tail_of(file, LOG_BYTES).decode("utf-8", "replace"))

    def _logs(self) -> None:
        for file in log_files(self.paths.logs):
            self.cancel.check()
            self._add(f"logs/{file.name}", "log", tail_of(file, LOG_BYTES).decode("utf-8", "replace"))
        for report in crash_reports(self.paths.logs):
            with report.path.open("rb") as stream:
                self._add(f"logs/{report.path.name}", "crash", stream.read(CRASH_BYTES).decode("utf-8", "replace"))
        server_log = tail_of(self.paths.postgres / "server.log", LOG_BYTES // 5).decode("utf-8", "replace")
        if server_log:
            self._add("logs/postgresql.log", "server_log", without_literals(server_log))

    def _run(self) -> None:
        key = self.request.entry
        if key is None or isinstance(self.sources, SyncError):
            return
        with self.sources.open_history() as history:
            details = history.details(key)
            folder = _named(key)
            self._add(f"{folder}/report.txt", "report", entry_report(self.texts, details))
            if key.source is EntrySource.RUN:
                self._lists(history, details, folder)
        if self.request.has_files:
            self._run_files(details, folder)

    def _lists(self, history: History, details: HistoryDetails, folder: str) -> None:
        run_id = details.entry.key.id
        hide = without_customers(details.files)
        issues = _all(lambda offset: history.issues(IssueQuery(run_id), offset, _PAGE).rows, self.cancel)
        changes = _all(lambda offset: history.changes(ChangeQuery(run_id), offset, _PAGE).rows, self.cancel)
        if issues:
            stream = StringIO(newline="")
            write_csv(map(hide.issue, issues), self.texts, stream)
            self._add(f"{folder}/issues.csv", "issues", f"\ufeff{stream.getvalue()}")
        if changes:
            stream = StringIO(newline="")
            write_changes(map(hide.change, changes), self.texts, stream)
            self._add(f"{folder}/changes.csv", "changes", f"\ufeff{stream.getvalue()}")

    def _run_files(self, details: HistoryDetails, folder: str) -> None:
        for name, text, encoding, problem in file_texts(details, self.mask):
            self.cancel.check()
            if problem:
                self.missing.append(self.mask(self.texts(f"support.file_{problem}", file=name)))
                continue
            self._pack(f"{folder}/files/{name}", "file", text.encode(encoding, "surrogateescape"))

    def _contents(self, now: datetime) -> str:
        made = self.texts("support.made", made_at=f"{now:%d.%m.%Y %H:%M:%S %z}", version=__version__)
        lines = [made, "", *(f"{one.name}: {one.about}, {len(one.content)} B" for one in self.files)]
        if self.missing:
            lines += ["", self.texts("support.missing"), *self.missing]
        return "\n".join((*lines, "", self.texts("support.masked"), ""))


def _named(key: EntryKey) -> str:
    return f"{'run' if key.source is EntrySource.RUN else 'session'}-{key.id}"


def _all(read_page: Callable[[int], Sequence[_Row]], cancel: CancelToken) -> list[_Row]:
    rows: list[_Row] = []
    while len(rows) < LONGEST_LIST:
        cancel.check()
        page = read_page(len(rows))
        rows += page
        if len(page) < _PAGE:
            break
    return rows
