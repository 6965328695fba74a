"""What a message says is the same on both ends of the wire."""

from __future__ import annotations

import json
from dataclasses import is_dataclass
from datetime import UTC, datetime, timedelta, timezone
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freesport_sync.core.events import Event, IssuesFound, Progress, RunFinished
from freesport_sync.core.exchange import ExchangeEvent, RequestHandled
from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.run import Stage
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
from freesport_sync.errors import ExitCode

MOSCOW = timezone(timedelta(hours=3))


def instances(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type, however it is composed."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is float:
        return st.floats(allow_nan=False, allow_infinity=False)
    if hint is datetime:
        return st.datetimes(timezones=st.sampled_from([None, UTC, MOSCOW]))
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
        return st.builds(hint, **{name: instances(of) for name, of in get_type_hints(hint).items()})
    return st.from_type(hint)


messages = st.sampled_from(sorted(TYPES)).flatmap(lambda name: instances(TYPES[name]))


@given(messages, st.sets(st.sampled_from(sorted(SENTENCES))))
def test_every_message_comes_back_and_sentences_do_not_matter(message: Message, sentences: set[str]) -> None:
    line = json.dumps({**dict.fromkeys(sentences, "for people"), **encode(message)})
    assert decode(json.loads(line)) == message


def test_every_message_and_every_event_has_a_name() -> None:
    assert set(get_args(Message)) == set(TYPES.values())
    of_runs = {IssuesFound: RowIssue, RunFinished: TYPES["result"]}
    assert {of_runs.get(event, event) for event in (*get_args(Event), *get_args(ExchangeEvent))} <= set(TYPES.values())


@given(instances(Event))
def test_an_event_of_a_run_comes_back_in_as_many_parts_as_it_has_issues(event: Event) -> None:
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
        {"event": "check", "code": "x", "is_ok": "nonsense"},
        {"event": "progress", "stage": "lunch", "done": 1, "total": 2, "rate": 0.5, "eta_s": None},
        {"event": "result", "counts": {"product": {"created": 1, "painted": 2}}},
    ],
)
def test_what_a_newer_program_says_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(WireError):
        decode(values)


def test_fields_with_a_default_may_be_missing() -> None:
    assert decode({"event": "issue", "severity": "note", "code": "x"}) == RowIssue(Severity.NOTE, "x")
    progress = {"event": "progress", "stage": "pull", "done": 1, "total": 2, "rate": 0.5, "eta_s": None}
    assert decode(progress) == Progress(Stage.PULL, 1, 2, 0.5, None)


def test_a_field_that_is_called_like_a_sentence_is_kept() -> None:
    answered = RequestHandled("::1", "standard", "catalog", "file", "a.xml", 1, "failure", "no space", 200, 0.1)
    assert decode(encode(answered)) == answered


def test_an_error_travels_with_its_exit_code_and_with_its_parameters_as_text() -> None:
    from pathlib import PurePosixPath

    from freesport_sync.core.events import Failure
    from freesport_sync.errors import ConfigError

    failure = Failure.of(ConfigError("data_dir_needed", path=PurePosixPath("/x"), files=3))
    assert encode(failure) == {
        "event": "error",
        "code": "data_dir_needed",
        "params": {"path": "/x", "files": "3"},
        "exit_code": ExitCode.USAGE,
    }
    assert str(failure.error) == "data_dir_needed(path='/x', files='3')"
