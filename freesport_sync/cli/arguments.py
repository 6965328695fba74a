"""The arguments of the command line, and which of them contradict each other."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from freesport_sync import __version__
from freesport_sync.core.shop import FileType, is_import
from freesport_sync.errors import ConfigError, ExitCode, reason_of
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.settings.paths import located
from freesport_sync.tasks.registry import TASKS, Registry

if TYPE_CHECKING:
    from freesport_sync.core.history import EntryKey

STDOUT = Path("-")
"""`--csv -`."""
THIS_COMPUTER = "own"
"""`--probe-exchange` without an address: the exchange of this computer."""
CONTENTS = "contents"
"""`--help-topic` without a name: the list of chapters."""
PROGRAM = True
"""`--support-package` without a run."""
LARGEST_NUMBER = 1_000_000_000
ACTIONS = (
    "run",
    "pull",
    "check",
    "settings",
    "support_package",
    "history",
    "show",
    "cancel",
    "unlock_stale",
    "pin_host_key",
    "backup",
    "backups",
    "restore",
    "undo",
    "repair_created_at",
    "serve",
    "set_exchange_password",
    "probe_exchange",
    "help_topic",
    "schedule_import",
    "unschedule_import",
)
"""The options that name a command; of several the first here counts: `--run --pull` is a run."""
_BACKUP_ACTIONS = ("backup", "restore", "undo", "repair_created_at")
_IMPORT_OPTIONS = (
    *("data_dir", "file", "files_of", "file_type", "full", "allow_older", "accept_large_change"),
    *("skip_backup", "backup_optional", "skip_images", "media_root", "chunk_size"),
)
"""Options that make no sense with `_BACKUP_ACTIONS`."""
_IMMEDIATE_ACTIONS = (
    "settings",
    "support_package",
    "history",
    "show",
    "cancel",
    "unlock_stale",
    "pin_host_key",
    "backups",
    "set_exchange_password",
    "help_topic",
    "schedule_import",
    "unschedule_import",
)
"""Actions that are no run and have no `--dry-run`."""


def build_parser(texts: Texts, is_json: bool = False, tasks: Registry = TASKS) -> argparse.ArgumentParser:
    """The parser of the command line.

    Args:
        texts: for the help and errors.
        is_json: also print errors as JSON.
        tasks: what `--run` can run.
    """
    parser = _Parser(texts, is_json)

    def text(key: str) -> str:
        return texts(f"cli.{key}").replace("%", "%%")  # argparse fills in its own %(...)s

    def number(value: str) -> int:
        if not value.isdecimal() or not 1 <= int(value) <= LARGEST_NUMBER:
            raise argparse.ArgumentTypeError(texts("cli.not_a_number", value=value, largest=LARGEST_NUMBER))
        return int(value)

    def entry_key(value: str) -> EntryKey:
        from freesport_sync.core.history import EntryKey, EntrySource  # not needed for --help

        number(value.removeprefix(f"{EntrySource.SHOP.value}:"))
        return EntryKey.parse(value)

    def time_of_day(value: str) -> time:
        if not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", value):
            raise argparse.ArgumentTypeError(texts("cli.not_a_time", value=value))
        hours, minutes = value.split(":")
        return time(int(hours), int(minutes))

    def path(value: str) -> Path:
        if not value:  # from an unset variable of a script; it would mean the current folder
            raise argparse.ArgumentTypeError(texts("cli.empty_path"))
        try:
            return STDOUT if value == str(STDOUT) else located(value, Path())
        except OSError as error:  # the current folder is gone
            raise argparse.ArgumentTypeError(reason_of(error)) from error

    what = parser.add_argument_group(text("group_what"))
    only = what.add_mutually_exclusive_group()
    only.add_argument("--run", nargs="?", const="all", choices=list(tasks.commands), metavar="KIND", help=text("run"))
    only.add_argument("--check", action="store_true", help=text("check"))
    only.add_argument("--history", nargs="?", const=20, type=number, metavar="N", help=text("history"))
    only.add_argument("--show", type=entry_key, metavar="RUN_ID", help=text("show"))
    only.add_argument("--cancel", type=number, metavar="RUN_ID", help=text("cancel"))
    only.add_argument("--unlock-stale", action="store_true", help=text("unlock_stale"))
    only.add_argument("--backup", action="store_true", help=text("backup"))
    only.add_argument("--backups", action="store_true", help=text("backups"))
    only.add_argument("--restore", metavar="ID", help=text("restore"))
    only.add_argument("--undo", type=number, metavar="RUN_ID", help=text("undo"))
    only.add_argument("--repair-created-at", action="store_true", help=text("repair_created_at"))
    only.add_argument("--pin-host-key", metavar="FINGERPRINT", help=text("pin_host_key"))
    only.add_argument("--serve", action="store_true", help=text("serve"))
    only.add_argument("--set-exchange-password", action="store_true", help=text("set_exchange_password"))
    only.add_argument("--probe-exchange", nargs="?", const=THIS_COMPUTER, metavar="URL", help=text("probe_exchange"))
    only.add_argument("--settings", action="store_true", help=text("settings"))
    only.add_argument("--help-topic", nargs="?", const=CONTENTS, metavar="NAME", help=text("help_topic"))
    only.add_argument("--schedule-import", type=time_of_day, metavar="HH:MM", help=text("schedule_import"))
    only.add_argument("--unschedule-import", action="store_true", help=text("unschedule_import"))
    only.add_argument(
        "--support-package", nargs="?", const=PROGRAM, type=entry_key, metavar="RUN_ID", help=text("support_package")
    )
    what.add_argument("--output", type=path, metavar="FILE", help=text("output"))
    what.add_argument("--with-files", action="store_true", help=text("with_files"))
    what.add_argument("--yes", action="store_true", help=text("yes"))
    what.add_argument("--pull", action="store_true", help=text("pull"))
    what.add_argument("--issues", action="store_true", help=text("issues"))
    what.add_argument("--csv", type=path, metavar="FILE", help=text("csv"))
    source = parser.add_argument_group(text("group_source"))
    source.add_argument("--data-dir", type=path, metavar="PATH", help=text("data_dir"))
    source.add_argument("--file", type=path, metavar="PATH", help=text("file"))
    source.add_argument("--files-of", type=number, metavar="RUN_ID", help=text("files_of"))
    source.add_argument("--demo", action="store_true", help=text("demo"))
    _types = [kind.value for kind in FileType]
    source.add_argument("--file-type", choices=_types, default="all", metavar="TYPE", help=text("file_type"))
    rules = parser.add_argument_group(text("group_rules"))
    rules.add_argument("--dry-run", action="store_true", help=text("dry_run"))
    rules.add_argument("--full", action="store_true", help=text("full"))
    rules.add_argument("--allow-older", action="store_true", help=text("allow_older"))
    rules.add_argument("--accept-large-change", action="store_true", help=text("accept_large_change"))
    rules.add_argument("--skip-backup", action="store_true", help=text("skip_backup"))
    rules.add_argument("--backup-optional", action="store_true", help=text("backup_optional"))
    rules.add_argument("--skip-images", action="store_true", help=text("skip_images"))
    rules.add_argument("--media-root", type=path, metavar="PATH", help=text("media_root"))
    rules.add_argument("--chunk-size", type=number, metavar="N", help=text("chunk_size"))
    database = parser.add_argument_group(text("group_database"))
    database.add_argument("--database-url", metavar="URL", help=text("database_url"))
    database.add_argument("--create-shop-tables", action="store_true", help=text("create_shop_tables"))
    other = parser.add_argument_group(text("group_other"))
    other.add_argument("--home", type=path, metavar="DIR", help=text("home"))
    other.add_argument("--operator", metavar="NAME", help=text("operator"))
    other.add_argument("--scheduled", action="store_true", help=text("scheduled"))
    other.add_argument("--tray", action="store_true", help=text("tray"))
    other.add_argument("--stop-with-stdin", action="store_true", help=text("stop_with_stdin"))
    other.add_argument("--json", action="store_true", help=text("json"))
    other.add_argument("--language", choices=[language.value for language in Language], help=text("language"))
    other.add_argument("--verbose", action="store_true", help=text("verbose"))
    other.add_argument("--version", action="version", version=__version__, help=text("version"))
    other.add_argument("-h", "--help", action="help", help=text("help"))
    return parser


def refuse_contradictions(options: argparse.Namespace, parser: argparse.ArgumentParser, texts: Texts) -> None:
    """Exit with code 2 if arguments contradict each other."""
    if options.stop_with_stdin and not options.serve:
        parser.error(texts("cli.usage_needs", argument="--stop-with-stdin", other="--serve"))
    if options.scheduled and not options.run:
        parser.error(texts("cli.usage_needs", argument="--scheduled", other="--run"))
    if options.tray and (action := next((name for name in ACTIONS if vars(options)[name]), "")):
        parser.error(texts("cli.usage_together", argument="--tray", other=f"--{action.replace('_', '-')}"))
    for name in ("issues", "csv"):
        if getattr(options, name) and options.show is None:
            parser.error(texts("cli.usage_needs", argument=f"--{name}", other="--show RUN_ID"))
    for name in ("output", "with_files", "yes"):
        if getattr(options, name) and options.support_package is None:
            argument = f"--{name.replace('_', '-')}"
            parser.error(texts("cli.usage_needs", argument=argument, other="--support-package"))
    if options.with_files and options.support_package is PROGRAM:
        parser.error(texts("cli.usage_needs", argument="--with-files", other="--support-package RUN_ID"))
    if options.output == STDOUT:
        parser.error(texts("cli.usage_value", argument="--output", value=texts("cli.no_stdout")))
    _refuse_meaningless(options, parser, texts)
    if options.backup and options.dry_run:
        parser.error(texts("cli.usage_together", argument="--backup", other="--dry-run"))
    if options.pull:
        others = [name for name in ACTIONS if name not in ("run", "pull") and getattr(options, name)]
        others += [name for name in ("data_dir", "file", "files_of", "demo") if getattr(options, name)]
        if others:
            other = f"--{others[0].replace('_', '-')}"
            parser.error(texts("cli.usage_together", argument="--pull", other=other))
    if options.files_of is not None:
        if not options.run:
            parser.error(texts("cli.usage_needs", argument="--files-of", other="--run"))
        for name in ("data_dir", "file", "demo"):
            if getattr(options, name):
                other = f"--{name.replace('_', '-')}"
                parser.error(texts("cli.usage_together", argument="--files-of", other=other))
    if options.csv == STDOUT and options.json:
        parser.error(texts("cli.usage_together", argument="--json", other="--csv -"))


def _refuse_meaningless(options: argparse.Namespace, parser: argparse.ArgumentParser, texts: Texts) -> None:
    for actions, meaningless in ((_BACKUP_ACTIONS, "create_shop_tables"), (_IMMEDIATE_ACTIONS, "dry_run")):
        action = next((name for name in actions if getattr(options, name)), "")
        others = (
            name for name in (*_IMPORT_OPTIONS, meaningless) if getattr(options, name) != parser.get_default(name)
        )
        if action and (other := next(others, "")):
            names = {"argument": f"--{action.replace('_', '-')}", "other": f"--{other.replace('_', '-')}"}
            parser.error(texts("cli.usage_together", **names))
    if options.run is not None and not is_import(options.run):
        others = (name for name in (*_IMPORT_OPTIONS, "pull") if getattr(options, name) != parser.get_default(name))
        if other := next(others, ""):
            names = {"argument": f"--run {options.run}", "other": f"--{other.replace('_', '-')}"}
            parser.error(texts("cli.usage_together", **names))


class _Parser(argparse.ArgumentParser):
    """argparse with its messages translated."""

    def __init__(self, texts: Texts, is_json: bool) -> None:
        super().__init__(
            prog="freesport-sync",
            usage=texts("cli.usage"),
            description=texts("cli.description"),
            epilog=texts("cli.epilog"),
            add_help=False,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        self._texts = texts
        self._is_json = is_json

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and where to find help; exit with code 2."""
        reason = next((self._texts(key, **found) for key, found in _translations(message)), message)
        if self._is_json:
            from freesport_sync.cli.json_output import JsonOutput

            JsonOutput(self._texts).error(ConfigError("usage", mistake=reason))
            self.exit(ExitCode.USAGE)
        self.exit(ExitCode.USAGE, f"{self._texts('cli.usage_error', reason=reason)}\n")

    def format_help(self) -> str:
        """The help, with its heading translated."""
        return super().format_help().replace("usage: ", self._texts("cli.usage_label"), 1)


# argparse speaks only English: text key -> pattern of its message.
_ARGPARSE_MESSAGES = {
    "cli.usage_expected": r"argument (?P<argument>\S+): expected one argument",
    "cli.usage_together": r"argument (?P<argument>\S+): not allowed with argument (?P<other>\S+)",
    "cli.usage_unknown": r"unrecognized arguments: (?P<value>.+)",
    "cli.usage_choice": (
        r"argument (?P<argument>\S+): invalid choice: '?(?P<value>.*?)'? \(choose from (?P<choices>.+)\)"
    ),
    "cli.usage_value": r"argument (?P<argument>\S+): (?P<value>.+)",
}


def _translations(message: str) -> Iterator[tuple[str, dict[str, str]]]:
    for key, pattern in _ARGPARSE_MESSAGES.items():
        if found := re.fullmatch(pattern, message, re.DOTALL):
            yield key, {name: words.replace("'", "") for name, words in found.groupdict().items()}
