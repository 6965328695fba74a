"""What a login may not do in a database, and why."""

from __future__ import annotations

from dataclasses import dataclass, field

from freesport_sync.core.shop import ImportKind
from freesport_sync.errors import SchemaMismatch

_WITH_CUSTOMERS = (ImportKind.CUSTOMERS, ImportKind.ALL)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The error with which the engine would refuse, known beforehand.

    Args:
        code: of the error.
        params: likewise.
    """

    code: str
    params: dict[str, object] = field(default_factory=dict)

    @property
    def error(self) -> SchemaMismatch:
        """For whoever tells it to people."""
        return SchemaMismatch(self.code, **self.params)


@dataclass(frozen=True, slots=True)
class Rights:
    """What is refused; None where nothing stands in the way.

    Args:
        goods: runs that touch goods, which also need the own tables; a dry run writes those too.
        customers: runs that touch customers besides.
        runs: to change the rows of runs: stop one of another computer.
        history: to read them.
    """

    goods: Refusal | None = None
    customers: Refusal | None = None
    runs: Refusal | None = None
    history: Refusal | None = None

    def of_kind(self, kind: str) -> Refusal | None:
        """Why a run of this kind cannot be started."""
        return self.goods or (self.customers if kind in _WITH_CUSTOMERS else None)
