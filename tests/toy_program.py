"""The program with the toy task: `python -m tests.toy_program ARGUMENTS`."""

from __future__ import annotations

import sys

from freesport_sync.cli.main import run_command_line
from tests.toy import WITH_TOY

if __name__ == "__main__":
    sys.exit(run_command_line(sys.argv[1:], tasks=WITH_TOY))
