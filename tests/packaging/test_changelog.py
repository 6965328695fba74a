"""The changelog decides what is a release, and the program has its version."""

from __future__ import annotations

from datetime import date

import pytest
from changelog import NotReleased, release_of, releases

from freesport_sync import __version__
from tests.program import ROOT

RELEASED = """# Changelog

## [Unreleased]

## [1.2.0] - 2026-11-30

### Added

- A window.

## [1.1.0] - 2026-10-01

- Before.
"""


def test_the_program_has_the_version_of_the_newest_release() -> None:
    known = releases((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert [release.version for release in known[:1]] in ([], [__version__]), "change freesport_sync/__init__.py too"


def test_a_release_has_its_day_and_its_notes() -> None:
    release = release_of("1.2.0", RELEASED)
    assert release.day == date(2026, 11, 30)
    assert release.notes == "### Added\n\n- A window."


@pytest.mark.parametrize(
    ("changelog", "reason"),
    [
        (RELEASED.replace("[Unreleased]\n", "[Unreleased]\n\n- More.\n"), "changes under"),
        (RELEASED.replace("1.2.0", "1.3.0"), "newest release in CHANGELOG.md is 1.3.0"),
        (RELEASED.replace(" - 2026-11-30", ""), "needs a date"),
        (RELEASED.replace("2026-11-30", "soon"), "needs a date"),
        ("# Changelog\n\n## [Unreleased]\n", "is none"),
    ],
)
def test_what_is_not_released_is_refused(changelog: str, reason: str) -> None:
    with pytest.raises(NotReleased, match=reason):
        release_of("1.2.0", changelog)
