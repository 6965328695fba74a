"""Row issues on a terminal of any width and in a pipe."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from rich.console import Console

from freesport_sync.cli.terminal.issues import IssuePrinter
from freesport_sync.core.history import IssueCount
from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.i18n.texts import Language, Texts

ID = "018d9f04-1f3b-11ee-8c1a-00155d3cae02#4f1f3a9e-1f3b-11ee-8c1a-00155d3cae02"
PRICE = RowIssue(
    Severity.ERROR,
    "price_not_number",
    "prices/prices_1_2_018d9f04.xml",
    14,
    ID,
    "Мяч футбольный тренировочный",
    "ЦенаЗаЕдиницу",
    "по запросу",
    article="ART-1",
)
STOCK = RowIssue(Severity.WARNING, "quantity_negative", "rests/rests.xml", 7, "p2", "", "Количество", "-4")
COUNTS = (
    IssueCount(Severity.ERROR, "price_not_number", 3, 2),
    IssueCount(Severity.WARNING, "quantity_negative", 1, 1),
)


def printed(issues: Sequence[RowIssue], width: int | None = None) -> list[str]:
    """The lines on a terminal of that width; None: in a pipe."""
    stream = io.StringIO()
    console = Console(file=stream, width=width or 30, force_terminal=width is not None, color_system=None)
    IssuePrinter(console, Texts(Language.RUSSIAN)).print(issues, COUNTS)
    return stream.getvalue().splitlines()


def test_each_kind_has_a_heading_and_says_once_what_to_fix() -> None:
    other = replace(PRICE, onec_id="p3", name="Мяч  ручной\n", value="-", article="")
    assert printed([PRICE, other, STOCK]) == [
        "",
        "ошибка  Цена — не число: 3, сохранено 2",
        "  Что сделать: Исправьте цену в 1С.",
        f"  Мяч футбольный тренировочный, артикул ART-1, Ид {ID}",
        "    Цена «по запросу» — не число и не записана.",
        "    prices/prices_1_2_018d9f04.xml:14   ЦенаЗаЕдиницу: по запросу",
        "  Мяч ручной, Ид p3",
        "    Цена «-» — не число и не записана.",
        "    prices/prices_1_2_018d9f04.xml:14   ЦенаЗаЕдиницу: -",
        "",
        "предупреждение  Отрицательный остаток: 1",
        "  Что сделать: Проверьте остатки склада в 1С.",
        "  Ид p2",
        "    Остаток -4 отрицателен и принят за 0.",
        "    rests/rests.xml:7   Количество: -4",
    ]


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_a_terminal_shows_everything_within_its_width(width: int) -> None:
    lines = printed([PRICE, STOCK], width)
    assert max(map(len, lines)) <= width
    everything = "".join(line.strip() for line in lines).replace(" ", "")
    for part in (ID, "ART-1", "тренировочный", "prices_1_2_018d9f04.xml:14", "позапросу", "Исправьтеценув1С."):
        assert part in everything
    start = next(index for index, line in enumerate(lines) if "Мяч" in line)
    assert lines[start].startswith("  Мяч")
    assert lines[start + 1].startswith("  "), "what does not fit stays below its object"


def test_markup_in_a_name_is_a_name() -> None:
    assert "[red]Мяч[/red]" in "".join(printed([replace(PRICE, name="[red]Мяч[/red]")], 200))


@pytest.mark.parametrize("width", [None, 200])
def test_control_characters_of_1c_never_reach_the_terminal(width: int | None) -> None:
    evil = "a\x9b2J\x85b\u202ec\nd"
    text = "".join(printed([replace(PRICE, name=evil, article=evil, onec_id=evil, field=evil, value=evil)], width))
    assert text.count("a\N{REPLACEMENT CHARACTER}2J b\N{REPLACEMENT CHARACTER}c d") == 6
    assert all(char.isprintable() for char in text)


def test_issues_are_printed_as_they_come() -> None:
    stream = io.StringIO()

    def issues() -> Iterator[RowIssue]:
        for number in range(3):
            assert stream.getvalue().count("по запросу» — не") == number
            yield PRICE
        yield STOCK

    IssuePrinter(Console(file=stream), Texts(Language.RUSSIAN)).print(issues(), COUNTS)
    assert "Отрицательный" in stream.getvalue()
