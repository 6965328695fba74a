"""A task of another domain in the window: it has a lane of its own and is in the history like any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from freesport_sync.core.history import EntryKey, EntrySource
from freesport_sync.errors import Cancelled
from freesport_sync.ui.run_feed import RunSnapshot, StageState
from freesport_sync.ui.run_lane import RunEnd, RunLane
from tests.shop import Shop
from tests.toy import TOY_LOCK, WITH_TOY, CountSheep
from tests.ui.conftest import OpenDesk
from tests.ui.desk import Desk, texts_in


@pytest.fixture
def desk(stocked_shop: Shop, open_desk: OpenDesk) -> Desk:
    desk = open_desk(stocked_shop.url, tasks=WITH_TOY)
    desk.ready()
    return desk


def ended(desk: Desk, lane: RunLane) -> RunEnd:
    ends: list[RunEnd] = []
    lane.ended.connect(ends.append)
    desk.until(lambda: ends)
    return ends[0]


def test_it_runs_in_the_window_and_is_in_the_history(desk: Desk) -> None:
    lane, shown = desk.backend.lane(TOY_LOCK), list[RunSnapshot]()
    lane.changed.connect(shown.append)
    desk.backend.start_run(desk.backend.submission(CountSheep()))
    assert [line.stage for line in shown[0].stages] == ["gather", "count"]
    assert shown[0].fraction == 0.0
    end = ended(desk, lane)
    assert end.report is not None
    assert end.report.counts["sheep"].created == 3
    assert shown[-1].fraction == 1.0
    assert all(line.state is StageState.DONE for line in shown[-1].stages)

    history = desk.window.history_page
    desk.window.show_page("history")
    assert history.kind.findData("count_sheep") > 0
    history.kind.setCurrentIndex(history.kind.findData("count_sheep"))
    desk.until(lambda: history.model.rowCount() == 1)
    assert "count_sheep" in history.model.index(0, 1).data()
    desk.window.open_entry(EntryKey(EntrySource.RUN, end.report.run_id))
    entry = desk.window.entry_page
    desk.until(lambda: "count_sheep" in entry.title.text().lower())
    entry.tabs.setCurrentWidget(entry.totals)
    desk.until(lambda: entry.totals.model.rowCount() == 1)
    assert entry.totals.model.index(0, 0).data() == "sheep"
    assert entry.changes.entity.findData("sheep") > 0, "its changes can be filtered"
    assert "count" in [entry.totals.stages.index(row, 0).data() for row in range(entry.totals.stages.rowCount())]
    assert entry.repeat.isHidden(), "the page of the task starts it"


def test_it_does_not_wait_for_an_import_and_is_cancelled(desk: Desk, dearer: Path) -> None:
    lane = desk.backend.lane(TOY_LOCK)
    desk.backend.start_run(desk.backend.submission(CountSheep(sheep=0)))
    desk.until(lambda: lane.snapshot is not None and lane.snapshot.run_id is not None)
    assert (desk.backend.is_running, desk.backend.is_busy) == (False, True)
    assert desk.window.import_page.form.isVisible(), "it is none of the import page's business"

    desk.choose_source(dearer)
    desk.click(desk.window.import_page.form.start)
    assert desk.end_of_run().error is None
    assert lane.is_running

    assert lane.snapshot is not None
    run_id = lane.snapshot.run_id
    assert run_id is not None
    assert desk.backend.cancel_own(run_id)
    end = ended(desk, lane)
    assert isinstance(end.error, Cancelled)
    assert end.snapshot.stages[1].state is StageState.CANCELLED
    assert not desk.backend.is_busy
    assert "count_sheep" not in texts_in(desk.window.import_page.progress)


def test_a_window_that_closes_stops_it(desk: Desk) -> None:
    lane = desk.backend.lane(TOY_LOCK)
    desk.backend.start_run(desk.backend.submission(CountSheep(sheep=0)))
    desk.until(lambda: lane.snapshot is not None and lane.snapshot.run_id is not None)
    desk.window.close()
    assert desk.window.isVisible(), "it asks first"
    desk.window.question.yes_button.click()  # type: ignore[attr-defined]
    assert isinstance(ended(desk, lane).error, Cancelled)
    desk.until(lambda: not desk.window.isVisible())
