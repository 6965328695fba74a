from __future__ import annotations

import ntpath
import sys
from pathlib import PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freesport_sync.core.file_names import is_portable


@pytest.mark.parametrize(
    "name",
    [
        *("import.xml", "мяч №5 (синий).JPG", "a..b.jpg", ".x.jpg", " x.jpg", "a b", "import0_1.xml"),
        *("console.xml", "COM.jpg", "com0.xml", "COM10.xml", "LPT", "nulls", "x.nul", "AUX_1.xml", "КОН.xml"),
    ],
)
def test_names_that_every_system_can_have(name: str) -> None:
    assert is_portable(name)


@pytest.mark.parametrize(
    "name",
    [
        *("CON", "con", "nul.xml", "Nul.tar.gz", "nul .xml", "PRN", "aux.", "COM1", "com9.jpg", "LPT1", "CONIN$"),
        *("conout$.txt", "COM¹.xml", "LPT³", "x.", "x ", "x. .", ".", "..", "...", " ", "nul:", "a:b", "C:"),
        *('a"', "a<b", "a>b", "a|b", "a?", "a*", "a/b", "a\\b", "a\nb", "\0", "\x1f"),
    ],
)
def test_names_that_windows_cannot_have(name: str) -> None:
    assert not is_portable(name)


PIECES = st.sampled_from(["con", "NUL", "COM1", "lpt²", "aux", "$", ".", " ", ":", "a", "я", "\x07", "?"])


@given(st.one_of(st.lists(PIECES, max_size=5).map("".join), st.text(max_size=8)))
def test_python_calls_no_portable_name_reserved(name: str) -> None:
    if sys.version_info >= (3, 13):
        is_reserved = ntpath.isreserved(name)
    else:
        is_reserved = PureWindowsPath(name).is_reserved()
    assert not (is_portable(name) and is_reserved)
