"""The reader: any honest file is read in little memory, any other is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from freesport_sync.errors import ImportFailed, SourceMalformed, SyncError
from freesport_sync.sources.commerceml.export import FileKind, SourceFile
from freesport_sync.sources.commerceml.reader import RecordReader
from tests.builders import ExportBuilder, product
from tests.platforms import linux_only
from tests.unit.sources.commerceml.support import source_file

NAMESPACES = [
    "urn:1C.ru:commerceml_3",
    "urn:1C.ru:commerceml_2",
    "urn:1C.ru:commerceml_205",
    "urn:1C.ru:commerceml_210",
    "http://v8.1c.ru/8.3/commerceml",
    "",
]
ENCODINGS = ["utf-8-sig", "utf-8", "windows-1251", "utf-16"]
ROOT = Path(__file__).parents[4]
DOCUMENT = "<КоммерческаяИнформация><Товары>{}</Товары></КоммерческаяИнформация>"


@pytest.fixture
def goods(tmp_path: Path) -> Path:
    return tmp_path / "goods.xml"


def file_of(path: Path) -> SourceFile:
    return source_file(path, FileKind.GOODS)


def ids(path: Path) -> list[str | None]:
    return [record.findtext("{*}Ид") for _tag, record in RecordReader(file_of(path), {"Товар": ""})]


def refusal(path: Path, content: str | bytes) -> SyncError:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(SyncError) as caught:
        ids(path)
    return caught.value


@pytest.mark.parametrize("namespace", NAMESPACES)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_any_namespace_and_encoding(tmp_path: Path, namespace: str, encoding: str) -> None:
    export = ExportBuilder(tmp_path, namespace=namespace, encoding=encoding)
    assert ids(export.goods(product("п1"), product("п2"))) == ["п1", "п2"]


def test_a_prefixed_namespace(goods: Path) -> None:
    goods.write_text(
        '<к:КоммерческаяИнформация xmlns:к="urn:x"><к:Товар><к:Ид>p1</к:Ид></к:Товар></к:КоммерческаяИнформация>',
        encoding="utf-8",
    )
    assert ids(goods) == ["p1"]


def test_comments_instructions_and_cdata(goods: Path) -> None:
    text = "<!-- a --><Товар><?x y?><Ид>a<!-- b -->b<![CDATA[<c>]]>&amp;&#1076;</Ид></Товар>"
    goods.write_text("<!-- a -->" + DOCUMENT.format(text), encoding="utf-8")
    assert ids(goods) == ["ab<c>&д"]


def test_no_records(tmp_path: Path) -> None:
    assert ids(ExportBuilder(tmp_path).goods()) == []


def test_lines_are_counted_beyond_16_bits(goods: Path) -> None:
    record = "<Товар>\n<Ид>1</Ид>\n</Товар>\n"
    goods.write_text(DOCUMENT.format(f"\n{record}" + "\n" * 70_000 + record), encoding="utf-8")
    lines = [record.sourceline for _tag, record in RecordReader(file_of(goods), {"Товар": ""})]
    assert lines[0] == 2
    assert lines[1] in (70_005, 70_006)  # libxml2 remembers the line of a text, not of an element, above 65535


def test_memory_stays_flat(tmp_path: Path) -> None:
    """Of all records only those that the parser has read ahead exist at a time."""
    path = ExportBuilder(tmp_path).goods(*[product("p", extra="<a/>" * 200)] * 2_000)
    most = 0
    for _tag, record in RecordReader(file_of(path), {"Товар": ""}):
        parent = record.getparent()
        assert parent is not None
        most = max(most, len(parent))
    assert most < 100


def test_progress_grows_to_the_files_size(tmp_path: Path) -> None:
    path = ExportBuilder(tmp_path).goods(*[product("p")] * 500)
    reader = RecordReader(file_of(path), {"Товар": ""})
    assert reader.bytes_read == 0
    progress = [reader.bytes_read for _ in reader]
    assert progress == sorted(progress)
    assert progress[0] < progress[-1] <= path.stat().st_size
    assert reader.bytes_read == path.stat().st_size


@pytest.mark.parametrize("blank", [b"", b"\xef\xbb\xbf", b" \r\n"])
def test_an_empty_file(goods: Path, blank: bytes) -> None:
    error = refusal(goods, blank)
    assert isinstance(error, SourceMalformed)
    assert (error.code, error.params) == ("file_empty", {"file": "goods.xml"})


def test_a_truncated_file(tmp_path: Path, goods: Path) -> None:
    whole = ExportBuilder(tmp_path).goods(*[product("p")] * 300).read_bytes()
    error = refusal(goods, whole[: len(whole) // 2])
    assert isinstance(error, SourceMalformed)
    assert error.code == "xml_malformed"
    assert int(str(error.params["line"])) > 100
    assert error.params["reason"]


@pytest.mark.parametrize(
    "content",
    [
        "not xml",
        "<not valid xml!!!",
        DOCUMENT.format("<Товар><Ид></Товар>"),
        DOCUMENT.format("<Товар>&undeclared;</Товар>"),
        DOCUMENT.format("<Товар>a\x00b</Товар>"),
        DOCUMENT.format("<Товар>&#0;</Товар>"),
        DOCUMENT.format("<Товар>&#xD800;</Товар>"),
        DOCUMENT.format("<Товар>\x08</Товар>"),
        DOCUMENT.format("") + DOCUMENT.format(""),
        DOCUMENT.format("").encode() + b"\xff",
        DOCUMENT.format("<Товар>Ж</Товар>").encode("cp1251"),
    ],
)
def test_malformed_xml(goods: Path, content: str | bytes) -> None:
    assert refusal(goods, content).code == "xml_malformed"


@pytest.mark.parametrize("body", ["<Товар>{long}</Товар>", "<a>" * 300], ids=["long", "deep"])
def test_what_is_too_much_for_any_parser(goods: Path, body: str) -> None:
    assert refusal(goods, DOCUMENT.format(body.replace("{long}", "x" * 11_000_000))).code == "xml_limit"


STARVED = """
import resource
import sys
from pathlib import Path
from freesport_sync.errors import SyncError
from tests.unit.sources.commerceml.test_reader import ids
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 1_000_000, used + 1_000_000))
try:
    ids(Path(sys.argv[1]))
