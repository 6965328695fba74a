"""1C exports for tests: small functions that make XML, and a builder that lays it out as 1C does.

    export = ExportBuilder(tmp_path)
    export.reference_data()
    export.goods(product("p1", name="Мяч", group="g1", brand="b1"), segment=2)
    export.offers(offer("p1#c1", characteristics={"Цвет": "Синий"}))
    export.prices(prices("p1#c1", {"retail": 1990, "opt1": "1 500,50"}))
    export.rests(rests("p1#c1", {"w1": 5}))

Values are written as given, so that a test can say `vat="Без НДС"` or `{"w1": "-3"}`. None leaves an element out.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape, quoteattr

Value = str | int | float | Decimal

NAMESPACE = "urn:1C.ru:commerceml_3"
CREATED_AT = "2025-09-12T21:25:39"
ROOT_GROUP = "СПОРТ"
CATALOG_ID = "916c4658-0000-0000-0000-60d53e352890"

BRANDS = {"b1": "Nike", "b2": "Adidas"}
PRICE_TYPES = {
    "opt1": "Опт 1 (300-600 тыс.руб в квартал)",
    "opt2": "Опт 2 (150-300 тыс.руб в квартал)",
    "opt3": "Опт 3 (50-150 тыс.руб в квартал)",
    "trainer": "Тренерская",
    "retail": "РРЦ",
    "msrp": "МРЦ",
    "rrp": "РРЦ рекомендованная",
}
"""Ids and names that `ExportBuilder.reference_data` writes; each name stands for one of the shop's columns."""

WAREHOUSES = {"w1": "1 СДВ склад", "w2": "2 ТЛВ склад"}


def element(tag: str, content: Value | None = None, **attributes: str) -> str:
    """One element with escaped text; empty text gives `<tag/>`, None gives nothing."""
    return "" if content is None else raw_element(tag, escape(str(content)), **attributes)


def raw_element(tag: str, content: str = "", **attributes: str) -> str:
    """One element around XML that is already made."""
    written = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    return f"<{tag}{written}>{content}</{tag}>\n" if content else f"<{tag}{written}/>\n"


def _object(tag: str, onec_id: str | None, deleted: bool, *content: str, extra: str = "") -> str:
    head = (
        element("Ид", onec_id)
        + element("НомерВерсии", "AAAAAAAAAAE=")
        + element("ПометкаУдаления", str(deleted).lower())
    )
    return raw_element(tag, head + "".join(content) + extra)


def tombstone(tag: str, onec_id: str) -> str:
    """What is left of an object that 1C has marked for deletion: `tombstone("Товар", "p1")`."""
    return _object(tag, onec_id, True)


def group(
    onec_id: str | None,
    *,
    name: str | None = "Мячи",
    children: Iterable[str] = (),
    description: str | None = None,
    deleted: bool = False,
) -> str:
    """A `Группа` with those below it."""
    below = "".join(children)
    return _object(
        "Группа",
        onec_id,
        deleted,
        element("Наименование", name),
        element("Описание", description),
        raw_element("Группы", below) if below else "",
    )


def brand_property(brands: Mapping[str, str] | None = None, *, name: str = "Бренд", onec_id: str = "Бренд") -> str:
    """The `Свойство` that lists the brands, Ид -> name."""
    values = "".join(
        raw_element("Справочник", element("ИдЗначения", value_id) + element("Значение", value))
        for value_id, value in (BRANDS if brands is None else brands).items()
    )
    return raw_element(
        "Свойство",
        element("Ид", onec_id)
        + element("Наименование", name)
        + element("НомерВерсии", "")
        + element("ПометкаУдаления", "false")
        + element("ТипЗначений", "Справочник")
        + raw_element("ВариантыЗначений", values),
    )


