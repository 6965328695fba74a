"""What is to be run, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from freesport_sync.core.issues import Severity
from freesport_sync.errors import SyncError


class RunKind(StrEnum):
    """What the operator asks for with `--run`."""

    ALL = "all"
    CATALOG = "catalog"
    STOCKS = "stocks"
    PRICES = "prices"
    CUSTOMERS = "customers"
    IMAGES = "images"
    ATTRIBUTES = "attributes"
    BACKUP = "backup"
    RESTORE = "restore"
    REPAIR = "repair_created_at"
    """Give products with equal times of creation different ones."""
    UNDO_REPAIR = "undo_repair_created_at"

    @property
    def is_import(self) -> bool:
        """Whether it brings something from 1C; the others have arguments of their own."""
        return self not in (RunKind.BACKUP, RunKind.RESTORE, RunKind.REPAIR, RunKind.UNDO_REPAIR)

    @property
    def takes_back(self) -> bool:
        """Whether it sets back what another run has written."""
        return self in (RunKind.RESTORE, RunKind.UNDO_REPAIR)

    @property
    def usual_chunk_size(self) -> int:
        """Records per block where the operator does not say."""
        return 100 if self is RunKind.CUSTOMERS else 1000


class FileType(StrEnum):
    """Narrows a catalogue run to some of its files, with the words of the shop's own command."""

    ALL = "all"
    GOODS = "goods"
    OFFERS = "offers"
    PRICES = "prices"
    RESTS = "rests"


class ImportType(StrEnum):
    """The shop's own words for `import_sessions.import_type`."""

    CATALOG = "catalog"
    VARIANTS = "variants"
    STOCKS = "stocks"
    PRICES = "prices"
    CUSTOMERS = "customers"
    IMAGES = "images"
    ATTRIBUTES = "attributes"


class Trigger(StrEnum):
    """What has started an import."""

    WINDOW = "window"
    COMMAND_LINE = "command_line"
    ONEC = "onec"
    """1C itself, through the exchange server."""
    SHOP = "shop"
    """The shop's own importer, which is not ours."""


class RunStatus(StrEnum):
    """How a run stands; richer than the shop's own words, to which `database.own.sessions` maps it."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    """Its process died without a word; found and closed by the next run."""


class Stage(StrEnum):
    """The steps of a run, in order."""

    PULL = "pull"
    PLAN = "plan"
    STAGE = "stage"
    BACKUP = "backup"
    PICTURES = "pictures"
    RESOLVE = "resolve"
    APPLY = "apply"
    REPORT = "report"


class Entity(StrEnum):
    """What a run counts."""

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


@dataclass(frozen=True, slots=True)
class RunRequest:
    """Everything that describes a run; the window, the command line and later a scheduler submit the same.

    Args:
        kind: what to import.
        file_type: which files of the catalogue.
        data_dir: folder or zip of the export.
        file: a single file of customers, in place of `data_dir`.
        operator: who asked, for the history and for whoever is refused meanwhile.
        chunk_size: records per block sent to the database, 1 or more; never changes the result.
        is_dry_run: count and list the changes, write nothing to the shop.
        is_full: deactivate what the export does not contain.
        allow_older: accept an export older than the last one imported.
        accept_large_change: accept a change of more of the products or variants than the settings allow.
        skip_backup: import without a backup before.
        is_backup_optional: a backup that fails is only a warning.
        backup_id: what to restore.
        undone_id: the run that is taken back, an import or a repair; 0: a backup is restored that somebody has named.
        skip_images: leave pictures alone.
        media_root: folder of the shop's pictures; None: as the setting says.
        is_pull: fetch the files from the server first; `data_dir` is then where they come to lie.
        trigger: what has started it, for the history.
    """

    kind: RunKind = RunKind.ALL
    file_type: FileType = FileType.ALL
    data_dir: Path = Path("data/import_1c")
    file: Path | None = None
    operator: str = ""
    chunk_size: int = 1000
    is_dry_run: bool = False
    is_full: bool = False
    allow_older: bool = False
    accept_large_change: bool = False
    skip_backup: bool = False
    is_backup_optional: bool = False
    backup_id: str = ""
    undone_id: int = 0
    skip_images: bool = False
    media_root: Path | None = None
    is_pull: bool = False
    trigger: Trigger = Trigger.COMMAND_LINE

    @property
    def source(self) -> Path:
        """Where the export is."""
        return self.file or self.data_dir

    @property
    def is_undoable(self) -> bool:
        """Whether the run is backed up before and can be undone; a newer stock or price is never taken back."""
        kinds = (RunKind.ALL, RunKind.CATALOG, RunKind.CUSTOMERS)
        return self.kind in kinds and self.file_type is FileType.ALL and not self.is_dry_run

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> RunRequest:
        """The request that a run's row tells of; what this program does not know is left out."""
        known = {field.name: values[field.name] for field in fields(cls) if field.name in values}
        paths = {name: Path(known[name]) for name in ("data_dir", "file", "media_root") if known.get(name)}
        words = {"kind": RunKind, "file_type": FileType, "trigger": Trigger}
        enums = {name: word(known[name]) for name, word in words.items() if name in known}
        return cls(**known | paths | enums)

    def to_json(self) -> dict[str, Any]:
        """The request as plain JSON values, for the run's row."""
        paths = {"data_dir": self.data_dir, "file": self.file, "media_root": self.media_root}
        return asdict(self) | {name: None if path is None else storable(str(path)) for name, path in paths.items()}


