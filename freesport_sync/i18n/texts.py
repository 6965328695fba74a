"""Every sentence for people, by key and language; the sentences themselves are in `resources/i18n`."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from freesport_sync.core.events import (
    Event,
    MergeRepeated,
    Progress,
    RunStarted,
)
from freesport_sync.core.foreign_messages import is_russian, meaning_of
from freesport_sync.core.issues import RowIssue
from freesport_sync.core.run import (
    CREATED,
    Entity,
    FieldChange,
    RunKind,
    RunReport,
    RunStatus,
)
from freesport_sync.errors import SyncError
from freesport_sync.i18n.resources import resource
from freesport_sync.os_support import quoted

LANGUAGE_VARIABLE = "FREESPORT_SYNC_LANGUAGE"
_FOREIGN = ("reason", "log")
"""Parameters of errors in which libraries, systems and servers speak."""
_PRICES = (
    *("retail_price", "opt1_price", "opt2_price", "opt3_price", "trainer_price", "federation_price", "rrp", "msrp"),
)
_OPTIONAL, _GAP = re.compile(r"\[\[(.*?)\]\]"), re.compile(r"\{(\w+)\}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[+-]\d\d:?\d\d|Z)?)?")


class Language(StrEnum):
    """The languages that the program speaks; Russian is the default."""

    RUSSIAN = "ru"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class ErrorText:
    """An error for a person: what happened, what is affected, what to do.

    Args:
        what: in our words, without those of libraries and servers.
        affected: empty where it goes without saying.
        hint: what to do; likewise.
        code: for the support.
        said: what the library, the system or the server has said, in its own words; likewise.
    """

    what: str
    affected: str
    hint: str
    code: str
    said: str = ""

    @property
    def sentence(self) -> str:
        """What happened, what was said and the code, in one line."""
        said = f" ({' '.join(self.said.split())})" if self.said else ""
        return f"{' '.join(self.what.split())}{said} [{self.code}]"


class Texts:
    """The sentences of one language.

    Args:
        language: which one.

    Attributes:
        program: how this program is called, for commands to be pasted: with what makes it find the same database.
    """

    def __init__(self, language: Language) -> None:
        self.program = "freesport-sync"
        file = resource("i18n", f"{language.value}.toml")
        self.language = language
        self._sections: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))

    def __call__(self, key: str, **params: object) -> str:
        """The sentence `section.name`, filled in."""
        section, _, name = key.partition(".")
        return self._filled(self._sections[section][name], params)

    def error(self, error: SyncError) -> ErrorText:
        """What to tell the operator about an error."""
        errors = self._sections["errors"]
        texts = errors.get(f"{error.code}_{error.params.get('problem')}") or errors.get(error.code)
        if texts is None:  # a code without a text is a bug; the operator still has to be told
            return ErrorText(str(error), "", "", error.code)
        return self._error_text(texts, error)

    def of_run(self, error: SyncError, kind: str, is_dry_run: bool) -> SyncError:
        """The error that has ended a run, to be told in the words of its kind: who stops an undo cancels no import.

        Args:
            error: which one.
            kind: of the run, as for `kind`.
            is_dry_run: it only looked.
        """
        takes_back = kind in (RunKind.RESTORE, RunKind.UNDO_REPAIR)
        work = "check" if is_dry_run else "undo" if takes_back else kind
        has_words = f"{error.code}_{work}" in self._sections["errors"]
        return type(error)(error.code, **error.params | {"problem": work}) if has_words else error

    @staticmethod
    def key_of_kind(key: str, run: RunStarted | RunReport) -> str:
        """The key of a sentence that differs between imports, backups, restores and undoings, and their trial runs."""
        of_import = run.kind is RunKind.RESTORE and run.undone_id
        words = [key] if run.kind.is_import else [key, "undo" if of_import else run.kind.value]
        return "_".join([*words, "dry"] if run.is_dry_run else words)

    def _error_text(self, texts: dict[str, str], error: SyncError) -> ErrorText:
        """Fill in the sentences of an error; foreign words that mean nothing to us are said apart from them."""
        params = self._readable(error.params)
        said = []
        for name in _FOREIGN:
            if name not in params or str(error.params[name]) in self._sections.get(name, ()):  # none, or a word of ours
                continue
            raw = str(error.params[name]).strip()
            words = self._own_words(raw)
            params[name] = words
            if words != raw and f"{{{name}}}" in texts["what"]:
                said.append(raw)
        return ErrorText(
            self._filled(texts["what"], params),
            self._filled(texts["affected"], params),
            # The place first: the last line of a hint may be a command to be pasted.
            f"{params.get('setting_place', '')} {self._filled(texts['hint'], params)}".strip(),
            error.code,
            "\n".join(said),
        )

    def _own_words(self, said: str) -> str:
        """Foreign words in the operator's language; empty where we do not know any."""
        known = meaning_of(said)
        if known is not None:
            meaning, gaps = known
            return self(f"foreign.{meaning}", **gaps)
        return said if self.language is Language.ENGLISH or is_russian(said) else ""

    def _readable(self, params: Mapping[str, object]) -> dict[str, object]:
        """Parameters that are codes themselves, such as a stage, become words; moments are told by our clock."""
        return {name: self._worded(name, params) for name in params}

    def _worded(self, name: str, params: Mapping[str, object]) -> object:
        words, value = self._sections.get(name), params[name]
        if not isinstance(words, dict):
            return self._told(value)
        return self._filled(words[str(value)], params) if str(value) in words else self.word(name, value)

    def _told(self, value: object) -> object:
        if isinstance(value, str) and _MOMENT.fullmatch(value):
            try:
                moment = datetime.fromisoformat(value)
            except ValueError:
                return value
            return self.moment(moment) if len(value) > len("2026-11-29") else f"{moment:%d.%m.%Y}"
        return value

    def moment(self, moment: datetime, has_seconds: bool = False) -> str:
        """Date and time of this computer's zone."""
        local = moment.astimezone() if moment.tzinfo else moment
        return f"{local:%d.%m.%Y %H:%M:%S}" if has_seconds else f"{local:%d.%m.%Y %H:%M}"

    def kind(self, kind: str, is_dry_run: bool = False, undone_id: int = 0) -> str:
        """What a run does.

        Args:
            kind: a word of `RunKind` or `ImportType`, or of a newer program.
            is_dry_run: it only looks.
            undone_id: the run that it takes back; see `RunRequest`.
        """
        if kind == RunKind.RESTORE and undone_id:
            return self(f"cli.kind_undo{'_dry' if is_dry_run else ''}", undone_id=undone_id)
        word = self.word("kind", kind)
        return self("cli.kind_dry", kind=word) if is_dry_run else word

    def field(self, change: FieldChange) -> str:
        """What of an object changes; a property has its own name."""
        if change.field == CREATED:
            return self("shop_value.created")
        words: dict[str, str] = self._sections["field"]
        return words.get(change.field, change.field)

    def values(self, change: FieldChange) -> tuple[str, str]:
        """The old and the new value as people write them; of a new object its article where it has one."""
        if change.field == CREATED:
            sku = change.new_value or ""
            is_article = change.entity is Entity.VARIANT and not sku.startswith("SKU-") and sku != change.onec_id
            return "", self("cli.article", article=sku) if is_article and sku else ""
        return self.value(change.field, change.old_value), self.value(change.field, change.new_value)

    def value(self, field: str, value: str | None) -> str:
        """A value of a field of the shop."""
        if value is None or value == "":
            return "—"
        if field in ("is_active", "sync_status"):
            return self.word("shop_value", value)
        if field in _PRICES:
            return value.replace(".", ",") if self.language is Language.RUSSIAN else value
        if field == "vat_rate":
            return f"{float(value):g} %"
        if field in ("gallery_images", "base_images", "main_image"):
            paths = json.loads(value) if value.startswith("[") else [value]
            return ", ".join(str(path).rpartition("/")[2] for path in paths) or "—"
        return value

    def undone(self, kind: str, undone_by: int) -> str:
        """The mark of a run that another one has taken back."""
        return self(f"cli.undone_by{'_repair' if kind == RunKind.REPAIR else ''}", run_id=undone_by)

    def check(self, code: str, params: dict[str, object]) -> str:
        """One point of a check; one that fails with an error says what that says."""
        template = self._sections["check"].get(code)
        if template is not None:
            return self._filled(template, self._readable(params) | self._translated(params))
        text = self.error(SyncError(code, **params))
        said = f"({text.said})" if text.said else ""
        return " ".join(part for part in (text.what, text.hint, said) if part)

    def _translated(self, params: Mapping[str, object]) -> dict[str, object]:
        """Foreign words where there is nowhere else to say them: in ours, else as they are."""
        return {name: self._own_words(str(params[name])) or params[name] for name in _FOREIGN if name in params}

    def issue(self, issue: RowIssue) -> tuple[str, str]:
        """What is wrong with a record, and what to mend in 1C."""
        texts = self._sections["issues"].get(issue.code)
        if texts is None:
            return issue.code, ""
        known = {"value": issue.value, "name": issue.name, "field": issue.field, "onec_id": issue.onec_id}
        params = self._readable({**known, **issue.params}) | self._translated(issue.params)
        return self._filled(texts["what"], params), self._filled(texts["hint"], params)

    def issue_title(self, code: str) -> str:
        """A short name for all issues of one code."""
        texts = self._sections["issues"].get(code)
        return str(texts["title"]) if texts else code

    def report_line(self, event: Event, percent: int) -> str:
        """Line of the shop's session report for an event of the run."""
        match event:
            case MergeRepeated():
                return self("report.merge_repeated", attempt=event.attempt)
            case Progress():
                return self("report.progress", stage=self(f"stage.{event.stage.value}"), percent=percent)
            case _:
                return ""

    def outcome(self, status: RunStatus) -> str:
        """Last line of the shop's session report."""
        return self("report.outcome", status=self(f"status.{status.value}"))

    def word(self, section: str, value: object) -> str:
        """What a code is called, or several; a value that is none, or that nobody knows, is given as it is."""
        words = self._sections.get(section)
        return (
            ", ".join(words.get(one, one) for one in str(value).split(", ")) if isinstance(words, dict) else str(value)
        )

    def _filled(self, template: str, params: Mapping[str, object]) -> str:
        return _filled(template, {**params, "program": self.program})


