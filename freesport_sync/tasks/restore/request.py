"""The request of the task `restore`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from freesport_sync.core.shop import UpkeepKind


@dataclass(frozen=True, slots=True)
class RestoreBackup:
    """Set back what imports have written since a backup.

    Args:
        backup_id: its name.
        undone_id: the import that is undone by it; 0: somebody has named the backup.
    """

    kind: ClassVar[str] = UpkeepKind.RESTORE
    backup_id: str
    undone_id: int = 0
