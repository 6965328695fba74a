"""The headless front: arguments to application calls, outcome to exit code."""

from __future__ import annotations

import argparse
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from freesport_sync import __version__
from freesport_sync.cli_terminal import encoded_stdout, protect_streams, run_interruptibly
from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.run import FileType, RunKind, RunRequest, storable
from freesport_sync.errors import Cancelled, ConfigError, ExitCode, SyncError
from freesport_sync.resources import resource
from freesport_sync.texts import Language, Texts, preferred_language

if TYPE_CHECKING:
    from freesport_sync.application import Application, RunIssues
    from freesport_sync.cli_output import Output
    from freesport_sync.core.history import CheckItem
    from freesport_sync.pipeline.workers import WorkerPool

SHOWN_ISSUES = 200
STDOUT = Path("-")
"""As the file of `--csv`."""
LARGEST_NUMBER = 1_000_000_000
_ACTIONS = (
    "run",
    "pull",
    "check",
    "settings",
    "history",
    "show",
    "cancel",
    "unlock_stale",
    "pin_host_key",
    "backup",
    "backups",
    "restore",
    "undo",
)

log = logging.getLogger(__name__)


def run_command_line(arguments: list[str], open_window: Callable[[argparse.Namespace], int] | None = None) -> int:
    """Do what the arguments ask for.

    Args:
        arguments: without the program's name.
        open_window: called where they ask for nothing in particular; None: there is no window.

    Returns:
        The exit code (`errors.ExitCode`).
    """
    protect_streams()
    texts = Texts(preferred_language(arguments))
    parser = build_parser(texts)
    options = parser.parse_args(arguments)
    _refuse_contradictions(options, parser, texts)
    if not any(vars(options)[name] for name in _ACTIONS):
        if open_window is not None:
            return open_window(options)
        parser.print_help()
        return ExitCode.USAGE
    output = _output(options, texts)
    cancel = CancelToken()
    return run_interruptibly(
        lambda: _exit_code(options, texts, output, cancel), cancel, lambda: output.error(Cancelled("cancelled"))
    )


def _output(options: argparse.Namespace, texts: Texts) -> Output:
    # Imported here, as everything that takes longer than answering --help.
    if options.json:
        from freesport_sync.cli_json import JsonOutput

        return JsonOutput(texts)
    from freesport_sync.cli_output import TerminalOutput

    return TerminalOutput(texts, _same_database(options))


def build_parser(texts: Texts) -> argparse.ArgumentParser:
    """The command line, explained in the language of `texts`."""
    parser = _Parser(texts)

    def text(key: str) -> str:
        return texts(f"cli.{key}").replace("%", "%%")  # argparse fills in its own %(...)s

    def number(value: str) -> int:
        if not value.isdecimal() or not 1 <= int(value) <= LARGEST_NUMBER:
            raise argparse.ArgumentTypeError(texts("cli.not_a_number", value=value, largest=LARGEST_NUMBER))
        return int(value)

    def path(value: str) -> Path:
        if not value:  # of an unset variable in a script; it would be the current folder
            raise argparse.ArgumentTypeError(texts("cli.empty_path"))
        return Path(value)

    what = parser.add_argument_group(text("group_what"))
    _kinds = [kind.value for kind in RunKind if kind.is_import]
    only = what.add_mutually_exclusive_group()
    only.add_argument("--run", nargs="?", const="all", choices=_kinds, metavar="KIND", help=text("run"))
    only.add_argument("--check", action="store_true", help=text("check"))
    only.add_argument("--history", nargs="?", const=20, type=number, metavar="N", help=text("history"))
    only.add_argument("--show", type=number, metavar="RUN_ID", help=text("show"))
    only.add_argument("--cancel", type=number, metavar="RUN_ID", help=text("cancel"))
    only.add_argument("--unlock-stale", action="store_true", help=text("unlock_stale"))
    only.add_argument("--backup", action="store_true", help=text("backup"))
    only.add_argument("--backups", action="store_true", help=text("backups"))
    only.add_argument("--restore", metavar="ID", help=text("restore"))
    only.add_argument("--undo", type=number, metavar="RUN_ID", help=text("undo"))
    only.add_argument("--pin-host-key", metavar="FINGERPRINT", help=text("pin_host_key"))
    only.add_argument("--settings", action="store_true", help=text("settings"))
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
    other.add_argument("--json", action="store_true", help=text("json"))
    other.add_argument("--language", choices=[language.value for language in Language], help=text("language"))
    other.add_argument("--verbose", action="store_true", help=text("verbose"))
    other.add_argument("--version", action="version", version=__version__, help=text("version"))
    other.add_argument("-h", "--help", action="help", help=text("help"))
    return parser


