"""Files of the server as the operator gets them: `--pull`, `--run --pull`, `--files-of`, `--pin-host-key`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from freesport_sync.cli.main import run_command_line
from freesport_sync.settings.secrets import SSH_PASSWORD_VARIABLE
from tests.builders import ExportBuilder, offer, prices, product
from tests.program import Installation, Outcome
from tests.shop import Shop
from tests.ssh_server import PASSWORD, SshServer, asyncssh_server

Command = Callable[..., Outcome]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with asyncssh_server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """The folder of the server: an export that raises the price of p1 to 200."""
    export = ExportBuilder(tmp_path / "remote")
    export.reference_data()
    export.goods(product("p1"))
    export.offers(offer("p1#c1"))
    export.prices(prices("p1#c1", {"retail": 200}))
    return tmp_path / "remote"


@pytest.fixture
def command(
    installed: Installation,
    server: SshServer,
    remote: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Command:
    """The command line for `stocked_shop` and the server, without the time that a process takes to start."""
    for name, value in installed.environment.items():
        monkeypatch.setenv(name, value)
    installed.home.mkdir(exist_ok=True)
    lines = ["[ssh]", f'host = "{server.host}"', f"port = {server.port}", 'user = "tester"', "known_hosts = []"]
    lines += [f'key_file = "{server.key_file}"', f'folder = "{remote}"', "quiet_s = 0", "use_agent = false"]
    lines += ["[received]", "keep_runs = 2"]
    (installed.home / "settings.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def run_here(*arguments: str) -> Outcome:
        capfd.readouterr()
        code = run_command_line([*arguments, *installed.arguments])
        out, err = capfd.readouterr()
        return Outcome(code, out, err)

    return run_here


@pytest.fixture
def pinned(command: Command, server: SshServer) -> Command:
    """`command`, after the operator has confirmed the server's key."""
    assert command("--pin-host-key", server.fingerprint).code == 0
    return command


def test_an_unconfirmed_server_is_refused_with_its_fingerprint_until_it_is_pinned(
    command: Command, server: SshServer, installed: Installation
) -> None:
    refused = command("--pull")
    assert refused.code == 3
    assert f"--pin-host-key {server.fingerprint}" in refused.stderr
    wrong = command("--pin-host-key", "SHA256:" + "A" * 43, "--json")
    assert (wrong.code, wrong.error["code"]) == (3, "host_key_not_expected")
    told = command("--pin-host-key", server.fingerprint)
    assert (told.code, server.fingerprint in told.stdout) == (0, True)
    assert command("--pull").code == 0


def test_pull_alone_only_fetches(pinned: Command, stocked_shop: Shop, installed: Installation) -> None:
    first = pinned("--pull")
    assert (first.code, first.stderr) == (0, "")
    newest = installed.home / "received" / "newest"
    assert str(newest) in first.stdout.replace("\n", "")
    assert (newest / "goods").is_dir()
    again = pinned("--pull", "--json")
    (told,) = again.events("files_pulled")
    assert (told["fetched"], told["unchanged"] > 5) == (0, True)
    assert again.events("progress")[0]["stage"] == "pull"
    assert stocked_shop.value("SELECT count(*) FROM import_sessions") == 1
    assert not (installed.home / "received" / "runs").exists()


def test_a_scheduled_run_fetches_if_there_is_a_server(
    pinned: Command, stocked_shop: Shop, installed: Installation, remote: Path
) -> None:
    """What is set when it starts decides, not what was set when the schedule was made."""
    run = pinned("--run", "catalog", "--scheduled", "--json")
    assert run.code == 0
    assert run.events("files_pulled")
    price = "SELECT retail_price FROM product_variants"
    assert stocked_shop.value(price) == 200
    shown = pinned("--history", "1", "--json")
    assert shown.events("run")[0]["trigger"] == "schedule"
    settings = installed.home / "settings.toml"
    settings.write_text(f'[source]\ndata_dir = "{remote.as_posix()}"\n', encoding="utf-8")
    ExportBuilder(remote).prices(prices("p1#c1", {"retail": 3000}))
    run = pinned("--run", "catalog", "--scheduled", "--json")
    assert (run.code, run.events("files_pulled")) == (0, [])
    assert stocked_shop.value(price) == 3000


