"""Every command that the program tells people to run: pasted into a shell as it was printed, it works."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from uuid import uuid4

import pytest

from freesport_sync.errors import SyncError
from freesport_sync.i18n.resources import resource
from freesport_sync.i18n.texts import Language, Texts
from tests.databases import shared_folder
from tests.platforms import posix_only
from tests.program import Installation, clean_environment
from tests.shop import Shop
from tests.ssh_server import asyncssh_server, make_key

pytestmark = posix_only("a shell of POSIX")

COMMANDS = re.compile(r"^  ((?:freesport-sync|keyring|chmod|ssh-keygen) .*)$", re.MULTILINE)
FLAG = re.compile(r"\{program\} (--[a-z-]+)")


def shell(command: str, environment: dict[str, str], typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run a line as if it were pasted, in the environment that uv has made."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    variables = clean_environment() | environment | {"PATH": path}
    return subprocess.run(
        ["/bin/sh", "-c", command], env=variables, input=typed, capture_output=True, encoding="utf-8", check=False
    )


def commands(said: str) -> list[str]:
    return COMMANDS.findall(said)


def flags_in_texts() -> set[str]:
    """Every flag that a text of the program sends people to."""
    return set(FLAG.findall(resource("i18n", "ru.toml").read_text("utf-8")))


@pytest.fixture
def odd(stocked_shop: Shop, tmp_path: Path) -> Installation:
    """The program for `stocked_shop`, in a home that a shell would take for several words."""
    home = tmp_path / "мой дом; $HOME 'и' (ещё) [a]"
    home.mkdir()
    url = stocked_shop.url.update_query_dict({"application_name": "a b&c"})
    return Installation(home, url)


def said_by(installation: Installation, *arguments: object) -> str:
    """Everything that it prints, as a terminal of 80 columns would get it."""
    done = installation.run(*arguments, "--language", "en", environment={"COLUMNS": "80"})
    return done.stdout + done.stderr


def test_every_command_of_the_texts_works_when_pasted(odd: Installation) -> None:
    texts = Texts(Language.ENGLISH)
    run = said_by(odd, "--run", "all", "--data-dir", resource("demo"))
    (issues,) = commands(run)
    assert "--issues" in issues
    words = shlex.split(issues)
    given = ["--home", str(odd.home), "--database-url", odd.arguments[3], "--language", "en"]
    assert words[:7] == ["freesport-sync", *given]
    done = shell(issues, odd.environment)
    assert (done.returncode, "Import no." in done.stdout) == (0, True), done.stderr
    # The others begin alike; how each ends when it stands in a text of its own.
    texts.program = shlex.join(words[:7])
    run_id = words[words.index("--show") + 1]
    endings = {
        "--help": (0, ""),
        "--help-topic": (0, ""),
        "--show": (0, ""),
        "--history": (0, ""),
        "--task": (0, ""),
        "--work": (0, ""),
        "--add-schedule": (0, ""),
        "--check": (0, ""),
        "--backups": (0, ""),
        "--unlock-stale": (0, ""),
        "--repair-created-at": (0, ""),
        "--set-exchange-password": (0, "a long password\n"),
        "--undo": (0, ""),
        "--cancel": (2, ""),  # it is not running any more, and it says so
        "--pin-host-key": (2, ""),  # no server is set here; below one is
    }
    rest = dict.fromkeys(("--show", "--undo", "--cancel", "--task"), run_id) | {
        "--pin-host-key": "SHA256:" + "A" * 43,
        "--work": "--stop-with-stdin",  # else it would work until somebody stops it
        "--add-schedule": "backup --cron '0 3 * * *'",
    }
    assert flags_in_texts() == endings.keys()
    for flag, (code, typed) in endings.items():
        done = shell(f"{texts.program} {flag} {rest.get(flag, '')}", odd.environment, typed)
        assert done.returncode == code, (flag, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        if code:
            assert run_id in done.stderr or "ssh.host" in done.stderr


def test_commands_for_keys_and_passwords_work_when_pasted(odd: Installation, tmp_path: Path) -> None:
    with asyncssh_server(tmp_path / "server") as server:
        folder = tmp_path / "выгрузка 1С"
        folder.mkdir()
        key = make_key(odd.home / "мой ключ")
        key.write_bytes(server.key_file.read_bytes())
        key.chmod(0o644)
        lines = ["[ssh]", f'host = "tester@{server.host}:{server.port}"', "key_file = 'мой ключ'", "known_hosts = []"]
        lines += [f"folder = '{folder}'", "use_agent = false", "config_file = 'none'"]
        (odd.home / "settings.toml").write_text("\n".join(lines), "utf-8")

        def pasted(said: str) -> None:
            found = commands(said)
            assert found, said
            for command in found:
                done = shell(command, odd.environment)
                assert done.returncode == 0, (command, done.stdout, done.stderr)

        unknown = said_by(odd, "--pull")
        assert server.fingerprint in unknown
        pasted(unknown)
        open_key = said_by(odd, "--pull")
        assert "chmod 600" in open_key
        pasted(open_key)
        assert "no files" in said_by(odd, "--pull")
        other = Path(f"{make_key(tmp_path / 'other')}.pub").read_text()
        (odd.home / "known_hosts").write_text(f"[{server.host}]:{server.port} {other}")
        changed = said_by(odd, "--pull")
        assert "ssh-keygen -R" in changed
        pasted(changed)
        assert "no files" in said_by(odd, "--pull")


def test_a_password_in_the_address_comes_with_the_way_to_keep_it() -> None:
    texts = Texts(Language.RUSSIAN)
    (command,) = commands(texts.error(SyncError("database_url_password", login="a b@db:5432/мой магазин")).hint)
    assert shlex.split(command) == ["keyring", "set", "freesport_sync", "a b@db:5432/мой магазин"]


def test_commands_stand_on_lines_of_their_own() -> None:
    for language in Language:
        values = tomllib.loads(resource("i18n", f"{language.value}.toml").read_text("utf-8"))
        texts = [text for section in values.values() for text in _leaves(section)]
        told = [line for text in texts for line in text.split("\n") if "{program}" in line]
        assert len(told) > 20
        assert [line for line in told if not line.startswith("  {program} --")] == []


def _leaves(section: object) -> list[str]:
    if isinstance(section, dict):
        return [text for value in section.values() for text in _leaves(value)]
    return [str(section)]


def test_the_demo_is_found_again(tmp_path: Path) -> None:
    home = shared_folder() / f"demo {uuid4().hex}"
    home.mkdir()
    said = said_by(Installation(home), "--run", "all", "--demo", "--skip-backup")
    (command,) = commands(said)
    assert shlex.split(command)[-4:-1] == ["--demo", "--show", "1"] or "--demo" in command
    assert shell(command, {}).returncode == 0
