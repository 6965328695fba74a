"""One word, one thing: what the whole package and its tests have to keep to."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import freesport_sync

PACKAGE = Path(freesport_sync.__file__).parent
TESTS = Path(__file__).parents[1]


def test_no_two_classes_have_one_name() -> None:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")]
    names = Counter(node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    assert names["SyncError"] == 1, "the package was read"
    assert [name for name, count in names.items() if count > 1] == []


def test_what_one_system_leaves_out_is_marked_in_one_way() -> None:
    asks_itself = re.compile(r"(skip|skipif|xfail)\([^)]*\b(sys\.platform|os\.name|platform\.system)")
    files = {path.relative_to(TESTS).as_posix(): path.read_text(encoding="utf-8") for path in TESTS.rglob("*.py")}
    assert [name for name, text in files.items() if asks_itself.search(text)] == ["platforms.py"]
