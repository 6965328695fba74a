"""The request of the task `restore`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from freesport_sync.core.shop import UpkeepKind


@dataclass(frozen=True, slots=True)
class RestoreBackup:
    """Revert what imports have written since a backup.

    Args:
        backup_id: its name.
        undone_id: the import to undo; 0: the operator named the backup instead.
    """

    kind: ClassVar[str] = UpkeepKind.RESTORE
    backup_id: str
    undone_id: int = 0
