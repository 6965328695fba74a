"""Text for support: which program this is, where it runs, what happened; without secrets."""

from __future__ import annotations

import platform
import re

from PySide6.QtCore import qVersion

from freesport_sync import __version__
from freesport_sync.core.history import EntrySource, HistoryDetails
from freesport_sync.ui.widgets.parts import Tools

_SECRET = re.compile(
    r"""(?P<login>://[^:/@\s]+:)[^@\s]+@"""
    r"""|(?P<name>(?:password|passphrase|пароль|passwd|pwd)["']?\s*[=:]\s*)(?:"[^"\n]*"|'[^'\n]*'|[^\s,;}]+)"""
    r"""|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)""",
    re.IGNORECASE | re.DOTALL,
)


def masked(text: str) -> str:
    """The text with passwords and private keys replaced by stars."""
    return _SECRET.sub(_stars, text)


def _stars(found: re.Match[str]) -> str:
    return f"{found['login']}***@" if found["login"] else f"{found['name'] or ''}***"


def program_facts(tools: Tools) -> str:
    """Versions and the database's name."""
    database_status = tools.backend.database_status
    return masked(
        "\n".join(
            (
                f"freesport_sync {__version__}, Python {platform.python_version()}, Qt {qVersion()}",
                f"{platform.platform()}, {tools.backend.operator}",
                f"database: {database_status.database if database_status else '-'}",
            )
        )
    )


def entry_report(tools: Tools, details: HistoryDetails) -> str:
    """Everything about one entry."""
    texts, entry = tools.texts, details.entry
    lines = [
        program_facts(tools),
        "",
        texts.entry_title(entry),
        f"{entry.status.value}, {entry.started_at.isoformat()}, {entry.duration_s:.1f} s",
        f"{entry.operator} {entry.host} {entry.trigger}",
    ]
    if entry.key.source is EntrySource.RUN:
        lines += [f"{name}: {value}" for name, value in details.request.items()]
        lines += [f"{entity}: {count}" for entity, count in entry.counts.items()]
        lines += [f"{one.severity.value} {one.code}: {one.count}" for one in details.issue_counts]
        lines += [f"{file.path} {file.size_bytes} {file.created_at or ''}" for file in details.files]
        if entry.error is not None:
            lines.append(texts.error(texts.of_run(entry.error, entry.kind, entry.is_dry_run)).sentence)
    lines += [details.error_message, details.report]
    return masked("\n".join(line for line in lines if line))