def property_(
    onec_id: str | None,
    name: str | None,
    values: Mapping[str, str] | None = None,
    *,
    value_type: str = "Справочник",
    deleted: bool = False,
) -> str:
    """A `Свойство` with its values, Ид -> value."""
    listed = "".join(
        raw_element("Справочник", element("ИдЗначения", value_id) + element("Значение", value))
        for value_id, value in (values or {}).items()
    )
    return raw_element(
        "Свойство",
        element("Ид", onec_id)
        + element("Наименование", name)
        + element("ПометкаУдаления", str(deleted).lower())
        + element("ТипЗначений", value_type)
        + (raw_element("ВариантыЗначений", listed) if listed else ""),
    )


def price_type(
    onec_id: str | None, name: str | None = "РРЦ", *, deleted: bool = False, currency: str | None = "RUB"
) -> str:
    """A `ТипЦены`."""
    return _object("ТипЦены", onec_id, deleted, element("Наименование", name), element("Валюта", currency))


def storage(onec_id: str | None, name: str | None = "1 СДВ склад", *, deleted: bool = False) -> str:
    """A `Склад` of storages.xml."""
    return _object("Склад", onec_id, deleted, element("Наименование", name))


def unit(onec_id: str | None = "796 ", name: str = "шт") -> str:
    """A `ЕдиницаИзмерения`; 1C pads its `Ид`."""
    return _object("ЕдиницаИзмерения", onec_id, False, element("НаименованиеКраткое", name), element("Код", onec_id))


def product(
    onec_id: str | None,
    *,
    name: str | None = "Мяч футбольный",
    group: str | None = "g1",
    brand: str | None = "b1",
    description: str | None = "",
    vat: Value | None = 20,
    article: str | None = "",
    properties: Mapping[str, Value] | None = None,
    pictures: Iterable[str] = (),
    deleted: bool = False,
    extra: str = "",
) -> str:
    """A `Товар`.

    Args:
        vat: `Ставка` of the tax НДС.
        properties: `Ид` -> `Значение` of further properties; they stand before the brand.
        extra: XML to put at the end.
    """
    values = dict(properties or {}) | ({} if brand is None else {"Бренд": brand})
    tax = element("Наименование", "НДС") + element("Ставка", vat)
    return _object(
        "Товар",
        onec_id,
        deleted,
        element("Штрихкод", ""),
        element("Артикул", article),
        element("Наименование", name),
        element("БазоваяЕдиница", "796 "),
        "" if group is None else raw_element("Группы", element("Ид", group)),
        element("Описание", description),
        *(element("Картинка", picture) for picture in pictures),
        _pairs("ЗначенияСвойств", "ЗначенияСвойства", "Ид", values) if values else "",
        "" if vat is None else raw_element("СтавкиНалогов", raw_element("СтавкаНалога", tax)),
        extra=extra,
    )


def offer(
    onec_id: str | None,
    *,
    name: str | None = "Мяч футбольный",
    article: str | None = None,
    characteristics: Mapping[str, Value] | None = None,
    properties: Mapping[str, Value] | None = None,
    pictures: Iterable[str] = (),
    deleted: bool = False,
    extra: str = "",
) -> str:
    """A `Предложение` of an offers file; `Ид` is `<product>#<characteristic>`, or the product's where it has none.

    Args:
        characteristics: name -> value.
        properties: id of a property -> id or text of the value.
        extra: XML to put at the end.
    """
    return _object(
        "Предложение",
        onec_id,
        deleted,
        element("Артикул", article),
        element("Наименование", name),
        *(element("Картинка", picture) for picture in pictures),
        _pairs("ХарактеристикиТовара", "ХарактеристикаТовара", "Наименование", characteristics or {}),
        _pairs("ЗначенияСвойств", "ЗначенияСвойства", "Ид", properties) if properties else "",
        extra=extra,
    )


def prices(onec_id: str | None, amounts: Mapping[str, Value]) -> str:
    """A `Предложение` of a prices file: price type -> amount."""
    return raw_element(
        "Предложение",
        element("Ид", onec_id) + prices_element(amounts),
    )


def prices_element(amounts: Mapping[str, Value]) -> str:
    """The `Цены` of a `Предложение`: price type -> amount."""
    return raw_element("Цены", "".join(price(*amount) for amount in amounts.items()))