def _refuse_contradictions(options: argparse.Namespace, parser: argparse.ArgumentParser, texts: Texts) -> None:
    for name in ("issues", "csv"):
        if getattr(options, name) and options.show is None:
            parser.error(texts("cli.usage_needs", argument=f"--{name}", other="--show RUN_ID"))
    if options.backup and options.dry_run:
        parser.error(texts("cli.usage_together", argument="--backup", other="--dry-run"))
    if options.pull:
        others = [name for name in _ACTIONS if name not in ("run", "pull") and getattr(options, name)]
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


class _Parser(argparse.ArgumentParser):
    """argparse whose own words are ours too."""

    def __init__(self, texts: Texts) -> None:
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

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where help is; exit code 2."""
        reason = next((self._texts(key, **found) for key, found in _understood(message)), message)
        self.exit(ExitCode.USAGE, f"{self._texts('cli.usage_error', reason=reason)}\n")

    def format_help(self) -> str:
        """The help, without argparse's English heading."""
        return super().format_help().replace("usage: ", self._texts("cli.usage_label"), 1)


# argparse explains itself in English only; text key -> what it says.
_ARGPARSE_SAYS = {
    "cli.usage_expected": r"argument (?P<argument>\S+): expected one argument",
    "cli.usage_together": r"argument (?P<argument>\S+): not allowed with argument (?P<other>\S+)",
    "cli.usage_unknown": r"unrecognized arguments: (?P<value>.+)",
    "cli.usage_choice": (
        r"argument (?P<argument>\S+): invalid choice: '?(?P<value>.*?)'? \(choose from (?P<choices>.+)\)"
    ),
    "cli.usage_value": r"argument (?P<argument>\S+): (?P<value>.+)",
}


def _understood(message: str) -> Iterator[tuple[str, dict[str, str]]]:
    for key, pattern in _ARGPARSE_SAYS.items():
        if found := re.fullmatch(pattern, message, re.DOTALL):
            yield key, found.groupdict()


def _exit_code(options: argparse.Namespace, texts: Texts, output: Output, cancel: CancelToken) -> int:
    try:
        return _dispatch(options, texts, output, cancel)
    except SyncError as error:
        output.error(error)
        return error.exit_code
    except Exception as error:
        log.error("unexpected error", exc_info=error)
        output.error(SyncError("internal_error", reason=f"{type(error).__name__}: {error}"))
        return ExitCode.INTERNAL


def _dispatch(options: argparse.Namespace, texts: Texts, output: Output, cancel: CancelToken) -> int:
    if options.demo and (options.data_dir is not None or options.database_url is not None):
        raise ConfigError("demo_contradicts")
    if options.file is not None and (options.demo or options.data_dir is not None):
        raise ConfigError("file_contradicts")
    if options.backup or options.restore is not None or options.undo is not None:
        return _backup_or_restore(options, _application(options), output, cancel)
    if not options.run:
        return _answer(options, _application(options), texts, output, cancel)
    from freesport_sync.pipeline.workers import WorkerPool

    with WorkerPool() as pool:  # a worker gets ready while the rest of the program is loaded
        application = _application(options)
        return _run(application, _request(options, application), pool, output, cancel)


def _application(options: argparse.Namespace) -> Application:
    from freesport_sync.application import Application
    from freesport_sync.settings.logs import configure_logs

    application = Application(options.home, options.database_url, options.demo, options.create_shop_tables)
    configure_logs(application.paths.logs, is_verbose=options.verbose)
    return application


