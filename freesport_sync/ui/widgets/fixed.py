"""Why another database or another SSH host cannot be chosen in this window."""

from __future__ import annotations

from freesport_sync.ui.widgets.parts import Tools


def why_database_is_fixed(tools: Tools) -> str:
    """Why no other database can be used; empty: it can."""
    if tools.backend.options.database_url is not None:
        return tools.texts("connections.fixed_by_argument")
    if "database.url" in _set_by_environment(tools):
        return tools.texts("connections.fixed_by_environment")
    return _while_running(tools)


def why_ssh_host_is_fixed(tools: Tools) -> str:
    """Why no other SSH host can be used; empty: it can."""
    if any(one.startswith("ssh.") for one in _set_by_environment(tools)):
        return tools.texts("connections.ssh_fixed_by_environment")
    return _while_running(tools)


def why_notifications_are_fixed(tools: Tools) -> str:
    """Why the settings of notifications cannot be changed; empty: they can."""
    if any(one.startswith("notifications.") for one in _set_by_environment(tools)):
        return tools.texts("notifications.fixed_by_environment")
    return tools.texts("import_page.is_running") if tools.backend.is_busy else ""


def _set_by_environment(tools: Tools) -> frozenset[str]:
    application = tools.backend.application
    return frozenset() if application is None else application.connections.set_by_environment()


def _while_running(tools: Tools) -> str:
    return tools.texts("import_page.is_running") if tools.backend.is_running else ""
