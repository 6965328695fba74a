"""The administrator's guide in the operator's language, with what is made from the texts and the settings."""

from __future__ import annotations

from pathlib import Path

from freesport_sync.i18n.error_catalogue import error_catalogue
from freesport_sync.i18n.guide import Chapter, Guide, split_chapters
from freesport_sync.i18n.resources import document
from freesport_sync.i18n.texts import Texts
from freesport_sync.settings.listing import as_markdown, list_defaults


def load_guide(texts: Texts) -> Guide:
    """The guide: its own chapters, then all settings, then the codes of errors and issues."""
    page = document(f"guide.{texts.language.value}.md").read_text(encoding="utf-8")
    settings = Chapter("settings", texts("guide.settings"), as_markdown(list_defaults(), texts))
    return Guide((*split_chapters(page), settings, *split_chapters(error_catalogue(texts))))


def guide_folder() -> Path:
    """The folder that the addresses of the guide's pictures start from."""
    return document()