except SyncError as error:
    print(error.code)
"""


@linux_only("a limit of memory, and to ask how much is used")
def test_memory_that_runs_out_is_not_blamed_on_the_file(goods: Path) -> None:
    goods.write_text(DOCUMENT.format(f"<Товар><Ид>{'длинный ' * 600_000}</Ид></Товар>"), encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", STARVED, goods], capture_output=True, text=True, cwd=ROOT)
    assert (done.stdout, done.stderr) == ("out_of_memory\n", "")


def test_the_first_complaint_of_the_parser_is_reported(goods: Path) -> None:
    error = refusal(goods, DOCUMENT.format("\n<Товар>a&nbsp;b</Товар>"))
    assert error.code == "xml_malformed"
    assert error.params["reason"] == "Entity 'nbsp' not defined"
    assert error.params["line"] == 2


def test_a_tiny_document_is_no_empty_file(goods: Path) -> None:
    assert refusal(goods, "<a/>").code == "not_commerceml"


ENTITIES = "".join(f'<!ENTITY e{number} "{f"&e{number - 1};" * 10}">' for number in range(1, 10))


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE КоммерческаяИнформация>",
        '<!DOCTYPE КоммерческаяИнформация SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE x [<!ENTITY e9 SYSTEM "file:///etc/passwd">]>',
        f'<!DOCTYPE x [<!ENTITY e0 "bomb">{ENTITIES}]>',
    ],
)
def test_a_doctype_is_refused_whatever_it_declares(goods: Path, doctype: str) -> None:
    error = refusal(goods, doctype + DOCUMENT.format("<Товар><Ид>&e9;</Ид></Товар>"))
    assert isinstance(error, SourceMalformed)
    assert (error.code, error.params) == ("doctype_refused", {"file": "goods.xml"})


def test_another_root(goods: Path) -> None:
    error = refusal(goods, '<html xmlns="urn:x"><Товар/></html>')
    assert isinstance(error, SourceMalformed)
    assert (error.code, error.params) == ("not_commerceml", {"file": "goods.xml", "root": "html"})


def test_a_file_that_was_written_since_it_was_found(tmp_path: Path) -> None:
    path = ExportBuilder(tmp_path).goods(product("p1"))
    found = file_of(path)
    os.utime(path, ns=(0, 0))
    with pytest.raises(ImportFailed) as caught:
        list(RecordReader(found, {"Товар": ""}))
    assert (caught.value.code, caught.value.params) == ("file_changed", {"file": "goods.xml"})


@pytest.mark.parametrize("rest", [b"", b"</Wrong>"])
def test_a_file_that_is_written_while_it_is_read(tmp_path: Path, rest: bytes) -> None:
    path = ExportBuilder(tmp_path).goods(*[product("p1")] * 500)
    content = path.read_bytes()
    reader = iter(RecordReader(file_of(path), {"Товар": ""}))
    next(reader)
    path.write_bytes(content[:-1000] + rest)
    with pytest.raises(ImportFailed) as caught:
        list(reader)
    assert caught.value.code == "file_changed"


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    path = ExportBuilder(tmp_path).goods(product("p1"))
    found = file_of(path)
    path.unlink()
    with pytest.raises(SourceMalformed) as caught:
        list(RecordReader(found, {"Товар": ""}))
    assert caught.value.code == "file_unreadable"


@linux_only("a file that opens and cannot be read")
def test_a_file_that_fails_while_it_is_read() -> None:
    with pytest.raises(SourceMalformed) as caught:
        list(RecordReader(file_of(Path("/proc/self/mem")), {"Товар": ""}))
    assert caught.value.code == "file_unreadable"
