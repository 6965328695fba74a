"""`--run`: run a task, an import most of the time."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from freesport_sync.cli.invocation import Invocation
from freesport_sync.core.shop import FileType
from freesport_sync.core.tasks import Request
from freesport_sync.errors import ConfigError, ExitCode
from freesport_sync.i18n.resources import resource
from freesport_sync.tasks.shop_import.request import ShopImport

if TYPE_CHECKING:
    from freesport_sync.application import Application


def run(invocation: Invocation) -> int:
    """Run a task; exit code 1 if single records could not be imported."""
    request = invocation.tasks.commands[invocation.options.run]
    if isinstance(request, ShopImport):
        return _import(invocation, request)
    return _run(invocation, invocation.open_application(), request)


def _import(invocation: Invocation, request: ShopImport) -> int:
    from freesport_sync.sources.commerceml.workers import WorkerPool

    with WorkerPool() as pool:  # a worker starts while the rest of the program is loaded
        application = invocation.open_application(pool)
        return _run(invocation, application, _as_asked(request, invocation.options, application))


def _run(invocation: Invocation, application: Application, request: Request) -> int:
    report = invocation.run(application, request)
    return ExitCode.ROW_ERRORS if report.has_row_errors else ExitCode.DONE


def _as_asked(request: ShopImport, options: argparse.Namespace, application: Application) -> ShopImport:
    is_pull = options.pull or _is_pull_by_settings(options, application)
    return replace(
        request,
        file_type=FileType(options.file_type),
        data_dir=_data_dir(options, application, is_pull),
        file=options.file,
        chunk_size=options.chunk_size or request.chunk_size,
        is_full=options.full,
        allow_older=options.allow_older,
        accept_large_change=options.accept_large_change,
        skip_backup=options.skip_backup,
        is_backup_optional=options.backup_optional,
        skip_images=options.skip_images,
        media_root=options.media_root,
        is_pull=is_pull,
    )


def _is_pull_by_settings(options: argparse.Namespace, application: Application) -> bool:
    """A scheduled import fetches its files if there is an SSH host to fetch them from when it starts."""
    has_source = options.demo or any((options.data_dir, options.file, options.files_of))
    return options.scheduled and not has_source and application.remote_export.folders is not None


def _data_dir(options: argparse.Namespace, application: Application, is_pull: bool) -> Path:
    default_dir = application.installation.data_dir
    if options.demo:
        return resource("demo")
    if options.data_dir is not None:
        return Path(options.data_dir)
    if options.files_of is not None:
        return application.run_files.of(options.files_of)
    if options.file is not None or is_pull:
        return default_dir
    if not default_dir.exists():
        raise ConfigError("data_dir_needed", path=str(default_dir))
    return default_dir
