"""The command line: parses the arguments, runs the command they ask for, returns the exit code."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from freesport_sync.cli.arguments import actions_of, build_parser
from freesport_sync.cli.commands import command_for
from freesport_sync.cli.interrupts import run_interruptibly
from freesport_sync.cli.invocation import Invocation, process_kind
from freesport_sync.cli.service_options import stop_patience_s
from freesport_sync.cli.streams import lost_output, protect_streams
from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.log_entries import log_entry
from freesport_sync.crash_reports import ProcessKind
from freesport_sync.errors import Cancelled, ConfigError, ExitCode, NothingNew, SyncError
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.os_support import has_window_program, quoted
from freesport_sync.settings.language import preferred_language
from freesport_sync.tasks.registry import TASKS, Registry

if TYPE_CHECKING:
    from freesport_sync.cli.output import Output

log = logging.getLogger(__name__)


def run_command_line(
    arguments: list[str],
    open_window: Callable[[argparse.Namespace, Language], int] | None = None,
    tasks: Registry = TASKS,
    watch_crashes: Callable[[Path | None, ProcessKind], None] | None = None,
) -> int:
    """Do what the arguments ask for.

    Args:
        arguments: those after the program's name.
        open_window: called if the arguments name no command; None: there is no window.
        tasks: what `--run` can run.
        watch_crashes: called with `--home` and what this process does before it does anything; None: tests.

    Returns:
        The exit code (`errors.ExitCode`).
    """
    protect_streams()
    texts = Texts(preferred_language(arguments))
    parser = build_parser(texts, "--json" in arguments, tasks)
    try:
        options = parser.parse_args(arguments)
    except SystemExit as ended:  # --help, --version, or a mistake
        if not ended.code and lost_output():
            return _report_lost_output(texts)
        raise
    texts.program = _program(options)
    from freesport_sync.cli.contradictions import refuse_contradictions  # not needed for --help

    refuse_contradictions(options, parser, texts)
    action = next(iter(actions_of(options)), None)
    if action is None:
        if open_window is not None:
            if watch_crashes is not None:
                watch_crashes(options.home, ProcessKind.WINDOW)
            return open_window(options, texts.language)
        parser.print_help()
        if not has_window_program():
            print(texts("cli.no_window_here"), file=sys.stderr)
        return ExitCode.USAGE
    if watch_crashes is not None:
        watch_crashes(options.home, process_kind(options))
    output, cancel = _output(options, texts), CancelToken()
    invocation = Invocation(options, tasks, texts, output, cancel)
    code = run_interruptibly(
        lambda: _exit_code(action, invocation),
        cancel,
        lambda: output.error(Cancelled("cancelled")),
        stop_patience_s(options),
    )
    with suppress(KeyboardInterrupt):
        invocation.at_end.close()
    if code in (ExitCode.DONE, ExitCode.ROW_ERRORS) and lost_output():
        return _report_lost_output(texts)
    return code


def _report_lost_output(texts: Texts) -> int:
    """The command succeeded, but its output is incomplete: that is a failure of its own."""
    text = texts.error(ConfigError("output_lost"))
    if sys.stderr is not None:
        print(f"{text.what} {text.affected} {text.hint}", file=sys.stderr)
    return ConfigError.exit_code


def _output(options: argparse.Namespace, texts: Texts) -> Output:
    # Imported here to keep --help fast.
    if options.json:
        from freesport_sync.cli.json_output import JsonOutput

        return JsonOutput(texts)
    from freesport_sync.cli.terminal.output import TerminalOutput

    return TerminalOutput(texts)


def _exit_code(action: str, invocation: Invocation) -> int:
    output = invocation.output
    try:
        _refuse_second_source(invocation.options)
        return command_for(action)(invocation)
    except NothingNew as nothing:
        from freesport_sync.cli.results import NothingToDo

        output.show(NothingToDo(nothing))
        return nothing.exit_code
    except SyncError as error:
        output.error(error)
        return error.exit_code
    except Exception as error:
        log_entry(log, logging.ERROR, "unexpected_error", cause=error)
        output.error(SyncError("internal_error", reason=f"{type(error).__name__}: {error}"))
        return ExitCode.INTERNAL


def _refuse_second_source(options: argparse.Namespace) -> None:
    if options.demo and (options.data_dir is not None or options.database_url is not None):
        raise ConfigError("demo_contradicts")
    if options.file is not None and (options.demo or options.data_dir is not None):
        raise ConfigError("file_contradicts")


def _program(options: argparse.Namespace) -> str:
    """The start of a command to paste, with the options for the same database and language."""
    given = [("--home", options.home), ("--database-url", options.database_url), ("--language", options.language)]
    words = [quoted(str(word)) for pair in given if pair[1] is not None for word in pair]
    return " ".join(["freesport-sync", *words, *(["--demo"] if options.demo else [])])
