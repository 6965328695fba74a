"""What the pages name, link to and say of the wire format is so."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest

from freesport_sync.core.wire import SENTENCES, TYPES

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
NAMED = re.compile(r"`([\w./-]+\.(?:py|sql|md|spec))(?:::([\w.]+))?`")
"""A file below the root or the package, perhaps with a name in it: `runs/life.py::LockedRun.write`."""
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")


@pytest.fixture(params=PAGES, ids=lambda page: page.name)
def page(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def find(path: str) -> Path | None:
    found = (folder / path for folder in (ROOT, ROOT / "freesport_sync"))
    return next((file for file in found if file.is_file()), None)


def defines(file: Path, name: str) -> bool:
    """Whether a module has the name, of a class or a function perhaps the method of a class."""
    body = ast.parse(file.read_text(encoding="utf-8")).body
    for part in name.split("."):
        names = {node.name: node for node in body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
        assigned = {target.id for node in body for target in _targets(node) if isinstance(target, ast.Name)}
        if part not in names:
            return part in assigned
        body = names[part].body
    return True


def _targets(node: ast.stmt) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []


def test_every_file_and_function_that_a_page_names_exists(page: Path) -> None:
    missing = []
    for path, name in NAMED.findall(page.read_text(encoding="utf-8")):
        file = find(path) or (page.parent / path if (page.parent / path).is_file() else None)
        if file is None or (name and not defines(file, name)):
            missing.append(f"{path}::{name}" if name else path)
    assert missing == []


def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_file_that_a_comment_in_sql_names_exists() -> None:
    package = ROOT / "freesport_sync"
    files = {
        f"/{file.relative_to(package).as_posix()}" for file in package.rglob("*") if file.suffix in {".py", ".sql"}
    }
    missing = []
    for file in package.rglob("*.sql"):
        comments = " ".join(re.findall(r"--(.*)", file.read_text(encoding="utf-8")))
        named = re.findall(r"[\w/]+\.(?:py|sql)\b", comments)
        missing += [(file.name, name) for name in named if not any(path.endswith(f"/{name}") for path in files)]
    assert missing == []


def test_names_are_looked_for_in_the_code() -> None:
    here = Path(__file__)
    assert defines(here, "find")
    assert defines(here, "NAMED")
    assert not defines(here, "nothing_of_that_name")
    assert not defines(here, "find.nothing")


def test_every_message_of_json_is_described_with_all_its_fields() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    described = {
        name: set(re.findall(r"`(\w+)`", cells)) for name, cells in re.findall(r"\| `(\w+)` \|.*\|(.*)\|", page)
    }
    for name, message in TYPES.items():
        own = {field.name for field in fields(message)}
        assert own <= described[name] <= own | SENTENCES, name
