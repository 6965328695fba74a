"""COPY text: what PostgreSQL must read back as it was."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freesport_sync.sources.commerceml.copy_format import copy_line

UNESCAPED = {r"\\": "\\", r"\t": "\t", r"\n": "\n", r"\r": "\r"}


def read_back(line: str) -> list[str | None]:
    """Reads a line as PostgreSQL does."""
    fields: list[str | None] = []
    for written in line.removesuffix("\n").split("\t"):
        if written == r"\N":
            fields.append(None)
            continue
        text, index = "", 0
        while index < len(written):
            step = 2 if written[index] == "\\" else 1
            text += UNESCAPED[written[index : index + 2]] if step == 2 else written[index]
            index += step
        fields.append(text)
    return fields


def test_every_type_of_value() -> None:
    line = copy_line((1, "мяч", None, True, False, Decimal("12.50"), ""))
    assert line == "1\tмяч\t\\N\tt\tf\t12.50\t\n"


@pytest.mark.parametrize("text", ["a\tb", "a\nb", "a\r\nb", "C:\\temp", "\\N", "\\.", "\\", "68\\73\\80см\tдо 100 кг"])
def test_texts_are_escaped(text: str) -> None:
    line = copy_line((text, None, 5))
    assert read_back(line) == [text, None, "5"]
    assert line.count("\n") == 1


@given(
    st.lists(st.none() | st.text(alphabet=st.sampled_from("\\N.tnr\t\n\r\"'аb "), max_size=8), min_size=1, max_size=6)
)
@settings(deadline=None)
def test_whatever_is_written_is_read_back(values: list[str | None]) -> None:
    assert read_back(copy_line(tuple(values))) == values
