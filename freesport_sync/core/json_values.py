"""Dataclasses as JSON values and back, strictly: what is read must be exactly what is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import GenericAlias
from typing import TYPE_CHECKING, Any, TypeVar, cast

from freesport_sync.core.printable import replace_surrogates

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")


class JsonError(ValueError):
    """JSON values do not fit a dataclass.

    Args:
        field: the field, with its path inside the dataclass: `counts.product.created`; empty where it is none's alone.
        problem: what is wrong with it, in English.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field, self.problem = field, problem


def to_json(value: Any) -> Any:
    """A value as plain JSON: dataclasses become objects, datetimes ISO 8601, paths and the like text."""
    if is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    match value:
        case Enum():
            return value.value
        case str():
            return replace_surrogates(value)
        case None | bool() | int() | float():
            return value
        case datetime():
            return value.isoformat()
        case Mapping():
            return {str(to_json(key)): to_json(one) for key, one in value.items()}
        case tuple() | list():
            return [to_json(one) for one in value]
    return replace_surrogates(str(value))


def from_json(kind: type[T], values: Mapping[str, Any]) -> T:
    """The dataclass that `to_json` has written; fields with a default may be missing.

    Raises:
        JsonError: a field is unknown or missing, or a value has another type.
    """
    from pydantic import ValidationError

    adapter = _adapter(cast("Any", kind))  # mypy takes a type variable for unhashable
    try:
        (decoded,) = adapter.validate_json(json.dumps([values]), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        problem = str(first.get("ctx", {}).get("error", first["msg"]))
        raise JsonError(".".join(map(str, first["loc"][1:])), problem) from error
    return decoded  # type: ignore[no-any-return]


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    from pydantic import ConfigDict, TypeAdapter  # takes a tenth of a second, which only readers pay

    # Pydantic accepts no configuration for a plain dataclass, but one inside a tuple inherits that of the tuple.
    return TypeAdapter(GenericAlias(tuple, (kind,)), config=ConfigDict(extra="forbid"))  # type: ignore[arg-type]
