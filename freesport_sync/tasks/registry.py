"""The tasks of this program; another one is added here (see docs/adding-a-task.md)."""

from __future__ import annotations

from freesport_sync.runs.task import Registry
from freesport_sync.tasks.backup.task import BACKUP
from freesport_sync.tasks.repair.task import REPAIR
from freesport_sync.tasks.restore.task import RESTORE
from freesport_sync.tasks.shop_import.task import SHOP_IMPORT

TASKS = Registry((SHOP_IMPORT, BACKUP, RESTORE, REPAIR))