def _answer(
    options: argparse.Namespace, application: Application, texts: Texts, output: Output, cancel: CancelToken
) -> int:
    """Everything but an import."""
    if options.pull:
        with output:
            application.pull(output, cancel)
        return ExitCode.DONE
    if options.pin_host_key:
        output.host_key_pinned(application.pin_host_key(options.pin_host_key))
        return ExitCode.DONE
    if options.check:
        items = application.check(options.media_root)
        output.check(items)
        return _check_code(items)
    if options.history is not None:
        output.history(application.history(options.history))
        return ExitCode.DONE
    if options.cancel is not None:
        output.cancel_requested(application.cancel(options.cancel, _operator(options)))
        return ExitCode.DONE
    if options.unlock_stale:
        # The shop's administrators read Russian, whatever the operator's terminal speaks.
        output.unlocked(application.unlock_stale(Texts(Language.RUSSIAN)))
        return ExitCode.DONE
    if options.backups:
        output.backups(application.backups())
        return ExitCode.DONE
    if options.settings:
        output.settings(application.list_settings(), application.paths.settings_file)
        return ExitCode.DONE
    if options.issues or options.csv is not None:
        with application.issues(options.show, cancel.check) as found:
            if options.csv is None:
                output.issues(found)
            else:
                _save_issues(found, options.csv, texts, output)
        return ExitCode.DONE
    output.show(application.show(options.show, SHOWN_ISSUES))
    return ExitCode.DONE


def _backup_or_restore(
    options: argparse.Namespace, application: Application, output: Output, cancel: CancelToken
) -> int:
    operator, texts = _operator(options), Texts(Language.RUSSIAN)  # for the shop, as in `_run`
    with output:
        if options.backup:
            application.back_up(operator, texts, output, cancel)
            return ExitCode.DONE
        backup_id = application.backup_of_run(options.undo) if options.restore is None else options.restore
        request = RunRequest(
            kind=RunKind.RESTORE, backup_id=storable(backup_id), operator=operator, is_dry_run=options.dry_run
        )
        application.restore(request, texts, output, cancel)
    return ExitCode.DONE


def _save_issues(found: RunIssues, file: Path, texts: Texts, output: Output) -> None:
    from freesport_sync.issue_csv import ENCODING, save_csv, write_csv

    if file == STDOUT:
        output.issues_saved(found, write_csv(found.issues, texts, encoded_stdout(ENCODING)), None)
    else:
        output.issues_saved(found, save_csv(found.issues, texts, file), file)


def _check_code(items: Sequence[CheckItem]) -> int:
    failed = [item for item in items if not item.is_ok]
    if not failed:
        return ExitCode.DONE
    if all(item.is_unreachable for item in failed):
        return ExitCode.UNREACHABLE
    return ExitCode.BUSY if all(item.is_busy for item in failed) else ExitCode.USAGE


def _request(options: argparse.Namespace, application: Application) -> RunRequest:
    kind = RunKind(options.run)
    return RunRequest(
        kind=kind,
        file_type=FileType(options.file_type),
        data_dir=_data_dir(options, application),
        file=options.file,
        operator=_operator(options),
        chunk_size=options.chunk_size or kind.usual_chunk_size,
        is_dry_run=options.dry_run,
        is_full=options.full,
        allow_older=options.allow_older,
        accept_large_change=options.accept_large_change,
        skip_backup=options.skip_backup,
        is_backup_optional=options.backup_optional,
        skip_images=options.skip_images,
        media_root=options.media_root,
        is_pull=options.pull,
    )


def _operator(options: argparse.Namespace) -> str:
    from freesport_sync.os_support import user_and_host

    return storable(options.operator or user_and_host())


def _same_database(options: argparse.Namespace) -> str:
    """The arguments with which another call finds this run again, each after a space."""
    words = ["--demo"] if options.demo else []
    words += ["--database-url", options.database_url] if options.database_url else []
    words += ["--home", f'"{options.home}"'] if options.home else []
    return "".join(f" {word}" for word in words)


def _data_dir(options: argparse.Namespace, application: Application) -> Path:
    default_dir = application.settings.source.data_dir
    if options.demo:
        return resource("demo")
    if options.data_dir is not None:
        return Path(options.data_dir)
    if options.files_of is not None:
        return application.files_of(options.files_of)
    if options.file is not None or options.pull:
        return default_dir
    if not default_dir.exists():
        raise ConfigError("data_dir_needed", path=str(default_dir))
    return default_dir


def _run(application: Application, request: RunRequest, pool: WorkerPool, output: Output, cancel: CancelToken) -> int:
    with output:
        # The shop's administrators read Russian, whatever the operator's terminal speaks.
        report = application.run(request, pool, Texts(Language.RUSSIAN), output, cancel)
    return ExitCode.ROW_ERRORS if report.has_row_errors else ExitCode.DONE
