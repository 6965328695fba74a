"""What the operator types, and what a script reads, in processes of their own: lines, pipes, consoles, passwords."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import ExportBuilder, offer, prices, product
from tests.integration.test_connection import SECRET, free_port
from tests.platforms import posix_only
from tests.program import ROOT, Command, Installation, clean_environment, run
from tests.shop import Shop


def test_help_of_the_real_program_in_english() -> None:
    outcome = run("--language", "en", "--help")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert "Exit codes" in outcome.stdout


def test_bare_run_takes_everything_from_the_default_folder(
    stocked_shop: Shop, installed: Installation, command: Command, tmp_path: Path
) -> None:
    export = ExportBuilder(tmp_path / "data" / "import_1c")
    export.reference_data()
    export.goods(product("p1"), product("p2", name="Кеды"))
    export.offers(offer("p1#c1"), offer("p2#c1"))
    export.prices(prices("p1#c1", {"retail": 200}), prices("p2#c1", {"retail": "десять"}))
    outcome = installed.run("--run", "--operator", "иванов", folder=tmp_path)
    assert outcome.code == 1, "a price that is no number is a row error"
    assert outcome.stderr == ""
    lines = outcome.stdout.splitlines()
    label = f"{stocked_shop.url.username}@127.0.0.1:{stocked_shop.url.port}/{stocked_shop.url.database}"
    assert lines[0].split() == f"Импорт № 2, база {label}, оператор иванов".split()
    assert "price_not_number" in outcome.stdout
    assert "не позже чем через час" in lines[-1]
    assert stocked_shop.row("SELECT kind, operator FROM freesport_sync.runs WHERE id = 2") == ("all", "иванов")

    shown = command("--show", "2")
    assert shown.code == 0
    assert "price_not_number" in shown.stdout
    assert "десять" in shown.stdout


def test_json_lines(stocked_shop: Shop, installed: Installation, command: Command, dearer: Path) -> None:
    outcome = installed.run("--run", "prices", "--json", "--data-dir", dearer, "--dry-run")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.lines[0] == {
        "event": "run_started",
        "run_id": 2,
        "kind": "prices",
        "operator": outcome.lines[0]["operator"],
        "database": outcome.lines[0]["database"],
        "is_dry_run": True,
        "undone_id": 0,
    }
    result = outcome.lines[-1]
    assert (result["event"], result["status"], result["run_id"]) == ("result", "completed", 2)
    assert result["counts"]["price"]["updated"] == 1
    assert {line["event"] for line in outcome.lines} == {"run_started", "export_found", "progress", "result"}
    assert stocked_shop.value("SELECT retail_price FROM product_variants") == 100

    shown = command("--show", "2", "--json")
    assert shown.lines[0]["event"] == "run"
    assert [line["field"] for line in shown.events("change")] == ["retail_price"]
    history = command("--history", "1", "--json")
    assert [(line["event"], line["id"], line["kind"]) for line in history.lines] == [("run", 2, "prices")]


def test_check_of_the_private_server_and_of_nothing(private: Installation, tmp_path: Path) -> None:
    first = private.run("--check")
    assert first.code == 0
    lines = first.stdout.splitlines()
    others = [line for line in lines if not line.startswith("✓")]
    assert len(lines) - len(others) == 9
    assert ["ни разу не загружались" in line for line in others] == [True] * 2, "neither prices nor stocks"
    nothing = run("--check", "--home", tmp_path, "--database-url", f"postgresql://u@127.0.0.1:{free_port()}/shop")
    assert nothing.code == 3
    assert "(database_unreachable)" in nothing.stderr


def test_password_is_never_shown(stocked_shop: Shop, dearer: Path, tmp_path: Path) -> None:
    stocked_shop.connection.exec_driver_sql(
        f"CREATE ROLE secretive_{stocked_shop.url.database} LOGIN PASSWORD '{SECRET}'"
    )
    user = stocked_shop.url.set(username=f"secretive_{stocked_shop.url.database}", password=SECRET)
    refused = Installation(tmp_path / "home", user).run("--run", "--verbose", "--data-dir", dearer)
    assert refused.code == 2, "it has no rights"
    wrong = Installation(tmp_path / "home", user.set(password=f"{SECRET}!")).run("--check", "--verbose")
    assert (wrong.code, "(database_login_refused)" in wrong.stderr) == (3, True)
    right = Installation(tmp_path / "home", stocked_shop.url)
    done = right.run("--run", "--verbose", "--data-dir", dearer)
    assert done.code == 0
    written = "".join(outcome.stdout + outcome.stderr for outcome in (refused, wrong, done)) + right.logs
    requests = str(stocked_shop.rows("SELECT t::text FROM freesport_sync.runs AS t"))
    sessions = str(stocked_shop.rows("SELECT t::text FROM import_sessions AS t"))
    for secret in (SECRET, str(stocked_shop.url.password)):
        assert secret not in written + requests + sessions


@pytest.mark.parametrize("encoding", ["cp866", "cp1251"])
def test_old_consoles_show_what_they_can(installed: Installation, tmp_path: Path, encoding: str) -> None:
    export = ExportBuilder(tmp_path / "export")
    export.reference_data()
    export.goods(product("p1", name="Мяч 中文 ½"))
    options = {"environment": {"PYTHONIOENCODING": encoding}, "encoding": encoding}
    imported = installed.run("--run", "--data-dir", export.folder, **options)
    assert (imported.code, imported.stderr) == (0, "")
    assert "Импорт № 2: выполнен" in imported.stdout
    if encoding == "cp1251":
        assert installed.run("--check", **options).stdout.startswith("+ База доступна")
    else:
        shown = installed.run("--show", 2, "--json", **options)
        assert shown.stdout.isascii()
        assert [line["value"] for line in shown.events("issue")] == ["Мяч 中文 ½"], "lines for scripts lose nothing"


BASH = posix_only("bash, and a file that is always full")


def in_shell(installed: Installation, command: str, dearer: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of bash, in which `PROGRAM` is an import."""
    program = [sys.executable, "-m", "freesport_sync", "--run", "--data-dir", str(dearer), *installed.arguments]
    return subprocess.run(
        ["bash", "-c", command.replace("PROGRAM", shlex.join(program))],
        env=clean_environment() | installed.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@BASH
@pytest.mark.parametrize("option", ["--json", ""])
def test_reader_that_leaves_does_not_stop_the_import(
    stocked_shop: Shop, installed: Installation, dearer: Path, option: str
) -> None:
    outcome = in_shell(installed, f"PROGRAM {option} | head -n 1; exit ${{PIPESTATUS[0]}}", dearer)
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert len(outcome.stdout.splitlines()) == 1
    assert stocked_shop.value("SELECT retail_price FROM product_variants") == 200
    assert stocked_shop.value("SELECT status FROM import_sessions ORDER BY id DESC LIMIT 1") == "completed"


@BASH
@pytest.mark.parametrize("redirection", [">&- 2>&-", "> /dev/full 2> /dev/full"])
def test_output_that_is_lost_is_an_error_and_stops_no_import(
    stocked_shop: Shop, installed: Installation, dearer: Path, redirection: str
) -> None:
    assert in_shell(installed, f"PROGRAM {redirection}", dearer).returncode == 2
    assert stocked_shop.value("SELECT retail_price FROM product_variants") == 200


@BASH
@pytest.mark.parametrize("question", ["--help", "--version", "--settings"])
def test_answers_that_are_lost_are_errors_too(installed: Installation, dearer: Path, question: str) -> None:
    done = in_shell(installed, f"{shlex.quote(sys.executable)} -m freesport_sync {question} > /dev/full", dearer)
    assert done.returncode == 2
    assert "Вывод записать не удалось" in done.stderr
