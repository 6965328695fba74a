"""Every test that RULES.md names exists."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).parents[1]


def exists(test: str) -> bool:
    module, _, name = test.strip("`").partition("::")
    path = TESTS / module
    return path.is_file() and f"\ndef {name}(" in path.read_text(encoding="utf-8")


def test_every_rule_of_the_table_has_tests_that_exist() -> None:
    lines = (TESTS / "RULES.md").read_text(encoding="utf-8").splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    assert len(rows) > 150
    missing = [row for row in rows if row[-1] != "test" and not all(map(exists, row[-1].split("<br>")))]
    assert missing == []
