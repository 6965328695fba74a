"""Which arguments of the command line contradict each other."""

from __future__ import annotations

import argparse

from freesport_sync.cli.argument_values import STDOUT
from freesport_sync.cli.arguments import ACTIONS, PROGRAM, actions_of
from freesport_sync.cli.service_options import ROLES, SERVICE_OPTIONS
from freesport_sync.core.shop import is_import
from freesport_sync.i18n.texts import Texts

_BACKUP_ACTIONS = ("backup", "restore", "undo", "repair_created_at")
_IMPORT_OPTIONS = (
    *("data_dir", "file", "files_of", "file_type", "full", "allow_older", "accept_large_change"),
    *("skip_backup", "backup_optional", "skip_images", "media_root", "chunk_size"),
)
"""Options that make no sense with `_BACKUP_ACTIONS`."""
_WITH_DRY_RUN = (
    *("print_service", "run", "submit", "add_schedule", "pull", "check", "serve", "probe_exchange"),
    *_BACKUP_ACTIONS,
)
_IMMEDIATE_ACTIONS = tuple(name for name in ACTIONS if name not in _WITH_DRY_RUN)
"""Actions that are no run and have no `--dry-run`."""
_OF_PRINTING = ("print_service", "output", "json")
"""Options of the command that describes a service; the rest are those of the service."""
_NEEDED = (
    (("stop_with_stdin",), ("serve", "work"), "--serve"),
    (("jobs",), ("work",), "--work"),
    (("scheduled", "files_of"), ("run", "submit"), "--run"),
    (("issues", "csv"), ("show",), "--show RUN_ID"),
    (("output",), ("support_package", "print_service"), "--support-package"),
    (("with_files", "yes"), ("support_package",), "--support-package"),
    (("at",), ("submit",), "--submit"),
    (("priority",), ("submit", "prioritise_task"), "--submit"),
    (("wait",), ("submit", "task", "retry_task"), "--submit"),
    (("status", "search", "of_schedule"), ("tasks",), "--tasks"),
    (("cron", "zone", "name", "grace"), ("add_schedule",), "--add-schedule"),
)
"""Options, the commands of which they need one, and how that is said."""
_APART = (
    ("backup", ("dry_run",)),
    ("submit", ("create_shop_tables",)),
    ("add_schedule", ("create_shop_tables",)),
    ("pull", ("data_dir", "file", "files_of", "demo")),
    ("files_of", ("data_dir", "file", "demo")),
)
"""Options, and those that make no sense with them."""


def refuse_contradictions(options: argparse.Namespace, parser: argparse.ArgumentParser, texts: Texts) -> None:
    """Exit with code 2 if arguments contradict each other."""
    if options.print_service:
        _refuse_no_service(options, parser, texts)
    else:
        _refuse_second_action(options, parser, texts)
    _refuse_lonely(options, parser, texts)
    _refuse_meaningless(options, parser, texts)
    _refuse_together(options, parser, texts)
    if options.output == STDOUT:
        parser.error(texts("cli.usage_value", argument="--output", value=texts("cli.no_stdout")))


def _refuse_no_service(options: argparse.Namespace, parser: argparse.ArgumentParser, texts: Texts) -> None:
    given = [name for name in vars(options) if getattr(options, name) != parser.get_default(name)]
    if other := next((name for name in given if name not in (*SERVICE_OPTIONS, *_OF_PRINTING)), ""):
        parser.error(texts("cli.usage_together", argument="--print-service", other=_option(other)))
    if not any(name in ROLES for name in given):
        other = " / ".join(map(_option, ROLES))
        parser.error(texts("cli.usage_needs", argument="--print-service", other=other))


def _refuse_second_action(options: argparse.Namespace, parser: argparse.ArgumentParser, texts: Texts) -> None:
    """Only one thing at a time; but services run together, and an import may fetch its files first."""
    first, *others = actions_of(options) or ("",)
    if first in ROLES:
        others = [name for name in others if name not in ROLES]
    if first in ("run", "submit", "add_schedule") and others[:1] == ["pull"]:
        del others[0]
    if others:
        parser.error(texts("cli.usage_together", argument=_option(others[0]), other=_option(first)))


def _refuse_meaningless(options: argparse.Namespace, parser: argparse.ArgumentParser, texts: Texts) -> None:
    for actions, meaningless in ((_BACKUP_ACTIONS, "create_shop_tables"), (_IMMEDIATE_ACTIONS, "dry_run")):
        action = next((name for name in actions_of(options) if name in actions), "")
        others = (
            name for name in (*_IMPORT_OPTIONS, meaningless) if getattr(options, name) != parser.get_default(name)
        )
        if action and (other := next(others, "")):
            names = {"argument": _option(action), "other": _option(other)}
            parser.error(texts("cli.usage_together", **names))
    words = {name: getattr(options, name) for name in ("run", "submit", "add_schedule")}
    name, word = next((pair for pair in words.items() if pair[1]), ("", None))
    if word is not None and not is_import(word):
        others = (name for name in (*_IMPORT_OPTIONS, "pull") if getattr(options, name) != parser.get_default(name))
        if other := next(others, ""):
            names = {"argument": f"{_option(name)} {word}", "other": _option(other)}
            parser.error(texts("cli.usage_together", **names))


def _refuse_lonely(options: argparse.Namespace, parser: argparse.ArgumentParser, texts: Texts) -> None:
    """Options that belong to a command that is not given."""
    given = actions_of(options)
    for names, actions, other in _NEEDED:
        name = next((name for name in names if getattr(options, name) != parser.get_default(name)), "")
        if name and not any(action in given for action in actions):
            parser.error(texts("cli.usage_needs", argument=_option(name), other=other))
    if options.add_schedule is not None and options.cron is None:
        parser.error(texts("cli.usage_missing", argument="--add-schedule", other="--cron"))
    if options.with_files and options.support_package is PROGRAM:
        parser.error(texts("cli.usage_needs", argument="--with-files", other="--support-package RUN_ID"))


def _refuse_together(options: argparse.Namespace, parser: argparse.ArgumentParser, texts: Texts) -> None:
    """Pairs of which only one makes sense."""
    for one, others in _APART:
        for other in others:
            if getattr(options, one) and getattr(options, other):
                parser.error(texts("cli.usage_together", argument=_option(one), other=_option(other)))
    if options.tray and (actions := actions_of(options)):
        parser.error(texts("cli.usage_together", argument="--tray", other=_option(actions[0])))
    if options.csv == STDOUT and options.json:
        parser.error(texts("cli.usage_together", argument="--json", other="--csv -"))


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
