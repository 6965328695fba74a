"""The request of the task `repair`."""

from __future__ import annotations

from dataclasses import dataclass

from freesport_sync.core.shop import UpkeepKind


@dataclass(frozen=True, slots=True)
class RepairCreatedAt:
    """Make equal creation times of products distinct, or undo such a repair.

    Args:
        undone_id: the repair to undo; 0: none, repair.
    """

    undone_id: int = 0

    @property
    def kind(self) -> UpkeepKind:
        return UpkeepKind.UNDO_REPAIR if self.undone_id else UpkeepKind.REPAIR
