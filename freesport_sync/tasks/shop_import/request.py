"""The request of an import."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from freesport_sync.core.shop import FileType, ImportKind


@dataclass(frozen=True, slots=True)
class ShopImport:
    """Bring 1C's files into the shop.

    Args:
        kind: what to import.
        file_type: which files of the catalogue.
        data_dir: folder or zip of the export.
        file: a single file of customers, in place of `data_dir`.
        chunk_size: records per block sent to the database, 1 or more; never changes the result.
        is_full: deactivate what the export does not contain.
        allow_older: accept an export older than the last one imported.
        accept_large_change: accept a change of more of the products or variants than the settings allow.
        accept_no_records: files without any records are no failure: 1C sends them when nothing is new.
        skip_backup: import without making a backup first.
        is_backup_optional: a backup that fails is only a warning.
        skip_images: leave pictures alone.
        media_root: folder of the shop's pictures; None: the one in the settings.
        is_pull: fetch the files from the SSH host first; `data_dir` is then where they end up.

    Raises:
        ValueError: `chunk_size` is less than 1, and nothing would be sent at all.
    """

    undone_id: ClassVar[int] = 0
    kind: ImportKind = ImportKind.ALL
    file_type: FileType = FileType.ALL
    data_dir: Path = Path("data/import_1c")
    file: Path | None = None
    chunk_size: int = 1000
    is_full: bool = False
    allow_older: bool = False
    accept_large_change: bool = False
    accept_no_records: bool = False
    skip_backup: bool = False
    is_backup_optional: bool = False
    skip_images: bool = False
    media_root: Path | None = None
    is_pull: bool = False

    def __post_init__(self) -> None:
        if self.chunk_size < 1:
            raise ValueError(f"chunk_size is {self.chunk_size}")

    @property
    def source(self) -> Path:
        """Where the export is."""
        return self.file or self.data_dir

    @property
    def is_undoable(self) -> bool:
        """Whether a backup is made first so that it can be undone; newer stock and prices are never undone."""
        kinds = (ImportKind.ALL, ImportKind.CATALOG, ImportKind.CUSTOMERS)
        return self.kind in kinds and self.file_type is FileType.ALL
