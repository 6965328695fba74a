"""The task `shop_import`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freesport_sync.core.shop import ImportKind, Stage
from freesport_sync.core.tasks import SHOP_LOCK, Header, PlannedStage, Role
from freesport_sync.runs.task_type import TaskType
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.tasks.stages import planned

if TYPE_CHECKING:
    from freesport_sync.core.run import RunReport
    from freesport_sync.runs.context import RunContext
    from freesport_sync.settings.model import Settings

_ALWAYS = frozenset((Stage.PLAN, Stage.STAGE, Stage.RESOLVE, Stage.APPLY))
_WITH_PICTURES = (ImportKind.ALL, ImportKind.CATALOG, ImportKind.IMAGES)


def import_stages(request: ShopImport, header: Header, has_pictures: bool) -> tuple[PlannedStage, ...]:
    """The stages of an import.

    Args:
        request: what is imported.
        header: how.
        has_pictures: pictures may be delivered.
    """
    stages = set(_ALWAYS)
    if request.is_pull:
        stages.add(Stage.PULL)
    if has_pictures:
        stages.add(Stage.PICTURES)
    if request.is_undoable and not header.is_dry_run and not request.skip_backup:
        stages.add(Stage.BACKUP)
    return planned(header, frozenset(stages))


def _stages(request: ShopImport, header: Header, settings: Settings) -> tuple[PlannedStage, ...]:
    media_root = request.media_root or settings.pictures.media_root or settings.ssh.media_root
    has_pictures = request.kind in _WITH_PICTURES and media_root is not None and not request.skip_images
    return import_stages(request, header, has_pictures)


def _run(context: RunContext, request: ShopImport) -> RunReport:
    from freesport_sync.tasks.shop_import.runner import run_import

    return run_import(context, request)


def _refuse_here(request: ShopImport) -> None:
    from freesport_sync.tasks.shop_import.plan import refuse_unseen

    refuse_unseen(request)


SHOP_IMPORT = TaskType(
    name="shop_import",
    version=1,
    request_type=ShopImport,
    lock=SHOP_LOCK,
    roles=frozenset((Role.OPERATOR, Role.ADMINISTRATOR)),
    kinds=tuple(kind.value for kind in ImportKind),
    stages=_stages,
    run=_run,
    is_local=lambda request: not request.is_pull or request.media_root is not None,
    refuse_here=_refuse_here,
    commands={kind.value: ShopImport(kind=kind, chunk_size=kind.usual_chunk_size) for kind in ImportKind},
)
