"""Commands for servers that run any."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from freesport_sync.sources.ssh.commands import digest_commands, digests_in
from tests.platforms import posix_only


@posix_only("a shell of POSIX, as the servers have")
def test_digests_of_any_number_of_files_with_any_names(tmp_path: Path) -> None:
    names = [
        "цены 1.xml",
        "it's.xml",
        "-n.xml",
        "$(rm x).xml",
        *(f"{'long' * 40}{number}.xml" for number in range(150)),
    ]
    for name in names:
        (tmp_path / name).write_text(name)
    paths = [str(tmp_path / name) for name in names]
    commands = list(digest_commands([*paths, str(tmp_path / "none.xml")]))
    assert len(commands) > 1
    assert max(map(len, commands)) < 21_000
    found: dict[str, str] = {}
    for command in commands:
        said = subprocess.run(["/bin/sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        found |= digests_in(said)
    assert found == {path: hashlib.sha256(Path(path).name.encode()).hexdigest() for path in paths}


def test_other_words_are_no_digests() -> None:
    assert digests_in(b"sh: sha256sum: not found\n" + b"ab" * 31 + b" *short\n\xff\xfe") == {}
    assert list(digest_commands([])) == []
