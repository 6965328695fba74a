"""groups.xml -> `categories` (CATEGORY-1 to CATEGORY-6)."""

from __future__ import annotations

import pytest

from freesport_sync.core.run import RunStatus
from freesport_sync.core.shop import Entity
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.settings.model import CatalogSettings, Settings
from tests.builders import ExportBuilder, group, product, tombstone
from tests.integration.support import NewExport, counts, refused
from tests.shop import Shop

TREE = """
    SELECT c.onec_id, c.name, c.slug, p.onec_id, c.is_active
    FROM categories AS c LEFT JOIN categories AS p ON p.id = c.parent_id ORDER BY c.id
"""
PARENT = "SELECT p.onec_id FROM categories AS c JOIN categories AS p ON p.id = c.parent_id WHERE c.onec_id = :key"


def sport(*children: str, name: str = "СПОРТ", deleted: bool = False) -> str:
    return group("root", name=name, children=children, deleted=deleted)


def add_root(shop: Shop, onec_id: str | None, *, is_active: bool = True) -> int:
    shop.execute(
        "INSERT INTO categories (name, slug, description, image, is_active, sort_order, seo_title, seo_description,"
        " created_at, updated_at, onec_id, icon)"
        " VALUES ('СПОРТ', 'own-slug', '', '', :is_active, 7, 'seo', '', now(), now(), :onec_id, 'icon.svg')",
        onec_id=onec_id,
        is_active=is_active,
    )
    return int(shop.value("SELECT max(id) FROM categories"))


def test_new_category_has_every_column(shop: Shop, new_export: NewExport) -> None:
    export = new_export()
    export.groups(sport(group("g1", name="Объём мяч", description="Всё круглое")))
    report = shop.run(export.folder)
    assert shop.row(
        "SELECT name, slug, description, image, is_active, sort_order, seo_title, seo_description, parent_id, icon,"
        " created_at = updated_at, now() - created_at < interval '1 minute' FROM categories WHERE onec_id = 'g1'"
    ) == ("Объём мяч", "obem-mjach", "Всё круглое", "", True, 0, "", "", 1, "", True, True)
    assert shop.rows(TREE)[0] == ("root", "СПОРТ", "sport", None, True)
    assert counts(report, Entity.CATEGORY) == (2, 0, 0, 0, 0)


def test_only_groups_below_the_root_are_imported(shop: Shop, new_export: NewExport) -> None:
    export = new_export()
    export.groups(sport(group("g1")), group("other", name="Канцелярия", children=[group("paper", name="Бумага")]))
    report = shop.run(export.folder)
    assert [row[0] for row in shop.rows(TREE)] == ["root", "g1"]
    assert counts(report, Entity.CATEGORY) == (2, 0, 0, 2, 0)
    assert shop.issues() == {"category_outside_root": ["other"]}


def test_the_root_is_looked_for_among_roots_by_its_exact_name(shop: Shop, new_export: NewExport) -> None:
    export = new_export()
    export.groups(group("x", name="Спорт", children=[group("y", name="СПОРТ")]))
    error = refused(shop, export)
    assert error.code == "root_category_missing"
    assert error.params == {"root": "СПОРТ", "found": "Спорт"}
    assert shop.value("SELECT count(*) FROM categories") == 0
    assert shop.value("SELECT status FROM import_sessions") == "failed"


def test_a_missing_root_is_refused_before_the_merge_and_the_setting_named(shop: Shop, new_export: NewExport) -> None:
    export = new_export()
    export.groups(group("other", name="Канцелярия"))
    error = refused(shop, export)
    told = Texts(Language.RUSSIAN).error(error)
    assert "catalog.root_category" in told.hint
    assert "СПОРТ" in told.what
    assert shop.value("SELECT stage FROM freesport_sync.runs") == "resolve"


def test_the_root_is_named_in_the_settings(shop: Shop, new_export: NewExport) -> None:
    shop.settings = Settings(catalog=CatalogSettings(root_category="Туризм"))
    export = new_export()
    export.groups(sport(), group("trips", name="Туризм", children=[group("tents", name="Палатки")]))
    shop.run(export.folder)
    assert [row[0] for row in shop.rows(TREE)] == ["trips", "tents"]


