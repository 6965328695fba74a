"""The request of the task `backup`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from freesport_sync.core.shop import UpkeepKind


@dataclass(frozen=True, slots=True)
class MakeBackup:
    """Back up the tables that imports write to."""

    kind: ClassVar[str] = UpkeepKind.BACKUP
    undone_id: ClassVar[int] = 0
