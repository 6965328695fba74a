"""Whole exports that have something of everything, for the tests about what a run must not do."""

from __future__ import annotations

from tests.builders import (
    BRANDS,
    PRICE_TYPES,
    ROOT_GROUP,
    ExportBuilder,
    brand_property,
    contragent,
    group,
    offer,
    price_type,
    prices,
    product,
    rests,
    tombstone,
)


def everything(export: ExportBuilder) -> None:
    """Something for every rule: repeats, clashes, marks, unknown references, odd values."""
    export.reference_data()
    export.groups(
        group(
            "root",
            name=ROOT_GROUP,
            children=[group("g1"), group("g2", name="Прочее"), group("g3", name="Прочее"), group("gone", deleted=True)],
        ),
        group("other", name="Канцелярия"),
        tombstone("Группа", "never-seen"),
    )
    export.properties_goods(brand_property({**BRANDS, "b3": "NIKE", "b4": "Без Бренда"}), segment=1)
    export.properties_goods(brand_property({**BRANDS, "b3": "NIKE"}), segment=2)
    export.price_lists(
        *(price_type(*item) for item in PRICE_TYPES.items()),
        price_type("purchase", "Закупочная"),
        price_type("opt1-old", "Опт 1 старый", deleted=True),
        tombstone("ТипЦены", "never-seen"),
    )
    export.goods(
        product("p1", name="Мяч", description="Круглый"),
        product("p2", name="Мяч", group="nowhere", brand="nobody", vat="Без НДС"),
        product("p3", group="g2", brand=None, vat="22%"),
        product("p4", group="g3", deleted=True),
        tombstone("Товар", "never-seen"),
        segment=1,
    )
    export.goods(product("p1", name="Другое имя", group="g2"), product("p5", name="中文"), segment=2)
    export.offers(
        offer("p1#a", article="ART", characteristics={"Цвет": "Белый", "Размер": "42"}),
        offer("p1#b", article="ART"),
        offer("p1#c", deleted=True),
        offer("p2", name="Мяч синий (5)"),
        offer("p3#a"),
        offer("p9#a"),
        tombstone("Предложение", "p1#never-seen"),
        offer("p1#a", article="ART"),
    )
    export.prices(
        prices("p1#a", {"retail": 100, "opt1": "70,5", "purchase": 1, "unknown": 1}),
        prices("p1#b", {"rrp": "1 500,50", "msrp": "-999 999 999,9"}),
        prices("p3#a", {"retail": "по запросу", "opt2": 5}),
        prices("p5", {"retail": 7}),
        prices("p9#a", {"retail": 1}),
        prices("p1#a", {"retail": 101}),
    )
    export.rests(
        rests("p1#a", {"w1": 3, "w2": 3}),
        rests("p1#b", {"w2": "-1", "w9": "2,5"}),
        rests("p2", {"w1": 0}),
        rests("p5", {"w2": 4}),
        rests("p9#a", {"w1": 1}),
        rests("p1#a", {"w1": 3, "w2": 3}),
    )
    export.contragents(
        contragent("c1", name="Петров Иван", email="petrov@example.test", phone="8 982 911-00-98"),
        contragent("c2", name="ООО Верх", inn="7700000001", kpp="770101001", email="Petrov@example.test"),
        contragent("c3", name="ИП Сидоров", inn="770000000012", email="нет", phone="нет", deleted=True),
        contragent("c4", roles=["Поставщик"]),
        contragent("c1", name="Петров Пётр", email="petrov@example.test"),
        tombstone("Контрагент", "never-seen"),
    )


def everything_changed(export: ExportBuilder) -> None:
    """What `everything` becomes: values of every kind change, objects come and go."""
    export.reference_data()
    export.groups(
        group(
            "root",
            name=ROOT_GROUP,
            children=[group("g1", name="Мячики", children=[group("g2", name="Прочее")]), group("g4", name="Сетки")],
        ),
        tombstone("Группа", "g3"),
    )
    export.properties_goods(brand_property({"b1": "Nike Inc", "b5": "Puma", "b6": "ADIDAS"}))
    export.price_lists(price_type("opt1", "Опт 1", deleted=True), price_type("opt2", "Опт 2"), price_type("fed", "Р"))
    export.goods(
        product("p1", name="Новое имя", group="g1", brand="b5", description="Квадратный", vat=10),
        tombstone("Товар", "p3"),
        product("p4", group="g4"),
        product("p6", name="Мяч", brand=None),
    )
    export.offers(
        offer("p1#a", article="NEW", characteristics={"Цвет": "Синий"}),
        offer("p1#b", article="ART", deleted=True),
        offer("p1#c", article="ART"),
        offer("p4#a"),
        offer("p5#a", article="ART"),
        offer("p6#a"),
    )
    export.prices(prices("p1#a", {"retail": 0, "opt1": 1, "opt2": 2}), prices("p4#a", {"retail": 3}))
    export.rests(rests("p1#a", {"w1": 0}), rests("p1#b", {"w1": 7}), rests("p5#a", {"w2": 1}), rests("p3#a", {"w2": 1}))
    export.contragents(
        contragent("c1", name="Петров Иван", phone="79829110000"),
        contragent("c2", name="ООО Верх", full_name="Общество «Верх»", inn="7700000001", kpp="770101002"),
        tombstone("Контрагент", "c3"),
        contragent("c5", email="c5@example.test"),
    )
