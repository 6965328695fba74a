"""Whole files: what is sent, in pieces of which size."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path

import pytest

from freesport_sync.core.staged import STAGING_TABLES, StagedPriceType, StagedWarehouse
from freesport_sync.errors import SourceMalformed
from freesport_sync.sources.commerceml import parsing
from freesport_sync.sources.commerceml.discovery import discover
from freesport_sync.sources.commerceml.parse_messages import (
    Block,
    FileDone,
    IssueBlock,
    ParseContext,
    ParseTask,
    ReferenceBlock,
)
from freesport_sync.sources.commerceml.parsing import parse_file
from freesport_sync.sources.commerceml.property_values import PropertyValues
from tests.builders import (
    PRICE_TYPES,
    WAREHOUSES,
    ExportBuilder,
    brand_property,
    element,
    group,
    offer,
    prices,
    product,
    raw_element,
    rests,
    storage,
)
from tests.unit.sources.commerceml.support import CONTEXT, Parsed, parse_found

COLUMNS = {
    "opt1": "opt1_price",
    "opt2": "opt2_price",
    "opt3": "opt3_price",
    "trainer": "trainer_price",
    "retail": "retail_price",
    "msrp": "msrp",
    "rrp": "rrp",
}


@pytest.fixture
def export(tmp_path: Path) -> ExportBuilder:
    return ExportBuilder(tmp_path)


def parse_all(export: ExportBuilder, context: ParseContext = CONTEXT) -> list[Parsed]:
    return [parse_found(file, context) for file in discover(export.folder).files]


def parse_one(export: ExportBuilder, context: ParseContext = CONTEXT) -> Parsed:
    (parsed,) = parse_all(export, context)
    return parsed


def with_chunk_size(size: int) -> ParseContext:
    return dataclasses.replace(CONTEXT, chunk_size=size)


def test_an_export_from_end_to_end(export: ExportBuilder) -> None:
    export.reference_data()
    export.goods(product("p1", name="Мяч", description="a\tb\\c"), segment=1)
    export.offers(offer("p1#c1", characteristics={"Цвет": "Синий"}))
    export.prices(prices("p1#c1", {"retail": 1990}))
    export.rests(rests("p1#c1", {"w1": 5, "w2": "2,5"}))
    groups, brands, price_types, storages, units, goods, offers, prices_, rests_ = parse_all(export)

    assert [row.onec_id for row in groups.rows] == ["root", "g1"]
    assert [row.onec_id for row in brands.rows] == ["Бренд", "b1", "b2"]
    columns = {row.onec_id: row.product_field for row in price_types.rows if isinstance(row, StagedPriceType)}
    assert (columns, columns.keys()) == (COLUMNS, PRICE_TYPES.keys())
    assert {row.onec_id: row.name for row in storages.rows if isinstance(row, StagedWarehouse)} == WAREHOUSES
    assert (units.rows, units.records) == ([], 1)
    line = goods.lines[0].split("\t")
    assert line == ["6", "1", line[2], "p1", "Мяч", r"\N", "mjach", r"a\tb\\c", "g1", "b1", "20.00", "f", "{}"]
    assert offers.lines[0].split("\t")[3:] == ["p1#c1", "p1", "Мяч футбольный", r"\N", "Синий", r"\N", "f", "{1}"]
    assert prices_.lines[0].split("\t")[3:] == ["p1#c1", "0", "", "1990.00", *[r"\N"] * 7]
    assert [row.split("\t")[3:] for row in rests_.lines] == [["p1#c1", "w1", "5", "0"], ["p1#c1", "w2", "2", "1"]]
    assert rests_.codes == ["quantity_fractional"]


def test_blocks_name_their_table_and_have_its_columns(export: ExportBuilder) -> None:
    export.properties_goods(brand_property())
    groups = raw_element("Группы", element("Ид", "g1") + element("Ид", "g2"))
    export.goods(product("p1#c1", group=None, pictures=["import_files/01/x.jpg"], extra=groups))
    export.offers(offer("p1", characteristics={"Вес": "1"}, properties={"color": "Синий"}))
    export.prices(prices("p1", {"retail": 1}))
    export.rests(rests("p1", {"w1": 1}))
    context = dataclasses.replace(CONTEXT, property_names={"color": "Цвет"})
    found = [block for parsed in parse_all(export, context) for block in parsed.blocks]
    assert {block.table for block in found} == set(STAGING_TABLES)
    for block in found:
        assert block.data.count(b"\t") == block.rows * (len(STAGING_TABLES[block.table]) - 1)


def test_the_line_of_a_record_is_where_it_stands(export: ExportBuilder) -> None:
    path = export.goods(product("p1"), product("p2"))
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    for row in parse_one(export).lines:
        number, onec_id = int(row.split("\t")[2]), row.split("\t")[3]
        assert "<Товар>" in lines[number - 1]
        assert f"<Ид>{onec_id}</Ид>" in lines[number - 1]


@pytest.mark.parametrize(("size", "rows"), [(1, [1] * 7), (3, [3, 3, 1]), (7, [7]), (1000, [7])])
def test_blocks_have_at_most_chunk_size_rows(export: ExportBuilder, size: int, rows: list[int]) -> None:
    export.goods(*(product(f"p{number}") for number in range(7)))
    parsed = parse_one(export, with_chunk_size(size))
    assert [block.rows for block in parsed.blocks] == rows
    assert [block.data.count(b"\n") for block in parsed.blocks] == rows
    assert [line.split("\t")[3] for line in parsed.lines] == [f"p{number}" for number in range(7)]
    assert (parsed.records, parsed.failed) == (7, 0)


def test_the_rows_of_one_record_may_be_in_two_blocks(export: ExportBuilder) -> None:
    export.rests(rests("p1", {"w1": 1, "w2": 2, "w3": 3}))
    assert [block.rows for block in parse_one(export, with_chunk_size(2)).blocks] == [2, 1]


def test_blocks_are_near_a_megabyte(export: ExportBuilder) -> None:
    export.goods(*(product(f"p{number}", description="о" * 90_000) for number in range(12)))
    parsed = parse_one(export)
    assert [block.rows for block in parsed.blocks] == [6, 6]
    assert all(len(block.data) < 1.2 * 1024**2 for block in parsed.blocks)


def test_reference_blocks_have_at_most_chunk_size_rows(export: ExportBuilder) -> None:
    export.groups(*(group(f"g{number}") for number in range(5)))
    parsed = parse_one(export, with_chunk_size(2))
    assert [len(message.rows) for message in parsed.messages if isinstance(message, ReferenceBlock)] == [2, 2, 1]


@pytest.mark.parametrize("kind", ["goods", "storages"])
def test_issues_come_in_blocks_and_with_progress(
    export: ExportBuilder, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsing, "MAX_ISSUES", 10)
    write, record = {"goods": (export.goods, product(None)), "storages": (export.storages, storage(None))}[kind]
    path = write(*[record] * 1025)
    parsed = parse_one(export)
    blocks = [message for message in parsed.messages if isinstance(message, IssueBlock)]
    assert not parsed.lines
    assert [len(block.issues) for block in blocks] == [10] * 102 + [5]
    read = [block.bytes_read for block in blocks]
    assert read == sorted(read)
    assert read[0] < read[-1] == path.stat().st_size
    assert parsed.records == 1025
    assert len({issue.line for issue in parsed.issues}) == 1025
    assert {issue.file for issue in parsed.issues} == {f"{kind}/{kind}.xml"}


def test_a_record_with_very_many_issues(export: ExportBuilder) -> None:
    export.prices(prices("p1", {"retail": ""} | {f"type{number}": 1 for number in range(2500)}))
    sizes = [len(message.issues) for message in parse_one(export).messages if isinstance(message, IssueBlock)]
    assert sizes == [1000, 1000, 501]


def test_a_file_without_records(export: ExportBuilder) -> None:
    export.goods()
    (done,) = parse_one(export).messages
    assert isinstance(done, FileDone)
    assert (done.records, done.failed) == (0, 0)


def test_what_came_before_a_broken_record_is_sent(export: ExportBuilder) -> None:
    """The runner decides what a failed file means; the reader does not hold anything back."""
    path = export.goods(*[product("p1")] * 500)
    path.write_bytes(path.read_bytes()[:-500])
    (file,) = discover(export.folder).files
    messages = parse_file(ParseTask(file, with_chunk_size(1)), PropertyValues(0))
    assert isinstance(next(messages), Block)
    with pytest.raises(SourceMalformed):
        list(messages)


def test_tasks_and_messages_cross_a_process_border(export: ExportBuilder) -> None:
    export.prices(prices("p1", {"retail": "abc"}))
    (file,) = discover(export.folder).files
    task = ParseTask(file, CONTEXT)
    assert pickle.loads(pickle.dumps(task)) == task
    messages = list(parse_file(task, PropertyValues(0)))
    assert pickle.loads(pickle.dumps(messages)) == messages
