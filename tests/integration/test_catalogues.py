"""Several catalogues in one export, several groups of one product, articles and products without variants."""

from __future__ import annotations

from pathlib import Path

import pytest

from freesport_sync.core.events import IssuesFound
from freesport_sync.core.issues import Severity
from tests.builders import (
    ROOT_GROUP,
    ExportBuilder,
    element,
    group,
    offer,
    price_type,
    product,
    raw_element,
    rests,
    tombstone,
)
from tests.integration.support import NewExport
from tests.shop import Shop

PRODUCTS = "SELECT onec_id, is_active FROM products ORDER BY onec_id"
ON_SALE = "SELECT onec_id FROM product_variants WHERE is_active ORDER BY onec_id"


def catalogue(onec_id: str, groups: str, *goods: str) -> str:
    """`Классификатор` and `Каталог` of one catalogue."""
    tree = raw_element("Группы", group("root", name=ROOT_GROUP, children=[groups]))
    head = raw_element("Классификатор", element("Ид", f"classifier of {onec_id}") + tree)
    return head + raw_element("Каталог", element("Ид", onec_id) + raw_element("Товары", "".join(goods)))


def package(catalogue_id: str, types: str, *offers: str) -> str:
    """`ПакетПредложений` of one catalogue."""
    head = element("Ид", f"{catalogue_id}#") + element("ИдКаталога", catalogue_id) + raw_element("ТипыЦен", types)
    return raw_element("ПакетПредложений", head + raw_element("Предложения", "".join(offers)))


LIVE = (
    catalogue("c1", group("g1"), product("p1", brand=None), product("p2#a", brand=None)),
    package("c1", price_type("retail", "РРЦ"), offer("p1#a"), offer("p2#a")),
)
GONE = (
    catalogue("c2", group("g1", deleted=True), product("p1", group="g9", deleted=True), tombstone("Товар", "p2#a")),
    package("c2", price_type("retail", "РРЦ", deleted=True), tombstone("Предложение", "p1#a")),
)


@pytest.mark.parametrize("parts", [(LIVE, GONE), (GONE, LIVE)], ids=["live_first", "live_last"])
@pytest.mark.parametrize("in_one_file", [True, False])
def test_a_mark_in_one_catalogue_never_hides_what_another_has(
    shop: Shop, tmp_path: Path, in_one_file: bool, parts: tuple[tuple[str, str], ...]
) -> None:
    export = ExportBuilder(tmp_path / "export")
    if in_one_file:
        export.write("import.xml", export.document("".join(goods for goods, _ in parts)))
        export.write("offers.xml", export.document("".join(offers for _, offers in parts)))
    else:
        for number, (goods, offers) in enumerate(parts):
            export.write(f"import{number}_1.xml", export.document(goods))
            export.write(f"offers{number}_1.xml", export.document(offers))
    shop.run(export.folder)
    assert shop.rows(PRODUCTS) == [("p1", True), ("p2", True)]
    assert shop.rows(ON_SALE) == [("p1#a",), ("p2#a",)]
    assert shop.rows("SELECT is_active FROM categories WHERE onec_id = 'g1'") == [(True,)]
    assert shop.rows("SELECT c.onec_id FROM products AS p JOIN categories AS c ON c.id = p.category_id")[0] == ("g1",)
    assert shop.value("SELECT is_active FROM price_types") is True


def test_within_a_catalogue_the_last_record_decides(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1"), segment=1)
    export.goods(product("p1", deleted=True), segment=2)
    export.offers(offer("p1#a"), segment=1)
    export.offers(offer("p1#a", deleted=True), segment=2)
    shop.run(export.folder)
    assert shop.rows(PRODUCTS) == [("p1", False)]
    assert shop.rows(ON_SALE) == []


def test_of_several_groups_the_first_inside_the_root_counts(shop: Shop, export: ExportBuilder) -> None:
    export.groups(group("root", name=ROOT_GROUP, children=[group("g1"), group("g2")]), group("outside", name="Прочее"))
    groups = {"p1": "outside g1 g2", "p2": "g2 outside g1", "p3": "outside nowhere", "p4#c": "outside g2"}
    listed = {key: "".join(element("Ид", one) for one in ids.split()) for key, ids in groups.items()}
    export.goods(*(product(key, group=None, extra=raw_element("Группы", ids)) for key, ids in listed.items()))
    shop.run(export.folder)
    query = "SELECT p.onec_id, c.onec_id FROM products AS p JOIN categories AS c ON c.id = p.category_id ORDER BY 1"
    assert shop.rows(query) == [("p1", "g1"), ("p2", "g2"), ("p3", "__onec_unresolved_category__"), ("p4", "g2")]
    assert shop.issues()["category_unknown"] == ["p3"]


def test_a_product_without_variants_is_reported(shop: Shop, export: ExportBuilder, new_export: NewExport) -> None:
    keys = ["p1", "p2", "p3"]
    export.goods(*map(product, keys))
    export.offers(*(offer(f"{key}#{letter}") for key in keys for letter in "ab"))
    shop.run(export.folder)
    more = new_export()
    more.goods(product("p1"), product("p2", deleted=True), product("p3"))
    marks = [tombstone("Предложение", f"{key}#{letter}") for key in ("p1", "p2") for letter in "ab"]
    more.offers(*marks, tombstone("Предложение", "p3#a"))
    for _ in range(2):
        shop.run(more.folder, accept_large_change=True)
        assert shop.rows(ON_SALE) == [("p3#b",)]  # and no new one with the product's price
        assert shop.issues()["product_without_variants"] == ["p1"]


def test_a_product_that_a_full_run_leaves_without_variants_is_reported(
    shop: Shop, export: ExportBuilder, new_export: NewExport
) -> None:
    export.goods(product("p1"), product("p2"))
    export.offers(offer("p1#a"), offer("p2#a"))
    shop.run(export.folder)
    more = new_export()
    more.goods(product("p1"), product("p2"))
    more.offers(offer("p2#a"))
    shop.run(more.folder, is_full=True, accept_large_change=True)
    assert shop.issues()["product_without_variants"] == ["p1"]


def test_an_article_that_is_there_twice_is_a_note(shop: Shop, export: ExportBuilder, new_export: NewExport) -> None:
    export.goods(product("old", article="SKI-1"), product("p1", article="A"))
    export.offers(offer("old", article="SKI-1"), offer("p1#a", article="A"), offer("p1#b", article="A"))
    export.rests(rests("old", {"w1": 3}))
    shop.run(export.folder)
    assert "article_repeated" not in shop.issues()

    again = new_export()  # recreated in 1C, the old one is marked
    again.goods(product("old", article="SKI-1", deleted=True), product("new", article="SKI-1"))
    again.offers(offer("new", article="SKI-1"))
    shop.run(again.folder, accept_large_change=True)
    issues = (issue for event in shop.events if isinstance(event, IssuesFound) for issue in event.issues)
    (note,) = [issue for issue in issues if issue.code == "article_repeated"]
    assert (note.severity, note.onec_id, note.value, note.params) == (Severity.NOTE, "new", "SKI-1", {"kept": "old"})
    assert shop.rows(PRODUCTS) == [("new", True), ("old", False), ("p1", True)]

    third = new_export()  # the shop has it, the files do not
    third.goods(product("third", article=None))
    third.offers(offer("third", article="A"))
    shop.run(third.folder)
    assert shop.issues()["article_repeated"] == ["third"]
    shop.run(third.folder)
    assert "article_repeated" not in shop.issues()
