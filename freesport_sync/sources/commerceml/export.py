"""What an export consists of: files of certain kinds, told by their names, and what is left out."""

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
    """What a file contains, by the words of 1C's file names; imported kinds in import order."""

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
        """Small, resolved in Python: everything that goods, offers, prices and rests refer to, and customers."""
        return self in _REFERENCE_DATA

    @property
    def records(self) -> frozenset[FileKind]:
        """What the goods or offers of such a file stand for; in 2.x offers carry prices and stock."""
        return _OFFER_RECORDS if self is FileKind.OFFERS else frozenset({self})

    @property
    def is_imported(self) -> bool:
        return self not in _NOT_IMPORTED


_KINDS = tuple(FileKind)
IMPORT_ORDER = {kind: number for number, kind in enumerate(_KINDS)}
"""Kind -> its place in an import."""
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
"""Where 2.x has what 3.x writes into a file of its own."""

# `goods.xml`, `goods_1_2_<guid>.xml`, `PriceLists_1_1_<guid>.xml`, `offers0_1.xml` (2.x)
_STEM = re.compile(r"(?P<word>[a-z]+)_?(?P<segments>|(?<=_).+|\d.*)")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file to import.

    Args:
        file_no: its number in import order, from 1.
        kind: what it contains.
        path: where it is.
        name: path below the export's root with forward slashes, for reports.
        size_bytes: size when it was found.
        modified_ns: time of its last change when it was found, in nanoseconds since 1970.
        created_at: `ДатаФормирования`: local time of the 1C server, without a zone; None where there is none, or none
            that can be read.
        unread_date: what is written in place of one that cannot be read; else empty.
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
    """An XML file that is not imported, or a folder or an archive that is not looked into.

    `reason` is a word of the section `skipped` in the text files.
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Export:
    """The files of an export, in import order, and those left out."""

    files: tuple[SourceFile, ...]
    skipped: tuple[SkippedFile, ...]

    def of_kind(self, *kinds: FileKind) -> tuple[SourceFile, ...]:
        """The files of these kinds, in import order."""
        return tuple(file for file in self.files if file.kind in kinds)


def recognise(file_name: str) -> tuple[FileKind | None, tuple[int, ...]]:
    """Kind and numeric segments by the file's name: `goods_1_10_<guid>.xml` -> goods, (1, 10)."""
    match = _STEM.fullmatch(Path(file_name).stem.lower())
    kind = KIND_BY_WORD.get(match["word"]) if match else None
    if match is None or kind is None:
        return None, ()
    return kind, tuple(map(int, takewhile(str.isdecimal, match["segments"].split("_"))))


def refusal_of(kind: FileKind | None) -> str:
    """Why files of a kind are never imported, an empty text where they are; None is a name that 1C does not give."""
    return "unknown_name" if kind is None else _NOT_IMPORTED.get(kind, "")


def opened_kinds(present: Collection[FileKind], wanted: Collection[FileKind]) -> frozenset[FileKind]:
    """The kinds that must be read for those that are wanted: of an export of 2.x also those that carry them.

    Args:
        present: what the export has.
        wanted: what is to be imported.
    """
    carriers = {_CARRIERS[kind] for kind in wanted if kind in _CARRIERS and kind not in present}
    return frozenset(wanted) | carriers
