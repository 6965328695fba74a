"""A dry run counts what a real one does and writes nothing into the shop (RUN-7)."""

from __future__ import annotations

from typing import Any

import pytest

from freesport_sync.core.run import RunStatus
from freesport_sync.database.own.history_pages import read_changes
from freesport_sync.errors import ImportFailed
from freesport_sync.settings.model import (
    CatalogSettings,
    OwnedField,
    PriceSettings,
    Settings,
)
from tests.builders import ROOT_GROUP, ExportBuilder, brand_property, group, offer, prices, product, rests
from tests.integration.scenes import everything, everything_changed
from tests.integration.support import NewExport, refused, row_versions, rows_written, shop_rows
from tests.shop import Shop

SESSIONS = "SELECT count(*) FROM import_sessions"
OWNING_ALL = Settings(
    catalog=CatalogSettings(owned_fields=frozenset(OwnedField)), prices=PriceSettings(clear_missing=True)
)


def rehearse_and_run(shop: Shop, export: ExportBuilder, **options: Any) -> None:
    """A dry run and then the same in earnest: equal counts, equal issues, and nothing written by the first."""
    versions, rows, sessions = row_versions(shop), shop_rows(shop), shop.value(SESSIONS)
    reports = []
    written = rows_written(shop, lambda: reports.append(shop.run(export.folder, is_dry_run=True, **options)))
    assert written == {}  # not even something that was rolled back
    assert (row_versions(shop), shop_rows(shop), shop.value(SESSIONS)) == (versions, rows, sessions)
    issues = shop.issues()
    real = shop.run(export.folder, **options)
    assert reports[0].counts == real.counts
    assert reports[0].issue_totals == real.issue_totals
    assert issues == shop.issues()
    assert reports[0].is_dry_run
    assert reports[0].status is real.status is RunStatus.COMPLETED


@pytest.mark.parametrize("settings", [Settings(), OWNING_ALL], ids=["default", "owning_all"])
@pytest.mark.parametrize("is_full", [False, True])
def test_it_counts_what_the_real_run_does(shop: Shop, new_export: NewExport, settings: Settings, is_full: bool) -> None:
    shop.settings = settings
    first, second = new_export(), new_export()
    everything(first)
    everything_changed(second)
    rehearse_and_run(shop, first, is_full=is_full)
    rehearse_and_run(shop, first, is_full=is_full)
    rehearse_and_run(shop, second, is_full=is_full, accept_large_change=True)
    rehearse_and_run(shop, first, is_full=is_full, accept_large_change=True)


def test_it_lists_every_change_old_and_new(shop: Shop, new_export: NewExport) -> None:
    shop.settings = OWNING_ALL
    first, second = new_export(), new_export()
    everything(first)
    everything_changed(second)
    shop.run(first.folder)
    report = shop.run(second.folder, is_dry_run=True, accept_large_change=True)
    changes = shop.rows(
        "SELECT entity, onec_id, field, old_value, new_value FROM freesport_sync.field_changes WHERE run_id = :run",
        run=report.run_id,
    )
    assert {
        ("category", "g4", "created", None, "Сетки"),
        ("category", "g1", "name", "Мячи", "Мячики"),
        ("category", "g3", "is_active", "true", "false"),
        ("category", "g2", "parent", "СПОРТ", "Мячики"),
        ("brand", "puma", "created", None, "Puma"),
        ("brand", "b1", "onec_name", "Nike", "Nike Inc"),
        ("brand", "b6", "onec_id", None, "b6"),
        ("price_type", "opt1", "is_active", "true", "false"),
        ("price_type", "fed", "created", None, "Р"),
        ("product", "p6", "created", None, "Мяч"),
        ("product", "p1", "name", "Другое имя", "Новое имя"),
        ("product", "p1", "brand", "Nike", "Puma"),
        ("product", "p1", "category", "Прочее", "Мячи"),
        ("product", "p1", "description", "Круглый", "Квадратный"),
        ("product", "p1", "vat_rate", "20.00", "10.00"),
        ("product", "p3", "is_active", "true", "false"),
        ("product", "p4", "is_active", "false", "true"),
        ("variant", "p1#a", "sku", "ART", "NEW"),
        ("variant", "p1#a", "color_name", "Белый", "Синий"),
        ("variant", "p1#a", "retail_price", "101.00", "0.00"),
        ("variant", "p1#a", "opt1_price", "70.50", None),
        ("variant", "p1#a", "stock_quantity", "6", "0"),
        ("variant", "p1#b", "warehouse", None, "1 СДВ склад"),
        ("variant", "p1#b", "is_active", "true", "false"),
        ("variant", "p5", "is_active", "true", "false"),
        ("variant", "p5#a", "created", None, "ART-3"),
        ("variant", "p5#a", "retail_price", None, "0.00"),
        ("variant", "p5#a", "stock_quantity", None, "1"),
    } <= set(changes)
    # What does not change is not listed.
    assert [change for change in changes if change[3] == change[4]] == []
    assert "p2" not in {onec_id for _, onec_id, *_ in changes}
    assert shop.value("SELECT count(*) FROM freesport_sync.field_changes WHERE run_id <> :run", run=report.run_id) == 0