@dataclass(frozen=True, slots=True)
class Counts:
    """What happened to the records of one entity."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    """Left out by a rule, with an issue that says why."""
    failed: int = 0
    """Could not be imported at all, with an issue of severity error."""
    hidden: int = 0
    """Of the updated ones: what an undo takes from buyers, most of it made by the import that is undone."""

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.created + other.created,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.skipped + other.skipped,
            self.failed + other.failed,
            self.hidden + other.hidden,
        )

    @property
    def accepted(self) -> int:
        return self.created + self.updated + self.unchanged

    @property
    def total(self) -> int:
        return self.accepted + self.skipped + self.failed


@dataclass(frozen=True, slots=True)
class UpdatedRows:
    """Rows of one of the shop's tables that a run has updated: how many, and the ids of the first of them."""

    count: int
    first_ids: tuple[int, ...]


CREATED = "created"
"""The field of a change that is a new object."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that a dry run would change."""

    entity: Entity
    onec_id: str
    name: str
    field: str
    old_value: str | None
    new_value: str | None


def storable(text: str) -> str:
    """Text that the database takes: names of files and people may contain bytes that are no characters."""
    return text.encode("utf-8", "replace").decode("utf-8")


def shown(value: object) -> str | None:
    """A value of a field as the list of changes shows it."""
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One file of the export, as the history shows it."""

    kind: str
    path: str
    size_bytes: int
    created_at: datetime | None
    """`ДатаФормирования`: local time of the 1C server, without a zone."""


@dataclass(frozen=True, slots=True)
class IssueTotal:
    """How often one kind of row issue occurred."""

    severity: Severity
    code: str
    count: int


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """How a run ended, for the rows that tell of it.

    Args:
        status: not running.
        counts: what has become visible.
        updated: the shop's rows that were updated.
        issue_totals: of all its row issues.
        error: why it did not complete.
    """

    status: RunStatus
    counts: Mapping[Entity, Counts]
    updated: Mapping[Entity, UpdatedRows]
    issue_totals: tuple[IssueTotal, ...]
    error: SyncError | None

    def count(self, entity: Entity) -> Counts:
        return self.counts.get(entity, Counts())


@dataclass(frozen=True, slots=True)
class RunReport:
    """The result of a run, for the window, the terminal and the history."""

    run_id: int
    kind: RunKind
    status: RunStatus
    is_dry_run: bool
    started_at: datetime
    duration_s: float
    counts: dict[Entity, Counts] = field(default_factory=dict)
    issue_totals: tuple[IssueTotal, ...] = ()
    files: tuple[ExportFile, ...] = ()
    undone_id: int = 0
    """See `RunRequest`."""

    @property
    def has_row_errors(self) -> bool:
        return any(total.severity is Severity.ERROR for total in self.issue_totals)
