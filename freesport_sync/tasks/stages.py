"""The stages of the shop's tasks, and how long they usually take."""

from __future__ import annotations

from freesport_sync.core.shop import Stage
from freesport_sync.core.tasks import Header, PlannedStage

_WEIGHTS = {
    Stage.PULL: 60,
    Stage.PLAN: 2,
    Stage.STAGE: 50,
    Stage.BACKUP: 8,
    Stage.PICTURES: 8,
    Stage.RESOLVE: 12,
    Stage.APPLY: 20,
}
"""In order, with their share of the time of a usual run in percent."""
_OPTIONAL = (Stage.BACKUP, Stage.PICTURES)


def planned(header: Header, stages: frozenset[Stage]) -> tuple[PlannedStage, ...]:
    """The given stages in order; a dry run applies nothing."""
    wanted = stages - {Stage.APPLY} if header.is_dry_run else stages
    return tuple(
        PlannedStage(stage.value, weight, stage in _OPTIONAL) for stage, weight in _WEIGHTS.items() if stage in wanted
    )
