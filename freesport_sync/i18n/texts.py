"""The texts for people, by key and language; `resources/i18n` has the sentences."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from freesport_sync.core.foreign_messages import is_russian, meaning_of
from freesport_sync.core.shop import Entity, UpkeepKind, undoes
from freesport_sync.errors import SyncError
from freesport_sync.i18n.resources import resource
from freesport_sync.os_support import quoted

if TYPE_CHECKING:  # `--help` needs no events
    from freesport_sync.core.events import Event, RunStarted
    from freesport_sync.core.issues import RowIssue
    from freesport_sync.core.run import FieldChange, RunReport, RunStatus

LANGUAGE_VARIABLE = "FREESPORT_SYNC_LANGUAGE"
_FOREIGN = ("reason", "log")
"""Parameters that hold a message of another program; see `core.foreign_messages`."""
_PRICES = (
    *("retail_price", "opt1_price", "opt2_price", "opt3_price", "trainer_price", "federation_price", "rrp", "msrp"),
)
_OPTIONAL, _PLACEHOLDER = re.compile(r"\[\[(.*?)\]\]"), re.compile(r"\{(\w+)\}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[+-]\d\d:?\d\d|Z)?)?")


class Language(StrEnum):
    """The languages of the program; Russian is the default."""

    RUSSIAN = "ru"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class ErrorText:
    """An error for a person: what happened, what is affected, what to do.

    Args:
        what: in our own words, without messages of other programs.
        affected: empty if it is obvious.
        hint: what to do; empty if it is obvious.
        code: for the support.
        said: the message of the other program, untranslated; empty: none, or it is part of `what`.
    """

    what: str
    affected: str
    hint: str
    code: str
    said: str = ""

    def followed_by(self, more: str) -> str:
        """What happened, `more` about it, and the message of the other program, in one paragraph."""
        # A headline has no full stop, as it often ends with a message that comes with its own.
        what = self.what if self.what.endswith((".", "!", "?", ":", "…")) or not more else f"{self.what}."
        return " ".join(part for part in (what, more, self.said and f"({self.said})") if part)

    @property
    def sentence(self) -> str:
        """What happened, the message of the other program and the code, on one line."""
        said = f" ({' '.join(self.said.split())})" if self.said else ""
        return f"{' '.join(self.what.split())}{said} [{self.code}]"


class Texts:
    """The texts of one language.

    Args:
        language: the language.

    Attributes:
        program: start of a command to paste: the program with the options for the same database.
    """

    def __init__(self, language: Language) -> None:
        self.program = "freesport-sync"
        file = resource("i18n", f"{language.value}.toml")
        self.language = language
        self._sections: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))

    def __call__(self, key: str, **params: object) -> str:
        """The text with the key `section.name`, filled in."""
        section, _, name = key.partition(".")
        return self._filled(self._sections[section][name], params)

    def error(self, error: SyncError) -> ErrorText:
        """The text for an error."""
        errors = self._sections["errors"]
        texts = errors.get(f"{error.code}_{error.params.get('problem')}") or errors.get(error.code)
        if texts is None:  # a bug, but the operator still has to see the error
            return ErrorText(str(error), "", "", error.code)
        return self._error_text(texts, error)

    def of_run(self, error: SyncError, kind: str, is_dry_run: bool) -> SyncError:
        """The error, with a text for its kind of run if there is one: cancelling an undo cancels no import.

        Args:
            error: that ended the run.
            kind: of the run, as for `kind`.
            is_dry_run: it was a dry run.
        """
        work = "check" if is_dry_run else "undo" if undoes(kind) else kind
        has_words = f"{error.code}_{work}" in self._sections["errors"]
        return type(error)(error.code, **error.params | {"problem": work}) if has_words else error

    def key_of_kind(self, key: str, run: RunStarted | RunReport) -> str:
        """The key of a text that may differ between kinds of runs and between their dry runs."""
        work = "undo" if run.kind == UpkeepKind.RESTORE and run.undone_id else run.kind
        dry = "_dry" if run.is_dry_run else ""
        own = f"{key}_{work}{dry}"
        return own if self.has(own) else f"{key}{dry}"

    def section(self, name: str) -> Mapping[str, Any]:
        """The texts of a section as they are written, with their placeholders."""
        found: Mapping[str, Any] = self._sections[name]
        return found

    def has(self, key: str) -> bool:
        """Whether there is a text with this key."""
        section, _, name = key.partition(".")
        return name in self._sections.get(section, {})

    def _error_text(self, texts: dict[str, str], error: SyncError) -> ErrorText:
        """Fill in the texts of an error; messages of other programs that we cannot translate go to `said`."""
        params = self._params_for_people(error.params)
        said = []
        for name in _FOREIGN:
            if name not in params or str(error.params[name]) in self._sections.get(name, ()):  # none, or ours
                continue
            raw = str(error.params[name]).strip()
            words = self._translate(raw)
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

    def _translate(self, message: str) -> str:
        """A message of another program in the operator's language; empty: it is unknown."""
        known = meaning_of(message)
        if known is not None:
            meaning, params = known
            return self(f"foreign.{meaning}", **params)
        return message if self.language is Language.ENGLISH or is_russian(message) else ""

    def _params_for_people(self, params: Mapping[str, object]) -> dict[str, object]:
        """Replace parameters that are codes, such as a stage, by words, and moments by local time."""
        return {name: self._param_for_people(name, params) for name in params}

    def _param_for_people(self, name: str, params: Mapping[str, object]) -> object:
        words, value = self._sections.get(name), params[name]
        if not isinstance(words, dict):
            return self._value_for_people(value)
        return self._filled(words[str(value)], params) if str(value) in words else self.word(name, value)

    def _value_for_people(self, value: object) -> object:
        if isinstance(value, str) and _MOMENT.fullmatch(value):
            try:
                moment = datetime.fromisoformat(value)
            except ValueError:
                return value
            return self.moment(moment) if len(value) > len("2026-11-29") else f"{moment:%d.%m.%Y}"
        return value

    def moment(self, moment: datetime, has_seconds: bool = False) -> str:
        """Date and time in the time zone of this computer."""
        local = moment.astimezone() if moment.tzinfo else moment
        return f"{local:%d.%m.%Y %H:%M:%S}" if has_seconds else f"{local:%d.%m.%Y %H:%M}"

    def kind(self, kind: str, is_dry_run: bool = False, undone_id: int = 0) -> str:
        """The name of a kind of run.

        Args:
            kind: of a task, or one of `ImportType`; shown as it is if it has no text.
            is_dry_run: it is a dry run.
            undone_id: the run that it undoes; 0: none.
        """
        if kind == UpkeepKind.RESTORE and undone_id:
            return self(f"cli.kind_undo{'_dry' if is_dry_run else ''}", undone_id=undone_id)
        word = self.word("kind", kind)
        return self("cli.kind_dry", kind=word) if is_dry_run else word

    def stage(self, stage: str, kind: str) -> str:
        """The name of a stage in a run of this kind."""
        key = f"stage_back.{stage}"
        return self(key) if undoes(kind) and self.has(key) else self.word("stage", stage)

    def field(self, change: FieldChange) -> str:
        """The name of the field that changes; properties have names of their own."""
        if change.is_creation:
            return self("shop_value.created")
        words: dict[str, str] = self._sections["field"]
        return words.get(change.field, change.field)

    def values(self, change: FieldChange) -> tuple[str, str]:
        """The old and the new value for people; of a new object only its article, if it has one."""
        if change.is_creation:
            sku = change.new_value or ""
            is_article = change.entity == Entity.VARIANT and not sku.startswith("SKU-") and sku != change.onec_id
            return "", self("cli.article", article=sku) if is_article and sku else ""
        return self.value(change.field, change.old_value), self.value(change.field, change.new_value)

    def value(self, field: str, value: str | None) -> str:
        """A value of a field of the shop for people."""
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
        """The remark that another run has undone this one."""
        return self(f"cli.undone_by{'_repair' if kind == UpkeepKind.REPAIR else ''}", run_id=undone_by)

    def check(self, code: str, params: dict[str, object]) -> str:
        """The text for an item of a check; an item that failed with an error has the text of that error."""
        template = self._sections["check"].get(code)
        if template is not None:
            return self._filled(template, self._params_for_people(params) | self._foreign_params(params))
        text = self.error(SyncError(code, **params))
        return text.followed_by(text.hint)

    def _foreign_params(self, params: Mapping[str, object]) -> dict[str, object]:
        """Messages of other programs for texts without `said`: translated, else as they are."""
        return {name: self._translate(str(params[name])) or params[name] for name in _FOREIGN if name in params}

    def issue(self, issue: RowIssue) -> tuple[str, str]:
        """What is wrong with a record, and what to fix in 1C."""
        texts = self._sections["issues"].get(issue.code)
        if texts is None:
            return issue.code, ""
        known = {"value": issue.value, "name": issue.name, "field": issue.field, "onec_id": issue.onec_id}
        params = self._params_for_people({**known, **issue.params}) | self._foreign_params(issue.params)
        return self._filled(texts["what"], params), self._filled(texts["hint"], params)

    def issue_title(self, code: str) -> str:
        """The title for all issues of one code."""
        texts = self._sections["issues"].get(code)
        return str(texts["title"]) if texts else code

    def report_line(self, event: Event, percent: int) -> str:
        """The line of the import session's report for an event of the run; empty: none."""
        from freesport_sync.core.events import MergeRepeated, Progress

        match event:
            case MergeRepeated():
                return self("report.merge_repeated", attempt=event.attempt)
            case Progress():
                return self("report.progress", stage=self.word("stage", event.stage), percent=percent)
            case _:
                return ""

    def outcome(self, status: RunStatus) -> str:
        """The last line of the import session's report."""
        return self("report.outcome", status=self(f"status.{status.value}"))

    def word(self, section: str, value: object) -> str:
        """The text for a code, or for several separated by commas; a code without a text stays as it is."""
        words = self._sections.get(section)
        return (
            ", ".join(words.get(one, one) for one in str(value).split(", ")) if isinstance(words, dict) else str(value)
        )

    def _filled(self, template: str, params: Mapping[str, object]) -> str:
        return _filled(template, {**params, "program": self.program})


def is_outcome_of_dry_run(text: str) -> bool:
    """Whether an answer to 1C reports the outcome of a dry run, which to 1C is a failure like any other."""
    return text.startswith(_start_of_dry_run_answer())


@cache
def _start_of_dry_run_answer() -> str:
    return Texts(Language.RUSSIAN)("onec.dry_run").partition("{")[0]


def _filled(template: str, params: Mapping[str, object]) -> str:
    """Fill in a template; a part in `[[ ]]` is left out if one of its placeholders has no value."""

    def kept(part: re.Match[str]) -> str:
        return part[1] if all(params.get(name) for name in _PLACEHOLDER.findall(part[1])) else ""

    known = {name: "—" if value is None else value for name, value in params.items()}
    return _OPTIONAL.sub(kept, template).format_map(_Values(known))


class _Values(dict[str, object]):
    """Values of placeholders; `{file_quoted}` is `file` quoted for a shell.

    A placeholder without a value stays visible rather than hiding the error behind another one.
    """

    def __missing__(self, key: str) -> str:
        name = key.removesuffix("_quoted")
        return quoted(str(self[name])) if name in self else f"{{{key}}}"
