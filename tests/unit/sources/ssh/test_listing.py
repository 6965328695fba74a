"""What is fetched of a listing."""

from __future__ import annotations

import pytest

from freesport_sync.sources.ssh.listing import (
    RemoteFile,
    choose,
    joined,
    name_problem,
)

NOW = 1000.0


def chosen(*files: RemoteFile, here: dict[str, tuple[int, int]] | None = None, quiet_s: float = 30) -> dict[str, str]:
    """Path -> what is done with it."""
    choice = choose(files, here or {}, NOW, quiet_s)
    done = {file.path: "fetch" for file in choice.fetch} | {file.path: "unchanged" for file in choice.unchanged}
    return done | dict(choice.unfinished) | dict(choice.left_out)


@pytest.mark.parametrize(
    ("size", "mtime", "done"),
    [(5, 900, "unchanged"), (6, 900, "fetch"), (5, 901, "fetch"), (5, 899, "fetch")],
)
def test_a_file_is_fetched_when_size_or_time_are_others(size: int, mtime: int, done: str) -> None:
    assert chosen(RemoteFile("a.xml", size, mtime), here={"a.xml": (5, 900)}) == {"a.xml": done}


def test_a_file_whose_time_the_server_does_not_tell_is_always_fetched() -> None:
    assert chosen(RemoteFile("a.xml", 5, 0), here={"a.xml": (5, 0)}) == {"a.xml": "fetch"}


@pytest.mark.parametrize(
    ("mtime", "quiet_s", "done"),
    [
        (970, 30, "fetch"),
        (971, 30, "not_quiet"),
        (1000, 30, "not_quiet"),
        (1001, 30, "not_quiet"),  # clocks differ a little
        (1030, 30, "fetch"),  # the clock of the computer that copied it
        (1000, 0, "fetch"),
    ],
)
def test_a_file_must_have_been_left_alone_for_a_while(mtime: int, quiet_s: float, done: str) -> None:
    file = RemoteFile("a.xml", 5, mtime)
    assert chosen(file, quiet_s=quiet_s) == {"a.xml": done}
    assert chosen(file, here={"a.xml": (5, mtime)}, quiet_s=quiet_s)["a.xml"] in (done, "unchanged")


def test_of_names_that_windows_takes_for_one_the_first_is_fetched() -> None:
    pairs = {"Goods/a.xml": "goods/A.xml", "\u0439.xml": "\u0438\u0306.xml"}
    files = [RemoteFile(path, 1, 1) for pair in pairs.items() for path in pair]
    assert chosen(*files) == {**dict.fromkeys(pairs, "fetch"), **dict.fromkeys(pairs.values(), "same_name_twice")}


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("goods/цены 1.xml", ""),
        ("../a.xml", "outside"),
        ("a/../../b.xml", "outside"),
        ("/etc/a.xml", "outside"),
        ("a//b.xml", "outside"),
        ("./a.xml", "outside"),
        ("", "outside"),
        ("a\\b.xml", "name"),
        ("C:a.xml", "name"),
        ("nul.xml", "name"),
        ("a\x00.xml", "name"),
        ("a\x1b[2J.xml", "name"),
        ("a /b.xml", "name"),
        ("a\udcff.xml", "name"),
        ("ц" * 101 + ".xml", "name"),
    ],
)
def test_names_that_must_not_become_ours(path: str, problem: str) -> None:
    assert name_problem(path) == problem


def test_paths_are_joined_as_the_server_does() -> None:
    assert [joined(root, "a/b") for root in ("", "/", "/srv/", "srv")] == ["a/b", "/a/b", "/srv/a/b", "srv/a/b"]
    assert [joined(root, "") for root in ("", "/", "/srv/", "srv")] == [".", "/", "/srv", "srv"]
