"""The administrator's guide as chapters and sections, and the search in it; pure, the files are read by services."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

_CHAPTER = re.compile(r'^<a id="([\w-]+)"></a>\n## (.+)\n', re.MULTILINE)
"""The heading of a chapter, below its anchor; the anchor stays when the title changes."""
_SECTION = re.compile(r"^### (.+)\n", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_IMAGE, _LINK = re.compile(r"!\[([^\]]*)\]\([^)]*\)"), re.compile(r"\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"^```\w*$|^[#*>] +|^\d+\. |^\|[-|]+\|$|\*\*|`|\\(?=[*<\[\]|`_&])", re.MULTILINE)
_WORD = re.compile(r"[\w-]*\w")
_ENGLISH_ENDING = re.compile(r"(?:ing|ed|es|s)$")
_SNIPPET = 90
"""Characters of a section that a hit shows."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a chapter.

    Args:
        title: empty for what comes before the first section.
        text: Markdown, without the heading.
    """

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of the guide.

    Args:
        name: stable, for links and `--help-topic`.
        title: for people.
        text: Markdown, without the heading.
    """

    name: str
    title: str
    text: str

    @property
    def sections(self) -> tuple[Section, ...]:
        """What comes before the first section, then the sections."""
        first, *rest = _SECTION.split(_without_code(self.text))
        parts = [("", first), *zip(rest[::2], rest[1::2], strict=True)]
        return tuple(Section(title, _with_code(text, self.text)) for title, text in parts)


@dataclass(frozen=True, slots=True)
class Hit:
    """A section that has all words that were looked for.

    Args:
        chapter: it is in.
        section: its title; empty: the beginning of the chapter.
        snippet: some words around the first hit, in one line.
    """

    chapter: Chapter
    section: str
    snippet: str


@dataclass(frozen=True, slots=True)
class _Searched:
    """A section with its words, as the search compares them."""

    chapter: Chapter
    section: str
    text: str
    title_words: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Guide:
    """All chapters, in the order of the table of contents."""

    chapters: tuple[Chapter, ...]

    def chapter(self, name: str) -> Chapter | None:
        """The chapter with a name."""
        return next((one for one in self.chapters if one.name == name), None)

    def of_code(self, code: str) -> tuple[Chapter, tuple[Section, ...]] | None:
        """The chapter that explains a code or a setting, and its sections there: some errors have several cases."""
        for chapter in self.chapters:
            found = [part for part in chapter.sections if _is_code(part.title)]
            cases = tuple(part for part in found if part.title == code or part.title.startswith(f"{code}_"))
            if cases:
                return chapter, cases
        return None

    def place(self, target: str) -> tuple[Chapter, str] | None:
        """The chapter that a link leads to, and the section or nothing; None: it leads out of the guide.

        Args:
            target: of the link, such as `#undo`, `settings.md` or `errors.ru.md#lock_held`.
        """
        page, _, name = target.partition("#")
        if chapter := self.chapter(name or page.partition(".")[0]):
            return chapter, ""
        found = self.of_code(name) if name else None
        return found and (found[0], found[1][0].title)

    def nearest(self, name: str) -> str | None:
        """The chapter or section whose name looks most like `name`, which does not exist."""
        names = [chapter.name for chapter in self.chapters]
        codes = [part.title for chapter in self.chapters for part in chapter.sections if _is_code(part.title)]
        found = get_close_matches(name.casefold(), [*names, *codes], 1, cutoff=0.5)
        return found[0] if found else None

    def find(self, words: str) -> list[Hit]:
        """The sections that have all words, in any of their forms; those with the words in the title come first."""
        stems = stems_of(words)
        if not stems:
            return []
        ranked: list[tuple[int, Hit]] = []
        for one in self._searched:
            own = (*one.title_words, *one.words)
            others = [stem for stem in stems if not _has_all([stem], own)]
            if len(others) == len(stems) or not _has_all(others, _words(one.chapter.title)):
                continue
            rank = 2 if others else 1 - _has_all(stems, one.title_words)
            ranked.append((rank, Hit(one.chapter, one.section, _snippet(one.text, stems))))
        return [hit for _, hit in sorted(ranked, key=lambda pair: pair[0])]

    @cached_property
    def _searched(self) -> tuple[_Searched, ...]:
        found = []
        for chapter in self.chapters:
            for part in chapter.sections:
                text = plain(part.text)
                titles = tuple(_words(part.title or chapter.title))
                found.append(_Searched(chapter, part.title, text, titles, tuple(_words(text))))
        return tuple(found)


def split_chapters(page: str) -> tuple[Chapter, ...]:
    """Cut a page into its chapters; what comes before the first one belongs to none."""
    _, *rest = _CHAPTER.split(_COMMENT.sub("", page))
    parts = zip(rest[::3], rest[1::3], rest[2::3], strict=True)
    return tuple(Chapter(name, title.strip(), text.strip()) for name, title, text in parts)


def stems_of(words: str) -> list[str]:
    """What all forms of each word begin with, in lower case."""
    return [_stem(word) for word in _words(words)]


def plain(markdown: str) -> str:
    """The words of a text in Markdown, without its marks and the targets of its links."""
    text = _LINK.sub(r"\1", _IMAGE.sub(r"\1", markdown))
    return _MARKS.sub("", text)


def _without_code(text: str) -> str:
    """The text with its blocks of code numbered: a comment in a shell script looks like a heading."""
    numbers = iter(range(len(text)))
    return _FENCED.sub(lambda _: f"\0{next(numbers)}\0", text)


def _with_code(part: str, whole: str) -> str:
    blocks = _FENCED.findall(whole)
    return re.sub("\0(\\d+)\0", lambda found: blocks[int(found[1])], part).strip()


def _is_code(title: str) -> bool:
    return re.fullmatch(r"[a-z0-9_.]+", title) is not None


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold().replace("ё", "е"))


def _stem(word: str) -> str:
    """The word without its ending; short words and codes as they are."""
    if len(word) < 4 or "_" in word:
        return word
    if word.isascii():
        return _ENGLISH_ENDING.sub("", word)
    return word[: len(word) - min(3, len(word) // 2 - 1)]


def _has_all(stems: Iterable[str], words: Sequence[str]) -> bool:
    return all(any(word.startswith(stem) for word in words) for stem in stems)


def _snippet(text: str, stems: list[str]) -> str:
    line = " ".join(text.replace("|", " ").split())
    lower = line.casefold().replace("ё", "е")
    places = [place for stem in stems if (place := lower.find(stem)) >= 0]
    start = max(0, min(places, default=0) - _SNIPPET // 3)
    start = lower.rfind(" ", 0, start) + 1 if start else 0
    cut = line[start : start + _SNIPPET]
    return f"{'… ' if start else ''}{cut}{' …' if start + _SNIPPET < len(line) else ''}"
