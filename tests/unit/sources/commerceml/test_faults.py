"""A file that is not XML is reported with kind, place and object of the fault, so that it can be repaired."""

from __future__ import annotations

import io
from pathlib import Path
from typing import NamedTuple, cast

import pytest
from lxml import etree

from freesport_sync.errors import SourceMalformed
from freesport_sync.exchange.http.messages import Messages
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.sources.commerceml import faults
from freesport_sync.sources.commerceml.content import content_of
from freesport_sync.sources.commerceml.export import FileKind
from freesport_sync.sources.commerceml.header import read_header
from freesport_sync.sources.commerceml.reader import RecordReader
from tests.unit.sources.commerceml.support import source_file

HEAD = (
    '<?xml version="1.0" encoding="{}"?>\n<КоммерческаяИнформация xmlns="urn:1C.ru:commerceml_2">\n<Каталог><Товары>\n'
)
GOOD = "<Товар><Ид>p1</Ид><Наименование>Мяч</Наименование><Группы><Ид>g</Ид></Группы></Товар>\n"
BAD = "<Товар><Ид>p2</Ид><Наименование>Гиря &amp; К°</Наименование>\n<Описание>Чугун{}</Описание></Товар>\n"
END = "</Товары></Каталог></КоммерческаяИнформация>"
PLACE = "Товар «Гиря & К°» (Ид p2), Описание"


class Met(NamedTuple):
    """What the parser has complained of."""

    type: int
    message: str
    line: int = 6
    column: int = 16


def document(text: str, encoding: str = "UTF-8", record: str = BAD) -> str:
    return HEAD.format(encoding) + GOOD + record.replace("{}", text) + GOOD + END


def fault(folder: Path, content: str | bytes) -> SourceMalformed:
    file = folder / "goods.xml"
    file.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    with pytest.raises(SourceMalformed) as caught:
        list(RecordReader(source_file(file, FileKind.GOODS), {"Товар": "Товары"}))
    return caught.value


@pytest.mark.parametrize(
    ("text", "problem", "told"),
    [
        ("\x0b", "control_character", {"character": "0x0B", "context": "Чугун", "column": 16}),
        (" 24\n кг\x00", "control_character", {"character": "0x00", "context": "Чугун 24 кг", "line": 7}),
        ("<![CDATA[\x1f]]>", "control_character", {"character": "0x1F"}),
        ("<!--\x02-->", "control_character", {"character": "0x02"}),
        ("\ufffe", "control_character", {"character": "0xFFFE"}),
        ("\ud83d", "control_character", {"character": "0xD83D", "context": "Чугун"}),
        ("&#11;", "control_character", {"character": "0x0B"}),
        ("&#x1;", "control_character", {"character": "0x01"}),
        (" & сталь", "unescaped", {}),
        (" AT&T", "unescaped", {}),
        (" < 5 кг", "unescaped", {}),
        (" <5 кг", "unescaped", {}),
        (" ]]>", "unescaped", {}),
        ("&nbsp;", "unknown_entity", {"what": "nbsp"}),
        ("</Товар>", "tags", {"opened": "Описание", "closed": "Товар"}),
        ('<a b="1" b="2"/>', "attribute_twice", {"what": "b"}),
        ("<a b=1/>", "other", {}),
    ],
)
def test_kind_place_and_object(tmp_path: Path, text: str, problem: str, told: dict[str, object]) -> None:
    error = fault(tmp_path, document(text))
    assert (error.code, error.params["problem"], error.params["file"]) == ("xml_malformed", problem, "goods.xml")
    expected = {"line": 6} | told
    assert {name: error.params[name] for name in expected} == expected
    assert str(error.params["place"]).removesuffix(", a") in (PLACE, PLACE.rpartition(",")[0])
    assert error.params["reason"]


