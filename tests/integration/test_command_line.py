"""The command line without the time that a process takes to start: arguments, exit codes, lines, languages."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from freesport_sync.cli.arguments import build_parser
from freesport_sync.cli.main import run_command_line
from freesport_sync.errors import ExitCode
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.services.checks import Checks
from freesport_sync.settings.secrets import PASSWORD_VARIABLE
from tests.builders import ExportBuilder, contragent, offer, prices, product
from tests.faults.test_lock import FOREIGN, TAKE_LOCK, YOUNG
from tests.integration.test_connection import SECRET
from tests.platforms import posix_only
from tests.program import ROOT, Command, Installation, address, clean_environment
from tests.shop import Shop
from tests.watching import STARTED, holding

NOWHERE = ("--database-url", "postgresql://u@127.0.0.1:1/shop")
"""Not even asked; without it the private server would have to be started first."""


SESSION_OF_THE_SHOP = """
INSERT INTO import_sessions (import_type, status, started_at, finished_at, report_details, error_message, created_at,
    report, updated_at)
VALUES ('catalog', 'failed', now(), now() + interval '341 seconds',
    '{"products_created": 3, "products_updated": 4, "errors": 2}', 'FileNotFoundError: import_files', now(),
    E'[2026-11-20 22:00:01] Импорт начат\\n', now())
