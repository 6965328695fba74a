"""How many random histories a test plays.

The suite plays a few, always the same ones, in parts that the test processes can share out. `pytest -m nightly
tests/model` plays new ones instead; `FREESPORT_MODEL_EXAMPLES` says how many of each kind.
A disagreement that this finds becomes a test with a name, in the module of its subject.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

_History = TypeVar("_History")

_PARTS = 3
_NEW_EXAMPLES = int(os.environ.get("FREESPORT_MODEL_EXAMPLES", "100"))


@dataclass(frozen=True)
class Examples:
    """Some random histories.

    Args:
        count: how many.
        seed: which ones; None makes new ones each time and shrinks the one that fails.
    """

    count: int
    seed: int | None

    def play(self, histories: SearchStrategy[_History], play: Callable[[_History], None]) -> None:
        """Call `play` with each of them; hypothesis prints the one that fails."""

        @settings(
            max_examples=self.count + 1,  # the first of a seed is the simplest there is
            phases=[Phase.generate] if self.seed is not None else [Phase.generate, Phase.shrink],
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        )
        @given(history=histories)
        def play_one(history: _History) -> None:
            play(history)

        (play_one if self.seed is None else seed(self.seed)(play_one))()


EXAMPLES = pytest.mark.parametrize(
    "examples",
    [
        *(pytest.param(Examples(2, number), id=f"seed{number}") for number in range(_PARTS)),
        pytest.param(Examples(_NEW_EXAMPLES, None), id="new", marks=[pytest.mark.nightly, pytest.mark.timeout(0)]),
    ],
)
"""For a test with a parameter `examples`."""
