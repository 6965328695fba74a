"""Writes the shop's tables into a backup archive, a zip with one file per table and a manifest, and reads it."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa

from freesport_sync.core.backup import (
    FORMAT,
    Backup,
    Manifest,
    SavedTable,
    is_backup_id,
)
from freesport_sync.database.server.engine import DatabaseError
from freesport_sync.database.server.rows import SupportsRead, copy_out
from freesport_sync.database.server.sql_files import sql
from freesport_sync.database.undo.restorable import BACKUP_TABLES, backup_columns
from freesport_sync.errors import BackupUnusable, ConfigError, reason_of

Table = sa.Table
"""Alias for the other layers, which must not import SQLAlchemy."""

MANIFEST = "manifest.json"
_SUFFIX = ".zip"
_DRAFT_SUFFIX = ".part"
_DRAFT_LIFE_S = 24 * 3600
_BLOCK_BYTES = 1024 * 1024
_MAX_MANIFEST_BYTES = 1024 * 1024
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    RuntimeError,
    OSError,
)
"""Errors of a damaged archive, depending on where the damage is."""


def existing_tables(connection: sa.Connection) -> tuple[sa.Table, ...]:
    """Return the tables to back up: those that exist and that our role may write. Importing goods needs no users."""
    names = {"names": [table.fullname for table in BACKUP_TABLES]}
    found = set(connection.scalars(sql("undo/backup/existing_tables"), names))
    return tuple(table for table in BACKUP_TABLES if table.fullname in found)


def table_sizes(connection: sa.Connection, tables: Sequence[Table]) -> dict[str, int]:
    """Return the size of each table in bytes without indexes, an estimate of its COPY output."""
    rows = connection.execute(sql("undo/backup/table_sizes"), {"names": [table.fullname for table in tables]})
    sizes = {name: size for name, size in rows}
    return {table.name: sizes[table.fullname] for table in tables}


def database_identity(connection: sa.Connection) -> str:
    """Identify the database and its server; a copy elsewhere has another identity."""
    return str(connection.scalar(sql("undo/backup/identity")))


def fingerprint(connection: sa.Connection, tables: Sequence[Table]) -> str:
    """Return the sha256 of the backed-up columns and their types in this database."""
    digest = hashlib.sha256()
    for table in tables:
        values = {"name": table.fullname, "columns": list(backup_columns(table))}
        rows = connection.execute(sql("undo/backup/columns"), values)
        digest.update(repr((table.name, [tuple(row) for row in rows])).encode())
    return digest.hexdigest()


def save_tables(
    connection: sa.Connection,
    tables: Sequence[Table],
    archive: zipfile.ZipFile,
    advance: Callable[[str, int], None],
) -> tuple[SavedTable, ...]:
    """COPY tables into an archive.

    Args:
        connection: in a REPEATABLE READ transaction.
        tables: to copy.
        archive: open for writing.
        advance: called with a table and its bytes saved so far; may raise to stop.
    """
    return tuple(_save_table(connection, table, archive, advance) for table in tables)


def write_manifest(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Write the last entry; an archive without it is incomplete."""
    archive.writestr(MANIFEST, json.dumps(asdict(manifest), ensure_ascii=False, indent=1, default=str))


def read_manifest(path: Path) -> Manifest:
    """Read the manifest of an archive.

    Raises:
        ConfigError: the archive is missing or not readable.
        BackupUnusable: it is damaged or of a newer version of the program.
    """
    with _opened(path) as archive, _damage_named(path):
        if archive.getinfo(MANIFEST).file_size > _MAX_MANIFEST_BYTES:
            raise ValueError("the manifest is too large")
        found = json.loads(archive.read(MANIFEST))
        if int(found["format"]) <= FORMAT:
            tables = tuple(SavedTable(**{**one, "columns": tuple(one["columns"])}) for one in found.pop("tables"))
            return Manifest(**{**found, "made_at": datetime.fromisoformat(found["made_at"])}, tables=tables)
    raise BackupUnusable("backup_newer", path=str(path), version=str(found.get("program_version")))


def verify(path: Path, manifest: Manifest, advance: Callable[[str, int], None]) -> None:
    """Verify the checksums of a whole archive.

    Args:
        path: the archive.
        manifest: its manifest.
        advance: called with a table and its bytes read so far; may raise to stop.

    Raises:
        BackupUnusable: the archive is damaged.
    """
    for table in manifest.tables:
        with opened_table(path, table, advance) as file:
            read_to_end(file)


def read_to_end(file: SupportsRead) -> None:
    """Read a table to its end, only to verify it."""
    while file.read(_BLOCK_BYTES):
        pass


