"""Names of 1C's warehouses in the shop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from freesport_sync.core.staged import StagedWarehouse


def warehouse_names(
    staged: Sequence[StagedWarehouse], configured: Mapping[str, str], shop: Mapping[str, str]
) -> dict[str, str]:
    """Return 1C key -> name: from storages.xml, else the settings, else the shop (STOCK-9)."""
    in_file_order = sorted(staged, key=lambda row: (row.file_no, row.position))
    return {**shop, **configured, **{row.onec_id: row.name for row in in_file_order}}
