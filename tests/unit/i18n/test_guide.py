"""Chapters, sections and the search of the guide, and the page of codes that is made from the texts."""

from __future__ import annotations

import pytest

from freesport_sync.i18n.error_catalogue import error_catalogue
from freesport_sync.i18n.guide import Guide, plain, split_chapters
from freesport_sync.i18n.texts import Language, Texts

PAGE = """# Руководство

До первой главы.

<a id="undo"></a>
## Отменить импорт

Перед импортом делается **резервная копия**, см. [главу](#connect).

```
# это не заголовок
### и это тоже
freesport-sync --undo 12   # отменить
```

### Что возвращается

Остатки и цены, `retail_price`; ёлка.

<!-- заметка для себя -->
<a id="connect"></a>
## Подключить базу

| Что | Где |
|---|---|
| пароль | хранилище \\| файл |

### lock_held

Уже идёт импорт.

### lock_held_other

Уже идёт другое.
"""


@pytest.fixture
def guide() -> Guide:
    return Guide(split_chapters(PAGE))


def test_a_page_is_cut_into_chapters_and_sections(guide: Guide) -> None:
    assert [(one.name, one.title) for one in guide.chapters] == [
        ("undo", "Отменить импорт"),
        ("connect", "Подключить базу"),
    ]
    first, second = guide.chapters[0].sections
    assert (first.title, second.title) == ("", "Что возвращается")
    assert "### и это тоже\nfreesport-sync --undo 12" in first.text
    assert second.text == "Остатки и цены, `retail_price`; ёлка."


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("отмена импорта", [("undo", "")]),
        ("ОТМЕНИЛИ", [("undo", "")]),
        ("копии", [("undo", "")]),
        ("резервную копию", [("undo", "")]),
        ("цена остатка", [("undo", "Что возвращается")]),
        ("елки", [("undo", "Что возвращается")]),
        ("пароли", [("connect", "")]),
        ("lock_held", [("connect", "lock_held"), ("connect", "lock_held_other")]),
        ("retail_price", [("undo", "Что возвращается")]),
        ("отмена пароля", []),
        ("  ", []),
        ("*?[(", []),
    ],
)
def test_words_are_found_with_any_ending(guide: Guide, words: str, found: list[tuple[str, str]]) -> None:
    assert [(hit.chapter.name, hit.section) for hit in guide.find(words)] == found


def test_english_words_are_found_with_any_ending() -> None:
    guide = Guide(split_chapters('<a id="a"></a>\n## Backups\n\nUndoing an import; prices.\n'))
    for words in ("backup", "backups", "undo", "importing", "price imported"):
        assert guide.find(words), words


def test_a_hit_in_a_title_comes_before_one_in_a_text(guide: Guide) -> None:
    page = '<a id="a"></a>\n## Разное\n\nОстатки.\n\n<a id="b"></a>\n## Остатки\n\nТекст.\n'
    assert [hit.chapter.name for hit in Guide(split_chapters(page)).find("остаток")] == ["b", "a"]


def test_the_snippet_shows_the_words(guide: Guide) -> None:
    long = f'<a id="a"></a>\n## Глава\n\n{"слово " * 60}искомое {"дальше " * 60}\n'
    (hit,) = Guide(split_chapters(long)).find("искомого")
    assert hit.snippet.startswith("… ")
    assert "искомое" in hit.snippet
    assert hit.snippet.endswith(" …")
    assert len(hit.snippet) < 120


def test_links_lead_to_chapters_and_codes(guide: Guide) -> None:
    def place(target: str) -> tuple[str, str] | None:
        found = guide.place(target)
        return found and (found[0].name, found[1])

    assert place("#undo") == ("undo", "")
    assert place("connect.ru.md") == ("connect", "")
    assert place("errors.ru.md#lock_held") == ("connect", "lock_held")
    assert place("errors.ru.md#nothing_of_that_name") is None
    assert place("https://example.ru/") is None


def test_an_unknown_name_gets_the_nearest_one(guide: Guide) -> None:
    assert guide.nearest("undoo") == "undo"
    assert guide.nearest("lock_hold") == "lock_held"
    assert guide.nearest("zzzzzz") is None


def test_plain_words_have_no_marks() -> None:
    text = "![Окно](a.png)\n* **Жирный** и [ссылка](#a) в `коде`, a\\|b, back\\_up\n1. раз\n| x | y |\n"
    assert plain(text) == "Окно\nЖирный и ссылка в коде, a|b, back_up\nраз\n| x | y |\n"


@pytest.mark.parametrize("language", Language)
def test_every_code_is_in_the_catalogue(language: Language) -> None:
    texts = Texts(language)
    errors, issues = split_chapters(error_catalogue(texts))
    for chapter in (errors, issues):
        codes = texts.section(chapter.name)
        assert [part.title for part in chapter.sections[1:]] == sorted(codes)
        assert "{" not in chapter.text
        assert "[[" not in chapter.text
    (held,) = [part for part in errors.sections if part.title == "lock_held"]
    assert held.text.endswith("```\nfreesport-sync --cancel RUN_ID\n```")


def test_texts_that_look_like_markdown_stay_as_they_are() -> None:
    catalogue = error_catalogue(Texts(Language.RUSSIAN))
    assert "backup.keep\\_days" in catalogue
    assert "backup.keep_days" in plain(catalogue)
    assert "\\&amp;" in catalogue
