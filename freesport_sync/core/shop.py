"""The vocabulary of the shop's tasks: what is imported, in which stages, what is counted.

Generic code does not know it: there kinds, stages and entities are plain strings, so that another task brings its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from freesport_sync.core.tasks import FIRST_STAGE, LAST_STAGE


class ImportKind(StrEnum):
    """What is imported from 1C's files: the value of `--run`."""

    ALL = "all"
    CATALOG = "catalog"
    STOCKS = "stocks"
    PRICES = "prices"
    CUSTOMERS = "customers"
    IMAGES = "images"
    ATTRIBUTES = "attributes"

    @property
    def usual_chunk_size(self) -> int:
        """Records per block, unless the operator sets it."""
        return 100 if self is ImportKind.CUSTOMERS else 1000


class UpkeepKind(StrEnum):
    """What else is done to the shop; each has an option of its own on the command line."""

    BACKUP = "backup"
    RESTORE = "restore"
    REPAIR = "repair_created_at"
    """Give products with equal times of creation different ones."""
    UNDO_REPAIR = "undo_repair_created_at"


def is_import(kind: str) -> bool:
    """Whether a run of this kind imports 1C's files."""
    return kind in _IMPORTS


def undoes(kind: str) -> bool:
    """Whether a run of this kind undoes what other runs have written."""
    return kind in (UpkeepKind.RESTORE, UpkeepKind.UNDO_REPAIR)


def writes_catalogue(kind: str) -> bool:
    """Whether a run of this kind changes what buyers see."""
    return kind in _WRITING_CATALOGUE


_WRITING_CATALOGUE = {*ImportKind, *UpkeepKind} - {ImportKind.CUSTOMERS, UpkeepKind.BACKUP}
_IMPORTS = frozenset(kind.value for kind in ImportKind)


class FileType(StrEnum):
    """Limits a catalogue run to some of its files; the values are those of the shop's own command."""

    ALL = "all"
    GOODS = "goods"
    OFFERS = "offers"
    PRICES = "prices"
    RESTS = "rests"


class ImportType(StrEnum):
    """The shop's values of `import_sessions.import_type`."""

    CATALOG = "catalog"
    VARIANTS = "variants"
    STOCKS = "stocks"
    PRICES = "prices"
    CUSTOMERS = "customers"
    IMAGES = "images"
    ATTRIBUTES = "attributes"


class Stage(StrEnum):
    """The stages of the shop's tasks, in order."""

    PULL = "pull"
    PLAN = FIRST_STAGE
    STAGE = "stage"
    BACKUP = "backup"
    PICTURES = "pictures"
    RESOLVE = "resolve"
    APPLY = "apply"
    REPORT = LAST_STAGE


STAGES_IN_BYTES = frozenset((Stage.PULL.value, Stage.STAGE.value, Stage.BACKUP.value))
"""Their units are bytes; those of all other stages are rows."""


class Entity(StrEnum):
    """What the shop's tasks count."""

    CATEGORY = "category"
    BRAND = "brand"
    ATTRIBUTE = "attribute"
    ATTRIBUTE_VALUE = "attribute_value"
    PRICE_TYPE = "price_type"
    PRODUCT = "product"
    VARIANT = "variant"
    DEFAULT_VARIANT = "default_variant"
    PRODUCT_ATTRIBUTES = "product_attributes"
    VARIANT_ATTRIBUTES = "variant_attributes"
    PRICE = "price"
    STOCK = "stock"
    CUSTOMER = "customer"
    PICTURE = "picture"


def sorted_entities(entities: Iterable[str]) -> list[str]:
    """Entities in the order in which people read them: the shop's as above, then those of other tasks."""
    known = [entity.value for entity in Entity]
    return sorted(entities, key=lambda entity: known.index(entity) if entity in known else len(known))
