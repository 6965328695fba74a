"""One word, one thing: what the whole package has to keep to."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import freesport_sync

PACKAGE = Path(freesport_sync.__file__).parent


def test_no_two_classes_have_one_name() -> None:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")]
    names = Counter(node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    assert names["SyncError"] == 1, "the package was read"
    assert [name for name, count in names.items() if count > 1] == []
