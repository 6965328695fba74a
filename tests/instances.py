"""Hypothesis strategies for our dataclasses, built from their types."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import reject
from hypothesis import strategies as st

MOSCOW = timezone(timedelta(hours=3))


def instances(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type: what JSON can carry, so no NaN and no infinity."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is float:
        return st.floats(allow_nan=False, allow_infinity=False)
    if hint is datetime:
        return st.datetimes(timezones=st.sampled_from([None, UTC, MOSCOW]))
    if hint is Path:
        return st.lists(st.from_regex(r"[a-zа-я ]{1,5}[a-zа-я]", fullmatch=True), min_size=1, max_size=3).map(_path)
    if hint is object:  # a parameter of a text
        return st.none() | st.booleans() | st.integers() | st.text()
    if origin is tuple and arguments[1:] == (...,):
        return st.lists(instances(arguments[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(instances, arguments))
    if origin is dict:
        return st.dictionaries(instances(arguments[0]), instances(arguments[1]), max_size=3)
    if origin in (Union, UnionType):
        return st.one_of(*map(instances, arguments))
    if isinstance(hint, type) and is_dataclass(hint):
        hints = get_type_hints(hint)
        return st.fixed_dictionaries({field.name: instances(hints[field.name]) for field in fields(hint)}).map(
            partial(_built, hint)
        )
    return st.from_type(hint)


def _built(kind: Any, values: dict[str, Any]) -> Any:
    try:
        return kind(**values)
    except ValueError:  # a rule of the dataclass's own
        reject()


def _path(parts: list[str]) -> Path:
    return Path(*parts)
