"""Requests as JSON, stored in a run's row so that it can be repeated, perhaps by another host (RUN-12).

    {"task": "shop_import", "version": 1, "operator": ..., "trigger": ..., "is_dry_run": ..., FIELDS OF THE REQUEST}

Nothing is ever dropped: a host that does not know the task, its version or one of its fields refuses the request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar, cast

from freesport_sync.core.json_values import JsonError, from_json, to_json
from freesport_sync.core.tasks import Header, Submission, TaskIdentity
from freesport_sync.errors import ConfigError
from freesport_sync.runs.task_type import TaskType

T = TypeVar("T")
_TASK, _VERSION = "task", "version"
LONGEST_VALUE = 100
"""Characters of a value in an error."""


def encode(task: TaskIdentity, submission: Submission[Any]) -> dict[str, object]:
    """A request and its header as plain JSON values."""
    values: dict[str, object] = {_TASK: task.name, _VERSION: task.version}
    for part in (submission.header, submission.request):
        values |= {one.name: to_json(getattr(part, one.name)) for one in fields(part)}
    return values


def decode(tasks: Iterable[TaskType[Any]], values: Mapping[str, Any]) -> Submission[Any]:
    """Decode what `encode` wrote, here or on another host, or a program from before there were tasks.

    Args:
        tasks: all tasks of this program.
        values: plain JSON.

    Raises:
        ConfigError: the task, its version or a field is unknown to this program, or a field is missing or unusable.
    """
    if not isinstance(values, Mapping):
        raise ConfigError("task_unknown", task=_short(values))
    if _TASK not in values:
        values = _of_former_program(tasks, values)
    task = next((task for task in tasks if task.name == values[_TASK]), None)
    if task is None:
        raise ConfigError("task_unknown", task=_short(values[_TASK]))
    version = values.get(_VERSION)
    if type(version) is not int or version > task.version:
        raise ConfigError("request_newer", task=task.name, found=_short(version), known=task.version)
    if version < 1:
        raise ConfigError("request_value_unusable", task=task.name, field=_VERSION, value=_short(version))
    expected = _fields(task)
    given = {name: value for name, value in values.items() if name not in (_TASK, _VERSION)}
    if unknown := sorted(given.keys() - expected.keys()):
        raise ConfigError("request_fields_unknown", task=task.name, fields=_short(", ".join(unknown)))
    # An older version lacks the fields that were added later, but has all of its own.
    optional = {name for name, one in expected.items() if version < task.version and one.default is not MISSING}
    if missing := sorted(expected.keys() - given.keys() - optional):
        raise ConfigError("request_fields_missing", task=task.name, fields=", ".join(missing))
    return Submission(_decoded(task, task.request_type, given), _decoded(task, Header, given))


def _fields(task: TaskType[Any]) -> dict[str, Field[Any]]:
    return {one.name: one for part in (Header, task.request_type) for one in fields(part)}


def _of_former_program(tasks: Iterable[TaskType[Any]], values: Mapping[str, Any]) -> dict[str, Any]:
    """Convert a request from before there were tasks: it has the fields of all requests, and its kind names one.

    Fields that no longer exist are dropped, because the program that wrote them is known; later ones get their
    defaults.
    """
    kind = str(values.get("kind"))
    task = next((task for task in tasks if kind in task.kinds), None)
    if task is None:
        raise ConfigError("task_unknown", task=_short(kind))
    defaults = {name: to_json(one.default) for name, one in _fields(task).items() if one.default is not MISSING}
    known = {name: value for name, value in values.items() if name in _fields(task)}
    return {_TASK: task.name, _VERSION: task.version} | defaults | known


def _decoded(task: TaskType[Any], kind: type[T], values: Mapping[str, Any]) -> T:
    own = {one.name: values[one.name] for one in fields(cast("Any", kind)) if one.name in values}
    try:
        return from_json(kind, own)
    except JsonError as error:
        # Of nested values the path begins with the field; what breaks a rule of the whole request has no path.
        field = error.field.partition(".")[0]
        value = _short(own[field]) if field in own else error.problem
        raise ConfigError("request_value_unusable", task=task.name, field=error.field, value=value) from error


def _short(value: object) -> str:
    """For an error that people read."""
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
