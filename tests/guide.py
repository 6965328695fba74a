"""What the guide is checked for, and `python -m tests.guide`, which writes the pages that are made from the texts."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from freesport_sync.i18n.error_catalogue import error_catalogue
from freesport_sync.i18n.guide import Guide, split_chapters
from freesport_sync.i18n.texts import Language, Texts

DOCS = Path(__file__).parents[1] / "docs"
_COMMAND = re.compile(r"^(?:.* -- |[ >]*)(freesport-sync(?:-window)?(?: .*)?)$", re.MULTILINE)
_INLINE = re.compile(r"`(freesport-sync(?:-window)? -[^`]*)`")
_BLOCK = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PICTURE = re.compile(r"!\[[^\]]+\]\(([^)]+)\)")


def page_of(language: Language) -> str:
    """The guide as it is written."""
    return (DOCS / f"guide.{language.value}.md").read_text("utf-8")


def guide_of(language: Language) -> Guide:
    """Its own chapters, without those that are made from texts and settings."""
    return Guide(split_chapters(page_of(language)))


def commands_of(text: str) -> list[list[str]]:
    """The arguments of every command of ours in a text, without comments of the shell."""
    lines = [line for block in _BLOCK.findall(text) for line in _COMMAND.findall(block)]
    return [shlex.split(line, comments=True)[1:] for line in (*lines, *_INLINE.findall(text))]


def pictures_of(text: str) -> list[str]:
    """The addresses of the pictures of a text."""
    return _PICTURE.findall(text)


def made_pages() -> dict[Path, str]:
    """The pages that are made from the texts, with what they should contain."""
    return {DOCS / f"errors.{language.value}.md": _errors(Texts(language)) for language in Language}


def _errors(texts: Texts) -> str:
    language = texts.language.value
    note = "<!-- `python -m tests.guide` makes this page from resources/i18n; change the texts there. -->"
    about = f"{texts('guide.page_about')}(guide.{language}.md)."
    return "\n\n".join([f"# {texts('guide.page')}", note, about, error_catalogue(texts)]) + "\n"


def main() -> None:
    """Write the pages."""
    for page, text in made_pages().items():
        page.write_text(text, "utf-8", newline="\n")


if __name__ == "__main__":
    main()
