"""The administrator's guide in the operator's language, with what is made from the texts and the settings."""

from __future__ import annotations

from pathlib import Path

from freesport_sync.i18n.error_catalogue import error_catalogue
from freesport_sync.i18n.guide import Chapter, Guide, split_chapters
from freesport_sync.i18n.resources import document
from freesport_sync.i18n.texts import Texts
from freesport_sync.settings.listing import list_defaults


def load_guide(texts: Texts) -> Guide:
    """The guide: its own chapters, then all settings, then the codes of errors and issues."""
    page = document(f"guide.{texts.language.value}.md").read_text(encoding="utf-8")
    return Guide((*split_chapters(page), _settings(texts), *split_chapters(error_catalogue(texts))))


def guide_folder() -> Path:
    """The folder that the addresses of the guide's pictures start from."""
    return document()


def _settings(texts: Texts) -> Chapter:
    """All settings, a section each."""
    parts = [texts("guide.settings_about")]
    for one in list_defaults():
        default = texts("cli.not_set") if one.default is None else f"`{one.default}`"
        facts = texts("guide.setting", default=default, variable=one.variable)
        parts += [f"### {one.key}", texts(f"settings.{one.key}"), facts]
    return Chapter("settings", texts("guide.settings"), "\n\n".join(parts))
