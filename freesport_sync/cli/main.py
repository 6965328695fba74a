"""The headless front: arguments to application calls, outcome to exit code."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from freesport_sync.cli.arguments import (
    ACTIONS,
    OWN_SERVER,
    STDOUT,
    build_parser,
    refuse_contradictions,
)
from freesport_sync.cli.terminal import (
    encoded_stdout,
    lost_output,
    protect_streams,
    run_interruptibly,
)
from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.logged import note
from freesport_sync.core.run import (
    FileType,
    RunKind,
    RunRequest,
    storable,
)
from freesport_sync.errors import (
    Cancelled,
    ConfigError,
    ExitCode,
    NothingNew,
    SyncError,
)
from freesport_sync.i18n.resources import resource
from freesport_sync.i18n.texts import Language, Texts, preferred_language
from freesport_sync.os_support import quoted

if TYPE_CHECKING:
    from freesport_sync.application import Application, RunIssues
    from freesport_sync.cli.output import Output
    from freesport_sync.core.history import CheckItem
    from freesport_sync.tasks.shop_import.workers import WorkerPool

SHOWN_ISSUES = 200

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
    parser = build_parser(texts, is_json="--json" in arguments)
    try:
        options = parser.parse_args(arguments)
    except SystemExit as ended:  # --help, --version, or a mistake
        if not ended.code and lost_output():
            return _tell_lost_output(texts)
        raise
    texts.program = _program(options)
    refuse_contradictions(options, parser, texts)
    if not any(vars(options)[name] for name in ACTIONS):
        if open_window is not None:
            return open_window(options)
        parser.print_help()
        return ExitCode.USAGE
    output = _output(options, texts)
    cancel = CancelToken()
    code = run_interruptibly(
        lambda: _exit_code(options, texts, output, cancel), cancel, lambda: output.error(Cancelled("cancelled"))
    )
    if code in (ExitCode.DONE, ExitCode.ROW_ERRORS) and lost_output():
        return _tell_lost_output(texts)
    return code


def _tell_lost_output(texts: Texts) -> int:
    """What was done is done, but whoever reads the output does not have all of it."""
    text = texts.error(ConfigError("output_lost"))
    if sys.stderr is not None:
        print(f"{text.what} {text.affected} {text.hint}", file=sys.stderr)
    return ConfigError.exit_code


def _output(options: argparse.Namespace, texts: Texts) -> Output:
    # Imported here, as everything that takes longer than answering --help.
    if options.json:
        from freesport_sync.cli.json_output import JsonOutput

        return JsonOutput(texts)
    from freesport_sync.cli.terminal_output import TerminalOutput

    return TerminalOutput(texts)


def _exit_code(options: argparse.Namespace, texts: Texts, output: Output, cancel: CancelToken) -> int:
    try:
        return _dispatch(options, texts, output, cancel)
    except NothingNew as nothing:
        output.nothing_new(nothing)
        return nothing.exit_code
    except SyncError as error:
        output.error(error)
        return error.exit_code
    except Exception as error:
        note(log, logging.ERROR, "unexpected_error", cause=error)
        output.error(SyncError("internal_error", reason=f"{type(error).__name__}: {error}"))
        return ExitCode.INTERNAL


def _dispatch(options: argparse.Namespace, texts: Texts, output: Output, cancel: CancelToken) -> int:
    if options.demo and (options.data_dir is not None or options.database_url is not None):
        raise ConfigError("demo_contradicts")
    if options.file is not None and (options.demo or options.data_dir is not None):
        raise ConfigError("file_contradicts")
    if options.serve or options.set_exchange_password or options.probe_exchange:
        return _serve(options, _application(options), texts, output, cancel)
    if options.backup or options.restore is not None or options.undo is not None or options.repair_created_at:
        return _backup_or_restore(options, _application(options), output, cancel)
    if not options.run:
        return _answer(options, _application(options), texts, output, cancel)
    from freesport_sync.tasks.shop_import.workers import WorkerPool

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
        if options.restore is not None:
            request = RunRequest(kind=RunKind.RESTORE, backup_id=storable(options.restore))
        else:
            request = RunRequest(kind=RunKind.REPAIR) if options.undo is None else application.undoing(options.undo)
        request = replace(request, operator=operator, is_dry_run=options.dry_run)
        work = application.restore if request.kind is RunKind.RESTORE else application.repair
        work(request, texts, output, cancel)
    return ExitCode.DONE


def _serve(
    options: argparse.Namespace, application: Application, texts: Texts, output: Output, cancel: CancelToken
) -> int:
    from freesport_sync.cli.serve import asked_password, new_password, stop_with_stdin

    if options.set_exchange_password:
        application.set_exchange_password(new_password(texts))
        output.exchange_password_set(application.settings.exchange.user)
        return ExitCode.DONE
    if options.probe_exchange:
        address = None if options.probe_exchange == OWN_SERVER else options.probe_exchange
        password = asked_password(texts)
        items = application.probe_exchange(password, address, cancel, lambda item: output.check([item]))
        return _check_code(items)
    if options.stop_with_stdin:
        stop_with_stdin(cancel)
    with output:
        application.serve(Texts(Language.RUSSIAN), options.dry_run, output.exchange, output, cancel)
    return ExitCode.DONE


def _save_issues(found: RunIssues, file: Path, texts: Texts, output: Output) -> None:
    from freesport_sync.services.issue_export import ENCODING, save_csv, write_csv

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


def _program(options: argparse.Namespace) -> str:
    """How the program is called again so that it finds the same database, and speaks the same language."""
    given = [("--home", options.home), ("--database-url", options.database_url), ("--language", options.language)]
    words = [quoted(str(word)) for pair in given if pair[1] is not None for word in pair]
    return " ".join(["freesport-sync", *words, *(["--demo"] if options.demo else [])])


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
