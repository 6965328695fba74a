"""Schedules that many shops want, to begin with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from freesport_sync.core.shop import ImportKind
from freesport_sync.core.tasks import Request
from freesport_sync.tasks.backup.request import MakeBackup
from freesport_sync.tasks.closing.request import CloseStaleSessions
from freesport_sync.tasks.shop_import.request import ShopImport


@dataclass(frozen=True, slots=True)
class ReadySchedule:
    """A schedule that only has to be stored.

    Args:
        code: a key of the texts `ready_schedule`, which have its name.
        cron: five fields.
        request: what it starts.
    """

    code: str
    cron: str
    request: Request


def ready_schedules(has_ssh_host: bool, data_dir: Path) -> tuple[ReadySchedule, ...]:
    """The schedules to choose from.

    Args:
        has_ssh_host: 1C's files are fetched by SSH.
        data_dir: where they are otherwise.
    """
    source = ShopImport(is_pull=True) if has_ssh_host else ShopImport(data_dir=data_dir)
    return (
        ReadySchedule("night_import", "0 3 * * *", source),
        ReadySchedule("stocks", "*/15 * * * *", replace(source, kind=ImportKind.STOCKS)),
        ReadySchedule("prices", "0 * * * *", replace(source, kind=ImportKind.PRICES)),
        ReadySchedule("backup", "30 2 * * *", MakeBackup()),
        ReadySchedule("close_stale", "5 * * * *", CloseStaleSessions()),
    )