def test_the_list_is_what_the_real_run_changes(shop: Shop, new_export: NewExport) -> None:
    """Each column of each variant and product that a real run changes is in the list, with these very values."""
    first, second = new_export(), new_export()
    everything(first)
    everything_changed(second)
    shop.run(first.folder)

    def snapshot() -> dict[tuple[str, str, str], str | None]:
        columns = {
            "variant": "sku color_name size_value retail_price opt1_price opt2_price opt3_price trainer_price"
            " federation_price rrp msrp stock_quantity vat_rate is_active",
            "product": "name description vat_rate is_active sync_status",
        }
        values = {}
        for entity, table in (("variant", "product_variants"), ("product", "products")):
            for column in columns[entity].split():
                for key, value in shop.rows(f"SELECT onec_id, {column}::text FROM {table}"):
                    values[entity, key, column] = value
        return values

    # The values of a new variant that a person looks for.
    told = (
        "retail_price",
        "opt1_price",
        "opt2_price",
        "opt3_price",
        "trainer_price",
        "federation_price",
        "rrp",
        "msrp",
    )
    before = snapshot()
    report = shop.run(second.folder, is_dry_run=True, accept_large_change=True)
    shop.run(second.folder, accept_large_change=True)
    after = snapshot()
    listed = shop.rows(
        "SELECT entity, onec_id, field, old_value, new_value FROM freesport_sync.field_changes"
        " WHERE run_id = :run AND entity IN ('variant', 'product')"
        # Beside them stand names, in place of the keys that the shop has in these columns.
        " AND field NOT IN ('created', 'brand', 'category', 'warehouse', 'warehouse_id', 'onec_brand_id')",
        run=report.run_id,
    )
    changed = {(*key, before[key], after[key]) for key in before if before[key] != after[key]}
    new = {key: value for key, value in after.items() if key not in before and value is not None}
    changed |= {(*key, None, value) for key, value in new.items() if key[2] in (*told, "stock_quantity")}
    assert changed == set(listed)


def test_people_read_names_and_not_keys(shop: Shop, new_export: NewExport) -> None:
    """Variants are called by product and characteristic, brands, categories and warehouses by their names."""
    shop.settings = OWNING_ALL
    first, second = new_export(), new_export()
    for export, is_second in ((first, False), (second, True)):
        export.reference_data()
        groups = [group("g1", name="Мячи"), *([group("g9", name="Сетки")] if is_second else [])]
        export.groups(group("root", name=ROOT_GROUP, children=groups))
        export.properties_goods(brand_property({"b1": "Nike", "b9": "Puma"}))
        export.goods(product("p1", name="Кеды", group="g9" if is_second else "g1", brand="b9" if is_second else "b1"))
        kinds = {"a": {"Цвет": "Белый", "Размер": "42"}, "b": {"Цвет": "Синий"}, "c": {}}
        offers = [offer(f"p1#{key}", name="Кеды", characteristics=kind) for key, kind in kinds.items()]
        offers.append(offer("p1#d", name="Кеды (левые)"))
        export.offers(*(offers if is_second else offers[:1]))
        export.rests(rests("p1#a", {"w2" if is_second else "w1": 5}), rests("p1#b", {"w1": 7}))
        export.prices(prices("p1#b", {"retail": 1500}))
    shop.run(first.folder)
    report = shop.run(second.folder, is_dry_run=True, accept_large_change=True)
    rows = read_changes(shop.connection, report.run_id)
    changes = {(one.onec_id, one.name, one.field, one.old_value, one.new_value) for one in rows}
    assert changes >= {
        ("p1", "Кеды", "category", "Мячи", "Сетки"),
        ("p1", "Кеды", "brand", "Nike", "Puma"),
        ("p1", "Кеды", "onec_brand_id", "Nike", "Puma"),
        ("p1#b", "Кеды (Синий)", "retail_price", None, "1500.00"),
        ("p1#b", "Кеды (Синий)", "stock_quantity", None, "7"),
        ("p1#c", "Кеды", "retail_price", None, "0.00"),
        ("p1#d", "Кеды (левые)", "stock_quantity", None, "0"),
    }
    moved = {field: (old, new) for key, _, field, old, new in changes if key == "p1#a"}
    assert set(moved) == {"warehouse", "vat_rate"}
    assert {name for key, name, *_ in changes if key == "p1#a"} == {"Кеды (Белый, 42)"}
    assert not any(value in ("g1", "g9", "b1", "b9", "w1", "w2") for *_, old, new in changes for value in (old, new))


def test_guards_refuse_it_as_they_refuse_a_real_run(shop: Shop, export: ExportBuilder, new_export: NewExport) -> None:
    empty = new_export()
    empty.rests(rests("p1#a", {"w1": 1}))
    assert refused(shop, empty, is_dry_run=True).code == "catalog_missing"
    export.goods(product("p1"))
    export.offers(offer("p1#a"))
    export.prices(prices("p1#a", {"retail": 1}))
    shop.run(export.folder)
    sessions = shop.value(SESSIONS)
    export.prices(prices("p1#a", {"retail": 0}))
    assert refused(shop, export, is_dry_run=True).code == "large_change"
    export.prices(prices("p1#a", {"retail": 1}), created_at="2020-01-01T00:00:00")
    assert refused(shop, export, is_dry_run=True).code == "export_older"
    export.groups(group("x", name="Не та"))
    shop.settings = Settings(catalog=CatalogSettings(root_category="Нет такой"))
    assert refused(shop, export, is_dry_run=True, allow_older=True).code == "root_category_missing"
    with pytest.raises(ImportFailed, match="no_files"):
        shop.run(new_export().folder, is_dry_run=True)
    assert shop.value(SESSIONS) == sessions
    assert (
        shop.rows("SELECT status, is_dry_run FROM freesport_sync.runs WHERE error_code IS NOT NULL")
        == [("failed", True)] * 5
    )


def test_it_is_no_import_for_the_guard_against_older_exports(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1"), created_at="2030-01-01T00:00:00")
    shop.run(export.folder, is_dry_run=True)
    export.goods(product("p1"))
    assert shop.run(export.folder).status is RunStatus.COMPLETED