"""


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["--run", "--help"], ["--run", "prices", "--help"]])
def test_help(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run_command_line(arguments)
    assert ended.value.code == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert "Коды выхода" in out
    for action in build_parser(Texts(Language.RUSSIAN))._actions:
        assert action.help, f"{action.option_strings} is not explained"
        assert action.option_strings[-1] in out


def test_without_arguments_there_is_help_and_code_2(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command_line([]) == ExitCode.USAGE
    assert "--run" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--rnu"], "--rnu"),
        (["run"], "run"),
        (["--run", "everything"], "everything"),
        (["--run", "--chunk-size", "0"], "от 1 до 1000000000, а не 0"),
        (["--run", "--chunk-size", "-5"], "--chunk-size"),
        (["--run", "--chunk-size", "many"], "many"),
        (["--show", "99999999999999999999"], "от 1 до 1000000000"),
        (["--show", "shop:x"], "от 1 до 1000000000"),
        (["--history", "0"], "от 1 до 1000000000"),
        (["--show"], "--show"),
        (["--run", "--check"], "--check"),
        (["--history", "--show", "1"], "--show"),
        (["--run", "--file-type", "pictures"], "pictures"),
        (["--run", "--language", "de"], "de"),
        (["--dat", "x", "--run"], "--dat"),
    ],
)
def test_wrong_arguments_get_one_clear_line(
    arguments: list[str], words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run_command_line(arguments)
    assert ended.value.code == ExitCode.USAGE
    out, err = capfd.readouterr()
    assert out == ""
    first, *rest = err.splitlines()
    assert first.startswith("Неверные параметры: ")
    assert words in first
    assert rest == ["Справка: freesport-sync --help"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--run", "--demo", "--data-dir", "."], "demo_contradicts"),
        (["--check", "--demo", "--database-url", "postgresql://u@h/d"], "demo_contradicts"),
        (["--run", "stocks", "--file-type", "goods", "--data-dir", ".", *NOWHERE], "file_type_contradicts"),
        (["--run", "--file", "contragents.xml", *NOWHERE], "file_needs_customers"),
        (
            ["--run", "customers", "--file-type", "goods", "--file", "contragents.xml", *NOWHERE],
            "file_type_contradicts",
        ),
        (["--run", "customers", "--file", "contragents.xml", "--data-dir", "."], "file_contradicts"),
        (["--run", "customers", "--file", "contragents.xml", "--demo"], "file_contradicts"),
        (["--run"], "data_dir_needed"),
        (["--run", "customers"], "data_dir_needed"),
        (["--run", "--data-dir", ".", "--database-url", "mysql://h/d"], "database_url_invalid"),
        (["--check", "--database-url", "postgresql://u:secret@h/d"], "database_url_password"),
    ],
)
def test_contradictions_are_explained(
    arguments: list[str], code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command_line([*arguments, "--home", str(tmp_path / "home"), "--json"]) == ExitCode.USAGE
    out, err = capfd.readouterr()
    (line,) = [json.loads(line) for line in out.splitlines()]
    assert (line["event"], line["code"], line["exit_code"], err) == ("error", code, 2, "")
    assert "secret" not in out


def test_internal_error_ends_with_code_70(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def bug(*_: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(Checks, "everything", bug)
    arguments = ["--check", "--home", str(tmp_path), "--database-url", "postgresql://u@h/d"]
    assert run_command_line(arguments) == ExitCode.INTERNAL
    out, err = capfd.readouterr()
    assert "Внутренняя ошибка (internal_error)" in err
    assert "Сообщение системы: ZeroDivisionError: ours" in err
    assert "Traceback" not in out + err
    assert "Traceback" in (tmp_path / "logs" / "freesport_sync.log").read_text("utf-8")
    assert run_command_line([*arguments, "--verbose"]) == ExitCode.INTERNAL
    assert "Traceback" in capfd.readouterr().err


def test_customers_from_a_single_file(stocked_shop: Shop, command: Command, tmp_path: Path) -> None:
    export = ExportBuilder(tmp_path)
    file = export.contragents(contragent("c1", name="Петров Иван", email="petrov@example.test"))
    outcome = command("--run", "customers", "--file", str(file), "--json")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.lines[-1]["counts"] == {
        "customer": {"created": 1, "updated": 0, "unchanged": 0, "skipped": 0, "failed": 0, "hidden": 0}
    }
    (run_id,) = stocked_shop.row("SELECT max(id) FROM freesport_sync.runs")
    request = "SELECT kind, request ->> 'file', request ->> 'chunk_size' FROM freesport_sync.runs WHERE id = :run"
    assert stocked_shop.row(request, run=run_id) == ("customers", str(file), "100")
    shown = command("--show", str(run_id))
    assert "клиенты" in shown.stdout
    assert str(file) in "".join(shown.stdout.split("\n"))
    assert command("--run", "customers", "--file", str(tmp_path / "nothing.xml")).code == ExitCode.IMPORT_FAILED
    again = command("--run", "customers", "--chunk-size", "7", "--file", str(file))
    assert again.code == 0
    assert "кэше" not in again.stdout, "the shop's lists of brands and categories have not changed"
    assert stocked_shop.rows(request, run=run_id + 2) == [("customers", str(file), "7")]


def test_failed_run_ends_with_its_result_line(command: Command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    outcome = command("--run", "--json", "--data-dir", str(tmp_path / "empty"))
    assert (outcome.code, outcome.stderr) == (5, "")
    assert [line["event"] for line in outcome.lines][-2:] == ["error", "result"]
    assert (outcome.error["code"], outcome.error["exit_code"]) == ("no_files", 5)
    assert outcome.lines[-1]["status"] == "failed"


@pytest.fixture
def troubled(stocked_shop: Shop, installed: Installation, command: Command, tmp_path: Path) -> Shop:
    """A shop whose second run has one row error and more notes than `--show` lists, some of them not stored."""
    installed.home.mkdir()
    (installed.home / "settings.toml").write_text("[history]\nmax_issues = 2300\n", "utf-8")
    export = ExportBuilder(tmp_path / "troubled")
    export.reference_data()
    export.goods(*(product(f"n{number}", name=f"=Мяч {number}", vat="много") for number in range(2400)))
    export.offers(offer("p1#c1", name="Мяч (5)", article="ART-1"))
    export.prices(prices("p1#c1", {"retail": "десять"}))
    assert command("--run", "--data-dir", str(export.folder)).code == 1
    return stocked_shop


def test_all_issues_of_a_run(troubled: Shop, command: Command) -> None:
    stored = troubled.value("SELECT count(*) FROM freesport_sync.row_issues")
    assert stored == 2300
    shown = command("--show", "2")
    assert (shown.code, shown.stderr) == (0, "")
    assert shown.stdout.count("vat_not_understood") == 1
    assert "2400, сохранено 2" in shown.stdout
    assert shown.stdout.count("Ставка НДС «много»") == 200
    assert re.search(r"Показаны первые замечания: 200. Все:\n  freesport-sync .* --show 2 --issues\n", shown.stdout)

    everything = command("--show", "2", "--issues")
    assert everything.code == 0
    assert everything.stdout.count("Ставка НДС «много»") == stored
    assert everything.stdout.count("Исправьте ставку НДС в 1С.") == 1
    assert " ".join(everything.stderr.split()) == (
        "Всего замечаний было 2401, в истории сохранено 2300: предел задаёт настройка history.max_issues."
    )
    assert command("--show", "1", "--issues").stdout.splitlines()[1:] == ["Замечаний нет."]


def test_issues_as_json_lines(troubled: Shop, command: Command) -> None:
    outcome = command("--show", "2", "--issues", "--json")
    assert (outcome.code, outcome.stderr) == (0, "")
    counts, issues = outcome.events("issue_count"), outcome.events("issue")
    assert {(one["code"], one["count"], one["stored"]) for one in counts} >= {("vat_not_understood", 2400, 2300)}
    assert len(issues) == 2300 == len(outcome.lines) - len(counts)
    assert issues[0]["what"] == "Ставка НДС «много» не понята и не записана."
    assert issues[0]["hint"] == "Исправьте ставку НДС в 1С."


def test_issues_for_excel(troubled: Shop, command: Command, tmp_path: Path, installed: Installation) -> None:
    file = tmp_path / "замечания.csv"
    file.write_text("вчера", "utf-8")
    saved = command("--show", "2", "--csv", str(file))
    assert (saved.code, saved.stdout.split()) == (0, f"Записано замечаний: 2300, файл {file}".split())
    assert "сохранено 2300" in saved.stderr
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    assert len(rows) == 2300
    assert {row["Что исправить в 1С"] for row in rows} == {"Исправьте ставку НДС в 1С."}
    assert all(row["Название"].startswith("'=Мяч") and row["Ид в 1С"].startswith("n") for row in rows)

    piped = subprocess.run(
        [sys.executable, "-m", "freesport_sync", "--show", "2", "--csv", "-", *installed.arguments],
        env=clean_environment() | installed.environment | {"PYTHONIOENCODING": "cp866"},
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    assert piped.stdout == file.read_bytes()
    assert "Всего замечаний" in piped.stderr.decode("cp866")

    english = command("--show", "2", "--csv", str(file), "--json", "--language", "en")
    assert english.lines == [{"event": "issues_saved", "count": 2300, "file": str(file)}]
    assert file.read_text("utf-8-sig").startswith("Severity;")
    missing = command("--show", "2", "--csv", str(tmp_path / "нет" / "x.csv"))
    assert (missing.code, missing.stdout) == (2, "")
    assert f"Папки {tmp_path / 'нет'} нет" in " ".join(missing.stderr.split())
    unknown = command("--show", "77", "--csv", str(tmp_path / "x.csv"))
    assert unknown.code == 2
    assert not (tmp_path / "x.csv").exists()


def test_settings_are_shown_without_a_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def shown(*arguments: str) -> str:
        assert run_command_line(["--settings", "--home", str(tmp_path), *arguments]) == 0
        out, err = capfd.readouterr()
        assert err == ""
        return out

    assert "settings.toml (его нет)" in shown()
    address = 'url = "postgresql://u@127.0.0.1:1/shop"'
    (tmp_path / "settings.toml").write_text(f'[database]\n{address}\n[catalog]\nroot_category = "[b]ТУРИЗМ"\n', "utf-8")
    monkeypatch.setenv("FREESPORT_SYNC_HISTORY__RETENTION_DAYS", "7")
    lines = [line.strip() for line in shown().splitlines()]
    place = lines.index('catalog.root_category = "[b]ТУРИЗМ"  (файл настроек)')
    assert lines[place + 1 : place + 4] == [
        "корневая группа 1С, дерево которой — каталог магазина",
        'по умолчанию: "СПОРТ"',
        "FREESPORT_SYNC_CATALOG__ROOT_CATEGORY",
    ]
    assert "history.retention_days = 7  (переменная окружения)" in lines
    assert "history.max_issues = 100000  (по умолчанию)" in lines
    parsed = {line["key"]: line for line in map(json.loads, shown("--json", "--language", "en").splitlines())}
    assert parsed["history.retention_days"] == {
        "event": "setting",
        "key": "history.retention_days",
        "variable": "FREESPORT_SYNC_HISTORY__RETENTION_DAYS",
        "value": "7",
        "default": "180",
        "origin": "environment",
        "meaning": Texts(Language.ENGLISH)("settings.history.retention_days"),
    }


def test_settings_never_show_a_password(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "settings.toml").write_text(f'[database]\nurl = "postgresql://u:{SECRET}@h/d"\n', "utf-8")
    assert run_command_line(["--settings", "--home", str(tmp_path)]) == ExitCode.USAGE
    out, err = capfd.readouterr()
    assert "database_url_password" in err
    assert SECRET not in out + err


def test_the_settings_name_the_folder_of_the_export(
    stocked_shop: Shop, installed: Installation, command: Command, dearer: Path, tmp_path: Path
) -> None:
    installed.home.mkdir()
    setting = installed.home / "settings.toml"
    setting.write_text(f"[source]\ndata_dir = {json.dumps(str(dearer))}\n", "utf-8")
    assert command("--run", "--data-dir", str(tmp_path / "нет")).code == 5, "the command line goes before the settings"
    assert stocked_shop.value("SELECT retail_price FROM product_variants") == 100
    assert command("--run").code == 0
    assert stocked_shop.value("SELECT retail_price FROM product_variants") == 200
    setting.write_text('[source]\ndata_dir = "нет такой"\n', "utf-8")
    nowhere = command("--run")
    assert nowhere.code == 2
    assert "нет такой" in nowhere.stderr
    assert "source.data_dir" in nowhere.stderr


def test_history_and_show_of_the_unknown(stocked_shop: Shop, command: Command) -> None:
    unknown = command("--show", "7")
    assert (unknown.code, unknown.stdout) == (2, "")
    assert "№ 7" in unknown.stderr
    assert "каталог и клиенты" in command("--history").stdout
    nobody = command("--show", "shop:7")
    assert (nobody.code, nobody.stdout) == (2, "")
    assert "№ shop:7" in nobody.stderr
    stocked_shop.execute("DROP SCHEMA freesport_sync CASCADE")
    empty = command("--history", "--language", "en")
    assert (empty.code, empty.stdout, empty.stderr) == (0, "There has been no import yet.\n", "")
    assert command("--show", "1").code == 2


def test_the_history_has_the_sessions_of_the_shop_itself(stocked_shop: Shop, command: Command) -> None:
    stocked_shop.execute(SESSION_OF_THE_SHOP)
    (number,) = stocked_shop.row("SELECT max(id) FROM import_sessions")
    key = f"shop:{number}"
    listed = command("--history").stdout
    assert re.search(rf"{key} .* каталог .* не выполнен .* сам магазин .* 3 .* 4 .* 2", listed)
    shown = command("--show", key).stdout.splitlines()
    assert shown[0] == f"Импорт самого магазина, сеанс № {number}: каталог"
    assert shown[-2:] == ["[2026-11-20 22:00:01] Импорт начат", "FileNotFoundError: import_files"]
    assert command("--show", key, "--issues").stdout.splitlines()[1:] == ["Замечаний нет."]

    entry, own = command("--history", "--json").lines
    assert (entry["key"], entry["source"], entry["id"]) == (key, "shop", number)
    assert (entry["status"], entry["errors"], entry["counts"]["product"]["updated"]) == ("failed", 2, 4)
    assert (own["key"], own["source"], own["status"], own["data_dir"] != "") == ("1", "run", "completed", True)
    report = command("--show", key, "--json").lines[-1]
    assert (report["event"], report["error"]) == ("report", "FileNotFoundError: import_files")


def test_freshness_for_people_and_for_scripts(
    stocked_shop: Shop, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    stocked_shop.execute("UPDATE freesport_sync.run_files SET created_at = NULL")
    stocked_shop.execute("UPDATE freesport_sync.runs SET finished_at = now() - interval '25 hours'")
    outcome = command("--freshness", "--json")
    ages = {line["kind"]: line for line in outcome.events("freshness")}
    assert (outcome.code, [kind for kind, line in ages.items() if line["is_overdue"]]) == (1, ["stocks"])
    assert (ages["prices"]["key"], ages["prices"]["limit_h"], int(ages["prices"]["age_s"]) // 3600) == ("1", 26, 25)
    assert (ages["stocks"]["key"], ages["stocks"]["age_s"]) == (None, None)
    assert ages["stocks"]["text"] in command("--freshness").stdout
    advice = [line["code"] for line in command("--check", "--json").lines if line["code"].startswith("data_")]
    assert advice == ["data_missing"]
    monkeypatch.setenv("FREESPORT_SYNC_FRESHNESS__STOCKS_H", "0")
    assert command("--freshness").code == 0
    monkeypatch.setenv("FREESPORT_SYNC_FRESHNESS__PRICES_H", "24")
    outcome = command("--freshness", "--language", "en")
    assert outcome.code == 1
    assert "Prices have not been updated for 25 h, while 24 h are tolerated." in outcome.stdout
    assert "[1" not in outcome.stdout


def test_check_of_every_state(stocked_shop: Shop, command: Command) -> None:
    def look() -> tuple[int, set[str]]:
        """The exit code and the points that are not in order."""
        outcome = command("--check", "--json")
        assert all(line["event"] == "check" and line["text"] for line in outcome.lines)
        return outcome.code, {line["code"] for line in outcome.lines if not line["is_ok"]}

    assert look() == (0, set())
    with holding(stocked_shop.url, TAKE_LOCK) as holder:
        assert look() == (4, {"lock_held_unknown"})
        pid = holder.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        stocked_shop.execute(f"UPDATE freesport_sync.runs SET status = 'running', {STARTED}", pid=pid)
        assert look() == (4, {"lock_held"})
    stocked_shop.execute("UPDATE freesport_sync.runs SET status = 'completed'")
    stocked_shop.value(FOREIGN, status="started", key=None, age=YOUNG)
    assert look() == (4, {"foreign_session"})
    stocked_shop.execute("ALTER TABLE companies RENAME TO other_companies")
    assert look() == (2, {"customers_incomplete", "foreign_session"})
    stocked_shop.execute("ALTER TABLE other_companies RENAME TO companies")
    stocked_shop.execute("UPDATE freesport_sync.alembic_version SET version_num = '9999'")
    assert look() == (2, {"schema_newer", "foreign_session"})
    stocked_shop.execute("DROP SCHEMA freesport_sync CASCADE")
    stocked_shop.execute("DROP TABLE import_sessions")
    assert look() == (2, {"shop_incomplete"})
    assert stocked_shop.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'freesport_sync'") == 0


def test_a_mistyped_variable_starts_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FREESPORT_SYNC_DATABASE_URL", "postgresql://sync@db.example.ru/freesport")
    assert run_command_line(["--run", "--data-dir", str(tmp_path), "--home", str(tmp_path / "home")]) == 2
    assert "FREESPORT_SYNC_DATABASE_URL -> FREESPORT_SYNC_DATABASE__URL" in capfd.readouterr().err
    assert not (tmp_path / "home").exists()


def test_media_root_is_checked_and_used(stocked_shop: Shop, command: Command, tmp_path: Path) -> None:
    export = ExportBuilder(tmp_path / "pictured")
    export.goods(product("p1", pictures=["import_files/01/a.jpg"]))
    export.write("goods/import_files/01/a.jpg", b"x" * 10_000)
    media = tmp_path / "медиа"
    check = command("--check", "--media-root", str(media), "--json")
    assert (check.code, [line["code"] for line in check.lines if not line["is_ok"]]) == (2, ["media_root_missing"])
    arguments = ("--run", "images", "--data-dir", str(export.folder))
    assert "(media_root_needed)" in command(*arguments).stderr
    assert "(media_root_missing)" in command(*arguments, "--media-root", str(media)).stderr
    media.mkdir()
    assert command("--check", "--media-root", str(media)).code == 0
    done = command(*arguments, "--media-root", str(media), "--json")
    assert (done.code, done.stderr) == (0, "")
    assert (media / "products/base/01/a.jpg").is_file()
    request = stocked_shop.value("SELECT request FROM freesport_sync.runs WHERE kind = 'images'")
    assert request["media_root"] == str(media)


def test_password_from_a_private_file(stocked_shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "password"
    file.write_text(f"{stocked_shop.url.password}\n", "utf-8")
    settings = f"[database]\nurl = {json.dumps(address(stocked_shop.url))}\npassword_file = {json.dumps(str(file))}\n"
    (tmp_path / "settings.toml").write_text(settings, "utf-8")
    for name, value in {"PGPASSWORD": "wrong", "PGHOST": "192.0.2.1", "PGOPTIONS": "-c search_path=nowhere"}.items():
        monkeypatch.setenv(name, value)
    file.chmod(0o600)
    assert run_command_line(["--check", "--home", str(tmp_path)]) == ExitCode.DONE


@posix_only("the rights of the folder count there")
def test_a_password_file_that_others_can_read(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PASSWORD_VARIABLE)
    file = tmp_path / "password"
    file.write_text("secret\n", "utf-8")
    file.chmod(0o644)
    monkeypatch.setenv("FREESPORT_SYNC_DATABASE__PASSWORD_FILE", str(file))
    outcome = command("--check")
    assert outcome.code == ExitCode.USAGE
    assert "chmod 600" in outcome.stderr


def test_equal_times_are_reported_to_the_operator_who_repairs_them(
    stocked_shop: Shop, command: Command, tmp_path: Path
) -> None:
    export = ExportBuilder(tmp_path / "more")
    export.goods(product("x1"), product("x2"))
    assert command("--run", "--skip-backup", "--data-dir", export.folder).code == 0
    stocked_shop.execute("UPDATE products SET created_at = '2026-11-01'")
    distinct = "SELECT count(*) - count(DISTINCT created_at) FROM products"
    told = command("--check")
    assert told.code == 0
    assert "--repair-created-at" in told.stdout
    dry = command("--repair-created-at", "--dry-run")
    assert (dry.code, dry.stderr) == (0, "")
    assert stocked_shop.value(distinct) == 2
    (result,) = command("--repair-created-at", "--json").events("result")
    assert (result["kind"], result["counts"]["product"]["updated"]) == ("repair_created_at", 2)
    assert stocked_shop.value(distinct) == 0
    assert "--repair-created-at" not in command("--check").stdout
    again = command("--repair-created-at")
    assert (again.code, again.stderr) == (0, "")
    assert "Исправлять нечего" in again.stdout
    assert "исправление времени создания" in command("--history").stdout
    (listed,) = command("--history", "1", "--json").events("run")
    assert (listed["kind"], listed["data_dir"]) == ("repair_created_at", "")  # it reads no export
    undone = command("--undo", result["run_id"])
    assert (undone.code, undone.stderr) == (0, "")
    assert "Возвращено" in undone.stdout
    assert stocked_shop.value(distinct) == 2
    refused = command("--undo", result["run_id"])
    assert refused.code == 2
    assert "(repair_undone)" in refused.stderr
    assert "возврат времени создания" in command("--show", result["run_id"] + 2).stdout
    assert "отменено запуском" in command("--show", result["run_id"]).stdout


@pytest.mark.parametrize("arguments", [("--undo",), ("--restore",), ("--undo", "1", "--backup"), ("--run", "restore")])
def test_wrong_arguments_about_backups(command: Command, arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        command(*arguments)
    assert ended.value.code == 2
