"""The files of an export: names, envelopes, segments, reference data; the one writer behind bench and demo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TextIO

from tests.bench.xml_records import (
    Group,
    Property,
    group_xml,
    leaf,
    leaves,
    price_type_xml,
    property_xml,
    stable_guid,
    unit_xml,
    warehouse_xml,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

CATALOG_ID = stable_guid("catalog")
PROPERTIES_PER_FILE = 51

CONTAINERS = {
    "priceLists": "ТипыЦен",
    "storages": "Склады",
    "propertiesGoods": "Свойства",
    "propertiesOffers": "Свойства",
    "units": "ЕдиницыИзмерения",
    "groups": "Группы",
    "goods": "Товары",
    "offers": "Предложения",
    "prices": "Предложения",
    "rests": "Предложения",
}
"""Kind of file -> the element around its records, in the order in which 1C writes the kinds."""

_SCHEMAS = "http://www.w3.org/2001/XMLSchema"
_ROOT_OPEN = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<КоммерческаяИнформация xmlns="urn:1C.ru:commerceml_3" xmlns:xs="{_SCHEMAS}"'
    f' xmlns:xsi="{_SCHEMAS}-instance" ВерсияСхемы="3.1" ДатаФормирования="%s" Ид="Обмен с сайтом">\n'
)
_ROOT_CLOSE = "</КоммерческаяИнформация>"
_CHANGES_ONLY = 'СодержитТолькоИзменения="true"'


class RecordFiles:
    """The files `<folder>/<kind>/<kind>_1_<n>_<guid>.xml` with `per_file` records each; without it one `<kind>.xml`."""

    def __init__(self, folder: Path, kind: str, formed_at: datetime, per_file: int | None = None) -> None:
        """Remove the kind's files of an earlier export from `folder`."""
        self._folder = folder / kind
        self._kind = kind
        # 1C needs minutes for an export: each kind has its own, later time.
        self._formed_at = formed_at + timedelta(seconds=17 * list(CONTAINERS).index(kind))
        self._per_file = per_file
        self._records = 0
        self._segment = 0
        self._file: TextIO | None = None
        self._folder.mkdir(parents=True, exist_ok=True)
        for old in self._folder.glob("*.xml"):
            old.unlink()

    def __enter__(self) -> RecordFiles:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def add(self, record: str) -> None:
        """Append one record; a full file is closed and the next one opened."""
        if self._file is None or self._records == self._per_file:
            self._close()
            self._file = self._open()
        self._file.write(record)
        self._records += 1

    def _open(self) -> TextIO:
        self._segment += 1
        self._records = 0
        part = f"_1_{self._segment}_{stable_guid(f'{self._kind} {self._segment}')}" if self._per_file else ""
        file = (self._folder / f"{self._kind}{part}.xml").open("w", encoding="utf-8-sig", newline="\n")
        file.write(_ROOT_OPEN % self._formed_at.isoformat(timespec="seconds") + _frame(self._kind)[0])
        return file

    def _close(self) -> None:
        if self._file is not None:
            self._file.write(_frame(self._kind)[1] + _ROOT_CLOSE)
            self._file.close()
            self._file = None


def _frame(kind: str) -> tuple[str, str]:
    """What stands before and after the records: a catalogue, an offers package, or a stub of these and a classifier."""
    ids = leaves(2, Ид=CATALOG_ID, ИдКлассификатора=CATALOG_ID, Наименование="Товары 1С")
    note = leaf(2, "Описание", "Товары 1С")
    catalog = f"\t<Каталог {_CHANGES_ONLY}>\n{ids}"
    package = f"\t<ПакетПредложений {_CHANGES_ONLY}>\n" + leaves(
        2,
        Ид=f"#{CATALOG_ID}",
        Наименование="Пакет предложений (Товары 1С)",
        ИдКаталога=CATALOG_ID,
        ИдКлассификатора=CATALOG_ID,
    )
    container = CONTAINERS[kind]
    before, after = f"\t\t<{container}>\n", f"\t\t</{container}>\n"
    if kind == "goods":
        return catalog + before, f"{after}{note}\t</Каталог>\n"
    if container == "Предложения":
        return package + before, f"{after}\t</ПакетПредложений>\n"
    classifier = f"\t<Классификатор {_CHANGES_ONLY}>\n" + leaves(2, Ид=CATALOG_ID, Наименование="Товары 1С")
    stub = f"{package}\t</ПакетПредложений>\n" if kind == "propertiesOffers" else f"{catalog}{note}\t</Каталог>\n"
    return stub + classifier + before, f"{after}\t</Классификатор>\n"


@dataclass(frozen=True, slots=True)
class ReferenceData:
    """The reference data of an export."""

    root: Group
    goods_properties: Sequence[Property]
    offers_properties: Sequence[Property]
    brands: Property
    price_types: Sequence[tuple[str, str]]
    warehouses: Sequence[tuple[str, str]]
    units: Sequence[tuple[str, str, str, str]]


def write_reference_data(folder: Path, formed_at: datetime, reference: ReferenceData) -> None:
    """Write everything but goods, offers, prices and rests."""
    records = {
        "groups": [group_xml(reference.root)],
        "units": [unit_xml(*unit) for unit in reference.units],
        "storages": [warehouse_xml(*warehouse) for warehouse in reference.warehouses],
        "priceLists": [price_type_xml(*price_type) for price_type in reference.price_types],
        "propertiesGoods": _with_brands(reference.goods_properties, reference.brands),
        "propertiesOffers": _with_brands(reference.offers_properties, reference.brands),
    }
    for kind, rows in records.items():
        with RecordFiles(folder, kind, formed_at, PROPERTIES_PER_FILE if "properties" in kind else None) as files:
            for row in rows:
                files.add(row)


def _with_brands(properties: Sequence[Property], brands: Property) -> list[str]:
    """XML of the properties; 1C repeats the brands, always with all values, in every segment."""
    rows: list[str] = []
    brands_xml = property_xml(brands)
    for start in range(0, len(properties), PROPERTIES_PER_FILE - 1):
        segment = [property_xml(item) for item in properties[start : start + PROPERTIES_PER_FILE - 1]]
        segment.insert(len(segment) // 2, brands_xml)
        rows += segment
    return rows


def count_files(folder: Path) -> tuple[int, int]:
    """(number of files, bytes) of an export."""
    sizes = [path.stat().st_size for kind in CONTAINERS for path in (folder / kind).glob("*.xml")]
    return len(sizes), sum(sizes)
