"""What CHANGELOG.md says about a release: it is released when its section has a number and a date."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_HEADING = re.compile(r"^## \[(?P<name>[^\]]+)\](?: - (?P<date>\S+))?[ \t]*$", re.MULTILINE)
UNRELEASED = "Unreleased"


class NotReleased(Exception):
    """The changelog does not describe this version as a release."""


@dataclass(frozen=True, slots=True)
class Release:
    """A section of the changelog.

    Attributes:
        version: as in the heading.
        day: of the release.
        notes: Markdown below the heading.
    """

    version: str
    day: date
    notes: str


def releases(text: str) -> list[Release]:
    """All releases of a changelog, newest first.

    Raises:
        NotReleased: a heading has no date.
    """
    found = []
    headings = list(_HEADING.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    for heading, end in zip(headings, ends, strict=True):
        if heading["name"] == UNRELEASED:
            continue
        try:
            day = date.fromisoformat(heading["date"] or "")
        except ValueError as error:
            raise NotReleased(
                f"The heading of {heading['name']} needs a date: [{heading['name']}] - 2026-12-31"
            ) from error
        found.append(Release(heading["name"], day, text[heading.end() : end].strip()))
    return found


def release_of(version: str, text: str) -> Release:
    """The release of this version.

    Raises:
        NotReleased: the changelog has changes that are in no release, or its newest release is another one.
    """
    unreleased = re.search(rf"^## \[{UNRELEASED}\]\s*?\n(?P<notes>.*?)(?=^## \[|\Z)", text, re.MULTILINE | re.DOTALL)
    if unreleased is not None and unreleased["notes"].strip():
        raise NotReleased(f"CHANGELOG.md has changes under [{UNRELEASED}]: give them a heading [{version}] - DATE")
    known = releases(text)
    if not known or known[0].version != version:
        newest = known[0].version if known else "none"
        raise NotReleased(f"The program is {version}, the newest release in CHANGELOG.md is {newest}")
    return known[0]
