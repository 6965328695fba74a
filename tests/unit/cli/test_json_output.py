"""`--json` prints the wire format."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

from hypothesis import given

from freesport_sync.cli.json_output import JsonOutput
from freesport_sync.core.checks import CheckItem
from freesport_sync.core.events import Event, Failure, RunFinished
from freesport_sync.core.exchange import ExchangeEvent
from freesport_sync.core.run import RunReport, RunStatus
from freesport_sync.core.wire import decode, messages_of
from freesport_sync.core.worker_events import WorkerEvent
from freesport_sync.errors import ConfigError
from freesport_sync.i18n.texts import Language, Texts
from tests.instances import instances

TEXTS = Texts(Language.RUSSIAN)


def printed(act: Callable[[JsonOutput], None]) -> list[dict[str, Any]]:
    """The lines that an action prints."""
    with redirect_stdout(io.StringIO()) as stdout:
        act(JsonOutput(TEXTS))
    return [json.loads(line) for line in stdout.getvalue().split("\n") if line]


@given(instances(Event))
def test_events_of_runs_can_be_decoded(event: Event) -> None:
    lines = printed(lambda output: output.event(event))
    is_kept_for_later = isinstance(event, RunFinished) and event.report.status is not RunStatus.COMPLETED
    assert [decode(line) for line in lines] == ([] if is_kept_for_later else [*messages_of(event)])


@given(instances(ExchangeEvent))
def test_events_of_the_exchange_can_be_decoded(event: ExchangeEvent) -> None:
    (line,) = printed(lambda output: output.event(event))
    assert decode(line) == event


@given(instances(WorkerEvent))
def test_events_of_workers_can_be_decoded(event: WorkerEvent) -> None:
    (line,) = printed(lambda output: output.event(event))
    assert decode(line) == event


@given(instances(CheckItem))
def test_items_of_a_check_carry_a_sentence(item: CheckItem) -> None:
    (line,) = printed(lambda output: output.show(item))
    assert line["text"] == TEXTS.check(item.code, item.params)
    assert decode(line) == item


@given(instances(RunReport))
def test_the_result_of_a_failed_run_follows_its_error(report: RunReport) -> None:
    error = ConfigError("no_files", path="/x", kinds="goods")

    def fail(output: JsonOutput) -> None:
        output.event(RunFinished(report))
        output.error(error)

    lines = printed(fail)
    messages = [decode(line) for line in lines]
    order = [report, Failure.of(error)]
    assert messages == (order if report.status is RunStatus.COMPLETED else order[::-1])
    told = next(line for line in lines if line["event"] == "error")
    assert told["what"] == TEXTS.error(error).what