def test_a_root_renamed_in_1c_stops_the_run(shop: Shop, new_export: NewExport) -> None:
    first, second = new_export(), new_export()
    first.groups(sport(group("g1")))
    shop.run(first.folder)
    second.groups(sport(group("g1"), name="Спорттовары"))
    error = refused(shop, second)  # the shop finds its menu by the root's name
    assert (error.code, error.params["found"]) == ("root_category_missing", "Спорттовары")
    shop.settings = Settings(catalog=CatalogSettings(root_category="Спорттовары"))
    shop.run(second.folder)
    assert [row[:3] for row in shop.rows(TREE)] == [("root", "Спорттовары", "sport"), ("g1", "Мячи", "mjachi")]


@pytest.mark.parametrize("onec_id", [None, "", "__repair_anchor__"])
@pytest.mark.parametrize("is_full", [False, True])
def test_a_root_made_in_the_shop_becomes_that_of_1c(
    shop: Shop, new_export: NewExport, onec_id: str | None, is_full: bool
) -> None:
    anchor = add_root(shop, onec_id, is_active=is_full)
    export = new_export()
    export.groups(sport(group("g1")))
    report = shop.run(export.folder, is_full=is_full)
    assert shop.row(
        "SELECT id, onec_id, slug, sort_order, seo_title, icon, is_active FROM categories WHERE name = 'СПОРТ'"
    ) == (anchor, "root", "own-slug", 7, "seo", "icon.svg", True)
    assert shop.value(PARENT, key="g1") == "root"
    assert counts(report, Entity.CATEGORY) == (1, 1, 0, 0, 0)


def test_a_new_root_does_not_land_below_categories_of_the_shop(shop: Shop, new_export: NewExport) -> None:
    shop.execute(
        "INSERT INTO categories (name, slug, description, image, is_active, sort_order, seo_title, seo_description,"
        " created_at, updated_at, icon)"
        " SELECT name, name, '', '', true, 0, '', '', now(), now(), '' FROM (VALUES ('own'), ('other')) AS own (name)"
    )
    export = new_export()
    export.groups(sport(group("g1")))
    shop.run(export.folder)
    assert [(row[0], row[3]) for row in shop.rows(TREE)] == [(None, None), (None, None), ("root", None), ("g1", "root")]


def test_a_hidden_root_is_shown_again(shop: Shop, new_export: NewExport) -> None:
    add_root(shop, "root", is_active=False)
    export = new_export()
    export.groups(sport())
    shop.run(export.folder)
    assert shop.rows(TREE) == [("root", "СПОРТ", "own-slug", None, True)]


def test_a_category_of_the_export_is_shown_again(shop: Shop, new_export: NewExport) -> None:
    export = new_export()
    export.groups(sport(group("g1"), group("g2", name="Сетки")))
    shop.run(export.folder)
    shop.execute("UPDATE categories SET is_active = false WHERE parent_id IS NOT NULL")
    export.groups(sport(group("g1")))
    shop.run(export.folder)  # as the reference importer does, even if an operator has hidden it
    assert [(row[0], row[4]) for row in shop.rows(TREE)] == [("root", True), ("g1", True), ("g2", False)]


def test_1c_sets_name_and_description_but_never_to_nothing(shop: Shop, new_export: NewExport) -> None:
    export = new_export()
    export.groups(sport(group("g1", description="Всё круглое")))
    shop.run(export.folder)
    shop.execute("UPDATE categories SET name = 'Наши мячи', description = 'Наше' WHERE onec_id = 'g1'")
    export.groups(sport(group("g1", description="")))
    shop.run(export.folder)
    described = "SELECT name, description FROM categories WHERE onec_id = 'g1'"
    assert shop.row(described) == ("Мячи", "Наше")
    export.groups(sport(group("g1", description="Круглое")))
    shop.run(export.folder)
    assert shop.row(described) == ("Мячи", "Круглое")


def test_a_part_of_the_tree_finds_its_place_in_the_shop(shop: Shop, new_export: NewExport) -> None:
    first, second = new_export(), new_export()
    first.groups(sport(group("g1", children=[group("g2", name="Сетки")])))
    shop.run(first.folder)
    shop.execute("UPDATE categories SET is_active = false WHERE onec_id = 'root'")
    second.groups(group("g1", name="Мячи и сетки", children=[group("g3", name="Насосы")]))
    shop.run(second.folder)
    assert shop.rows(TREE) == [
        ("root", "СПОРТ", "sport", None, True),  # hidden before: the reference importer shows it again
        ("g1", "Мячи и сетки", "mjachi", "root", True),
        ("g2", "Сетки", "setki", "g1", True),
        ("g3", "Насосы", "nasosy", "g1", True),
    ]


