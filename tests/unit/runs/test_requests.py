"""Requests as JSON: what comes back, what is refused, what rows of former programs say."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freesport_sync.core.shop import FileType, ImportKind
from freesport_sync.core.tasks import SHOP_LOCK, Header, Request, Submission, Trigger
from freesport_sync.errors import ConfigError
from freesport_sync.runs.requests import decode, encode
from freesport_sync.runs.task_type import TaskType
from freesport_sync.tasks.backup.request import MakeBackup
from freesport_sync.tasks.registry import TASKS, Registry
from freesport_sync.tasks.repair.request import RepairCreatedAt
from freesport_sync.tasks.restore.request import RestoreBackup
from freesport_sync.tasks.shop_import.request import ShopImport
from tests.instances import instances


def submissions(task: TaskType[Any]) -> st.SearchStrategy[Submission[Any]]:
    return st.builds(Submission, instances(task.request_type), instances(Header))


def stored(submission: Submission[Any]) -> dict[str, Any]:
    """As it comes back from the database."""
    encoded = encode(TASKS.of(submission.request), submission)
    values: dict[str, Any] = json.loads(json.dumps(encoded))
    return values


@given(st.sampled_from([*TASKS]).flatmap(submissions))
def test_every_request_survives_a_round_trip(submission: Submission[Any]) -> None:
    assert decode(TASKS, stored(submission)) == submission


def test_names_that_are_no_characters_can_be_stored() -> None:
    submission = Submission(ShopImport(data_dir=Path("/srv/\udcff")), Header("\udcfe"))
    values = stored(submission)
    assert (values["data_dir"], values["operator"]) == (str(Path("/srv/?")), "?")


IMPORT = stored(Submission(ShopImport(), Header("ivanov")))


@pytest.mark.parametrize(
    ("changed", "code", "params"),
    [
        ({"task": "bank"}, "task_unknown", {}),
        ({"version": 2}, "request_newer", {"found": "2", "known": 1}),
        ({"version": "1"}, "request_newer", {"found": "1", "known": 1}),
        ({"version": True}, "request_newer", {"found": "True", "known": 1}),
        ({"version": None}, "request_newer", {"found": "None", "known": 1}),
        ({"version": 0}, "request_value_unusable", {"field": "version", "value": "0"}),
        ({"version": -1}, "request_value_unusable", {"field": "version", "value": "-1"}),
        ({"colour": "red"}, "request_fields_unknown", {"fields": "colour"}),
        ({"data_dir": ...}, "request_fields_missing", {"fields": "data_dir"}),
        ({"operator": ...}, "request_fields_missing", {"fields": "operator"}),
        ({"kind": "fish"}, "request_value_unusable", {"field": "kind", "value": "fish"}),
        ({"is_full": 1}, "request_value_unusable", {"field": "is_full", "value": "1"}),
        (
            {"chunk_size": True},
            "request_value_unusable",
            {"field": "chunk_size", "value": "True"},
        ),
        ({"data_dir": None}, "request_value_unusable", {"field": "data_dir", "value": "None"}),
        ({"data_dir": 10**500}, "request_value_unusable", {"field": "data_dir", "value": f"1{'0' * 99}…"}),
    ],
)
def test_what_another_program_has_written_is_never_guessed(
    changed: dict[str, Any], code: str, params: dict[str, object]
) -> None:
    values = {name: value for name, value in (IMPORT | changed).items() if value is not ...}
    with pytest.raises(ConfigError) as caught:
        decode(TASKS, values)
    assert (caught.value.code, caught.value.params) == (code, {"task": values["task"], **params})


@pytest.mark.parametrize("chunk_size", [0, -1])
def test_a_value_that_breaks_a_rule_of_the_request_is_refused(chunk_size: int) -> None:
    with pytest.raises(ConfigError, match="request_value_unusable") as caught:
        decode(TASKS, IMPORT | {"chunk_size": chunk_size})
    assert f"chunk_size is {chunk_size}" in str(caught.value.params["value"])


@pytest.mark.parametrize("values", [None, [], [1], "x", 1, True])
def test_what_is_no_object_is_no_request(values: Any) -> None:
    with pytest.raises(ConfigError, match="task_unknown"):
        decode(TASKS, values)


def test_the_error_does_not_repeat_everything_that_was_stored() -> None:
    long = "x" * 10_000
    for changed in ({"task": long}, {"version": long}, {long: 1}, {"kind": long}):
        with pytest.raises(ConfigError) as caught:
            decode(TASKS, IMPORT | changed)
        assert len(str(caught.value)) < 300, changed.keys()


@dataclass(frozen=True, slots=True)
class Tea:
    """A request that has got a second field."""

    kind: ClassVar[str] = "tea"
    undone_id: ClassVar[int] = 0
    cups: int
    sugar: int = 0


def test_a_request_of_an_older_version_has_defaults_for_what_came_later() -> None:
    task = TaskType("tea", 2, Tea, SHOP_LOCK, frozenset(), ("tea",), lambda *_: (), lambda *_: pytest.fail("not run"))
    tasks = Registry((task,))
    newest = encode(task, Submission(Tea(3, 1), Header()))
    assert decode(tasks, newest).request == Tea(3, 1)
    older = {name: value for name, value in newest.items() if name != "sugar"}
    assert decode(tasks, older | {"version": 1}).request == Tea(3)
    with pytest.raises(ConfigError, match="request_fields_missing"):
        decode(tasks, older)
    with pytest.raises(ConfigError, match="request_fields_missing"):
        decode(tasks, {name: value for name, value in older.items() if name != "cups"} | {"version": 1})


# --- rows of former programs: one flat request for everything ---------------------------------------------------------

FORMER = {
    "kind": "all",
    "file_type": "all",
    "data_dir": "/srv/export",
    "file": None,
    "operator": "петров@PC-7",
    "chunk_size": 500,
    "is_dry_run": False,
    "is_full": True,
    "allow_older": False,
    "accept_large_change": True,
    "skip_backup": False,
    "is_backup_optional": True,
    "backup_id": "",
    "undone_id": 0,
    "skip_images": True,
    "media_root": "/srv/media",
    "is_pull": False,
    "trigger": "window",
}
"""As the last of them wrote it."""
EXPORT = ShopImport(
    data_dir=Path("/srv/export"),
    chunk_size=500,
    is_full=True,
    accept_large_change=True,
    is_backup_optional=True,
    skip_images=True,
    media_root=Path("/srv/media"),
)


@pytest.mark.parametrize(
    ("changed", "request_"),
    [
        *(({"kind": kind.value}, replace(EXPORT, kind=kind)) for kind in ImportKind),
        ({"file_type": "rests"}, replace(EXPORT, file_type=FileType.RESTS)),
        ({"kind": "customers", "file": "/a.xml"}, replace(EXPORT, kind=ImportKind.CUSTOMERS, file=Path("/a.xml"))),
        ({"kind": "backup"}, MakeBackup()),
        ({"kind": "restore", "backup_id": "20261121-094107-2-ab12"}, RestoreBackup("20261121-094107-2-ab12")),
        ({"kind": "restore", "backup_id": "x", "undone_id": 7}, RestoreBackup("x", 7)),
        ({"kind": "repair_created_at"}, RepairCreatedAt()),
        ({"kind": "undo_repair_created_at", "undone_id": 9}, RepairCreatedAt(9)),
    ],
)
def test_a_row_of_a_former_program_is_read_by_its_kind(changed: dict[str, Any], request_: Request) -> None:
    submission = decode(TASKS, FORMER | changed)
    assert submission == Submission(request_, Header("петров@PC-7", Trigger.WINDOW))
    assert submission.request.kind == (FORMER | changed)["kind"]


def test_the_first_program_wrote_fewer_fields() -> None:
    first = {"kind": "stocks", "file_type": "all", "data_dir": "/srv/export", "operator": "cron", "chunk_size": 1000}
    assert decode(TASKS, first) == Submission(
        ShopImport(ImportKind.STOCKS, data_dir=Path("/srv/export")), Header("cron", Trigger.COMMAND_LINE)
    )


def test_a_kind_of_former_programs_that_there_is_no_more_is_refused() -> None:
    with pytest.raises(ConfigError, match="task_unknown"):
        decode(TASKS, FORMER | {"kind": "orders"})
