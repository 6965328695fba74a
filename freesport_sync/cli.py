"""The headless front: arguments to application calls, outcome to exit code."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from freesport_sync import __version__
from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.run import FileType, RunKind, RunRequest
from freesport_sync.errors import ConfigError, ExitCode, SyncError
from freesport_sync.resources import resource
from freesport_sync.texts import Language, Texts, preferred_language

if TYPE_CHECKING:
    from types import FrameType

    from freesport_sync.application import Application
    from freesport_sync.cli_output import Output

DEFAULT_DATA_DIR = Path("data/import_1c")
SHOWN_ISSUES = 200
IMPATIENCE_S = 0.9
"""How long after Ctrl-C a program that has not begun a run yet (it may hang in a connection attempt) is left alone."""


def run_command_line(arguments: list[str]) -> int:
    """Do what the arguments ask for.

    Args:
        arguments: without the program's name.

    Returns:
        The exit code (`errors.ExitCode`).
    """
    _accept_any_console()
    texts = Texts(preferred_language(arguments))
    parser = build_parser(texts)
    options = parser.parse_args(arguments)
    if not (options.run or options.check or options.history is not None or options.show is not None):
        parser.print_help()
        return ExitCode.USAGE
    # Loading the rest takes longer than answering --help.
    from freesport_sync.cli_output import make_output

    output = make_output(texts, is_json=options.json)
    try:
        return _dispatch(options, texts, output)
    except SyncError as error:
        output.error(error)
        return error.exit_code
    except Exception as error:
        if options.verbose:
            raise
        output.error(SyncError("internal_error", reason=f"{type(error).__name__}: {error}"))
        return ExitCode.INTERNAL


def build_parser(texts: Texts) -> argparse.ArgumentParser:
    """The command line, explained in the language of `texts`."""
    parser = _Parser(texts)

    def text(key: str) -> str:
        return texts(f"cli.{key}").replace("%", "%%")  # argparse fills in its own %(...)s

    what = parser.add_argument_group(text("group_what"))
    _kinds = [kind.value for kind in RunKind]
    what.add_argument("--run", nargs="?", const="all", choices=_kinds, metavar="KIND", help=text("run"))
    what.add_argument("--check", action="store_true", help=text("check"))
    what.add_argument("--history", nargs="?", const=20, type=_positive, metavar="N", help=text("history"))
    what.add_argument("--show", type=_positive, metavar="RUN_ID", help=text("show"))
    source = parser.add_argument_group(text("group_source"))
    source.add_argument("--data-dir", type=Path, metavar="PATH", help=text("data_dir"))
    source.add_argument("--demo", action="store_true", help=text("demo"))
    _types = [kind.value for kind in FileType]
    source.add_argument("--file-type", choices=_types, default="all", metavar="TYPE", help=text("file_type"))
    rules = parser.add_argument_group(text("group_rules"))
    rules.add_argument("--dry-run", action="store_true", help=text("dry_run"))
    rules.add_argument("--full", action="store_true", help=text("full"))
    rules.add_argument("--allow-older", action="store_true", help=text("allow_older"))
    rules.add_argument("--accept-large-change", action="store_true", help=text("accept_large_change"))
    rules.add_argument("--skip-backup", action="store_true", help=text("skip_backup"))
    rules.add_argument("--skip-images", action="store_true", help=text("skip_images"))
    rules.add_argument("--chunk-size", type=_positive, default=1000, metavar="N", help=text("chunk_size"))
    database = parser.add_argument_group(text("group_database"))
    database.add_argument("--database-url", metavar="URL", help=text("database_url"))
    database.add_argument("--create-shop-tables", action="store_true", help=text("create_shop_tables"))
    other = parser.add_argument_group(text("group_other"))
    other.add_argument("--home", type=Path, metavar="DIR", help=text("home"))
    other.add_argument("--operator", metavar="NAME", help=text("operator"))
    other.add_argument("--json", action="store_true", help=text("json"))
    other.add_argument("--language", choices=[language.value for language in Language], help=text("language"))
    other.add_argument("--verbose", action="store_true", help=text("verbose"))
    other.add_argument("--version", action="version", version=__version__, help=text("version"))
    other.add_argument("-h", "--help", action="help", help=text("help"))
    return parser


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
        self.exit(ExitCode.USAGE, f"{self._texts('cli.usage_error', reason=message)}\n")


def _dispatch(options: argparse.Namespace, texts: Texts, output: Output) -> int:
    from freesport_sync.application import Application
    from freesport_sync.settings.logs import configure_logs

    application = Application(options.home, options.database_url, options.demo, options.create_shop_tables)
    configure_logs(application.paths.logs, is_verbose=options.verbose)
    if options.check:
        items = application.check()
        output.check(items)
        return ExitCode.DONE if all(item.is_ok for item in items) else ExitCode.USAGE
    if options.history is not None:
        output.history(application.history(options.history))
        return ExitCode.DONE
    if options.show is not None:
        output.show(application.show(options.show, SHOWN_ISSUES))
        return ExitCode.DONE
    return _run(application, _request(options), output)


def _request(options: argparse.Namespace) -> RunRequest:
    from freesport_sync.os_support import user_and_host

    return RunRequest(
        kind=RunKind(options.run),
        file_type=FileType(options.file_type),
        data_dir=_data_dir(options),
        operator=options.operator or user_and_host(),
        chunk_size=options.chunk_size,
        is_dry_run=options.dry_run,
        is_full=options.full,
        allow_older=options.allow_older,
        accept_large_change=options.accept_large_change,
        skip_backup=options.skip_backup,
        skip_images=options.skip_images,
    )


def _data_dir(options: argparse.Namespace) -> Path:
    if options.demo:
        if options.data_dir is not None or options.database_url is not None:
            raise ConfigError("demo_contradicts")
        return resource("demo")
    if options.data_dir is not None:
        return Path(options.data_dir)
    if not DEFAULT_DATA_DIR.is_dir():
        raise ConfigError("data_dir_needed", path=str(DEFAULT_DATA_DIR))
    return DEFAULT_DATA_DIR


def _run(application: Application, request: RunRequest, output: Output) -> int:
    """Import on a thread, so that this one hears Ctrl-C while the database works."""
    cancel = CancelToken()
    outcome: list[int | BaseException] = []

    def work() -> None:
        try:
            with output:
                # The shop's administrators read Russian, whatever the operator's terminal speaks.
                report = application.run(request, Texts(Language.RUSSIAN), output, cancel)
            outcome.append(ExitCode.ROW_ERRORS if report.has_row_errors else ExitCode.DONE)
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=work, name="run", daemon=True)
    with _cancelled_by_signals(cancel):
        thread.start()
        while thread.is_alive():
            thread.join(IMPATIENCE_S)
            if cancel.is_set and thread.is_alive() and not output.has_run_started:
                output.error(SyncError("cancelled"))
                _leave_at_once()
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]


class _cancelled_by_signals:
    """Ctrl-C and SIGTERM cancel the run; the second one ends the program at once."""

    def __init__(self, cancel: CancelToken) -> None:
        self._cancel = cancel
        self._previous: dict[signal.Signals, Callable[[int, FrameType | None], object] | int | None] = {}

    def __enter__(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._previous[number] = signal.signal(number, self._handle)

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._cancel.is_set:
            _leave_at_once()
        self._cancel.cancel()


def _leave_at_once() -> NoReturn:
    """Nothing is half written: an uncommitted transaction goes with its connection, the workers with their parent."""
    sys.stdout.flush()
    os._exit(ExitCode.CANCELLED)


def _accept_any_console() -> None:
    """A console of Windows may be cp866 or cp1251; what it cannot show becomes a question mark, not a crash."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)  # a windowed program has no streams
        if reconfigure is not None:
            reconfigure(errors="replace")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number