def test_the_object_of_every_kind_of_record(tmp_path: Path) -> None:
    for record, place in {
        "<Предложение><Ид>p1#a</Ид><Остатки><Склад><Ид>w1\x01": "Предложение (Ид p1#a), Ид",
        "<Контрагент><Ид>c1</Ид><Наименование>ООО\x01": "Контрагент «ООО�» (Ид c1), Наименование",
        "<q:Группа xmlns:q='x'><q:Ид>g1</q:Ид><q:Наименование>Мячи</q:Наименование><q:Описание>\x01": (
            "Группа «Мячи» (Ид g1), Описание"
        ),
        '<Свойство Имя="\x01': "Свойство",
    }.items():
        assert fault(tmp_path, document("", record=record)).params["place"] == place


def test_a_file_that_breaks_off(tmp_path: Path) -> None:
    whole = document("<![CDATA[ 24 кг]]>").encode()
    for length in range(len(HEAD.encode()) + 20, len(whole) - 1, 3):
        error = fault(tmp_path, whole[:length])
        assert error.params["problem"] == "cut_off", whole[:length].decode("utf-8", "replace")[-40:]
    assert fault(tmp_path, whole[: whole.index(b" 24")]).params["place"] == PLACE


@pytest.mark.parametrize(
    ("content", "problem", "told"),
    [
        (document("").encode("cp1251"), "encoding", {"encoding": "UTF-8", "bytes": "CA EE EC EC", "line": 2}),
        (document("").encode().replace("Чугун".encode(), b"\xff"), "encoding", {"bytes": "FF 3C 2F D0", "line": 6}),
        (document("", "windows-1251"), "encoding", {"encoding": "windows-1251"}),
        (document("", "koi-99"), "unknown_encoding", {"encoding": "koi-99"}),
        (document("", "UTF-16"), "unknown_encoding", {"encoding": "UTF-16"}),
        (document("\x0b", "windows-1251").encode("cp1251"), "control_character", {"line": 6, "place": PLACE}),
        (document("\x0b", "UTF-16").encode("utf-16"), "control_character", {"line": 6, "place": PLACE}),
        ("\ufeff" + document("\x0b"), "control_character", {"line": 6, "place": PLACE}),
        (document("") + document(""), "two_documents", {"line": 8}),
        ("\n" + document(""), "two_documents", {}),
        ("Ошибка 500: сервер недоступен", "no_xml", {}),
        (b"PK\x03\x04", "no_xml", {}),
    ],
)
def test_faults_of_the_whole_file(tmp_path: Path, content: str | bytes, problem: str, told: dict[str, object]) -> None:
    error = fault(tmp_path, content)
    assert error.params["problem"] == problem
    assert {name: error.params[name] for name in told} == told


def test_nothing_is_lost_behind_bytes_that_the_encoding_lacks(tmp_path: Path) -> None:
    """Some versions of the parser take them for the end of the file, and say nothing."""
    before, after = document("\0", "windows-1251").replace(GOOD, GOOD * 2000).encode("cp1251").split(b"\0")
    error = fault(tmp_path, before + b"\x98" + after)
    told = {"problem": "encoding", "bytes": "98 3C 2F CE", "encoding": "windows-1251", "line": 2005, "place": PLACE}
    assert {name: error.params[name] for name in told} == told
    head, tail = document("\0", "UTF-16").split("\0")
    error = fault(tmp_path, head.encode("utf-16") + b"\x00\xd8" + tail.encode("utf-16-le"))
    assert (error.params["problem"], error.params["place"]) == ("encoding", PLACE)


def test_a_parser_that_stops_without_a_word(tmp_path: Path) -> None:
    whole = document("").encode()
    error = faults.ended_early(io.BytesIO(whole[: whole.index("Чугун".encode())]), "goods.xml")
    assert (error.params["problem"], error.params["line"], error.params["place"]) == ("cut_off", 6, PLACE)


@pytest.mark.parametrize("newline", ["\n", ""])
def test_the_place_in_a_large_file_is_exact(tmp_path: Path, newline: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "_STEP_BYTES", 4099)
    many = f"<Товар><Ид>ы</Ид></Товар>{newline}" * 5000
    content = document("\x0b").replace(GOOD, many, 1).replace("\n", newline)
    error = fault(tmp_path, content)
    lines = content[: content.index("\x0b")].split("\n")
    assert (error.params["line"], error.params["column"]) == (len(lines), len(lines[-1]) + 1)
    assert error.params["place"] == PLACE
    error = fault(tmp_path, content.replace("\x0b", "</Товар>"))
    assert (error.params["problem"], error.params["place"]) == ("tags", PLACE)


