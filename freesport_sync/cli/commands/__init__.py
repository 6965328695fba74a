"""The commands of the command line, one module each; a module is imported when its command is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from freesport_sync.cli.invocation import Invocation

Command: TypeAlias = Callable[[Invocation], int]
"""Carries out a command and returns the exit code; `cli.main` handles its errors."""


def command_for(action: str) -> Command:
    """The command of an action.

    Args:
        action: one of `arguments.ACTIONS`.
    """
    match action:
        case "print_service":
            from freesport_sync.cli.commands.print_service import print_service as command
        case "run":
            from freesport_sync.cli.commands.run import run as command
        case "submit":
            from freesport_sync.cli.commands.submit import submit as command
        case "tasks":
            from freesport_sync.cli.commands.tasks import tasks as command
        case "task":
            from freesport_sync.cli.commands.tasks import task as command
        case "cancel_task":
            from freesport_sync.cli.commands.tasks import cancel_task as command
        case "retry_task":
            from freesport_sync.cli.commands.submit import retry_task as command
        case "prioritise_task":
            from freesport_sync.cli.commands.tasks import prioritise_task as command
        case "cleanup_tasks":
            from freesport_sync.cli.commands.tasks import cleanup_tasks as command
        case "workers":
            from freesport_sync.cli.commands.tasks import workers as command
        case "schedules":
            from freesport_sync.cli.commands.schedules import schedules as command
        case "add_schedule":
            from freesport_sync.cli.commands.schedules import add_schedule as command
        case "switch_schedule":
            from freesport_sync.cli.commands.schedules import switch_schedule as command
        case "remove_schedule":
            from freesport_sync.cli.commands.schedules import remove_schedule as command
        case "pull":
            from freesport_sync.cli.commands.pull import pull as command
        case "check":
            from freesport_sync.cli.commands.check import check as command
        case "settings":
            from freesport_sync.cli.commands.settings import show_settings as command
        case "support_package":
            from freesport_sync.cli.commands.support_package import support_package as command
        case "history":
            from freesport_sync.cli.commands.history import history as command
        case "show":
            from freesport_sync.cli.commands.show import show as command
        case "cancel":
            from freesport_sync.cli.commands.cancel import cancel as command
        case "freshness":
            from freesport_sync.cli.commands.freshness import freshness as command
        case "unlock_stale":
            from freesport_sync.cli.commands.unlock_stale import unlock_stale as command
        case "pin_host_key":
            from freesport_sync.cli.commands.pin_host_key import pin_host_key as command
        case "backup":
            from freesport_sync.cli.commands.backup import backup as command
        case "backups":
            from freesport_sync.cli.commands.backups import backups as command
        case "restore":
            from freesport_sync.cli.commands.restore import restore as command
        case "undo":
            from freesport_sync.cli.commands.undo import undo as command
        case "repair_created_at":
            from freesport_sync.cli.commands.repair_created_at import repair_created_at as command
        case "serve" | "work":
            from freesport_sync.cli.commands.services import run_services as command
        case "set_exchange_password":
            from freesport_sync.cli.commands.set_exchange_password import set_exchange_password as command
        case "probe_exchange":
            from freesport_sync.cli.commands.self_test import self_test as command
        case "help_topic":
            from freesport_sync.cli.commands.help_topic import help_topic as command
        case "schedule_import":
            from freesport_sync.cli.commands.schedule_import import schedule_import as command
        case "unschedule_import":
            from freesport_sync.cli.commands.schedule_import import unschedule_import as command
        case "test_notification":
            from freesport_sync.cli.commands.test_notification import test_notification as command
        case _:
            raise ValueError(action)
    return command