def price(type_id: str | None, amount: Value | None, currency: str | None = "руб", extra: str = "") -> str:
    """One `Цена`; `extra` is XML to put at the end."""
    return raw_element(
        "Цена",
        element("Представление", f"{amount} руб")
        + element("ИдТипаЦены", type_id)
        + element("ЦенаЗаЕдиницу", amount)
        + element("Валюта", currency)
        + extra,
    )


def rests(onec_id: str | None, stock: Mapping[str, Value]) -> str:
    """A `Предложение` of a rests file: warehouse -> quantity."""
    entries = "".join(
        raw_element("Остаток", raw_element("Склад", element("Ид", warehouse) + element("Количество", quantity)))
        for warehouse, quantity in stock.items()
    )
    return raw_element("Предложение", element("Ид", onec_id) + raw_element("Остатки", entries))


def contragent(
    onec_id: str | None,
    *,
    name: str | None = "ООО Тест",
    full_name: str | None = None,
    roles: Iterable[str] = ("Покупатель",),
    inn: str | None = None,
    kpp: str | None = None,
    contacts: Iterable[tuple[str | None, str | None]] | None = (),
    email: str | None = None,
    phone: str | None = None,
    address: str | None = None,
    deleted: bool = False,
    extra: str = "",
) -> str:
    """A `Контрагент`.

    Args:
        full_name: `ОфициальноеНаименование`.
        contacts: (`Тип`, `Значение`); None leaves out `Контакты` altogether.
        email: one more contact, as 1C calls it; `phone` likewise.
        address: `Представление` of `АдресРегистрации`.
        extra: XML to put at the end.
    """
    usual = [("Электронная почта", email), ("Телефон рабочий", phone)]
    written = [*(contacts or ()), *(contact for contact in usual if contact[1] is not None)]
    reached = "".join(
        raw_element("Контакт", element("Тип", kind) + element("Значение", value)) for kind, value in written
    )
    return _object(
        "Контрагент",
        onec_id,
        deleted,
        element("Наименование", name),
        element("ОфициальноеНаименование", full_name),
        *(element("Роль", role) for role in roles),
        element("ИНН", inn),
        element("КПП", kpp),
        "" if address is None else raw_element("АдресРегистрации", element("Представление", address)),
        "" if contacts is None and not reached else raw_element("Контакты", reached),
        extra=extra,
    )


def _pairs(tag: str, item_tag: str, key_tag: str, values: Mapping[str, Value]) -> str:
    items = (raw_element(item_tag, element(key_tag, key) + element("Значение", value)) for key, value in values.items())
    return raw_element(tag, "".join(items))


