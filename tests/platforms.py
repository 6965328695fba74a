"""What a test needs of the operating system: one that is left out elsewhere says why."""

from __future__ import annotations

import sys

import pytest


def posix_only(reason: str) -> pytest.MarkDecorator:
    """Leave a test out on Windows.

    Args:
        reason: what Windows lacks or does otherwise.
    """
    return pytest.mark.skipif(sys.platform == "win32", reason=f"not on Windows: {reason}")


def linux_only(reason: str) -> pytest.MarkDecorator:
    """Leave a test out wherever there is no Linux.

    Args:
        reason: what only Linux has.
    """
    return pytest.mark.skipif(sys.platform != "linux", reason=f"only on Linux: {reason}")


needs_symlinks = posix_only("to make links takes a right that users lack")