def is_outcome_of_dry_run(text: str) -> bool:
    """Whether a server that does not write has told 1C this: to 1C it is a failure like others."""
    return text.startswith(_words_of_dry_run())


@cache
def _words_of_dry_run() -> str:
    return Texts(Language.RUSSIAN)("onec.dry_run").partition("{")[0]


def preferred_language(arguments: list[str]) -> Language:
    """The language of `--language`, else of the environment, else Russian; asked before the arguments are parsed."""
    wanted = os.environ.get(LANGUAGE_VARIABLE, "")
    for number, argument in enumerate(arguments):
        if argument == "--language" and number + 1 < len(arguments):
            wanted = arguments[number + 1]
        elif argument.startswith("--language="):
            wanted = argument.partition("=")[2]
    return Language(wanted) if wanted in tuple(Language) else Language.RUSSIAN


def _filled(template: str, params: Mapping[str, object]) -> str:
    """A sentence without gaps; what stands in `[[ ]]` is left out where one of its own has nothing to fill it."""

    def kept(part: re.Match[str]) -> str:
        return part[1] if all(params.get(gap) for gap in _GAP.findall(part[1])) else ""

    known = {name: "—" if value is None else value for name, value in params.items()}
    return _OPTIONAL.sub(kept, template).format_map(_Gaps(known))


class _Gaps(dict[str, object]):
    """`{file_quoted}` is the file as a shell takes it.

    A parameter that an error does not carry is left visible rather than hiding the error behind another one.
    """

    def __missing__(self, key: str) -> str:
        name = key.removesuffix("_quoted")
        return quoted(str(self[name])) if name in self else f"{{{key}}}"
