"""Small, hostile exports: few ids and names, so that they meet again and again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

from freesport_sync.core.shop import FileType, ImportKind
from tests.model import exports, words
from tests.model.exports import PARTS, Edit, Export, File, Group, R, Step
from tests.model.reference_data import REPAIR_ANCHOR
from tests.model.values import ZERO_GUID

T = TypeVar("T")


def _rarely(usual: st.SearchStrategy[T], rare: st.SearchStrategy[T]) -> st.SearchStrategy[T]:
    return st.integers(0, 9).flatmap(lambda n: rare if n == 9 else usual)


def _mostly(usual: list[T], odd: list[T]) -> st.SearchStrategy[T]:
    """Four times of five one of the usual ones."""
    return st.sampled_from(usual * (4 * len(odd) // len(usual) + 1) + odd)


def _pairs(usual: list[str], odd: list[str], texts: list[str]) -> st.SearchStrategy[exports.Pairs]:
    names = st.lists(_mostly(usual, odd), max_size=3, unique=True)
    return names.flatmap(lambda keys: st.tuples(*(st.tuples(st.just(key), st.sampled_from(texts)) for key in keys)))


_deleted = _mostly([False], [True])
_products = _mostly(words.PRODUCT_IDS[:2], [*words.PRODUCT_IDS[2:], "p1#", *words.CHARACTERISTICS])
_offer_ids = _mostly(["p1#a", "p1#b", "p1", "p2"], [*words.OFFER_IDS[4:], *words.EMPTY_CHARACTERISTICS])
_pictures = st.lists(st.one_of(st.sampled_from(words.PICTURES), st.sampled_from(words.ODD_PICTURES)), max_size=3).map(
    tuple
)
_types = _mostly(["t1", "t2", "t4"], ["t3", "t5", "nobody", ""])


@st.composite
def groups(draw: st.DrawFn) -> tuple[Group, ...]:
    """A tree, most often below the root category."""
    keys = draw(st.lists(st.sampled_from(words.GROUP_IDS), max_size=4, unique=True))
    children: dict[str | None, list[str]] = {}
    for number, key in enumerate(keys):
        children.setdefault(draw(st.sampled_from([None, *keys[:number]])), []).append(key)

    def tree(key: str) -> Group:
        below = tuple(map(tree, children.get(key, ())))
        name = draw(_rarely(st.sampled_from(words.GROUP_NAMES), st.none()))
        return Group(key, name, draw(st.sampled_from([None, "Описание"])), draw(_deleted), below)

    top = tuple(map(tree, children.get(None, ())))
    if draw(_mostly([True], [False])):  # else a part of the tree, which has to find its place in the shop
        root = draw(_rarely(st.just("root"), st.sampled_from(["root2", "g1"])))
        return (Group(root, draw(_rarely(st.just(words.ROOT), st.just("Спорт"))), None, draw(_deleted), top),)
    return top


_brands = st.builds(exports.Value, st.sampled_from(words.BRAND_IDS), st.sampled_from(words.BRAND_NAMES))
_values = st.builds(exports.Value, _mostly(words.VALUE_IDS, ["", "v" * 256]), _mostly(words.VALUES, ["", " "]))
_properties = _rarely(
    st.builds(
        exports.Property,
        onec_id=st.sampled_from(words.PROPERTY_IDS),
        name=st.sampled_from(words.PROPERTY_NAMES),
        values=st.lists(_values, max_size=4).map(tuple),
        value_type=_mostly(["Справочник"], ["Число"]),
        deleted=_deleted,
    ),
    _rarely(
        st.builds(
            exports.Property,
            st.just("Бренд"),
            _mostly(["Бренд"], [" бренд"]),
            st.lists(_values, max_size=2).map(tuple),
            deleted=_deleted,
        ),
        st.builds(
            exports.Property,
            _mostly(words.PROPERTY_IDS, ["", "x" * 256]),
            _mostly([None], ["Бренд"]),
            st.lists(_values, max_size=2).map(tuple),
            deleted=st.booleans(),
        ),
    ),
)
_brand_properties = st.builds(
    exports.Property, st.just("Бренд"), st.just("Бренд"), st.lists(_brands, min_size=1, max_size=4).map(tuple)
)
_storages = st.builds(exports.Storage, st.sampled_from(words.WAREHOUSE_IDS), st.sampled_from(words.WAREHOUSE_NAMES))
_price_types = _rarely(
    st.builds(
        exports.PriceTypeRecord,
        st.sampled_from(words.TYPE_IDS),
        st.sampled_from(words.TYPE_NAMES),
        _deleted,
        _mostly(["RUB"], words.CURRENCIES),
    ),
    st.builds(exports.PriceTypeRecord, st.sampled_from(words.TYPE_IDS), st.none(), st.booleans()),
)
_goods = _rarely(
    st.builds(
        exports.Good,
        onec_id=_products,
        name=st.sampled_from(words.PRODUCT_NAMES),
        group=st.sampled_from([*words.GROUP_IDS, "root", "nowhere", ZERO_GUID, "", None]),
        brand=st.sampled_from([*words.BRAND_IDS, "nobody", ZERO_GUID, "", None]),
        description=st.sampled_from([*words.DESCRIPTIONS, None]),
        vat=st.sampled_from([*words.RATES, None]),
        properties=_pairs(words.PROPERTY_IDS[:4], ["frame", "unknown"], [*words.VALUE_IDS, *words.TEXTS]),
        pictures=_pictures,
        deleted=_deleted,
        characteristics=_rarely(st.just(()), st.just((("Цвет", "Белый"), ("Размер", "XL")))),
        further_groups=_rarely(
            st.just(()), st.lists(st.sampled_from([*words.GROUP_IDS, "nowhere", ""]), max_size=2).map(tuple)
        ),
    ),
    _rarely(
        st.builds(exports.Good, _products, st.none(), pictures=_pictures, deleted=st.just(True)),
        st.sampled_from(
            [
                exports.Good(None, "Мяч"),
                exports.Good("x" * 101, "Мяч"),
                exports.Good("p1", None),
                exports.Good("p1", " "),
            ]
        ),
    ),
)
_characteristics = st.fixed_dictionaries(
    {},
    optional={
        "Цвет": st.sampled_from(words.COLOURS),
        "Окраска ": st.sampled_from(words.COLOURS),
        "Размер": st.sampled_from(words.SIZES),
        "размер_обуви": st.sampled_from(words.SIZES),
        "Детский размер": st.just("Да"),
        "Цвет (Мячи (Для характеристик))": st.sampled_from(words.COLOURS),
        "Размер (рост)": st.sampled_from(words.SIZES),
        "Цвет, размер": st.sampled_from(["синий, 42", "бордо, XL", "синий", "синий, бордо, 42"]),
        **{
            name: st.sampled_from([*words.VALUES, *words.TEXTS])
            for name in ("Вес кг", "цвет рамы", "Tsvet", "--", "бренд", "Акция")
        },
    },
).map(lambda values: tuple(values.items()))
_offers = _rarely(
    st.builds(
        exports.Offer,
        onec_id=_offer_ids,
        name=st.sampled_from([*words.OFFER_NAMES, None]),
        article=st.sampled_from([None, None, "", *words.ARTICLES]),
        characteristics=_characteristics,
        properties=_rarely(
            st.just(()), _pairs(words.PROPERTY_IDS[:4], ["frame", "unknown"], [*words.VALUE_IDS, *words.TEXTS, "Да"])
        ),
        pictures=_pictures,
        deleted=_deleted,
        quantity=_rarely(st.none(), _mostly(["4", "0"], words.ODD_QUANTITIES)),
    ),
    _rarely(
        st.builds(exports.Offer, _offer_ids, st.none(), pictures=_pictures, deleted=st.just(True)),
        st.sampled_from(
            [exports.Offer(None, "Мяч"), exports.Offer("#a", "Мяч"), exports.Offer("p1#" + "x" * 98, "Мяч")]
        ),
    ),
)
_prices = st.builds(
    exports.OfferPrices,
    _offer_ids,
    st.lists(
        st.builds(
            exports.Amount,
            _types,
            _mostly(["70", "100", "7", "0"], words.ODD_AMOUNTS),
            currency=_mostly(["руб"], words.CURRENCIES),
            factor=_mostly([None, "1"], words.FACTORS),
            least=_mostly([None], ["1", "5", "много"]),
            unit=_mostly([None, "шт"], ["шт.", "упак"]),
        ),
        max_size=4,
    ).map(tuple),
)
_rests = st.builds(
    exports.OfferRests,
    _offer_ids,
    st.lists(
        st.tuples(_mostly(words.WAREHOUSE_IDS, [""]), _mostly(["5", "3", "0"], words.ODD_QUANTITIES)),
        min_size=1,
        max_size=3,
        unique_by=lambda entry: entry[0],
    ).map(tuple),
)


def _files(records: st.SearchStrategy[Sequence[R]]) -> st.SearchStrategy[tuple[File[R], ...]]:
    file = st.builds(
        File,
        records.map(tuple),
        st.sampled_from(words.SEGMENTS),
        st.sampled_from(words.DATES),
        st.sampled_from(words.SPELLINGS),
    )
    return st.lists(file, min_size=1, max_size=2, unique_by=lambda file: file.segment).map(tuple)


_PARTS: dict[str, st.SearchStrategy[Any]] = {
    "groups": _files(groups()),
    "properties_goods": _files(st.lists(_rarely(_properties, _brand_properties), min_size=1, max_size=4)),
    "properties_offers": _files(st.lists(_properties, min_size=1, max_size=3)),
    "price_lists": _files(st.lists(_price_types, min_size=1, max_size=5)),
    "storages": _files(st.lists(_storages, max_size=3)),
    "goods": _files(st.lists(_goods, min_size=1, max_size=5)),
    "offers": _files(st.lists(_offers, min_size=1, max_size=6)),
    "prices": _files(st.lists(_prices, min_size=1, max_size=5)),
    "rests": _files(st.lists(_rests, min_size=1, max_size=5)),
}


_FILE_TYPES = {
    ImportKind.ALL: list(FileType),
    ImportKind.ATTRIBUTES: [FileType.ALL],
    ImportKind.IMAGES: [FileType.ALL, FileType.GOODS, FileType.OFFERS],
}
"""Of which kinds of files a run can be."""


@st.composite
def _runs(draw: st.DrawFn) -> Export:
    """A run with all files or with some."""
    kind = draw(_mostly([ImportKind.ALL], [ImportKind.ATTRIBUTES, ImportKind.IMAGES]))
    narrowed = _rarely(st.just(FileType.ALL), st.sampled_from(_FILE_TYPES[kind]))
    left_out = draw(st.sets(st.sampled_from(PARTS)))
    present = [part for part in PARTS if part not in left_out]
    return Export(
        **{part: draw(_PARTS[part]) for part in present},
        kind=kind,
        file_type=draw(narrowed),
        is_full=draw(_rarely(st.just(False), st.just(True))),
        is_tried=draw(_rarely(st.just(False), st.just(True))),
        places=draw(_rarely(st.just(("goods", "offers")), st.sampled_from([(), ("goods",), ("offers",)]))),
        has_media=draw(_mostly([True], [False])),
        skips_pictures=draw(_rarely(st.just(False), st.just(True))),
    )


def _edits() -> st.SearchStrategy[Edit]:
    products, offers = st.sampled_from(words.PRODUCT_IDS), st.sampled_from(words.OFFER_IDS)
    lists, own_name = st.sampled_from(words.LISTS_OF_PICTURES), st.just("Имя магазина")
    return st.one_of(
        st.builds(Edit, st.just("products"), products, st.just("is_active"), st.booleans()),
        st.builds(Edit, st.just("products"), products, st.just("name"), own_name),
        st.builds(Edit, st.just("products"), products, st.just("description"), st.sampled_from(["", "Описание"])),
        # Old rows: the shop knew a product by the id of its only variant.
        st.sampled_from(words.PRODUCT_IDS).map(lambda key: Edit("products", key, "onec_id", f"{key}#old")),
        # Older versions of the program took the characteristic that is none for one.
        st.sampled_from(words.EMPTY_CHARACTERISTICS).map(
            lambda key: Edit("product_variants", key.partition("#")[0], "onec_id", key)
        ),
        offers.map(lambda key: Edit("product_variants", key, "sku", f"BY-HAND {key}")),
        st.builds(Edit, st.just("product_variants"), offers, st.just("is_active"), st.booleans()),
        st.builds(Edit, st.just("product_variants"), offers, st.just("stock_quantity"), st.integers(0, 6)),
        st.builds(Edit, st.just("product_variants"), offers, st.just("retail_price"), st.integers(0, 6)),
        st.builds(
            Edit,
            st.just("product_variants"),
            offers,
            st.just("main_image"),
            st.sampled_from([None, "", "uploads/medium.png"]),
        ),
        st.builds(Edit, st.just("products"), products, st.just("base_images"), lists),
        st.builds(
            Edit,
            st.just("product_variants"),
            offers,
            st.just("gallery_images"),
            lists,
        ),
        st.builds(Edit, st.just("price_types"), st.sampled_from(words.TYPE_IDS), st.just("is_active"), st.booleans()),
        st.builds(
            Edit,
            st.just("price_types"),
            st.sampled_from(words.TYPE_IDS),
            st.just("product_field"),
            st.sampled_from(["federation_price", "rrp"]),
        ),
        st.builds(Edit, st.just("categories"), st.sampled_from(["root", "g1"]), st.just("is_active"), st.booleans()),
        st.builds(
            Edit, st.just("categories"), st.sampled_from(words.GROUP_IDS), st.just("name"), st.just("Имя магазина")
        ),
    )


def _attribute_edits() -> st.SearchStrategy[Step]:
    slugs, normalized = st.sampled_from(words.ATTRIBUTE_SLUGS), st.sampled_from(words.NORMALIZED_VALUES)
    names = st.sampled_from(words.PROPERTY_NAMES[:3])
    return st.one_of(
        st.builds(Edit, st.just("product_attributes"), slugs, st.just("name"), names),
        st.builds(Edit, st.just("product_attributes"), slugs, st.just("is_active"), st.booleans()),
        st.builds(Edit, st.just("product_attributes"), slugs, st.just("normalized_name"), st.none()),
        st.builds(exports.Link, st.just("products"), st.sampled_from(words.PRODUCT_IDS), slugs, normalized),
        st.builds(exports.Link, st.just("product_variants"), st.sampled_from(words.OFFER_IDS), slugs, normalized),
        st.builds(exports.Remap, st.sampled_from(words.PROPERTY_IDS), slugs),
        st.builds(exports.Remap, st.sampled_from(words.VALUE_IDS), slugs, normalized),
    )


def _own_objects() -> st.SearchStrategy[Step]:
    return st.one_of(
        st.builds(
            exports.OwnCategory,
            name=st.sampled_from([words.ROOT, words.ROOT, "Прочее"]),
            slug=st.sampled_from(["own", "prochee", "sport", "onec-unresolved-category"]),
            onec_id=st.sampled_from([None, "", REPAIR_ANCHOR]),
            is_active=st.booleans(),
        ),
        st.builds(
            exports.OwnBrand,
            name=st.sampled_from(["NIKE", "joma", "Без бренда"]),
            slug=st.sampled_from(["nike", "no-brand", "own"]),
            normalized_name=st.sampled_from(["nike", "by-hand", "nobrand"]),
        ),
        st.builds(
            exports.OwnAttribute,
            name=st.sampled_from(["Акция", "ЦВЕТ"]),
            slug=st.sampled_from(["own", "tsvet"]),
            normalized_name=st.sampled_from(["акция", "цвет", None]),
        ),
    )


def _usual_prices(onec_id: str, **amounts: str) -> exports.OfferPrices:
    return exports.OfferPrices(onec_id, tuple(exports.Amount(*amount) for amount in amounts.items()))


USUAL = Export(
    groups=(File((Group("root", words.ROOT, children=(Group("g1", "Мячи"), Group("g2", "Прочее"))),)),),
    properties_goods=(
        File(
            (
                exports.Property("Бренд", "Бренд", (exports.Value("b1", "Nike"), exports.Value("b2", "Joma"))),
                exports.Property("color", "Цвет", (exports.Value("v1", "Красный"), exports.Value("v2", "Синий"))),
                exports.Property("weight", "Вес, кг", value_type="Число"),
            )
        ),
    ),
    properties_offers=(
        File(
            (
                exports.Property("size", "Размер", (exports.Value("true", "XL"),)),
                exports.Property("color2", "цвет", (exports.Value(words.VALUE_IDS[3], "Белый"),)),
            )
        ),
    ),
    price_lists=(
        File(
            (
                exports.PriceTypeRecord("t1", "Опт 1"),
                exports.PriceTypeRecord("t2", "РРЦ"),
                exports.PriceTypeRecord("t3", "МРЦ"),
                exports.PriceTypeRecord("t4", "РРЦ рекомендованная"),
            )
        ),
    ),
    storages=(File((exports.Storage("w1", "1 СДВ склад"), exports.Storage("w2", "2 ТЛВ склад"))),),
    goods=(
        File(
            (
                exports.Good(
                    "p1", "Мяч", "g1", "b1", "Круглый", "20", (("color", "v1"), ("weight", "0,5")), (words.PICTURES[2],)
                ),
                exports.Good("p2", "Мяч", "g2", "b2", None, "10"),
            )
        ),
    ),
    offers=(
        File(
            (
                exports.Offer("p1#a", "Мяч", "ART", (("Цвет", "Красный"), ("Размер", "XL")), (words.PICTURES[0],)),
                exports.Offer("p1#b", "Мяч (5)", "ART"),
            )
        ),
    ),
    prices=(
        File(
            (
                _usual_prices("p1#a", t1="70", t2="100", t3="90", t4="95"),
                _usual_prices("p1#b", t1="71", t4="96"),
                _usual_prices("p2", t2="5"),
            )
        ),
    ),
    rests=(File((exports.OfferRests("p1#a", (("w1", "5"), ("w2", "5"))), exports.OfferRests("p1#b", (("w2", "3"),)))),),
)
"""A shop as it should be; without it most exports would find nothing to change."""


def histories(max_size: int) -> st.SearchStrategy[list[Step]]:
    """Exports one after the other, most often into a usual shop, and what the shop does between them."""
    step: st.SearchStrategy[Step] = st.integers(0, 9).flatmap(
        lambda n: _own_objects() if n == 9 else _attribute_edits() if n == 8 else _edits() if n > 5 else _runs()
    )
    first: st.SearchStrategy[list[Step]] = st.integers(0, 3).map(lambda n: [] if n == 3 else [USUAL])
    return st.builds(list.__add__, first, st.lists(step, min_size=1, max_size=max_size))
