"""The files of an export, their kinds by name, and what is skipped."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple


class FileKind(StrEnum):
    """Kind of a file, by the words in 1C's file names; in import order."""

    GROUPS = "groups"
    PROPERTIES_GOODS = "propertiesGoods"
    PROPERTIES_OFFERS = "propertiesOffers"
    PRICE_LISTS = "priceLists"
    STORAGES = "storages"
    UNITS = "units"
    GOODS = "goods"
    OFFERS = "offers"
    PRICES = "prices"
    RESTS = "rests"
    CONTRAGENTS = "contragents"
    ORDERS = "orders"

    @property
    def is_reference_data(self) -> bool:
        """Whether it is reference data or customers: small, and resolved in Python."""
        return self in _REFERENCE_DATA

    @property
    def records(self) -> frozenset[FileKind]:
        """The kinds of records in such a file; in 2.x offers include prices and stock."""
        return _OFFER_RECORDS if self is FileKind.OFFERS else frozenset({self})

    @property
    def is_imported(self) -> bool:
        return self not in _NOT_IMPORTED


_KINDS = tuple(FileKind)
IMPORT_ORDER = {kind: number for number, kind in enumerate(_KINDS)}
"""Kind -> its position in an import."""
KIND_BY_WORD = {kind.value.lower(): kind for kind in _KINDS} | {
    "import": FileKind.GOODS,  # 2.x: classifier and catalogue in one file
    "properties": FileKind.PROPERTIES_GOODS,
}
_REFERENCE_DATA = frozenset((*_KINDS[: IMPORT_ORDER[FileKind.GOODS]], FileKind.CONTRAGENTS))
_NOT_IMPORTED = {FileKind.ORDERS: "kind_not_imported"}
_OFFER_RECORDS = frozenset({FileKind.OFFERS, FileKind.PRICES, FileKind.RESTS})
_CARRIERS = {
    FileKind.PROPERTIES_GOODS: FileKind.GOODS,
    FileKind.PROPERTIES_OFFERS: FileKind.OFFERS,
    FileKind.PRICES: FileKind.OFFERS,
    FileKind.RESTS: FileKind.OFFERS,
}
"""Kind that 3.x writes into a file of its own -> the kind of file that has it in 2.x."""

# `goods.xml`, `goods_1_2_<guid>.xml`, `PriceLists_1_1_<guid>.xml`, `offers0_1.xml` (2.x)
_STEM = re.compile(r"(?P<word>[a-z]+)_?(?P<segments>|(?<=_).+|\d.*)")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file to import.

    Args:
        file_no: its number in import order, from 1.
        kind: what it contains.
        path: where it is.
        name: path below the export's root with forward slashes.
        size_bytes: when it was found.
        modified_ns: time of the last change when it was found, in nanoseconds since 1970.
        created_at: `ДатаФормирования`, naive local time of the 1C server; None if missing or unreadable.
        unread_date: the text of an unreadable date, else empty.
    """

    file_no: int
    kind: FileKind
    path: Path
    name: str
    size_bytes: int
    modified_ns: int
    created_at: datetime | None
    unread_date: str = ""


class SkippedFile(NamedTuple):
    """An XML file that is not imported, or a folder or archive that is not searched.

    `reason` is a key of the section `skipped` in the text files.
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Export:
    """The files of an export in import order, and the skipped ones."""

    files: tuple[SourceFile, ...]
    skipped: tuple[SkippedFile, ...]

    def of_kind(self, *kinds: FileKind) -> tuple[SourceFile, ...]:
        """Return the files of these kinds, in import order."""
        return tuple(file for file in self.files if file.kind in kinds)


def recognise(file_name: str) -> tuple[FileKind | None, tuple[int, ...]]:
    """Return kind and numeric segments by the file's name: `goods_1_10_<guid>.xml` -> goods, (1, 10)."""
    match = _STEM.fullmatch(Path(file_name).stem.lower())
    kind = KIND_BY_WORD.get(match["word"]) if match else None
    if match is None or kind is None:
        return None, ()
    return kind, tuple(map(int, takewhile(str.isdecimal, match["segments"].split("_"))))


def refusal_of(kind: FileKind | None) -> str:
    """Return why files of a kind are not imported; empty if they are. None stands for an unknown name."""
    return "unknown_name" if kind is None else _NOT_IMPORTED.get(kind, "")


def opened_kinds(present: Collection[FileKind], wanted: Collection[FileKind]) -> frozenset[FileKind]:
    """Return the kinds to read for the wanted ones: in 2.x also those that contain them.

    Args:
        present: what the export has.
        wanted: what is to be imported.
    """
    carriers = {_CARRIERS[kind] for kind in wanted if kind in _CARRIERS and kind not in present}
    return frozenset(wanted) | carriers
