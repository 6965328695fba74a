"""Short results on a terminal: checks, runs that were stopped or closed, host keys, settings."""

from __future__ import annotations

from rich.markup import escape

from freesport_sync.cli.results import (
    CancelRequested,
    FreshnessShown,
    HostKeyPinned,
    ServicePrinted,
    SettingList,
    StaleClosed,
    SupportPackageSaved,
    SupportPackageShown,
)
from freesport_sync.cli.streams import is_unicode
from freesport_sync.cli.terminal.screen import Screen, local_time, say
from freesport_sync.core.checks import REPAIR_DUE, CheckItem
from freesport_sync.core.printable import printable


def show_check(screen: Screen, item: CheckItem) -> None:
    """Print a line."""
    # Windows consoles lack these signs; both would become question marks.
    good, bad = ("✓", "✗") if is_unicode(screen.out.file) else ("+", "!")
    mark = f"[green]{good}[/]" if item.is_ok else f"[bold red]{bad}[/]"
    mark = "[bold yellow]![/]" if item.is_advice else mark
    say(screen.out, f"{mark} {escape(screen.texts.check(item.code, item.params))}")
    if item.code == REPAIR_DUE:
        screen.line(screen.texts(f"cli.check_{item.code}"))


def show_freshness(screen: Screen, result: FreshnessShown) -> None:
    """Print what there is of each kind of data, and then what to do about what is too old."""
    texts, freshness = screen.texts, result.freshness
    table = screen.table("data", "exported", "imported", "run", "limit")
    overdue = freshness.overdue(freshness.read_at)
    for one in freshness.data:
        last = one.last
        moments = ("—", "—", "—")
        if last is not None:
            moments = (local_time(last.made_at), local_time(last.imported_at), str(last.key))
        style = "bold yellow" if one.kind in overdue else ""
        name = texts.word("data_kind", one.kind.value)
        table.add_row(name, *moments, texts("cli.limit_hours", hours=one.limit_h) if one.limit_h else "—", style=style)
    screen.out.print(table)
    for complaint in overdue.values():
        screen.line(texts.error(complaint).what)
    if overdue:
        hint = next(iter(overdue.values()))
        screen.line(texts.error(hint).hint)


def show_cancel_requested(screen: Screen, result: CancelRequested) -> None:
    """Print which run was asked to stop and by whom."""
    request, texts = result.request, screen.texts
    screen.line(
        texts(
            "cli.cancel_requested",
            run_id=request.run_id,
            operator=request.operator,
            host=request.host,
            stage=texts.word("stage", request.stage),
            by=request.requested_by,
            at=local_time(request.requested_at),
        )
    )


def show_stale_closed(screen: Screen, result: StaleClosed) -> None:
    """Print a line for each dead run and import session."""
    closed, texts = result.closed, screen.texts
    if not closed.runs and not closed.sessions:
        screen.line(texts("cli.nothing_stale"))
    for run in closed.runs:
        screen.line(
            texts(
                "cli.run_closed",
                run_id=run.id,
                operator=run.operator,
                host=run.host,
                stage=texts.word("stage", run.stage),
                since=local_time(run.started_at),
                heartbeat=local_time(run.heartbeat_at),
            )
        )
    for session in closed.sessions:
        screen.line(
            texts(
                "cli.session_closed" if session.is_ours else "cli.session_closed_foreign",
                session=session.id,
                import_type=session.import_type,
                since=local_time(session.started_at),
                updated=local_time(session.updated_at),
            )
        )


def show_host_key_pinned(screen: Screen, result: HostKeyPinned) -> None:
    """Print the key and the file it is in."""
    key = result.key
    shown = {"key_type": key.key_type, "fingerprint": key.fingerprint, "file": key.file}
    screen.line(screen.texts("cli.host_key_pinned", host=key.host, port=key.port, **shown))


def show_service(screen: Screen, result: ServicePrinted) -> None:
    """Print the unit or the task alone, so that it can be redirected, or say what to do with the file."""
    service = result.service
    if result.file is None:
        print(service.text, end="")
        return
    screen.line(screen.texts("cli.service_saved", name=service.name, file=result.file))
    for command in service.commands:
        screen.indented(command)


def show_settings(screen: Screen, result: SettingList) -> None:
    """Print key, value, meaning, default and environment variable of every setting."""
    texts = screen.texts
    key = "cli.settings_file" if result.file.exists() else "cli.settings_file_missing"
    screen.line(texts(key, file=str(result.file)))
    not_set = texts("cli.not_set")
    for one in result.settings:
        value = not_set if one.value is None else f"= {one.value}"
        origin = texts(f"origin.{one.origin.value}")
        screen.out.print(f"\n[bold]{escape(one.key)}[/] {escape(value)}  [dim]({origin})[/]", highlight=False)
        screen.indented(texts(f"settings.{one.key}"))
        if one.value != one.default:
            screen.indented(texts("cli.setting_default", default=one.default or not_set))
        screen.indented(one.variable, "dim")
    screen.line("")
    for item in result.bootstrap:
        show_check(screen, item)
    if not result.bootstrap and result.bootstrap_places:
        screen.line(texts("cli.bootstrap_absent", places=", ".join(map(str, result.bootstrap_places))))


def show_support_package(screen: Screen, result: SupportPackageShown) -> None:
    """Show what the package holds and what it lacks."""
    table = screen.table("file", "kilobytes", "meaning")
    for one in result.package.files:
        table.add_row(escape(printable(one.name)), f"{len(one.content) / 1000:.1f}", escape(one.about))
    screen.out.print(table)
    if result.package.missing:
        screen.line(screen.texts("cli.support_missing"))
        for text in result.package.missing:
            screen.indented(printable(text))


def show_support_package_saved(screen: Screen, result: SupportPackageSaved) -> None:
    """Say where the package is, or that there is none."""
    if result.file is None:
        screen.line(screen.texts("cli.support_not_wanted"))
    else:
        size = f"{result.size_bytes / 1_000_000:.1f}"
        screen.line(screen.texts("cli.support_saved", file=result.file, size=size))
