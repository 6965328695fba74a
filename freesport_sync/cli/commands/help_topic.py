"""`--help-topic`: the guide in the terminal, a chapter at a time; also what a code of an error means."""

from __future__ import annotations

from freesport_sync.cli.arguments import CONTENTS
from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.results import TopicList, TopicShown
from freesport_sync.errors import ConfigError, ExitCode
from freesport_sync.services.guide import load_guide


def help_topic(invocation: Invocation) -> int:
    """Show a chapter, what is said of a code, or the list of chapters.

    Raises:
        ConfigError: there is no such chapter or code.
    """
    guide, name = load_guide(invocation.texts), invocation.options.help_topic
    if name == CONTENTS:
        invocation.output.show(TopicList(guide.chapters))
    elif chapter := guide.chapter(name):
        invocation.output.show(TopicShown(name, chapter.title, chapter.text))
    elif found := guide.of_code(name):
        chapter, cases = found
        text = "\n\n".join(f"### {case.title}\n\n{case.text}" for case in cases)
        invocation.output.show(TopicShown(name, chapter.title, text))
    else:
        raise ConfigError("help_topic_unknown", name=name, nearest=guide.nearest(name))
    return ExitCode.DONE