class ExportBuilder:
    """Writes an export folder: one sub-folder per kind, one file per call, each in 1C's envelope.

    Every method that writes a file takes `segment` (None: `goods.xml`; 2: `goods_1_2_<guid>.xml`) and `created_at`,
    and returns the file's path.

    Args:
        folder: the export's root; created if need be.
        created_at: `ДатаФормирования` of files that do not name their own.
        namespace: of the root; empty for none.
        encoding: `utf-8-sig` as 1C writes it, or for example `windows-1251`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        created_at: str = CREATED_AT,
        namespace: str = NAMESPACE,
        encoding: str = "utf-8-sig",
    ) -> None:
        self.folder = folder
        self.created_at = created_at
        self.namespace = namespace
        self.encoding = encoding
        folder.mkdir(parents=True, exist_ok=True)

    def reference_data(self) -> None:
        """Group `g1` below the root `СПОРТ`, `BRANDS`, `PRICE_TYPES`, `WAREHOUSES` and one unit."""
        self.groups(group("root", name=ROOT_GROUP, children=[group("g1")]))
        self.properties_goods(brand_property())
        self.price_lists(*(price_type(*item) for item in PRICE_TYPES.items()))
        self.storages(*(storage(*item) for item in WAREHOUSES.items()))
        self.units(unit())

    def groups(self, *records: str, segment: int | None = None, created_at: str | None = None) -> Path:
        return self._classifier("groups", "Группы", records, segment, created_at)

    def properties_goods(self, *records: str, segment: int | None = None, created_at: str | None = None) -> Path:
        return self._classifier("propertiesGoods", "Свойства", records, segment, created_at)

    def properties_offers(self, *records: str, segment: int | None = None, created_at: str | None = None) -> Path:
        return self._classifier("propertiesOffers", "Свойства", records, segment, created_at)

    def price_lists(self, *records: str, segment: int | None = None, created_at: str | None = None) -> Path:
        return self._classifier("priceLists", "ТипыЦен", records, segment, created_at)

    def storages(self, *records: str, segment: int | None = None, created_at: str | None = None) -> Path:
        return self._classifier("storages", "Склады", records, segment, created_at)

    def units(self, *records: str, segment: int | None = None, created_at: str | None = None) -> Path:
        return self._classifier("units", "ЕдиницыИзмерения", records, segment, created_at)

    def goods(
        self, *records: str, segment: int | None = None, created_at: str | None = None, changes_only: bool = True
    ) -> Path:
        body = _container("Каталог", "Товары", records, changes_only)
        return self.write(_path("goods", segment), self.document(body, created_at))

    def offers(
        self, *records: str, segment: int | None = None, created_at: str | None = None, changes_only: bool = True
    ) -> Path:
        return self._offers("offers", records, segment, created_at, changes_only)

    def prices(
        self, *records: str, segment: int | None = None, created_at: str | None = None, changes_only: bool = True
    ) -> Path:
        return self._offers("prices", records, segment, created_at, changes_only)

    def rests(
        self, *records: str, segment: int | None = None, created_at: str | None = None, changes_only: bool = True
    ) -> Path:
        return self._offers("rests", records, segment, created_at, changes_only)

    def contragents(self, *records: str, segment: int | None = None, created_at: str | None = None) -> Path:
        body = raw_element("Контрагенты", "".join(records), СодержитТолькоИзменения="false")
        return self.write(_path("contragents", segment), self.document(body, created_at))

    def document(self, body: str, created_at: str | None = None) -> bytes:
        """A whole file around `body`, in the builder's encoding."""
        encoding = "UTF-8" if self.encoding == "utf-8-sig" else self.encoding
        attributes = {"xmlns": self.namespace} if self.namespace else {}
        attributes |= {"ВерсияСхемы": "3.1", "ДатаФормирования": created_at or self.created_at, "Ид": "Обмен с сайтом"}
        root = raw_element("КоммерческаяИнформация", body, **attributes)
        return f'<?xml version="1.0" encoding="{encoding}"?>\n{root}'.encode(self.encoding)

    def write(self, name: str, content: bytes | str) -> Path:
        """Writes any file into the export, for example a broken one; `name` has forward slashes."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def zipped(self, path: Path) -> Path:
        """The export as a zip at `path`."""
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(self.folder.rglob("*")):
                archive.write(file, file.relative_to(self.folder).as_posix())
        return path

    def _classifier(
        self, kind: str, container: str, records: Iterable[str], segment: int | None, created_at: str | None
    ) -> Path:
        # Real reference data begins with an empty catalogue.
        stub = _container("Каталог", "", (), True)
        body = stub + _container("Классификатор", container, records, True)
        return self.write(_path(kind, segment), self.document(body, created_at))

    def _offers(
        self, kind: str, records: Iterable[str], segment: int | None, created_at: str | None, changes_only: bool
    ) -> Path:
        body = _container("ПакетПредложений", "Предложения", records, changes_only)
        return self.write(_path(kind, segment), self.document(body, created_at))


def _container(tag: str, inner: str, records: Iterable[str], changes_only: bool) -> str:
    head = element("Ид", CATALOG_ID) + element("ИдКлассификатора", CATALOG_ID) + element("Наименование", "Товары 1С")
    content = raw_element(inner, "".join(records)) if inner else ""
    return raw_element(tag, head + content, СодержитТолькоИзменения=str(changes_only).lower())


def _path(kind: str, segment: int | None) -> str:
    if segment is None:
        return f"{kind}/{kind}.xml"
    return f"{kind}/{kind}_1_{segment}_{uuid5(NAMESPACE_URL, f'{kind}/{segment}')}.xml"
