"""A task of another domain needs its own module and a place in the registry, and nothing else anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from freesport_sync.application import Application
from freesport_sync.cli.main import run_command_line
from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.run import FieldChange
from freesport_sync.core.tasks import SHOP_LOCK, Header
from freesport_sync.database.own.lock import find_holder, try_lock
from freesport_sync.database.server.engine import connect, driver_connection
from freesport_sync.errors import Cancelled, ExitCode
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.services.issue_export import save_changes
from freesport_sync.settings.secrets import PASSWORD_VARIABLE
from tests.program import address
from tests.shop import Shop
from tests.toy import TOY_LOCK, WITH_TOY, CountSheep
from tests.watching import STARTED, background, wait_until

Headless = Callable[..., tuple[int, list[dict[str, Any]]]]


@pytest.fixture
def headless(
    empty_database: sa.URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Headless:
    """Runs the command line with the toy; returns the exit code and what `--json` printed."""
    monkeypatch.setenv(PASSWORD_VARIABLE, str(empty_database.password))

    def run(*arguments: str, url: sa.URL = empty_database) -> tuple[int, list[dict[str, Any]]]:
        home = ("--home", str(tmp_path / "home"), "--database-url", address(url), "--operator", "shepherd", "--json")
        code = run_command_line([*arguments, *home], tasks=WITH_TOY)
        return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


def test_it_runs_headless_and_is_in_the_history(headless: Headless, empty_database: sa.URL) -> None:
    code, printed = headless("--run", "count_sheep")
    events = {one["event"]: one for one in printed}
    assert code == ExitCode.DONE
    assert events["run_started"]["kind"] == events["result"]["kind"] == "count_sheep"
    assert [one["stage"] for one in printed if one["event"] == "progress"] == ["gather", "gather", "count", "count"]
    assert events["result"]["counts"]["sheep"]["created"] == 3

    code, (entry,) = headless("--history")
    assert (code, entry["kind"], entry["operator"], entry["status"]) == (0, "count_sheep", "shepherd", "completed")
    code, (shown, *_) = headless("--show", "1")
    assert (code, shown["counts"]["sheep"]["created"], shown["kind"]) == (0, 3, "count_sheep")
    with closing(connect(empty_database, "tests")) as connection:
        row = connection.exec_driver_sql("SELECT task, lock_name, lock_key, request FROM freesport_sync.runs").one()
        assert row[:3] == ("toy", "toy", 77)
        assert row[3] == {
            **{"task": "toy", "version": 1, "sheep": 3},
            **{"operator": "shepherd", "trigger": "command_line", "is_dry_run": False},
        }
        assert connection.exec_driver_sql("SELECT to_regclass('products')").scalar() is None, "it needs no shop"


@pytest.mark.parametrize("language", ["ru", "en"])
def test_words_without_a_text_are_shown_as_they_are(
    headless: Headless, language: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, empty_database: sa.URL
) -> None:
    headless("--run", "count_sheep", "--dry-run")
    home = ["--home", str(tmp_path / "home"), "--database-url", address(empty_database), "--language", language]
    for arguments in (["--run", "count_sheep"], ["--history"], ["--show", "1"]):
        assert run_command_line([*arguments, *home], tasks=WITH_TOY) == ExitCode.DONE
        told = capsys.readouterr().out
        assert ("sheep" in told, "Traceback" in told) == (True, False), arguments
    with closing(connect(empty_database, "tests")) as connection, closing(connect(empty_database, "tests")) as holder:
        opened = "UPDATE freesport_sync.runs SET status = 'running', finished_at = NULL, stage = 'graze', "
        assert try_lock(holder, TOY_LOCK)
        pid = driver_connection(holder).info.backend_pid
        connection.execute(sa.text(f"{opened} {STARTED} WHERE id = 2"), {"pid": pid})
        for arguments, is_over in ((["--cancel", "2"], False), (["--unlock-stale"], True)):
            if is_over:
                holder.close()
                wait_until(lambda: find_holder(connection, TOY_LOCK) is None)
            assert run_command_line([*arguments, *home], tasks=WITH_TOY) == ExitCode.DONE
            assert "graze" in capsys.readouterr().out, arguments


def test_changes_of_an_entity_without_a_text_are_saved_as_csv(tmp_path: Path) -> None:
    save_changes(
        [FieldChange("sheep", "7", "Dolly", "wool", "white", "black")], Texts(Language.RUSSIAN), tmp_path / "a.csv"
    )
    assert "sheep;Dolly;wool;white;black;7" in (tmp_path / "a.csv").read_text("utf-8-sig")


def test_a_dry_run_lists_its_changes(headless: Headless) -> None:
    headless("--run", "count_sheep", "--dry-run")
    _, (shown, *listed) = headless("--show", "1")
    assert shown["is_dry_run"]
    assert [(one["entity"], one["new_value"]) for one in listed if "new_value" in one] == [("sheep", "black")]


@pytest.mark.parametrize("option", ["--full", "--skip-backup", "--pull", "--data-dir=."])
def test_options_of_imports_mean_nothing_to_it(headless: Headless, option: str) -> None:
    with pytest.raises(SystemExit) as refused:
        headless("--run", "count_sheep", option)
    assert refused.value.code == ExitCode.USAGE


def test_it_is_cancelled_like_any_other_run(headless: Headless, empty_database: sa.URL, tmp_path: Path) -> None:
    application = Application(tmp_path / "home", address(empty_database), tasks=WITH_TOY)
    with (
        closing(connect(empty_database, "tests")) as connection,
        background(lambda: application.run(CountSheep(sheep=0), Header(), lambda _: None, CancelToken())) as endless,
    ):
        wait_until(lambda: _run_of(connection) is not None)
        code, (answer,) = headless("--cancel", str(_run_of(connection)))
        assert (code, answer["run_id"]) == (ExitCode.DONE, 1)
        with pytest.raises(Cancelled, match="cancelled_by"):
            endless.result(20)
        assert connection.exec_driver_sql("SELECT status FROM freesport_sync.runs").scalars().all() == ["cancelled"]


def test_it_waits_only_for_tasks_of_its_lock(stocked_shop: Shop, dearer: Path, headless: Headless) -> None:
    with closing(connect(stocked_shop.url, "tests")) as importer:
        assert try_lock(importer, SHOP_LOCK)
        assert headless("--run", "count_sheep", url=stocked_shop.url)[0] == ExitCode.DONE, (
            "beside an import of the shop"
        )
    with closing(connect(stocked_shop.url, "tests")) as shepherd:
        wait_until(lambda: try_lock(shepherd, TOY_LOCK))
        code, (error,) = headless("--run", "count_sheep", url=stocked_shop.url)
        assert (code, error["code"]) == (ExitCode.BUSY, "lock_held_unknown_run")
        stocked_shop.run(dearer)
    assert stocked_shop.value("SELECT count(*) FROM freesport_sync.runs WHERE kind = 'count_sheep'") == 1


def _run_of(connection: sa.Connection) -> int | None:
    holder = find_holder(connection, TOY_LOCK)
    return None if holder is None else holder.run_id