def test_a_run_fetches_first_and_its_files_can_be_imported_again(
    pinned: Command, stocked_shop: Shop, installed: Installation, remote: Path
) -> None:
    run = pinned("--run", "catalog", "--pull", "--json")
    assert run.code == 0
    assert next(line["event"] for line in run.lines if line["event"] != "progress") == "files_pulled"
    (result,) = run.events("result")
    price = "SELECT retail_price FROM product_variants"
    assert stocked_shop.value(price) == 200
    ExportBuilder(remote).prices(prices("p1#c1", {"retail": 3000}))
    assert pinned("--run", "catalog", "--pull").code == 0
    assert stocked_shop.value(price) == 3000
    again = pinned("--run", "prices", "--files-of", str(result["run_id"]), "--json")
    assert again.code == 0
    assert stocked_shop.value(price) == 200

    assert pinned("--run", "catalog", "--pull").code == 0  # two are kept: the first is forgotten
    gone = pinned("--run", "prices", "--files-of", str(result["run_id"]), "--json")
    assert (gone.code, gone.error["code"]) == (2, "received_files_gone")
    local = pinned("--run", "prices", "--data-dir", str(remote), "--json")
    (result,) = local.events("result")
    none = pinned("--run", "prices", "--files-of", str(result["run_id"]), "--json")
    assert (none.code, none.error["code"]) == (2, "run_fetched_nothing")


def test_where_nothing_can_be_fetched_what_lies_too_deep_is_named(pinned: Command, remote: Path) -> None:
    inner = [*remote.iterdir()]
    deep = remote.joinpath(*"abcdefgh", "webdata")
    deep.mkdir(parents=True)
    for path in inner:
        path.rename(deep / path.name)
    nothing = pinned("--run", "catalog", "--pull", "--json")
    assert (nothing.code, nothing.error["code"]) == (5, "server_has_no_files")
    assert "a/b/c/d/e/f/g/h/webdata" in nothing.error["what"]
    assert "слишком глубоко" in nothing.error["what"]


def test_a_run_tells_of_files_that_are_left_for_the_next_time(
    pinned: Command, installed: Installation, remote: Path
) -> None:
    settings = installed.home / "settings.toml"
    settings.write_text(settings.read_text("utf-8").replace("quiet_s = 0", "quiet_s = 3600"), "utf-8")
    nothing = pinned("--run", "catalog", "--pull", "--json")
    assert (nothing.code, nothing.error["code"]) == (5, "server_has_no_files")
    for file in remote.rglob("*.xml"):
        if "prices" not in file.name.lower():
            os.utime(file, (1, 1))
    run = pinned("--run", "catalog", "--pull")
    assert run.code == 0
    assert "оставлен до следующего раза prices/" in run.stdout
    (result,) = pinned("--history", "1", "--json").lines
    shown = pinned("--show", str(result["id"]), "--issues", "--json")
    assert [issue["file"].split("/")[0] for issue in shown.events("issue") if issue["code"] == "pull_not_quiet"] == [
        "prices"
    ]


def test_a_full_export_is_not_judged_by_some_of_its_files(
    pinned: Command, installed: Installation, stocked_shop: Shop, remote: Path
) -> None:
    settings = installed.home / "settings.toml"
    settings.write_text(settings.read_text("utf-8").replace("quiet_s = 0", "quiet_s = 3600"), "utf-8")
    for file in remote.rglob("*.xml"):
        if "goods" not in file.parent.name:  # which 1C has not finished
            os.utime(file, (1, 1))
    refused = pinned("--run", "catalog", "--pull", "--full", "--json")
    assert (refused.code, refused.error["code"]) == (5, "full_files_unfinished")
    assert stocked_shop.value("SELECT is_active FROM products")


