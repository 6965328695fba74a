"""What people are told without having asked, and by which way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from freesport_sync.core.run import IssueTotal
from freesport_sync.core.task_list import TaskStatus

MAIL, MESSENGER = "mail", "messenger"
"""The first part of a target."""


class Occasion(StrEnum):
    """Why somebody is told."""

    FAILURE = "failure"
    """A task has failed."""
    REMARKS = "remarks"
    """A task is completed, with warnings or errors about single records."""
    SUCCESS = "success"
    WATCH = "watch"
    """Something that no task says, for instance that data is too old."""

    @property
    def is_urgent(self) -> bool:
        """Whether it is told at once, and whatever the settings say."""
        return self in (Occasion.FAILURE, Occasion.WATCH)


class Chosen(StrEnum):
    """What people may want to be told besides what is urgent."""

    SUCCESS = "success"
    REMARKS = "remarks"


class MailSecurity(StrEnum):
    """How the connection to a mail server is encrypted."""

    TLS = "tls"
    """From the first byte, usually at port 465."""
    STARTTLS = "starttls"
    """After the greeting, usually at port 587; never without."""
    NONE = "none"
    """Not at all: for a relay in the own network, which gets no password."""


@dataclass(frozen=True, slots=True)
class NotificationTarget:
    """Whom to tell, and how.

    Args:
        way: `MAIL` or `MESSENGER`.
        name: address, or name of the messenger in the settings.
    """

    way: str
    name: str

    def __str__(self) -> str:
        return f"{self.way}:{self.name}"

    @classmethod
    def parse(cls, text: str) -> NotificationTarget:
        """What `str` wrote."""
        way, _, name = text.partition(":")
        return cls(way, name)


@dataclass(frozen=True, slots=True)
class EndedTask:
    """A task that has come to its end.

    Args:
        type: name of its task type.
        kind: what was done.
        status: final.
        is_dry_run: nothing was written.
        error_code: why it failed.
        issue_totals: of its last run; None: it made no run.
    """

    type: str
    kind: str
    status: TaskStatus
    is_dry_run: bool
    error_code: str | None
    issue_totals: tuple[IssueTotal, ...] | None


@dataclass(frozen=True, slots=True)
class WatchMessage:
    """What an observer wants to say.

    Args:
        code: of a text `errors.<code>`: what happened, what is affected, what to do.
        params: for the text.
        group_key: the same again within an hour is counted into one message.
    """

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    group_key: str = ""


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """What one target has to be told about one task, or by one observer.

    Args:
        id: of the entry.
        uid: makes the id of the message, which stays the same however often it is sent.
        target: whom to tell.
        occasion: why.
        task_id: None: it is not about a task.
        message: of what is not about a task.
        group_key: equal ones share a message; empty: one of its own.
        created_at: when it happened.
    """

    id: int
    uid: str
    target: NotificationTarget
    occasion: Occasion
    task_id: int | None
    message: WatchMessage | None
    group_key: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NotificationChoice:
    """What people choose in the window.

    Args:
        events: told besides failures.
        digest_at: `08:00`: what is not urgent comes once a day; None: at once.
        mail_to: addresses.
        mail_from: address; None: the user's.
        mail_host: server; None: no mail.
        mail_port: None: the usual one.
        mail_security: how the connection is encrypted.
        mail_user: None: the server asks for none.
    """

    events: frozenset[Chosen] = frozenset()
    digest_at: str | None = None
    mail_to: tuple[str, ...] = ()
    mail_from: str | None = None
    mail_host: str | None = None
    mail_port: int | None = None
    mail_security: MailSecurity = MailSecurity.TLS
    mail_user: str | None = None