@contextmanager
def opened_table(path: Path, table: SavedTable, advance: Callable[[str, int], None]) -> Iterator[SupportsRead]:
    """Open the rows of a table in COPY text format; the end of the block verifies their checksum.

    Args:
        path: the archive.
        table: must be read to its end.
        advance: called with the table and its bytes read so far; may raise to stop.

    Raises:
        BackupUnusable: the rows are not those that were saved.
    """
    with _opened(path) as archive:
        with _damage_named(path):
            entry = archive.open(_entry(table.name))
        with entry:
            file = _Checked(entry, path, lambda done: advance(table.name, done))
            try:
                yield file
            except DatabaseError:
                if file.damage is not None:  # psycopg2 wraps the error of `read`
                    raise file.damage from None
                raise
            if (file.size_bytes, file.rows, file.digest.hexdigest()) != (table.size_bytes, table.rows, table.sha256):
                raise BackupUnusable("backup_damaged", path=str(path), reason=f"{table.name}: sha256")


def backup_path(folder: Path, backup_id: str) -> Path:
    """Return the path of a backup.

    Raises:
        ConfigError: the id is invalid.
    """
    if not is_backup_id(backup_id):
        raise ConfigError("backup_missing", backup_id=backup_id, folder=str(folder))
    return folder / f"{backup_id}{_SUFFIX}"


def draft_path(path: Path) -> Path:
    """Return the path of an archive while it is being written."""
    return path.with_name(path.name + _DRAFT_SUFFIX)


def list_backups(folder: Path) -> tuple[Backup, ...]:
    """List the archives of a folder, newest first; damaged ones have no manifest."""
    if not folder.is_dir():
        return ()
    paths = sorted((path for path in folder.glob(f"*{_SUFFIX}") if is_backup_id(path.stem)), reverse=True)
    return tuple(_listed(path) for path in paths if path.is_file())


def remove_drafts(folder: Path) -> None:
    """Delete old drafts of programs that died; recent ones may belong to a running backup."""
    for path in folder.glob(f"*{_SUFFIX}{_DRAFT_SUFFIX}"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _DRAFT_LIFE_S:
                path.unlink()


def _listed(path: Path) -> Backup:
    size = 0
    try:
        size = path.stat().st_size
        return Backup(path.stem, size, read_manifest(path))
    except (BackupUnusable, ConfigError, OSError):  # damaged, or just deleted by another program
        return Backup(path.stem, size, None)


def _save_table(
    connection: sa.Connection, table: sa.Table, archive: zipfile.ZipFile, advance: Callable[[str, int], None]
) -> SavedTable:
    columns = backup_columns(table)
    with archive.open(_entry(table.name), "w", force_zip64=True) as entry:
        sink = _Sink(entry, lambda done: advance(table.name, done))
        # psycopg2 calls `write` once per row, millions of times: only a C method is fast enough.
        with io.BufferedWriter(sink, _BLOCK_BYTES) as buffered:
            rows = copy_out(connection, table, columns, buffered)
    return SavedTable(table.name, columns, rows, sink.size_bytes, sink.digest.hexdigest())


class _Sink(io.RawIOBase):
    """Hashes and compresses the output of COPY in a thread, one block behind: that takes as long as COPY itself."""

    def __init__(self, file: IO[bytes], advance: Callable[[int], None]) -> None:
        self._file = file
        self._advance = advance
        self._packer = ThreadPoolExecutor(1, "backup-packer")
        self._packing: Future[int] | None = None
        self.size_bytes = 0
        self.digest = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, block: Any, /) -> int:
        own = bytes(block)
        self._finish()
        self._packing = self._packer.submit(self._pack, own)
        self.size_bytes += len(own)
        self._advance(self.size_bytes)
        return len(own)

    def close(self) -> None:
        if not self.closed:
            try:
                self._finish()
            finally:
                self._packer.shutdown()
                super().close()

    def _pack(self, block: bytes) -> int:
        self.digest.update(block)
        return self._file.write(block)

    def _finish(self) -> None:
        """Wait for the previous block; raises its error."""
        packing, self._packing = self._packing, None
        if packing is not None:
            packing.result()


class _Checked:
    """Counts and hashes what is read from an entry."""

    def __init__(self, file: IO[bytes], path: Path, advance: Callable[[int], None]) -> None:
        self._file = file
        self._path = path
        self._advance = advance
        self.size_bytes = 0
        self.rows = 0
        self.digest = hashlib.sha256()
        self.damage: BackupUnusable | None = None

    def read(self, size: int = _BLOCK_BYTES) -> bytes:
        try:
            with _damage_named(self._path):
                block = self._file.read(size)
        except BackupUnusable as error:
            self.damage = error
            raise
        self.size_bytes += len(block)
        self.rows += block.count(b"\n")
        self.digest.update(block)
        self._advance(self.size_bytes)
        return block


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise ConfigError("backup_missing", backup_id=path.stem, folder=str(path.parent)) from error
    except OSError as error:
        raise ConfigError("backup_unreadable", path=str(path), reason=reason_of(error)) from error
    with file:
        with _damage_named(path):
            archive = zipfile.ZipFile(file)
        with archive:
            yield archive


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        raise BackupUnusable("backup_damaged", path=str(path), reason=str(error) or type(error).__name__) from error


def _entry(table: str) -> str:
    return f"{table}.copy"
