"""Reads the shop's tables into a backup archive: a zip with one file a table and a manifest."""

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
"""The word in which the other layers pass tables on."""

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
"""What reading a damaged archive raises, depending on where the damage is."""


def existing_tables(connection: sa.Connection) -> tuple[sa.Table, ...]:
    """The tables of a backup that this database has and that our role may write; importing goods needs no users."""
    names = {"names": [table.fullname for table in BACKUP_TABLES]}
    found = set(connection.scalars(sql("undo/backup/existing_tables"), names))
    return tuple(table for table in BACKUP_TABLES if table.fullname in found)


def table_sizes(connection: sa.Connection, tables: Sequence[Table]) -> dict[str, int]:
    """Bytes that each table takes in the server, without indexes: as good a measure of what COPY gives as there is."""
    rows = connection.execute(sql("undo/backup/table_sizes"), {"names": [table.fullname for table in tables]})
    sizes = {name: size for name, size in rows}
    return {table.name: sizes[table.fullname] for table in tables}


def database_identity(connection: sa.Connection) -> str:
    """Which database of which server this is; a copy of it elsewhere is another one."""
    return str(connection.scalar(sql("undo/backup/identity")))


def fingerprint(connection: sa.Connection, tables: Sequence[Table]) -> str:
    """sha256 over the columns of a backup with their types, as this database has them."""
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
        tables: which.
        archive: open for writing.
        advance: hears of a table and how many of its bytes are saved; may raise to stop it.
    """
    return tuple(_save_table(connection, table, archive, advance) for table in tables)


def write_manifest(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """The last entry: an archive without it is not finished."""
    archive.writestr(MANIFEST, json.dumps(asdict(manifest), ensure_ascii=False, indent=1, default=str))


def read_manifest(path: Path) -> Manifest:
    """What an archive says of itself.

    Raises:
        ConfigError: it is not there, or may not be read.
        BackupUnusable: it is damaged, or of a newer program.
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
    """Read an archive from its first byte to its last.

    Args:
        path: the archive.
        manifest: what must be in it.
        advance: hears of a table and how many of its bytes are read; may raise to stop it.

    Raises:
        BackupUnusable: something in it is not as it was written.
    """
    for table in manifest.tables:
        with opened_table(path, table, advance) as file:
            read_to_end(file)


def read_to_end(file: SupportsRead) -> None:
    """Read a table of which only its being undamaged matters."""
    while file.read(_BLOCK_BYTES):
        pass


@contextmanager
def opened_table(path: Path, table: SavedTable, advance: Callable[[str, int], None]) -> Iterator[SupportsRead]:
    """The rows of a table in COPY text format; at the end of the block they are known to be those that were saved.

    Args:
        path: the archive.
        table: must be read to its end.
        advance: hears of a table and how many of its bytes are read; may raise to stop it.

    Raises:
        BackupUnusable: they are not.
    """
    with _opened(path) as archive:
        with _damage_named(path):
            entry = archive.open(_entry(table.name))
        with entry:
            file = _Checked(entry, path, lambda done: advance(table.name, done))
            try:
                yield file
            except DatabaseError:
                if file.damage is not None:  # which the driver has made an error of its own
                    raise file.damage from None
                raise
            if (file.size_bytes, file.rows, file.digest.hexdigest()) != (table.size_bytes, table.rows, table.sha256):
                raise BackupUnusable("backup_damaged", path=str(path), reason=f"{table.name}: sha256")


def backup_path(folder: Path, backup_id: str) -> Path:
    """Where a backup of this name lies.

    Raises:
        ConfigError: no backup can have this name.
    """
    if not is_backup_id(backup_id):
        raise ConfigError("backup_missing", backup_id=backup_id, folder=str(folder))
    return folder / f"{backup_id}{_SUFFIX}"


def draft_path(path: Path) -> Path:
    """Where an archive lies while it is written."""
    return path.with_name(path.name + _DRAFT_SUFFIX)


def list_backups(folder: Path) -> tuple[Backup, ...]:
    """The archives of a folder, newest first; damaged ones have no manifest."""
    if not folder.is_dir():
        return ()
    paths = sorted((path for path in folder.glob(f"*{_SUFFIX}") if is_backup_id(path.stem)), reverse=True)
    return tuple(_listed(path) for path in paths if path.is_file())


def remove_drafts(folder: Path) -> None:
    """Delete what programs left behind that died while they made a backup; another one may be at work right now."""
    for path in folder.glob(f"*{_SUFFIX}{_DRAFT_SUFFIX}"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _DRAFT_LIFE_S:
                path.unlink()


def _listed(path: Path) -> Backup:
    size = 0
    try:
        size = path.stat().st_size
        return Backup(path.stem, size, read_manifest(path))
    except (BackupUnusable, ConfigError, OSError):  # damaged, or deleted this moment by who shares the folder
        return Backup(path.stem, size, None)


def _save_table(
    connection: sa.Connection, table: sa.Table, archive: zipfile.ZipFile, advance: Callable[[str, int], None]
) -> SavedTable:
    columns = backup_columns(table)
    with archive.open(_entry(table.name), "w", force_zip64=True) as entry:
        sink = _Sink(entry, lambda done: advance(table.name, done))
        # The driver calls `write` for every row: millions of times, which only a method written in C bears.
        with io.BufferedWriter(sink, _BLOCK_BYTES) as buffered:
            rows = copy_out(connection, table, columns, buffered)
    return SavedTable(table.name, columns, rows, sink.size_bytes, sink.digest.hexdigest())


class _Sink(io.RawIOBase):
    """Digests and packs what COPY gives, a block behind it on a thread of its own: both take as long as COPY itself."""

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
        """Wait for the block before; raises what stopped it."""
        packing, self._packing = self._packing, None
        if packing is not None:
            packing.result()


class _Checked:
    """Counts and digests what is read from an entry."""

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
