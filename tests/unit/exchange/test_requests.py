"""Parameters and names as 1C and others write them."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import quote

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from freesport_sync.core.file_names import is_portable
from freesport_sync.errors import ExchangeRefused
from freesport_sync.exchange.http.requests import ExchangeRequest, parse_request
from freesport_sync.exchange.uploads.file_names import MAX_NAME_BYTES, MAX_PATH_BYTES, file_path

PICTURE = "import_files/ab/abcd_ef01.jpg"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("import.xml", "import.xml"),
        ("  import.xml ", "import.xml"),
        ("goods/goods_1_1_0a.xml", "goods_1_1_0a.xml"),
        ("C:\\v8_8789_c.xml", "v8_8789_c.xml"),
        ("C:v8_8789_c.xml", "v8_8789_c.xml"),
        ("/tmp/v8_8789_c.xml", "v8_8789_c.xml"),
        ("upload/1c/webdata/import0_1.xml", "import0_1.xml"),
        ("//server/share/import.xml", "import.xml"),
        ("./import.xml", "import.xml"),
        ("Выгрузка товаров (склад №1) [новая].xml", "Выгрузка товаров (склад №1) [новая].xml"),
        ("IMPORT.XML", "IMPORT.XML"),
        ("folder/v8_1A76_155ae.zip", "v8_1A76_155ae.zip"),
        ("\\Reports\\Exchange_(Имя узла)2017-02-26.zip", "Reports/Exchange_(Имя узла)2017-02-26.zip"),
        ("reports/a.zip", "reports/a.zip"),
        (PICTURE, PICTURE),
        (PICTURE.replace("/", "\\"), PICTURE),
        (f"/tmp/{PICTURE}", PICTURE),
        (f"upload/1c/webdata/{PICTURE}", PICTURE),
        (f"import_files/tmp/webdata/3/4/{PICTURE}", PICTURE),
        (f"D:\\temp\\{PICTURE}", PICTURE),
        ("Import_Files/ab/a.jpg", "Import_Files/ab/a.jpg"),
        ("other/ab/a.jpg", "other/ab/a.jpg"),
        ("import_files", "import_files"),
        ("Кофта зелёная и\u0306.jpg", "Кофта зелёная й.jpg"),
        ("a" * 255, "a" * 255),
    ],
)
def test_names_of_1c(name: str, path: str) -> None:
    assert file_path(name) == PurePosixPath(path)


@pytest.mark.parametrize("name", ["", "  ", "/", "\\", "C:", "C:\\", ".", "./"])
def test_no_name(name: str) -> None:
    with pytest.raises(ExchangeRefused) as caught:
        file_path(name)
    assert caught.value.code == "exchange_name_missing"


@pytest.mark.parametrize(
    "name",
    [
        *("..", "../import.xml", "..\\..\\import.xml", "import_files/../../a.jpg", "a/../import.xml"),
        f"import_files/tmp/webdata/../{PICTURE}",
        *("import.xml.", "a. /b.jpg", "a./b.jpg", ".../a.jpg", "a\x00.xml", "a\nb.xml", "a\u202egpj.xml", "a\x7f.xml"),
        *("CON", "nul.xml", "COM1.jpg", "import_files/aux/a.jpg", "LPT¹.xml", "conin$"),
        *("ab:c.xml", "C:\\D:\\a.xml", "a*.xml", "a?.xml", "a<b>.xml", 'a"b.xml', "a|b.xml"),
        *("a" * 256, "я" * 128, "/".join("a" * 13), "/".join(["я" * 100] * 6), "a\ud800.xml"),
        pytest.param("\U0001d160" * 60, id="a note that takes three signs when composed"),
    ],
)
def test_names_that_are_refused(name: str) -> None:
    with pytest.raises(ExchangeRefused) as caught:
        file_path(name)
    assert caught.value.code == "exchange_name_unsafe"
    shown = str(caught.value.params["name"])
    assert shown.isprintable()
    assert len(shown) <= 100


PIECES = st.sampled_from(
    [
        *("..", ".", "/", "\\", "C:", "import_files", "tmp", "Reports", "a.xml", "b.zip", "c.jpg", "CON", "nul", " "),
        *(":", "*", "\x00", "\n", "\u202e", "．．", "／", "∕", "й", "и\u0306", "\U0001d160", "\ud800", "x" * 100, "$"),
    ]
)
NAMES = st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=25).map("".join) | st.text()


@given(NAMES)
@example("\U0001d160" * 60)
def test_no_name_leads_out_or_is_bad_on_a_system(name: str) -> None:
    try:
        path = file_path(name)
    except ExchangeRefused:
        return
    folder = Path("/spool/portion")
    assert Path(os.path.normpath(folder / path)) == folder / path
    assert not path.is_absolute()
    windows = PureWindowsPath("C:/spool") / str(path)
    assert windows.parts == ("C:\\", "spool", *path.parts)
    for part in path.parts:
        assert is_portable(part)
        assert part.isprintable()
        assert len(part.encode()) <= MAX_NAME_BYTES
        assert unicodedata.is_normalized("NFC", part)
    assert len(str(path).encode()) <= MAX_PATH_BYTES


@given(st.binary())
def test_any_query_can_be_read(query: bytes) -> None:
    parse_request(query)


@given(st.text().filter(lambda text: max(text, default="") <= "\ud7ff"), st.sampled_from(["utf-8", "cp1251"]))
def test_a_name_comes_as_it_was_written(name: str, encoding: str) -> None:
    assume(encoding == "utf-8" or _is_only(name, encoding))
    query = f"type=catalog&mode=file&filename={quote(name, safe='+', encoding=encoding)}&sessid=1".encode()
    assert parse_request(query) == ExchangeRequest("catalog", "file", name)


def _is_only(name: str, encoding: str) -> bool:
    """Whether a text can be written in an encoding, and what is written is no UTF-8."""
    try:
        written = name.encode(encoding)
    except UnicodeEncodeError:
        return False
    try:
        return written.decode("utf-8") == name
    except UnicodeDecodeError:
        return True


@pytest.mark.parametrize(
    ("query", "call"),
    [
        ("", ExchangeRequest()),
        ("type=catalog&mode=init", ExchangeRequest("catalog", "init")),
        ("a=b?type=catalog&mode=init", ExchangeRequest("catalog", "init")),
        ("&&=&type=catalog", ExchangeRequest("catalog")),
        ("mode=file&mode=import&mode=", ExchangeRequest(mode="file")),
        ("filename=a+b%2Bc%20d.xml", ExchangeRequest(filename="a+b+c d.xml")),
        ("filename=%D1%8F.xml", ExchangeRequest(filename="я.xml")),
        ("filename=%FF.xml", ExchangeRequest(filename="я.xml")),
        ("filename=я.xml", ExchangeRequest(filename="я.xml")),
        ("filename=a=b.xml", ExchangeRequest(filename="a=b.xml")),
        ("filename=%zz%.xml", ExchangeRequest(filename="%zz%.xml")),
        ("version= 3.1 &timestamp= 5 ", ExchangeRequest(version="3.1", timestamp="5")),
        ("SESSID=1&unknown=2", ExchangeRequest()),
        ("m%6Fde=init", ExchangeRequest(mode="init")),
    ],
)
def test_queries(query: str, call: ExchangeRequest) -> None:
    assert parse_request(query.encode()) == call
