"""What was asked of a task survives as JSON; what another version has asked is refused, not guessed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freesport_sync.core.tasks import Header, Submission
from freesport_sync.errors import ConfigError
from freesport_sync.runs.requests import decode, encode
from freesport_sync.runs.task import Task
from freesport_sync.tasks.registry import TASKS
from tests.instances import instances

STORED = {"task": "backup", "version": 1, "operator": "me", "trigger": "window", "is_dry_run": False}


def submissions(task: Task[Any]) -> st.SearchStrategy[tuple[Task[Any], Submission[Any]]]:
    return st.tuples(st.just(task), st.builds(Submission, instances(task.request_type), instances(Header)))


@given(st.sampled_from([*TASKS]).flatmap(submissions))
def test_every_request_survives_a_round_trip(asked: tuple[Task[Any], Submission[Any]]) -> None:
    task, submission = asked
    assert decode(TASKS, json.loads(json.dumps(encode(task, submission)))) == submission


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"task": "of the future"}, "task_unknown"),
        ({"version": 999}, "request_newer"),
        ({"version": "1"}, "request_newer"),
        ({"colour": "red"}, "request_fields_unknown"),
        ({"trigger": "moon"}, "request_value_unusable"),
        ({"operator": 5}, "request_value_unusable"),
        ({"is_dry_run": "true"}, "request_value_unusable"),
        ({"is_dry_run": 1}, "request_value_unusable"),
    ],
)
def test_requests_of_another_version_are_refused(change: dict[str, Any], code: str) -> None:
    with pytest.raises(ConfigError) as refused:
        decode(TASKS, STORED | change)
    assert refused.value.code == code


def test_a_missing_field_is_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        decode(TASKS, {name: value for name, value in STORED.items() if name != "operator"})
    assert (refused.value.code, refused.value.params["fields"]) == ("request_fields_missing", "operator")
