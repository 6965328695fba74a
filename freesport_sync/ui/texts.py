"""The window's sentences: those of the program, its own from `resources/i18n/window.*.toml`, numbers and times."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QLocale

from freesport_sync.core.freshness import DataKind
from freesport_sync.core.history import EntrySource, EntryStatus, HistoryEntry
from freesport_sync.core.issues import RowIssue
from freesport_sync.core.log_entries import parse_log_entry
from freesport_sync.core.run import Counts
from freesport_sync.core.shop import Entity, UpkeepKind, is_import, undoes
from freesport_sync.errors import SyncError
from freesport_sync.i18n.resources import resource
from freesport_sync.i18n.texts import ErrorText, Language, Texts

_LOCALES = {Language.RUSSIAN: "ru_RU", Language.ENGLISH: "en_US"}
_SHARE = re.compile(r"(\d+)/(\d+)")
_MAIN = (Entity.PRODUCT, Entity.VARIANT, Entity.PRICE, Entity.STOCK, Entity.CUSTOMER, Entity.PICTURE)
"""What a sentence about changes names; it has one number for all the rest."""
_MADE: dict[str, Callable[[Counts], int]] = {"created": lambda one: one.created, "updated": lambda one: one.updated}
_SET_BACK: dict[str, Callable[[Counts], int]] = {
    "set_back": lambda one: one.updated - one.hidden,
    "hidden": lambda one: one.hidden,
    "kept": lambda one: one.skipped,
}
_THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"


class UiTexts(Texts):
    """The texts of one language and its number format.

    The mechanism is that of the command line rather than Qt's `tr` and .ts files, because most texts of the window
    (errors, issues, stages, kinds) are texts of the command line, and because one test then compares all languages.

    Args:
        language: the language.
    """

    def __init__(self, language: Language) -> None:
        super().__init__(language)
        file = resource("i18n", f"window.{language.value}.toml")
        own: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        self._sections |= own
        self.locale = QLocale(_LOCALES[language])

    def count(self, key: str, number: int, **params: object) -> str:
        """The text in the plural form of `number`, with `{n}` filled in."""
        section, _, name = key.partition(".")
        forms: list[str] = self._sections[section][name]
        form = _russian_form(number) if self.language is Language.RUSSIAN else min(abs(number) != 1, 1)
        return forms[form].format(n=self.number(number), **params)

    def error(self, error: SyncError) -> ErrorText:
        """The text for an error; a hint that mentions the command line is replaced by the window's own."""
        text = super().error(error)
        keys = (f"hints.{error.code}_{error.params.get('problem')}", f"hints.{error.code}")
        key = next(filter(self.has, keys), None)
        return text if key is None else replace(text, hint=self(key, **self._params_for_people(error.params)))

    def issue(self, issue: RowIssue) -> tuple[str, str]:
        """What is wrong with a record, and what to fix in 1C; the window may have its own hint."""
        what, hint = super().issue(issue)
        return what, self(f"issue_hints.{issue.code}") if self.has(f"issue_hints.{issue.code}") else hint

    def _value_for_people(self, value: object) -> object:
        """Shares such as `3/12000` get the number format of the language, too."""
        if isinstance(value, str) and (share := _SHARE.fullmatch(value)):
            return f"{self.number(int(share[1]))}/{self.number(int(share[2]))}"
        return super()._value_for_people(value)

    def number(self, number: float) -> str:
        """A number with separators between thousands; a float with one decimal."""
        if isinstance(number, float):
            return self.locale.toString(number, "f", 1)
        separator = _THIN_SPACE if self.language is Language.RUSSIAN else ","
        return f"{number:,}".replace(",", separator)

    def duration(self, seconds: float) -> str:
        """`0,4 с` (whole seconds: `4 с`), `12 с`, `3 мин 05 с`, `1 ч 20 мин`."""
        if seconds < 9.95 and isinstance(seconds, float):
            return self("time.seconds", seconds=self.number(seconds))
        if seconds < 60:
            return self("time.seconds", seconds=round(seconds))
        minutes, rest = divmod(round(seconds), 60)
        if minutes < 60:
            return self("time.minutes", minutes=minutes, seconds=f"{rest:02}")
        return self("time.hours", hours=self.number(minutes // 60), minutes=f"{minutes % 60:02}")

    def age(self, seconds: float) -> str:
        """`5 мин назад`."""
        if seconds < 0:
            return self("cli.age_future")
        if seconds < 60:
            return self("time.just_now")
        if seconds < 3600:
            return self("cli.age_minutes", minutes=int(seconds // 60))
        if seconds < 48 * 3600:
            return self("cli.age_hours", hours=int(seconds // 3600))
        return self("cli.age_days", days=self.number(int(seconds // 86400)))

    def size(self, size_bytes: float) -> str:
        """`12,3 МБ`."""
        if size_bytes < 1_000_000:
            return self("time.kilobytes", size=self.number(size_bytes / 1000))
        return self("time.megabytes", size=self.number(size_bytes / 1_000_000))

    def size_of(self, done_bytes: float, total_bytes: float) -> str:
        """`81,4 из 126,9 МБ`, both in the unit of the whole."""
        unit = 1000 if total_bytes < 1_000_000 else 1_000_000
        return self("window.of_size", done=self.number(done_bytes / unit), total=self.size(total_bytes))

    def client(self, client: str) -> str:
        """The name of a client of the exchange; see `RequestHandled.client`."""
        key = f"exchange.client_{client or 'unknown'}"
        return self(key) if self.has(key) else client

    def overdue(self, overdue: Mapping[DataKind, SyncError]) -> str:
        """What is too old, in a few words: `Остатки не обновлялись 27 ч`, `Нет свежих данных: цены, остатки`."""
        (kind, one), *others = overdue.items()
        if others:
            return self("window.data_many", kinds=", ".join(self.word("data_kind", name).lower() for name in overdue))
        amount = next((name for name in ("hours", "days") if name in one.params), "never")
        return self(f"window.data_{amount}", **one.params | {"data_kind": self.word("data_kind", kind)})

    def status(self, status: EntryStatus) -> str:
        """The name of a status."""
        return self(f"entry_status.{status.value}")

    def entry_title(self, entry: HistoryEntry) -> str:
        """The title of an entry."""
        if entry.undone_id:
            kind = self.kind(entry.kind, entry.is_dry_run, entry.undone_id)
            return self("undo.entry_title", id=entry.key.id, kind=kind)
        key = f"entry.title_{entry.key.source.value}{'_dry' if entry.is_dry_run else ''}"
        return self(key, id=entry.key.id, kind=self.kind(entry.kind))

    def outcome_of(self, entry: HistoryEntry) -> str:
        """`Каталог и клиенты: загружено с замечаниями`, `Проверка: остатки — без замечаний`."""
        if entry.undone_id and entry.kind == UpkeepKind.RESTORE and not entry.is_dry_run:
            return self(f"undo.outcome_{entry.status.value}", undone_id=entry.undone_id)
        brings_something = is_import(entry.kind) or entry.key.source is EntrySource.SHOP
        section = "outcome_check" if entry.is_dry_run else "outcome_import" if brings_something else "outcome"
        kind = self.kind(entry.kind, entry.is_dry_run, entry.undone_id)
        return self(f"{section}.{entry.status.value}", kind=f"{kind[:1].upper()}{kind[1:]}")

    def changed(self, counts: Mapping[str, Counts], is_dry_run: bool, kind: str) -> str:
        """What a run has changed; empty if nothing.

        `создано: товаров 59, вариантов 214; изменено: цен 2`; of an undo
        `вернулось прежнее: товаров 2; скрыто: товаров 59; осталось как есть: вариантов 1`.
        """
        prefix = "would_" if is_dry_run else ""
        parts = []
        for name, number_of in (_SET_BACK if undoes(kind) else _MADE).items():
            numbers: Counter[str] = Counter()
            for entity, count in counts.items():
                numbers[Entity.VARIANT if entity == Entity.DEFAULT_VARIANT else entity] += number_of(count)
            numbers = +numbers
            words = [self(f"entity_of.{one.value}", n=self.number(numbers.pop(one))) for one in _MAIN if one in numbers]
            if numbers:
                words.append(self("entity_of.others", n=self.number(sum(numbers.values()))))
            parts += [self(f"history.{prefix}{name}", what=", ".join(words))] if words else []
        return "; ".join(parts)

    def logged(self, message: str) -> str:
        """A message of the log for people; one without a text stays as it is."""
        entry = parse_log_entry(message.partition("\n")[0])
        if entry is None or not self.has(f"logged.{entry.code}"):
            return message.partition("\n")[0]
        params = self._params_for_people(entry.params)
        if "kind" in entry.params:
            is_dry_run, undone_id = bool(entry.params.get("is_dry_run")), int(entry.params.get("undone_id", 0))
            params["kind"] = self.kind(str(entry.params["kind"]), is_dry_run, undone_id)
        params["dry"] = self("logged.dry_server") if entry.params.get("is_dry_run") else ""
        if "seconds" in entry.params:
            params["time"] = self.duration(float(entry.params["seconds"]))
        error = entry.error
        if error is not None and "kind" in entry.params:
            error = self.of_run(error, str(entry.params["kind"]), bool(entry.params.get("is_dry_run")))
        params["what"] = "" if error is None else self.error(error).what
        return self(f"logged.{entry.code}", **params).strip()

    def remarks(self, **counts: int) -> str:
        """`2 ошибки · 5 предупреждений`; empty if there are none.

        Args:
            counts: of `errors`, `warnings` and `notes`.
        """
        return " · ".join(self.count(f"window.{name}", number) for name, number in counts.items() if number)


def _russian_form(number: int) -> int:
    number = abs(number)
    if number % 10 == 1 and number % 100 != 11:
        return 0
    return 1 if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14) else 2
