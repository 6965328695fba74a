"""docs/rules.md, tests/RULES.md and the comments of the code agree on the rules and their ids."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent
ID = re.compile(r"^[A-Z]+-\d+$")


def table_rows(page: Path) -> list[list[str]]:
    """The cells of the rows that begin with a rule's id."""
    lines = page.read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split(" |")] for line in lines if line.startswith("| ")]
    return [row for row in rows if ID.match(row[0])]


RULES = [row[0] for row in table_rows(ROOT / "docs" / "rules.md")]
TESTED = table_rows(TESTS / "RULES.md")
CITED = re.compile(rf"\b(?:{'|'.join(sorted({rule.partition('-')[0] for rule in RULES}))})-\d+\b")
"""An id as the code cites it: one of the prefixes of docs/rules.md with a number."""


def exists(test: str) -> bool:
    module, _, name = test.strip("`").partition("::")
    path = TESTS / module
    return path.is_file() and f"\ndef {name}(" in path.read_text(encoding="utf-8")


def test_every_rule_has_one_id_and_says_what_and_why() -> None:
    assert len(RULES) > 200
    assert [rule for rule, count in Counter(RULES).items() if count > 1] == []
    rows = table_rows(ROOT / "docs" / "rules.md")
    assert [row[0] for row in rows if len(row) != 4 or not all(row)] == []


def test_every_rule_has_a_test_or_says_why_not() -> None:
    assert set(RULES) - {row[0] for row in TESTED} == set()
    assert [row for row in TESTED if not row[-1] and not row[1].startswith("no test: ")] == []


def test_every_test_of_the_table_exists() -> None:
    assert [row for row in TESTED if row[-1] and not all(map(exists, row[-1].split("<br>")))] == []


def test_every_id_that_is_cited_is_a_rule() -> None:
    files = [*(ROOT / "freesport_sync").rglob("*"), *TESTS.rglob("*"), *(ROOT / "docs").glob("*.md")]
    cited = {
        (file.relative_to(ROOT).as_posix(), rule)
        for file in files
        if file.suffix in {".py", ".sql", ".md"}
        for rule in CITED.findall(file.read_text(encoding="utf-8"))
    }
    assert len(cited) > 300
    assert {found for found in cited if found[1] not in RULES} == set()
