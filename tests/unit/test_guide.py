"""The guide: both languages say the same, links and commands work, and what is made from the texts is up to date."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from freesport_sync.cli.arguments import ACTIONS, build_parser
from freesport_sync.cli.contradictions import refuse_contradictions
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.services.guide import load_guide
from tests.guide import DOCS, commands_of, guide_of, made_pages, page_of, pictures_of

LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
LIMIT_KB = 1536
"""Of all pictures together: they come with every installation."""


@pytest.fixture(params=Language, ids=lambda language: language.value)
def language(request: pytest.FixtureRequest) -> Language:
    found: Language = request.param
    return found


def anchors(page: str) -> list[str]:
    return re.findall(r'<a id="([\w-]+)"></a>', page)


def test_both_languages_have_the_same_chapters_sections_pictures_and_commands() -> None:
    russian, english = (guide_of(one) for one in Language)
    assert [one.name for one in russian.chapters] == [one.name for one in english.chapters]
    for one, other in zip(russian.chapters, english.chapters, strict=True):
        assert len(one.sections) == len(other.sections), one.name
        assert [name.replace(".ru", ".en") for name in pictures_of(one.text)] == pictures_of(other.text), one.name
        assert shapes(one.text) == shapes(other.text), one.name


def shapes(text: str) -> list[list[str]]:
    """Options of each command, and how many other arguments it has; names and places may be translated."""
    return [
        [word if word.startswith("-") else "…" for word in command if word not in ("ru", "en")]
        for command in commands_of(text)
    ]


def test_every_chapter_says_something(language: Language) -> None:
    assert [one.name for one in guide_of(language).chapters if len(one.text) < 150] == []
    assert len(anchors(page_of(language))) == len(guide_of(language).chapters)


def test_every_command_can_be_run_as_it_stands(language: Language) -> None:
    texts = Texts(language)
    commands = commands_of(page_of(language))
    assert len(commands) > 30
    for command in commands:
        if {"--version", "--help"} & set(command):
            continue  # the parser itself answers
        parser = build_parser(texts)
        options = parser.parse_args(command)
        refuse_contradictions(options, parser, texts)


def test_the_guide_shows_every_action(language: Language) -> None:
    used = {word for command in commands_of(page_of(language)) for word in command}
    assert [name for name in ACTIONS if f"--{name.replace('_', '-')}" not in used] == []


def links(page: str) -> Iterator[tuple[str, str]]:
    for target in LINK.findall(page):
        if not target.startswith(("https://", "http://")):
            file, _, anchor = target.partition("#")
            yield file, anchor


def test_every_link_leads_somewhere(language: Language) -> None:
    page = page_of(language)
    for file, anchor in links(page):
        target = (DOCS / file).read_text("utf-8") if file else page
        headings = re.findall(r"^#+ (\w+)$", target, re.MULTILINE)
        assert not anchor or anchor in [*anchors(target), *headings], (file, anchor)


def test_every_link_of_a_chapter_works_in_the_window_too(language: Language) -> None:
    guide = load_guide(Texts(language))
    for chapter in guide.chapters:
        for file, anchor in links(chapter.text):
            assert guide.place(f"{file}#{anchor}" if anchor else file), (chapter.name, file, anchor)


def test_the_window_has_the_reference_besides() -> None:
    for language in Language:
        guide = load_guide(Texts(language))
        assert [one.name for one in guide.chapters[-3:]] == ["settings", "errors", "issues"]
        assert guide.place("#exchange.port") == (guide.chapters[-3], "exchange.port")


def test_every_picture_exists_and_is_used() -> None:
    used = {name for language in Language for name in pictures_of(page_of(language))}
    used |= set(pictures_of((DOCS.parent / "README.md").read_text("utf-8").replace("docs/", "")))
    found = {file.relative_to(DOCS).as_posix(): file for file in DOCS.rglob("*.png")}
    assert used == found.keys()
    assert sum(file.stat().st_size for file in found.values()) < LIMIT_KB * 1024


def test_pages_made_from_the_texts_are_up_to_date() -> None:
    stale = [page.name for page, text in made_pages().items() if page.read_text("utf-8") != text]
    assert stale == [], "write them with: python -m tests.guide"
