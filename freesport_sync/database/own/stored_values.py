"""Reads what the history keeps as JSON, also where a newer program has written what this one does not know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from freesport_sync.core.issues import Severity
from freesport_sync.core.run import Counts, IssueTotal

_LARGEST_ID = 2**63 - 1
_COUNTED = tuple(field.name for field in fields(Counts))


def object_of(value: Any) -> Mapping[str, Any]:
    """A JSON object; empty if the value is none."""
    return value if isinstance(value, dict) else {}


def number_of(value: Any) -> int:
    """A whole number; 0 if the value is none."""
    return int(value) if isinstance(value, int | float) and abs(value) <= _LARGEST_ID else 0


def counts_of(value: Any) -> dict[str, Counts]:
    """Counts by entity, without those that this program does not know."""
    return {
        entity: Counts(**{name: number_of(object_of(count).get(name)) for name in _COUNTED})
        for entity, count in object_of(value).items()
    }


def totals_of(value: Any) -> tuple[IssueTotal, ...]:
    """Totals of row issues, without those of a severity that this program does not know."""
    totals = map(object_of, value if isinstance(value, list) else ())
    return tuple(
        IssueTotal(Severity(one["severity"]), str(one.get("code")), number_of(one.get("count")))
        for one in totals
        if one.get("severity") in [*Severity]
    )


def plain_params(params: Mapping[str, object]) -> dict[str, object]:
    """Parameters of an error as plain JSON."""
    return {name: value if isinstance(value, (bool, int, float)) else str(value) for name, value in params.items()}