def test_a_text_that_is_too_long_names_its_object(tmp_path: Path) -> None:
    error = fault(tmp_path, document("я" * 11_000_000))
    assert error.code == "xml_limit"
    assert str(error.params["place"]).startswith("Товар «Гиря & К°» (Ид p2)")


@pytest.mark.parametrize(
    "text",
    [
        "<![CDATA[{long}]]>",
        "<!--{long}-->",
        "<?x {long}?>",
        '<a b="{long}"/>',
        f"<{'a' * 60_000}/>",
        "<a>" * 300,
    ],
    ids=["CDATA", "comment", "instruction", "attribute", "name", "depth"],
)
def test_whatever_is_too_large_is_reported_as_such(tmp_path: Path, text: str) -> None:
    # Made here: what a parameter holds stays in the memory of each test process.
    error = fault(tmp_path, document(text.replace("{long}", "x" * 11_000_000)))
    assert error.code == "xml_limit"
    assert str(error.params["place"]).startswith(PLACE.partition(",")[0]) or text.startswith("<a b")


@pytest.mark.parametrize(
    ("kind", "message", "code"),
    [
        ("ERR_NO_MEMORY", "xmlSAX2Characters: huge text node", "xml_limit"),
        ("ERR_INTERNAL_ERROR", "internal error: Huge input lookup", "xml_limit"),
        ("ERR_INTERNAL_ERROR", "Excessive depth in document: 256 use XML_PARSE_HUGE option", "xml_limit"),
        ("ERR_NO_MEMORY", "Memory allocation failed : building node", "out_of_memory"),
        ("ERR_NO_MEMORY", "Memory allocation failed", "out_of_memory"),
        ("ERR_TAG_NAME_MISMATCH", "Opening and ending tag mismatch: huge line 6 and Описание", "xml_malformed"),
    ],
)
def test_older_libraries_call_limits_otherwise(kind: str, message: str, code: str) -> None:
    """So did libxml2 2.10 to 2.12, which lxml brings along on Windows."""
    met = Met(getattr(etree.ErrorTypes, kind), message)
    error = etree.XMLSyntaxError(message, met.type, met.line, met.column)
    told = faults.malformed(io.BytesIO(document("x").encode()), "goods.xml", error, cast("etree._ListErrorLog", [met]))
    assert told.code == code


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("text", ["\x0b", "\ud83d", " & ", "&nbsp;", "</Товар>", '<a b="1" b="2"/>', "<a b=1/>"])
def test_the_text_has_no_gaps_and_1c_gets_all_of_it(tmp_path: Path, language: Language, text: str) -> None:
    error = fault(tmp_path, document(text))
    told = Texts(language).error(error)
    for sentence in (told.what, told.affected, told.hint):
        assert sentence
        assert "{" not in sentence
    assert "goods.xml" in told.what
    assert "p2" in told.what
    if language is Language.RUSSIAN:
        assert Messages(Texts(language)).reason(error).endswith(told.hint)
        assert len(Messages(Texts(language)).reason(error)) <= 500


def test_every_look_into_a_file_finds_the_same(tmp_path: Path) -> None:
    error = fault(tmp_path, content := HEAD.format("UTF-8").replace("xmlns", "\x0bxmlns"))
    file = tmp_path / "goods.xml"
    for look in (content_of, lambda path: read_header(path, "goods.xml")):
        with pytest.raises(SourceMalformed) as caught:
            look(file)
        assert caught.value.params == error.params, content
    file.write_text(HEAD.format("UTF-8").replace("<Каталог>", "<a>\x0b</a><Каталог>"), "utf-8")
    with pytest.raises(SourceMalformed) as caught:
        content_of(file)
    assert (caught.value.params["problem"], caught.value.params["line"]) == ("control_character", 3)
