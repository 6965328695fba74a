"""Which arguments of the command line contradict each other."""

from __future__ import annotations

import argparse

from freesport_sync.cli.argument_values import STDOUT
from freesport_sync.cli.arguments import ACTIONS, PROGRAM
from freesport_sync.cli.service_options import ROLES, SERVICE_OPTIONS
from freesport_sync.core.shop import is_import
from freesport_sync.i18n.texts import Texts

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
_OF_PRINTING = ("print_service", "output", "json")
"""Options of the command that describes a service; the rest are those of the service."""


def refuse_contradictions(options: argparse.Namespace, parser: argparse.ArgumentParser, texts: Texts) -> None:
    """Exit with code 2 if arguments contradict each other."""
    if options.print_service:
        _refuse_no_service(options, parser, texts)
    else:
        _refuse_second_action(options, parser, texts)
    if options.stop_with_stdin and not options.serve:
        parser.error(texts("cli.usage_needs", argument="--stop-with-stdin", other="--serve"))
    if options.scheduled and not options.run:
        parser.error(texts("cli.usage_needs", argument="--scheduled", other="--run"))
    if options.tray and (action := next((name for name in ACTIONS if vars(options)[name]), "")):
        parser.error(texts("cli.usage_together", argument="--tray", other=_option(action)))
    for name in ("issues", "csv"):
        if getattr(options, name) and options.show is None:
            parser.error(texts("cli.usage_needs", argument=f"--{name}", other="--show RUN_ID"))
    for name in ("output", "with_files", "yes"):
        is_of_service = name == "output" and options.print_service
        if getattr(options, name) and options.support_package is None and not is_of_service:
            argument = _option(name)
            parser.error(texts("cli.usage_needs", argument=argument, other="--support-package"))
    if options.with_files and options.support_package is PROGRAM:
        parser.error(texts("cli.usage_needs", argument="--with-files", other="--support-package RUN_ID"))
    if options.output == STDOUT:
        parser.error(texts("cli.usage_value", argument="--output", value=texts("cli.no_stdout")))
    _refuse_meaningless(options, parser, texts)
    if options.backup and options.dry_run:
        parser.error(texts("cli.usage_together", argument="--backup", other="--dry-run"))
    if options.pull:
        for name in ("data_dir", "file", "files_of", "demo"):
            if getattr(options, name):
                parser.error(texts("cli.usage_together", argument="--pull", other=_option(name)))
    if options.files_of is not None:
        if not options.run:
            parser.error(texts("cli.usage_needs", argument="--files-of", other="--run"))
        for name in ("data_dir", "file", "demo"):
            if getattr(options, name):
                other = _option(name)
                parser.error(texts("cli.usage_together", argument="--files-of", other=other))
    if options.csv == STDOUT and options.json:
        parser.error(texts("cli.usage_together", argument="--json", other="--csv -"))


def _refuse_no_service(options: argparse.Namespace, parser: argparse.ArgumentParser, texts: Texts) -> None:
    given = [name for name in vars(options) if getattr(options, name) != parser.get_default(name)]
    if other := next((name for name in given if name not in (*SERVICE_OPTIONS, *_OF_PRINTING)), ""):
        parser.error(texts("cli.usage_together", argument="--print-service", other=_option(other)))
    if not any(name in ROLES for name in given):
        other = " / ".join(map(_option, ROLES))
        parser.error(texts("cli.usage_needs", argument="--print-service", other=other))


def _refuse_second_action(options: argparse.Namespace, parser: argparse.ArgumentParser, texts: Texts) -> None:
    """Only one thing at a time; a run may fetch its files first."""
    first, *others = [name for name in ACTIONS if getattr(options, name) != parser.get_default(name)] or [""]
    if first == "run" and others[:1] == ["pull"]:
        del others[0]
    if others:
        parser.error(texts("cli.usage_together", argument=_option(others[0]), other=_option(first)))


def _refuse_meaningless(options: argparse.Namespace, parser: argparse.ArgumentParser, texts: Texts) -> None:
    for actions, meaningless in ((_BACKUP_ACTIONS, "create_shop_tables"), (_IMMEDIATE_ACTIONS, "dry_run")):
        action = next((name for name in actions if getattr(options, name)), "")
        others = (
            name for name in (*_IMPORT_OPTIONS, meaningless) if getattr(options, name) != parser.get_default(name)
        )
        if action and (other := next(others, "")):
            names = {"argument": _option(action), "other": _option(other)}
            parser.error(texts("cli.usage_together", **names))
    if options.run is not None and not is_import(options.run):
        others = (name for name in (*_IMPORT_OPTIONS, "pull") if getattr(options, name) != parser.get_default(name))
        if other := next(others, ""):
            names = {"argument": f"--run {options.run}", "other": _option(other)}
            parser.error(texts("cli.usage_together", **names))


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
