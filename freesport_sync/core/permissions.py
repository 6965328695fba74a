"""What a login may not do in a database, and why."""

from __future__ import annotations

from dataclasses import dataclass, field

from freesport_sync.core.shop import ImportKind
from freesport_sync.errors import SchemaMismatch

_WITH_CUSTOMERS = (ImportKind.CUSTOMERS, ImportKind.ALL)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The error that the engine would raise, known before anything is tried.

    Args:
        code: of the error.
        params: of the error.
    """

    code: str
    params: dict[str, object] = field(default_factory=dict)

    @property
    def error(self) -> SchemaMismatch:
        """The error itself, for its text."""
        return SchemaMismatch(self.code, **self.params)


@dataclass(frozen=True, slots=True)
class Rights:
    """What the login may not do; None where nothing is in the way.

    Args:
        goods: run what touches goods, which also needs our own tables; a dry run writes those too.
        customers: run what also touches customers.
        runs: change rows of runs, which cancelling a run of another computer does.
        history: read rows of runs.
    """

    goods: Refusal | None = None
    customers: Refusal | None = None
    runs: Refusal | None = None
    history: Refusal | None = None

    def of_kind(self, kind: str) -> Refusal | None:
        """Why a run of this kind cannot be started."""
        return self.goods or (self.customers if kind in _WITH_CUSTOMERS else None)
