"""The executable of the frozen program that has a window; with arguments it does what the other one does."""

import sys

from freesport_sync.__main__ import main

if __name__ == "__main__":
    sys.exit(main(has_window=True))
