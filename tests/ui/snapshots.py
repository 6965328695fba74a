"""Snapshots of an import that has not begun."""

from __future__ import annotations

from freesport_sync.core.tasks import Header
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.tasks.shop_import.task import import_stages
from freesport_sync.ui.run_feed import RunSnapshot, first_snapshot


def first_of_import(request: ShopImport, *, has_pictures: bool) -> RunSnapshot:
    """The first snapshot of an import that writes."""
    return first_snapshot(request.kind, False, import_stages(request, Header(), has_pictures))
