"""Messages survive the wire format."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freesport_sync.core.events import Event, Failure, IssuesFound, Progress, RunFinished
from freesport_sync.core.exchange import ExchangeEvent, RequestHandled
from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.shop import Stage
from freesport_sync.core.wire import (
    SENTENCES,
    TYPES,
    Message,
    WireError,
    decode,
    encode,
    event_of,
    messages_of,
)
from freesport_sync.errors import ConfigError, ExitCode
from tests.instances import instances

messages = st.sampled_from(sorted(TYPES)).flatmap(lambda name: instances(TYPES[name]))


@given(messages, st.sets(st.sampled_from(sorted(SENTENCES))))
def test_every_message_survives_a_round_trip_whatever_sentences_it_carries(
    message: Message, sentences: set[str]
) -> None:
    line = json.dumps({**dict.fromkeys(sentences, "for people"), **encode(message)})
    assert decode(json.loads(line)) == message


def test_every_message_and_every_event_has_a_name() -> None:
    assert set(get_args(Message)) == set(TYPES.values())
    of_runs = {IssuesFound: RowIssue, RunFinished: TYPES["result"]}
    assert {of_runs.get(event, event) for event in (*get_args(Event), *get_args(ExchangeEvent))} <= set(TYPES.values())


@given(instances(Event))
def test_every_event_of_a_run_survives_but_row_issues_travel_one_by_one(event: Event) -> None:
    parts = [event_of(decode(encode(message))) for message in messages_of(event)]
    if isinstance(event, IssuesFound):
        assert [issue for part in parts if isinstance(part, IssuesFound) for issue in part.issues] == [*event.issues]
    else:
        assert parts == [event]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"event": "of the future"},
        {"event": None, "code": "x"},
        {"event": ["check"]},
        {"event": "check", "code": "x"},
        {"event": "check", "code": "x", "is_ok": True, "colour": "red"},
        {"event": "check", "code": "x", "is_ok": "true"},
        {"event": "merge_repeated", "attempt": "2", "reason": "x"},
        {"event": "progress", "stage": "stage", "done": "many", "total": 2, "rate": 0.5, "eta_s": None},
        {"event": "result", "counts": {"product": {"created": 1, "painted": 2}}},
    ],
)
def test_messages_of_a_newer_program_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(WireError):
        decode(values)


def test_fields_with_a_default_may_be_missing() -> None:
    assert decode({"event": "issue", "severity": "note", "code": "x"}) == RowIssue(Severity.NOTE, "x")
    progress = {"event": "progress", "stage": "pull", "done": 1, "total": 2, "rate": 0.5, "eta_s": None}
    assert decode(progress) == Progress(Stage.PULL, 1, 2, 0.5, None)


def test_a_field_named_like_a_sentence_is_kept() -> None:
    answered = RequestHandled("::1", "standard", "catalog", "file", "a.xml", 1, "failure", "no space", 200, 0.1)
    assert decode(encode(answered)) == answered


def test_an_error_travels_with_its_exit_code_and_with_its_parameters_as_text() -> None:
    failure = Failure.of(ConfigError("data_dir_needed", path=PurePosixPath("/x"), files=3))
    assert encode(failure) == {
        "event": "error",
        "code": "data_dir_needed",
        "params": {"path": "/x", "files": "3"},
        "exit_code": ExitCode.USAGE,
    }
    assert str(failure.error) == "data_dir_needed(path='/x', files='3')"
