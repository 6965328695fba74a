"""Shell commands for hosts that run any, and the parsing of their output."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

_DIGEST = re.compile(rb"\\?([0-9a-f]{64}) [ *](.*)")
_COMMAND_BYTES = 20_000
"""Maximum length of a command; Windows accepts 32,767 characters."""


def digest_commands(paths: Sequence[str]) -> Iterator[str]:
    """Yield commands that print the SHA-256 of files, with as many files per command as fit."""
    some: list[str] = []
    length = 0
    for path in map(shlex.quote, paths):
        size = len(path.encode("utf-8", "surrogateescape")) + 1
        if some and length + size > _COMMAND_BYTES:
            yield _digest_command(some)
            some, length = [], 0
        some.append(path)
        length += size
    if some:
        yield _digest_command(some)


def digests_in(output: bytes) -> dict[str, str]:
    """Parse the output of such a command: path -> SHA-256."""
    matches = (_DIGEST.fullmatch(line) for line in output.splitlines())
    return {match[2].decode("utf-8", "surrogateescape"): match[1].decode() for match in matches if match}


def _digest_command(quoted: Sequence[str]) -> str:
    return "sha256sum -b -- " + " ".join(quoted)
