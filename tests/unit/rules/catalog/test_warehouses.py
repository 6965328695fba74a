"""What a warehouse is called."""

from __future__ import annotations

from freesport_sync.core.staged import StagedWarehouse
from freesport_sync.rules.catalog.warehouses import warehouse_names


def test_the_export_overrides_the_settings_and_these_the_shop() -> None:
    staged = [StagedWarehouse(1, 1, 1, "a", "export")]
    configured = {"a": "settings", "b": "settings"}
    shop = {"a": "shop", "b": "shop", "c": "shop"}
    assert warehouse_names(staged, configured, shop) == {"a": "export", "b": "settings", "c": "shop"}


def test_the_last_name_in_file_order_wins() -> None:
    rows = [
        StagedWarehouse(2, 1, 1, "a", "last"),
        StagedWarehouse(1, 2, 2, "a", "second"),
        StagedWarehouse(1, 1, 1, "a", ""),
    ]
    assert warehouse_names(rows, {}, {}) == {"a": "last"}
