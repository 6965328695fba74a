"""What the command line asks for: the request of a word after `--run` or `--submit`, with the options of an import."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from freesport_sync.core.shop import FileType
from freesport_sync.core.tasks import Request
from freesport_sync.errors import ConfigError
from freesport_sync.i18n.resources import resource
from freesport_sync.tasks.shop_import.request import ShopImport

if TYPE_CHECKING:
    from freesport_sync.application import Application


def as_asked(request: Request, options: argparse.Namespace, application: Application) -> Request:
    """The request as the options want it; only imports have any. Its paths are absolute.

    Raises:
        ConfigError: it is not said where the export is, or the run of `--files-of` has no files.
    """
    return _import(request, options, application) if isinstance(request, ShopImport) else request


def _import(request: ShopImport, options: argparse.Namespace, application: Application) -> ShopImport:
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
    is_scheduled = options.scheduled or options.add_schedule is not None
    return is_scheduled and not has_source and application.remote_export.folders is not None


def _data_dir(options: argparse.Namespace, application: Application, is_pull: bool) -> Path:
    default_dir = application.installation.data_dir
    if options.demo:
        return resource("demo")
    if options.data_dir is not None:
        return Path(options.data_dir)
    if options.files_of is not None:
        return application.run_files.of(options.files_of)
    if options.file is not None or is_pull:
        return default_dir  # not used
    if not default_dir.exists():
        raise ConfigError("data_dir_needed", path=str(default_dir))
    return default_dir.absolute()  # a worker has another current folder