def test_a_refused_run_leaves_no_files_behind(pinned: Command, stocked_shop: Shop, installed: Installation) -> None:
    stocked_shop.execute("DROP TABLE products CASCADE")
    assert pinned("--run", "--pull").code == 2
    assert [path for path in (installed.home / "received" / "runs").iterdir() if path.is_dir()] == []


def test_secrets_are_written_nowhere(pinned: Command, installed: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = installed.home / "settings.toml"
    lines = [line for line in settings.read_text("utf-8").splitlines() if not line.startswith("key_file")]
    settings.write_text("\n".join(lines), "utf-8")
    assert pinned("--pull", "--json").error["code"] == "ssh_no_credentials"
    monkeypatch.setenv(SSH_PASSWORD_VARIABLE, PASSWORD)
    pulled = pinned("--pull", "--verbose")
    assert pulled.code == 0
    monkeypatch.setenv(SSH_PASSWORD_VARIABLE, "не тот")
    refused = pinned("--pull", "--verbose")
    assert refused.code == 3
    said = pulled.stdout + pulled.stderr + refused.stdout + refused.stderr + installed.logs
    assert PASSWORD not in said
    assert "не тот" not in said
    assert json.dumps(PASSWORD) not in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--pull", "--check"], "--check нельзя указать вместе с --pull"),
        (["--run", "--pull", "--data-dir", "."], "--pull нельзя указать вместе с --data-dir"),
        (["--run", "--pull", "--demo"], "--pull нельзя указать вместе с --demo"),
        (["--run", "--pull", "--files-of", "1"], "--pull нельзя указать вместе с --files-of"),
        (["--files-of", "1"], "--files-of нужен вместе с --run"),
        (["--run", "--files-of", "1", "--demo"], "--files-of нельзя указать вместе с --demo"),
    ],
)
def test_contradictions_are_refused(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run_command_line(arguments)
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def test_without_settings_of_an_ssh_host_the_operator_learns_so(command: Command, installed: Installation) -> None:
    (installed.home / "settings.toml").unlink()
    refused = command("--pull", "--json")
    assert (refused.code, refused.error["code"]) == (2, "ssh_not_configured")


def test_imported_files_are_moved_when_the_profile_says_so(
    pinned: Command, installed: Installation, remote: Path
) -> None:
    archive = remote / "archive"
    settings = installed.home / "settings.toml"
    settings.write_text(
        f'[ssh]\narchive_folder = "{archive}"\n' + settings.read_text("utf-8").partition("\n")[2], "utf-8"
    )
    before = {path.relative_to(remote).as_posix() for path in remote.rglob("*.xml")}
    assert pinned("--run", "catalog", "--pull", "--dry-run").code == 0
    assert pinned("--run", "catalog", "--full", "--pull", "--file-type", "prices").code == 5
    assert not archive.exists()
    run = pinned("--run", "catalog", "--pull", "--json")
    assert run.code == 0
    (told,) = run.events("files_archived")
    (folder,) = archive.iterdir()
    assert (told["folder"], told["moved"], told["kept"]) == (str(folder), len(before), [])
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*.xml")} == before
    nothing = pinned("--pull", "--json")
    (told,) = nothing.events("nothing_new")
    assert (nothing.code, told["archive"], nothing.events("error")) == (0, str(archive), [])
    assert archive.name in told["text"]
    nothing = pinned("--run", "catalog", "--pull")
    assert (nothing.code, nothing.stderr) == (0, "")
    assert "Нового нет" in nothing.stdout
    without = settings.read_text("utf-8").replace("archive_folder", "# archive_folder")
    settings.write_text(without, "utf-8")
    (remote / "archive").rename(remote.with_name("archive"))
    assert pinned("--run", "catalog", "--pull").code == 5  # files were expected


def test_the_server_of_ssh_config_is_found_by_its_alias(
    pinned: Command, installed: Installation, server: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    config = tmp_path / ".ssh/config"
    config.parent.mkdir()
    config.write_text(
        f"Host shop\n HostName {server.host}\n Port {server.port}\n User tester\n IdentityFile {server.key_file}\n"
    )
    settings = installed.home / "settings.toml"
    lines = [line for line in settings.read_text("utf-8").splitlines() if not line.startswith(("port", "user", "key"))]
    settings.write_text("\n".join(lines).replace(f'"{server.host}"', '"shop"'), "utf-8")
    assert pinned("--pull").code == 0
    assert f"tester@{server.host}:{server.port}" in pinned("--pull").stdout
    settings.write_text("\n".join(lines).replace(f'"{server.host}"', f'"tester@shop:{server.port}"'), "utf-8")
    assert pinned("--pull").code == 0


def test_pictures_of_fetched_files_go_to_the_server(
    pinned: Command, installed: Installation, remote: Path, tmp_path: Path, stocked_shop: Shop
) -> None:
    media = tmp_path / "media"
    media.mkdir()
    settings = installed.home / "settings.toml"
    settings.write_text(settings.read_text("utf-8").replace("[ssh]", f'[ssh]\nmedia_root = "{media}"'), "utf-8")
    export = ExportBuilder(remote)
    export.goods(product("p1", pictures=["import_files/01/a.jpg", "import_files/01/b.jpg"]))
    for name in ("a.jpg", "b.jpg"):
        export.write(f"goods/import_files/01/{name}", b"x" * 9000)
    assert pinned("--run", "catalog", "--pull", "--dry-run").code == 0
    assert list(media.iterdir()) == []
    assert pinned("--run", "catalog", "--pull").code == 0
    assert {path.relative_to(media).as_posix() for path in media.rglob("*.jpg")} == {
        "products/base/01/a.jpg",
        "products/base/01/b.jpg",
    }
    assert stocked_shop.value("SELECT base_images FROM products") == [
        "products/base/01/a.jpg",
        "products/base/01/b.jpg",
    ]
    media.rename(tmp_path / "elsewhere")
    refused = pinned("--run", "images", "--data-dir", str(remote), "--json")
    assert (refused.code, refused.error["code"]) == (2, "server_media_unusable")


def test_check_names_the_step_that_fails(
    command: Command, server: SshServer, installed: Installation, remote: Path
) -> None:
    def codes(outcome: Outcome) -> list[str]:
        return [line["code"] for line in outcome.events("check") if "ssh" in line["code"] or not line["is_ok"]]

    unknown = command("--check", "--json")
    assert (unknown.code, codes(unknown)) == (3, ["ssh_resolve", "ssh_port", "host_key_unknown"])
    (found,) = (line for line in unknown.events("check") if line["code"] == "host_key_unknown")
    assert server.fingerprint in found["text"]
    assert command("--pin-host-key", server.fingerprint).code == 0
    good = command("--check", "--json")
    steps = ["ssh_resolve", "ssh_port", "ssh_host_key", "ssh_login", "ssh_folder", "ssh_commands", "ssh_rights"]
    assert (good.code, codes(good)) == (0, steps)

    settings = installed.home / "settings.toml"
    correct = settings.read_text("utf-8")

    def checked(old: str, new: str) -> tuple[int, list[str]]:
        settings.write_text(correct.replace(old, new), "utf-8")
        outcome = command("--check", "--json")
        return outcome.code, codes(outcome)

    assert checked(f'"{remote}"', f'"{remote}/none"') == (2, [*steps[:4], "remote_folder_missing"])
    assert checked("quiet_s = 0", 'media_root = "/none"') == (2, [*steps, "ssh_media_missing"])
    assert checked("quiet_s = 0", f'archive_folder = "{remote}"') == (0, [*steps, "ssh_archive"])
    assert checked(str(server.key_file), "/none") == (2, [*steps[:3], "ssh_key_unreadable"])
    settings.write_text(correct.replace(f"port = {server.port}", "port = 1"), "utf-8")
    assert codes(command("--check", "--json")) == ["ssh_resolve", "ssh_unreachable"]
