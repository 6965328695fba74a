"""The program with toy tasks: `python -m tests.toy_program ARGUMENTS`."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from freesport_sync.cli import service_options
from freesport_sync.cli.main import run_command_line
from freesport_sync.core.run import Counts, Done
from freesport_sync.core.tasks import Lock, Role
from freesport_sync.errors import ConfigError
from freesport_sync.runs.context import RunContext
from freesport_sync.runs.task_type import TaskType
from freesport_sync.tasks.registry import Registry
from tests.toy import WITH_TOY

DRAIN_VARIABLE = "TOY_DRAIN_S"
"""Seconds for `cli.service_options.DRAIN_S`."""
ALARM_VARIABLE = "TOY_ALARM"
"""File that wakes up who dreams of sheep until then."""


@dataclass(frozen=True, slots=True)
class DreamOfSheep:
    """Do something that needs no run in the history.

    Args:
        sheep: so many; 0: until somebody wakes us up; less: refused.
    """

    kind: ClassVar[str] = "dream_of_sheep"
    undone_id: ClassVar[int] = 0
    sheep: int = 3


def _dream(context: RunContext, request: DreamOfSheep) -> Done:
    if request.sheep < 0:
        raise ConfigError("data_dir_needed")
    alarm = Path(os.environ.get(ALARM_VARIABLE, "never"))
    while not (request.sheep or alarm.exists()):
        context.cancel.check()
        threading.Event().wait(0.01)
    return Done({"sheep": Counts(created=request.sheep or 1)})


DREAM_OF_SHEEP = TaskType(
    name="dream",
    version=1,
    request_type=DreamOfSheep,
    lock=Lock("dream", 78),
    roles=frozenset((Role.OPERATOR,)),
    kinds=("dream_of_sheep",),
    stages=lambda _request, _header, _settings: (),
    run=_dream,
)
WITH_TOYS = Registry((*WITH_TOY, DREAM_OF_SHEEP))

if __name__ == "__main__":
    service_options.DRAIN_S = float(os.environ.get(DRAIN_VARIABLE, service_options.DRAIN_S))
    sys.exit(run_command_line(sys.argv[1:], tasks=WITH_TOYS))
