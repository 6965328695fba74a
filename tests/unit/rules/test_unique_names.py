"""Slugs and SKUs: unique whatever is asked for, and the first keeps its word."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freesport_sync.rules.unique_names import UniqueNames

# A small alphabet with the sign that suffixes are made of, so that numbers meet genuine names all the time.
names = st.text("ab-12", max_size=8)


@given(taken=st.sets(names), wanted=st.lists(names), max_length=st.integers(6, 10), first=st.integers(1, 2))
def test_always_unique_and_never_too_long(taken: set[str], wanted: list[str], max_length: int, first: int) -> None:
    unique = UniqueNames(taken, max_length, first)
    given_out = [unique.take(name) for name in wanted]
    assert len(set(given_out)) == len(given_out)
    assert not taken & set(given_out)
    assert all(len(name) <= max_length for name in given_out)


@given(taken=st.sets(names), wanted=st.lists(names))
def test_a_name_that_is_free_is_given_as_it_is(taken: set[str], wanted: list[str]) -> None:
    unique = UniqueNames(taken, 10, 1)
    in_use = set(taken)
    for name in wanted:
        got = unique.take(name)
        assert (got == name) is (name not in in_use)
        in_use.add(got)


@given(taken=st.sets(names), wanted=st.lists(names), first=st.integers(1, 2))
def test_the_number_is_the_smallest_that_is_free(taken: set[str], wanted: list[str], first: int) -> None:
    unique = UniqueNames(taken, 20, first)
    in_use = set(taken)
    for name in wanted:
        got = unique.take(name)
        expected, number = name, first
        while expected in in_use:
            expected, number = f"{name}-{number}", number + 1
        assert got == expected
        in_use.add(got)


@pytest.mark.parametrize(
    ("wanted", "first", "expected"),
    [
        (["prochee", "prochee", "prochee", "prochee-3"], 2, ["prochee", "prochee-2", "prochee-3", "prochee-3-2"]),
        (["ART", "ART-1", "ART"], 1, ["ART", "ART-1", "ART-2"]),
        (["ART", "ART", "ART-1"], 1, ["ART", "ART-1", "ART-1-1"]),
        (["a" * 14, "a" * 13], 2, ["a" * 12, "a" * 10 + "-2"]),
    ],
)
def test_examples(wanted: Sequence[str], first: int, expected: Sequence[str]) -> None:
    unique = UniqueNames((), 12, first)
    assert [unique.take(name) for name in wanted] == expected


@given(taken=st.sets(names), wanted=st.lists(names))
def test_genuine_names_take_precedence_over_numbered_ones(taken: set[str], wanted: list[str]) -> None:
    unique = UniqueNames(taken, 10, 2, wanted)
    given_out = [unique.take(name) for name in wanted]
    assert len({*given_out, *taken}) == len(given_out) + len(taken)
    for place, name in enumerate(wanted):
        assert (given_out[place] == name) is (name not in taken and name not in wanted[:place])


def test_a_genuine_name_that_looks_numbered_keeps_its_word() -> None:
    wanted = ["prochee", "prochee", "prochee-2", "prochee-2"]
    unique = UniqueNames((), 12, 2, wanted)
    assert [unique.take(name) for name in wanted] == ["prochee", "prochee-3", "prochee-2", "prochee-2-2"]


def test_many_equal_names_cost_no_search_from_the_start() -> None:
    unique = UniqueNames((), 100, 1)
    given_out = [unique.take("SKU-12345678") for _ in range(20_000)]
    assert given_out[-1] == "SKU-12345678-19999"
