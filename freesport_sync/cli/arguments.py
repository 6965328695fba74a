"""The arguments of the command line; for those that contradict each other see `cli.contradictions`."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from typing import NoReturn

from freesport_sync import __version__
from freesport_sync.cli.argument_values import ArgumentValues
from freesport_sync.core.shop import FileType
from freesport_sync.errors import ConfigError, ExitCode
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.tasks.registry import TASKS, Registry

THIS_COMPUTER = "own"
"""`--probe-exchange` without an address: the exchange of this computer."""
CONTENTS = "contents"
"""`--help-topic` without a name: the list of chapters."""
PROGRAM = True
"""`--support-package` without a run."""
ACTIONS = (
    "print_service",
    "run",
    "submit",
    "add_schedule",
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
    "work",
    "set_exchange_password",
    "probe_exchange",
    "help_topic",
    "schedule_import",
    "unschedule_import",
    "tasks",
    "task",
    "cancel_task",
    "retry_task",
    "prioritise_task",
    "cleanup_tasks",
    "workers",
    "freshness",
    "test_notification",
    "schedules",
    "switch_schedule",
    "remove_schedule",
)
"""The options that name a command; of several the first here counts: `--run --pull` is a run."""


def actions_of(options: argparse.Namespace) -> tuple[str, ...]:
    """Those of `ACTIONS` that are on the command line, whatever their values."""
    values = vars(options)
    return tuple(name for name in ACTIONS if values[name] is not None and values[name] is not False)


def build_parser(texts: Texts, is_json: bool = False, tasks: Registry = TASKS) -> argparse.ArgumentParser:
    """The parser of the command line.

    Args:
        texts: for the help and errors.
        is_json: also print errors as JSON.
        tasks: what `--run` can run and `--submit` can submit.
    """
    parser = _Parser(texts, is_json)

    def text(key: str) -> str:
        return texts(f"cli.{key}").replace("%", "%%")  # argparse fills in its own %(...)s

    values = ArgumentValues(texts)
    number, path, entry_key = values.number, values.path, values.entry_key
    what = parser.add_argument_group(text("group_what"))
    what.add_argument("--run", nargs="?", const="all", choices=list(tasks.commands), metavar="KIND", help=text("run"))
    what.add_argument("--pull", action="store_true", help=text("pull"))
    what.add_argument("--check", action="store_true", help=text("check"))
    what.add_argument("--schedule-import", type=values.time_of_day, metavar="HH:MM", help=text("schedule_import"))
    what.add_argument("--unschedule-import", action="store_true", help=text("unschedule_import"))
    what.add_argument("--test-notification", action="store_true", help=text("test_notification"))
    what.add_argument("--pin-host-key", metavar="FINGERPRINT", help=text("pin_host_key"))
    history = parser.add_argument_group(text("group_history"))
    history.add_argument("--history", nargs="?", const=20, type=number, metavar="N", help=text("history"))
    history.add_argument("--show", type=entry_key, metavar="RUN_ID", help=text("show"))
    history.add_argument("--issues", action="store_true", help=text("issues"))
    history.add_argument("--csv", type=path, metavar="FILE", help=text("csv"))
    history.add_argument("--cancel", type=number, metavar="RUN_ID", help=text("cancel"))
    history.add_argument("--freshness", action="store_true", help=text("freshness"))
    history.add_argument("--unlock-stale", action="store_true", help=text("unlock_stale"))
    queue = parser.add_argument_group(text("group_tasks"))
    queue.add_argument("--submit", choices=list(tasks.submissions), metavar="KIND", help=text("submit"))
    queue.add_argument("--at", type=values.moment, metavar="TIME", help=text("at"))
    queue.add_argument("--priority", type=values.priority, metavar="N", help=text("priority"))
    queue.add_argument("--wait", action="store_true", help=text("wait"))
    queue.add_argument("--tasks", nargs="?", const=20, type=number, metavar="N", help=text("tasks"))
    queue.add_argument("--status", action="append", type=values.task_status, metavar="STATUS", help=text("status"))
    queue.add_argument("--search", metavar="TEXT", help=text("search"))
    queue.add_argument("--of-schedule", type=number, metavar="ID", help=text("of_schedule"))
    queue.add_argument("--task", type=number, metavar="TASK_ID", help=text("task"))
    queue.add_argument("--cancel-task", type=number, metavar="TASK_ID", help=text("cancel_task"))
    queue.add_argument("--retry-task", type=number, metavar="TASK_ID", help=text("retry_task"))
    queue.add_argument("--prioritise-task", type=number, metavar="TASK_ID", help=text("prioritise_task"))
    queue.add_argument("--cleanup-tasks", type=values.hours, metavar="HOURS", help=text("cleanup_tasks"))
    queue.add_argument("--workers", action="store_true", help=text("workers"))
    queue.add_argument("--work", action="store_true", help=text("work"))
    queue.add_argument("--jobs", type=number, metavar="N", help=text("jobs"))
    when = parser.add_argument_group(text("group_schedules"))
    when.add_argument("--schedules", action="store_true", help=text("schedules"))
    when.add_argument("--add-schedule", choices=list(tasks.submissions), metavar="KIND", help=text("add_schedule"))
    when.add_argument("--cron", metavar="FIELDS", help=text("cron"))
    when.add_argument("--zone", metavar="ZONE", help=text("zone"))
    when.add_argument("--name", metavar="NAME", help=text("name"))
    when.add_argument("--grace", type=number, metavar="MINUTES", help=text("grace"))
    when.add_argument("--switch-schedule", type=values.switch, metavar="ID=on|off", help=text("switch_schedule"))
    when.add_argument("--remove-schedule", type=number, metavar="ID", help=text("remove_schedule"))
    backups = parser.add_argument_group(text("group_backups"))
    backups.add_argument("--backup", action="store_true", help=text("backup"))
    backups.add_argument("--backups", action="store_true", help=text("backups"))
    backups.add_argument("--restore", metavar="ID", help=text("restore"))
    backups.add_argument("--undo", type=number, metavar="RUN_ID", help=text("undo"))
    backups.add_argument("--repair-created-at", action="store_true", help=text("repair_created_at"))
    exchange = parser.add_argument_group(text("group_exchange"))
    exchange.add_argument("--serve", action="store_true", help=text("serve"))
    exchange.add_argument("--set-exchange-password", action="store_true", help=text("set_exchange_password"))
    exchange.add_argument(
        "--probe-exchange", nargs="?", const=THIS_COMPUTER, metavar="URL", help=text("probe_exchange")
    )
    support = parser.add_argument_group(text("group_support"))
    support.add_argument("--settings", action="store_true", help=text("settings"))
    support.add_argument("--help-topic", nargs="?", const=CONTENTS, metavar="NAME", help=text("help_topic"))
    support.add_argument(
        "--support-package", nargs="?", const=PROGRAM, type=entry_key, metavar="RUN_ID", help=text("support_package")
    )
    support.add_argument("--print-service", action="store_true", help=text("print_service"))
    support.add_argument("--output", type=path, metavar="FILE", help=text("output"))
    support.add_argument("--with-files", action="store_true", help=text("with_files"))
    support.add_argument("--yes", action="store_true", help=text("yes"))
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