def test_children_of_a_group_without_name_lie_below_the_shops_group(shop: Shop, new_export: NewExport) -> None:
    first, second = new_export(), new_export()
    first.groups(sport(group("g1")))
    shop.run(first.folder)
    second.groups(group("g1", name=None, children=[group("g2", name="Сетки")]))
    shop.run(second.folder)
    assert shop.value(PARENT, key="g2") == "g1"
    assert shop.issues() == {"name_missing": ["g1"]}


def test_a_rename_keeps_slug_and_what_the_shop_added(shop: Shop, new_export: NewExport) -> None:
    first, second = new_export(), new_export()
    first.groups(sport(group("g1", description="Старое")))
    shop.run(first.folder)
    shop.execute("UPDATE categories SET sort_order = 3, seo_title = 'x', image = 'i', icon = 'j' WHERE onec_id = 'g1'")
    second.groups(sport(group("g1", name="Мячики", description="Новое")))
    report = shop.run(second.folder)
    assert shop.row(
        "SELECT name, slug, description, sort_order, seo_title, image, icon, updated_at > created_at"
        " FROM categories WHERE onec_id = 'g1'"
    ) == ("Мячики", "mjachi", "Новое", 3, "x", "i", "j", True)
    assert counts(report, Entity.CATEGORY) == (0, 1, 1, 0, 0)


def test_a_group_moves_with_its_descendants(shop: Shop, new_export: NewExport) -> None:
    first, second = new_export(), new_export()
    first.groups(sport(group("a", name="А", children=[group("b", name="Б", children=[group("c", name="В")])])))
    shop.run(first.folder)
    second.groups(sport(group("b", name="Б", children=[group("c", name="В"), group("a", name="А")])))
    report = shop.run(second.folder)
    assert [(key, parent) for key, _, _, parent, _ in shop.rows(TREE)] == [
        ("root", None),
        ("a", "b"),
        ("b", "root"),
        ("c", "b"),
    ]
    assert counts(report, Entity.CATEGORY) == (0, 2, 2, 0, 0)


def test_equal_names_get_numbered_slugs(shop: Shop, new_export: NewExport) -> None:
    export = new_export()
    export.groups(
        sport(
            group("a", name="Прочее"), group("b", name="Прочее"), group("c", name="Прочее 2"), group("d", name="Прочее")
        )
    )
    export.goods(product("p1", group="b"), product("p2", group="d"))
    shop.run(export.folder)
    assert [row[2] for row in shop.rows(TREE)][1:] == ["prochee", "prochee-3", "prochee-2", "prochee-4"]
    assert shop.rows("SELECT p.onec_id, c.onec_id FROM products p JOIN categories c ON c.id = p.category_id") == [
        ("p1", "b"),
        ("p2", "d"),
    ]


def test_a_name_without_latin_letters_gets_a_slug_from_the_id(shop: Shop, new_export: NewExport) -> None:
    export = new_export()
    export.groups(sport(group("0123456789", name="中文")))
    shop.run(export.folder)
    assert shop.value("SELECT slug FROM categories WHERE onec_id = '0123456789'") == "category-01234567"


def test_groups_in_a_circle_keep_their_place(shop: Shop, new_export: NewExport) -> None:
    first, second = new_export(), new_export()
    first.groups(sport(group("a", name="А", children=[group("b", name="Б")])))
    shop.run(first.folder)
    # b below a in one segment, a below b in the other; the rest of the export is imported.
    second.groups(sport(group("a", name="А1", children=[group("b", name="Б1")]), group("c", name="В")), segment=1)
    second.groups(group("b", name=None, children=[group("a", name="А2")]), segment=2)
    shop.run(second.folder)
    assert [row[:2] + row[3:4] for row in shop.rows(TREE)] == [
        ("root", "СПОРТ", None),
        ("a", "А", "root"),
        ("b", "Б", "a"),
        ("c", "В", "root"),
    ]
    assert shop.issues()["category_cycle"] in (["a"], ["b"])


def test_a_group_is_not_moved_below_its_own_child_of_the_shop(shop: Shop, new_export: NewExport) -> None:
    first, second = new_export(), new_export()
    first.groups(sport(group("a", name="А", children=[group("b", name="Б")])))
    shop.run(first.folder)
    second.groups(group("b", name="Б", children=[group("a", name="А1")]))
    report = shop.run(second.folder)
    assert [(row[0], row[1], row[3]) for row in shop.rows(TREE)][1:] == [("a", "А1", "root"), ("b", "Б", "a")]
    assert shop.issues() == {"category_cycle": ["a"]}
    assert report.has_row_errors


