"""The program as a process: opened and closed at every moment it ends with code 0 and says nothing.

Once in the suite; 20 times in a row: `FREESPORT_TEST_STARTS=20 pytest --timeout 0 tests/ui/test_start.py -k ends_well`.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from pathlib import Path

from freesport_sync.settings.secrets import PASSWORD_VARIABLE
from tests.program import ROOT, address
from tests.proxy import Proxy
from tests.shop import Shop
from tests.watching import CUT, VARIANT, holding, lock_is_free, wait_until

LIMIT_S = 60
STARTS = int(os.environ.get("FREESPORT_TEST_STARTS", "1"))
KILLED = "FATAL:  terminating connection due to administrator command\n"
"""libpq itself says so where a connection is killed that is only being made."""
NO_TRAY = (
    "qt.core.qobject.connect: QObject::connect: "
    "No such signal QPlatformNativeInterface::systemTrayWindowChanged(QScreen*)\n"
)
"""Qt says so of windows without a screen."""


def started(when: str, *arguments: object, password: str = "") -> subprocess.Popen[str]:
    """The program, which closes itself."""
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", PASSWORD_VARIABLE: password}
    command = [sys.executable, "-m", "tests.ui.starter", when, *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )


def ended(program: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code, and what it has complained of."""
    _, said = program.communicate(timeout=LIMIT_S)
    return program.returncode, said.replace("This plugin does not support propagateSizeHints()\n", "")


def lost_and_found(shop: Shop, when: str, *arguments: object) -> tuple[int, str]:
    """The program while its database goes away, and perhaps comes back."""
    with Proxy(shop.url) as proxy:
        there = ("--database-url", address(proxy.url))
        program = started(when, *arguments, *there, password=str(shop.url.password))
        output = program.stdout
        assert output is not None
        assert output.readline().startswith("usable")
        proxy.is_gone.set()

        def has_noticed() -> bool:
            shop.execute(CUT)  # again and again: some may have been about to log in
            return program.poll() is not None or bool(select.select([output], [], [], 0)[0])

        wait_until(has_noticed)
        if when == "back":
            assert output.readline() == "lost\n"
            proxy.is_gone.clear()
        code, said = ended(program)
        return code, said.replace(KILLED, "")


def test_it_ends_well_when_the_database_goes(stocked_shop: Shop, dearer: Path, tmp_path: Path) -> None:
    for when in ("away", "back") * STARTS:
        assert lost_and_found(stocked_shop, when, "--home", tmp_path / when, "--data-dir", dearer) == (0, "")


def test_it_ends_well_at_every_moment(stocked_shop: Shop, dearer: Path, tmp_path: Path) -> None:
    """All at once, which is one more thing to bear; each has a home of its own."""
    password = str(stocked_shop.url.password)
    there = ("--database-url", address(stocked_shop.url), "--data-dir")
    empty = tmp_path / "empty"
    empty.mkdir()
    nowhere = ("--database-url", "postgresql://nobody@127.0.0.1:1/none", "--data-dir")
    for _ in range(STARTS):
        programs = {
            "early": started("early", "--home", tmp_path / "1", *there, dearer, password=password),
            "ready": started("ready", "--home", tmp_path / "2", *there, dearer, password=password),
            "failed": started("failed", "--home", tmp_path / "4", *there, empty, password=password),
            "offline": started("offline", "--home", tmp_path / "5", *nowhere, dearer),
        }
        for when, program in programs.items():
            assert ended(program) == (0, ""), when
        with holding(stocked_shop.url, VARIANT):  # else it would be over too soon
            assert ended(started("mid-run", "--home", tmp_path / "3", *there, dearer, password=password)) == (0, "")
        assert stocked_shop.value("SELECT status FROM freesport_sync.runs ORDER BY id DESC LIMIT 1") == "cancelled"
        wait_until(lambda: lock_is_free(stocked_shop.connection))


def test_a_second_start_shows_the_first(stocked_shop: Shop, dearer: Path, tmp_path: Path) -> None:
    arguments = ("--home", tmp_path, "--database-url", address(stocked_shop.url), "--data-dir", dearer)
    password = str(stocked_shop.url.password)
    first = started("never", *arguments, password=password)
    try:
        wait_until((tmp_path / "window.lock").exists)
        began = time.monotonic()
        second = started("never", *arguments, password=password)
        second.communicate(timeout=LIMIT_S)
        assert second.returncode == 0
        assert time.monotonic() - began < LIMIT_S / 2
        assert first.poll() is None
    finally:
        first.kill()
        first.communicate()


def test_started_as_an_icon_it_shows_its_window_if_there_is_no_tray(tmp_path: Path) -> None:
    nowhere = ("--database-url", "postgresql://nobody@127.0.0.1:1/none")
    code, said = ended(started("shown", "--tray", "--home", tmp_path, *nowhere))
    assert (code, said.replace(NO_TRAY, "")) == (0, "")


def test_without_a_screen_there_is_help(tmp_path: Path) -> None:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    command = [sys.executable, "-m", "freesport_sync", "--home", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=LIMIT_S)
    assert done.returncode == 2
    assert "--run" in done.stdout
