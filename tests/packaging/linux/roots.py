"""A bare Debian in a folder, in which packages are installed for real."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ENTER = """
mount --bind {root} {root}
mount -t proc proc {root}/proc
mount --rbind /dev {root}/dev
mount -t tmpfs tmpfs {root}/dev/shm
exec chroot {root} /bin/sh -euc {script}
"""


@dataclass(frozen=True, slots=True)
class Root:
    """A Debian in `folder`. What is started in it ends, and what is mounted is unmounted, with each call of `run`."""

    folder: Path

    def run(self, script: str, timeout_s: float = 300) -> subprocess.CompletedProcess[str]:
        """Run lines of shell as root, in a process and mount namespace of their own."""
        enter = ENTER.format(root=shlex.quote(str(self.folder)), script=shlex.quote(script))
        command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-euc", enter]
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "DEBIAN_FRONTEND": "noninteractive",
            "LC_ALL": "C.UTF-8",
        }
        return subprocess.run(
            command, env=environment, capture_output=True, encoding="utf-8", timeout=timeout_s, stdin=subprocess.DEVNULL
        )

    def do(self, script: str, timeout_s: float = 300) -> str:
        """What lines of shell print; they must succeed."""
        done = self.run(script, timeout_s)
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def bring(self, *files: Path) -> str:
        """Copy files into `/root` and return their names there as words of a command."""
        return " ".join(shlex.quote("/root/" + Path(shutil.copy(file, self.folder / "root")).name) for file in files)

    def exists(self, path: str) -> bool:
        """Whether there is something at this absolute path, be it a link that leads nowhere."""
        place = self.folder / path.lstrip("/")
        return place.exists() or place.is_symlink()


def make_root(folder: Path, suite: str) -> Root:
    """Install a bare Debian (a minute, 150 MB from the network), with nothing in it but apt."""
    targets = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Origin: Debian"]
    mirrors = subprocess.run(targets, capture_output=True, text=True, check=True).stdout.splitlines()
    mirror = next(one for one in mirrors if not one.endswith("-security/"))  # the one that this computer uses
    command = ["mmdebstrap", "--quiet", "--variant=apt", suite, str(folder), mirror]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return Root(folder)
