"""The pictures of the guide show the window as it is: each is taken anew, its size and its texts are compared."""

from __future__ import annotations

import os
import platform
import socket
from collections.abc import Callable
from functools import partial

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

from freesport_sync.i18n.texts import Language
from tests.shop import Shop
from tests.ui.conftest import OpenDesk
from tests.ui.guide_pictures import KEEP_VARIABLE, PICTURES, TEXTS, Scenes, fill, picture_of, texts_of

SIZE = QSize(1000, 640)
LIMIT_S = 10.0
COMMAND = "take them again with: python -m tests.ui.guide_pictures"


@pytest.mark.parametrize("language", Language)
def test_the_pictures_show_the_window_as_it_is(
    shop: Shop, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch, language: Language
) -> None:
    for module, name in ((platform, "node"), (socket, "gethostname")):
        monkeypatch.setattr(module, name, lambda: "PC-7")
    fill(shop)
    desk = open_desk(shop.url, language=language, operator="ivanov@PC-7")
    desk.window.setMinimumSize(SIZE)
    desk.window.resize(SIZE)
    desk.ready()
    scenes = Scenes(desk)
    stale: dict[str, str] = {}
    for name in scenes.NAMES:
        shown = scenes.show(name)
        picture, kept = PICTURES / f"{name}.{language.value}.png", TEXTS / f"{name}.{language.value}.txt"
        texts = partial(texts_of, shown)
        if os.environ.get(KEEP_VARIABLE):
            settle(desk.until, texts)
            picture.write_bytes(picture_of(shown))
            kept.write_text("\n".join(texts()) + "\n", "utf-8", newline="\n")
        if difference := differs(desk.until, texts, kept.read_text("utf-8").splitlines()):
            stale[name] = difference
        elif shown is desk.window and QImage(str(picture)).size() != shown.grab().size():
            stale[name] = "another size"
        if shown is not desk.window and shown.isWindow():
            shown.close()
        if stale:
            break
    scenes.leave()
    assert stale == {}, COMMAND


Until = Callable[..., None]


def settle(until: Until, texts: Callable[[], list[str]]) -> None:
    """Wait until the texts have stayed the same for a while."""
    seen: list[list[str]] = []

    def is_quiet() -> bool:
        seen.append(texts())
        return len(seen) > 300 and all(one == seen[-1] for one in seen[-300:])

    until(is_quiet)


def differs(until: Until, texts: Callable[[], list[str]], kept: list[str]) -> str:
    """Wait until the texts are those that are kept; empty: they are, else what is missing and what is new."""
    try:
        until(lambda: texts() == kept, LIMIT_S)
    except AssertionError:
        now = texts()
        return f"missing {sorted(set(kept) - set(now))}, new {sorted(set(now) - set(kept))}"
    return ""
