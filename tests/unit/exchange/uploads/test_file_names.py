"""The names that 1C gives to the files it uploads."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from freesport_sync.core.file_names import is_portable
from freesport_sync.errors import ExchangeRefused
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
    folder = Path("/uploads/batch")
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
