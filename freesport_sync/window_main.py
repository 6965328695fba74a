"""`freesport-sync-window`: the program that has a window; with arguments it does what `freesport-sync` does."""

import sys

from freesport_sync.__main__ import main as start


def main() -> int:
    """Open the window, or say why there can be none; returns the exit code."""
    return start(has_window=True, is_window_expected=True)


if __name__ == "__main__":
    sys.exit(main())