def test_products_of_unknown_groups_go_into_the_hidden_category(
    shop: Shop, export: ExportBuilder, new_export: NewExport
) -> None:
    export.goods(product("p1"))
    shop.run(export.folder)
    assert shop.value("SELECT count(*) FROM categories WHERE NOT is_active") == 0
    more = new_export()
    more.goods(product("p2", group="nowhere"), product("p3", group=None), product("p4", group="g1"))
    more.groups(sport(group("g1")), group("other", name="Канцелярия", children=[group("paper")]))
    shop.run(more.folder)
    assert shop.row(
        "SELECT onec_id, name, slug, is_active, parent_id, sort_order, icon FROM categories WHERE NOT is_active"
    ) == (
        "__onec_unresolved_category__",
        "Без категории (1С)",
        "onec-unresolved-category",
        False,
        None,
        0,
        "",
    )
    query = (
        "SELECT p.onec_id FROM products p JOIN categories c ON c.id = p.category_id WHERE NOT c.is_active ORDER BY 1"
    )
    assert shop.rows(query) == [("p2",), ("p3",)]
    assert shop.issues()["category_unknown"] == ["p2", "p3"]
    details = shop.value("SELECT report_details FROM import_sessions ORDER BY id DESC LIMIT 1")
    assert details["category_fallbacks"] == 2


def test_a_deletion_mark_hides_and_its_removal_shows(shop: Shop, new_export: NewExport) -> None:
    exports = [new_export() for _ in range(4)]
    exports[0].groups(sport(group("a", name="А"), group("b", name="Б"), group("new", name="Новая", deleted=True)))
    exports[1].groups(sport(group("a", name="А", deleted=True)), tombstone("Группа", "b"), tombstone("Группа", "zzz"))
    exports[2].groups(sport(group("a", name="А"), group("b", name="Б")))

    def active(export: ExportBuilder) -> dict[str, bool]:
        shop.run(export.folder)
        return {row[0]: row[4] for row in shop.rows(TREE)}

    assert active(exports[0]) == {"root": True, "a": True, "b": True, "new": False}
    assert active(exports[1]) == {"root": True, "a": False, "b": False, "new": False}
    assert [(row[1], row[3]) for row in shop.rows(TREE) if row[0] == "b"] == [("Б", "root")]
    assert active(exports[2]) == {"root": True, "a": True, "b": True, "new": False}


def test_absence_hides_only_in_a_full_run(shop: Shop, export: ExportBuilder, new_export: NewExport) -> None:
    export.groups(sport(group("g1"), group("g2", name="Сетки")))
    export.goods(product("p1", group="nowhere"))
    shop.run(export.folder)
    part = new_export()
    part.groups(group("g1"))
    shop.run(part.folder)
    assert shop.value("SELECT count(*) FROM categories WHERE is_active") == 3
    report = shop.run(part.folder, is_full=True)
    # The root itself holds what was exported, and the hidden category is never the export's.
    assert [row[0] for row in shop.rows(TREE) if row[4]] == ["root", "g1"]
    assert counts(report, Entity.CATEGORY) == (0, 1, 1, 0, 0)
    assert shop.value("SELECT count(*) FROM products WHERE is_active") == 1


def test_a_full_run_without_groups_hides_no_category(shop: Shop, export: ExportBuilder, new_export: NewExport) -> None:
    export.goods(product("p1"))
    shop.run(export.folder)
    goods = new_export()
    goods.goods(product("p1"))
    shop.run(goods.folder, is_full=True)
    assert shop.value("SELECT count(*) FROM categories WHERE NOT is_active") == 0


def test_a_group_in_two_segments_is_one_category_and_the_last_wins(shop: Shop, new_export: NewExport) -> None:
    export = new_export()
    export.groups(sport(group("g1", name="Мячи"), group("g2", name="Сетки")), segment=2)
    export.groups(sport(group("g2", name="Сетки", children=[group("g1", name="Мячики")])), segment=10)
    report = shop.run(export.folder)
    assert shop.rows(TREE)[1:] == [
        ("g1", "Мячики", "mjachi", "g2", True),
        ("g2", "Сетки", "setki", "root", True),
    ]
    assert counts(report, Entity.CATEGORY) == (3, 0, 0, 0, 0)
    assert report.status is RunStatus.COMPLETED


def test_an_export_of_foreign_groups_only_is_refused(shop: Shop, export: ExportBuilder, new_export: NewExport) -> None:
    shop.run(export.folder)
    foreign = new_export()
    foreign.groups(group("other", name="Канцелярия"))
    assert refused(shop, foreign).code == "all_rows_failed"
