"""How old the data of the shop is, and whether the administrator tolerates that (FRESH-1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from freesport_sync.core.history import EntryKey
from freesport_sync.errors import SyncError

IN_DAYS_FROM_H = 72
"""An age from here on is told in days."""


class DataKind(StrEnum):
    """What 1C delivers, as far as its age matters."""

    GOODS = "goods"
    PRICES = "prices"
    STOCKS = "stocks"
    CUSTOMERS = "customers"


@dataclass(frozen=True, slots=True)
class Delivery:
    """The import that has brought what the shop has of a kind of data.

    Args:
        key: of the import in the history.
        imported_at: when it ended.
        created_at: `ДатаФормирования` of its files, local time of the 1C server; None: unknown.
    """

    key: EntryKey
    imported_at: datetime
    created_at: datetime | None

    @property
    def made_at(self) -> datetime:
        """What its age is counted from: an old export is old data even if it was imported just now.

        1C writes its local time without a zone; this computer is taken to be in the same one. Nothing can have been
        made after it was imported.
        """
        if self.created_at is None:
            return self.imported_at
        try:
            return min(self.created_at.astimezone(), self.imported_at)
        except (OverflowError, ValueError, OSError):  # a year that the system's calendar does not have
            return self.imported_at


@dataclass(frozen=True, slots=True)
class DataFreshness:
    """One kind of data.

    Args:
        kind: of data.
        limit_h: the age in hours that is tolerated; 0: any.
        last: what the shop has of it; None: nothing, as far as the history goes back.
    """

    kind: DataKind
    limit_h: int
    last: Delivery | None

    def age_s(self, now: datetime) -> float | None:
        """Its age; None if nothing ever came."""
        return None if self.last is None else (now - self.last.made_at).total_seconds()

    def complaint(self, now: datetime) -> SyncError | None:
        """Why it is too old, with a text for people; None if it is not, or any age is tolerated."""
        age_s, limits = self.age_s(now), {"data_kind": self.kind.value, "limit_h": self.limit_h}
        if not self.limit_h:
            return None
        if age_s is None or self.last is None:
            return SyncError("data_missing", **limits)
        if age_s <= self.limit_h * 3600:
            return None
        made_at = self.last.made_at.isoformat(timespec="seconds")
        hours = int(age_s // 3600)
        if hours < IN_DAYS_FROM_H:
            return SyncError("data_old", hours=hours, made_at=made_at, **limits)
        return SyncError("data_old", days=hours // 24, made_at=made_at, problem="days", **limits)


@dataclass(frozen=True, slots=True)
class Freshness:
    """How fresh everything is.

    Args:
        read_at: when that was read, by the server's clock.
        data: every kind, in order.
    """

    read_at: datetime
    data: tuple[DataFreshness, ...]

    def overdue(self, now: datetime) -> Mapping[DataKind, SyncError]:
        """What is too old, and why."""
        complaints = {one.kind: one.complaint(now) for one in self.data}
        return {kind: complaint for kind, complaint in complaints.items() if complaint is not None}
