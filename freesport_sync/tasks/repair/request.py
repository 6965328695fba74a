"""The request of the task `repair`."""

from __future__ import annotations

from dataclasses import dataclass

from freesport_sync.core.shop import UpkeepKind


@dataclass(frozen=True, slots=True)
class RepairCreatedAt:
    """Give products with equal creation times different ones, or take such a repair back.

    Args:
        undone_id: the repair that is taken back; 0: none, repair.
    """

    undone_id: int = 0

    @property
    def kind(self) -> UpkeepKind:
        return UpkeepKind.UNDO_REPAIR if self.undone_id else UpkeepKind.REPAIR
