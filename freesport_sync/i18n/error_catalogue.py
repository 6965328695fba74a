"""The page of all error and issue codes: what happened, what is affected, what to do; made from the texts."""

from __future__ import annotations

import re
from collections.abc import Mapping

from freesport_sync.i18n.texts import Texts

_PLACEHOLDER, _OPTIONAL = re.compile(r"\{(\w+)\}"), re.compile(r"\[\[(.*?)\]\]", re.DOTALL)


def error_catalogue(texts: Texts) -> str:
    """The page in Markdown, with a chapter for errors and one for issues, and a section for each code."""
    chapters = (
        ("errors", texts.section("errors"), ("what", "affected", "hint")),
        ("issues", texts.section("issues"), ("title", "what", "hint")),
    )
    return "\n\n".join(
        "\n".join(
            [
                f'<a id="{name}"></a>',
                f"## {texts(f'guide.{name}')}",
                "",
                texts(f"guide.{name}_about"),
                *(_entry(code, entries[code], parts, texts) for code in sorted(entries)),
            ]
        )
        for name, entries, parts in chapters
    )


def _entry(code: str, entry: Mapping[str, str], parts: tuple[str, ...], texts: Texts) -> str:
    lines = [_emphasised(part, _lines(entry[part])) for part in parts if entry.get(part)]
    return f"\n### {code}\n\n" + "\n\n".join(lines)


def _emphasised(part: str, text: str) -> str:
    return f"**{text}**" if part == "title" else text


def _lines(text: str) -> str:
    """A text with its placeholders told, its paragraphs kept, and its commands in blocks of code."""
    told: list[str] = []
    code: list[str] = []
    for line in _OPTIONAL.sub(r"\1", text).strip("\n").split("\n"):
        if line.startswith("  "):
            code.append(_command(line.strip()))
            continue
        told += _block(code) + ([_escaped(_PLACEHOLDER.sub("…", line)), ""] if line.strip() else [])
        code = []
    return "\n".join(told + _block(code)).strip("\n")


def _command(line: str) -> str:
    return _PLACEHOLDER.sub(
        lambda found: "freesport-sync" if found[1] == "program" else found[1].removesuffix("_quoted").upper(), line
    )


def _block(code: list[str]) -> list[str]:
    return ["```", *code, "```", ""] if code else []


def _escaped(line: str) -> str:
    """A line that Markdown shows as it is."""
    return re.sub(r"[*<\[\]|`&]|(?<=\w)_(?=\w)", lambda found: f"\\{found[0]}", line)
