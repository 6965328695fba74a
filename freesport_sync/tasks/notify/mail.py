"""Sends e-mail; the time that a server may take is bounded, whatever it does (NOTIFY-3)."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.header import Header
from email.mime.text import MIMEText
from email.utils import format_datetime, localtime
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from freesport_sync.core.notifications import MailSecurity
from freesport_sync.core.printable import printable
from freesport_sync.errors import ConfigError, ConnectionFailed, SyncError, reason_of
from freesport_sync.tasks.notify.composing import Letter

MESSAGE_S = 30.0
"""For a whole message, also where a server sends a byte now and then."""
REPLY_S = 10.0
LONGEST_REPLY = 300
"""Characters of what a server has said."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """The server that takes our mail.

    Args:
        host: its name or address.
        port: its port.
        security: how the connection is encrypted.
        user: to log in with; None: without.
        password: of the user.
        sender: address.
        ca_file: certificates to trust besides the system's.
    """

    host: str
    port: int
    security: MailSecurity
    user: str | None
    password: str | None
    sender: str
    ca_file: Path | None = None


def send_mail(server: MailServer, recipient: str, message: Letter, message_id: str, limit_s: float = MESSAGE_S) -> None:
    """Send a message; returns when the server has confirmed it.

    Args:
        server: that takes it.
        recipient: address.
        message: the words.
        message_id: without angle brackets; the same if it is sent again.
        limit_s: seconds until the connection is cut.

    Raises:
        ConfigError: it will not be taken until somebody changes something.
        ConnectionFailed: it may be taken later.
    """
    mail = _mail(server.sender, recipient, message, message_id)
    with _translated(server, recipient), _session(server, limit_s) as smtp:
        smtp.send_message(mail, server.sender, [recipient])


def _mail(sender: str, recipient: str, message: Letter, message_id: str) -> MIMEText:
    # EmailMessage loses spaces where it folds a Russian subject (Python 3.11).
    mail = MIMEText(message.body, "plain", "utf-8")
    mail["From"], mail["To"] = sender, recipient
    mail["Subject"] = Header(message.subject, "utf-8")  # type: ignore[assignment] # the stubs know only texts
    mail["Date"] = format_datetime(localtime())
    mail["Message-ID"] = f"<{message_id}>"
    mail["Auto-Submitted"] = "auto-generated"  # nobody on holiday answers
    return mail


@contextmanager
def _session(server: MailServer, limit_s: float) -> Iterator[smtplib.SMTP]:
    """A connection that is encrypted and logged in, and cut when its time is over."""
    with _Deadline(limit_s) as deadline:
        smtp = _Smtp(server, deadline)
        try:
            smtp.ehlo_or_helo_if_needed()
            if server.security is MailSecurity.STARTTLS:
                if not smtp.has_extn("starttls"):
                    raise ConfigError("mail_no_tls", **_of(server))
                smtp.starttls(context=_tls(server))
                smtp.ehlo_or_helo_if_needed()
            if server.user is not None and server.password is not None:
                refuse_open_password(server)
                smtp.login(server.user, server.password)
            yield smtp
            with suppress(OSError, smtplib.SMTPException):  # the message is taken, whatever comes now
                smtp.quit()
        finally:
            smtp.close()


class _Smtp(smtplib.SMTP):
    """A connection whose handshake is bounded too.

    Args:
        server: to connect to.
        deadline: cuts the connection.
    """

    def __init__(self, server: MailServer, deadline: _Deadline) -> None:
        self._server, self._deadline = server, deadline
        # The name of this computer is nobody's business, and may be no host name at all.
        super().__init__(server.host, server.port, "localhost", min(REPLY_S, deadline.limit_s))

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # called by smtplib
        raw = socket.create_connection((host, port), timeout)
        self._deadline.watch(raw)
        if self._server.security is not MailSecurity.TLS:
            return raw
        return _tls(self._server).wrap_socket(raw, server_hostname=host)


class _Deadline:
    """Cuts a connection when its time is over.

    Args:
        limit_s: seconds from when it is watched.
    """

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self._timer: threading.Timer | None = None
        self._connection: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
        if self._connection is not None:
            self._connection.close()

    def watch(self, raw: socket.socket) -> None:
        """Watch a connection, also after TLS has taken it over."""
        self._connection = raw.dup()
        self._timer = threading.Timer(self.limit_s, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def _cut(self) -> None:
        if self._connection is not None:
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)


def _tls(server: MailServer) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if server.ca_file is not None:
        try:
            context.load_verify_locations(server.ca_file)
        except OSError as error:  # an SSLError too
            reason = getattr(error, "reason", "") or reason_of(error)
            raise ConfigError("mail_ca_file_unusable", file=str(server.ca_file), reason=reason) from error
    return context


def refuse_open_password(server: MailServer) -> None:
    """Raise `ConfigError` if the password would go over a network unencrypted."""
    if server.security is MailSecurity.NONE and not _is_this_computer(server.host):
        raise ConfigError("mail_password_open", **_of(server))


def _is_this_computer(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def _translated(server: MailServer, recipient: str) -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        raise _refused(server, code, said, "mail_recipient_refused", recipient=recipient) from error
    except smtplib.SMTPAuthenticationError as error:
        raise _refused(server, error.smtp_code, error.smtp_error, "mail_login_refused", user=server.user) from error
    except smtplib.SMTPResponseException as error:
        raise _refused(server, error.smtp_code, error.smtp_error, "mail_refused") from error
    except (smtplib.SMTPNotSupportedError, UnicodeError) as error:
        raise ConfigError("mail_refused", **_of(server), reason=printable(str(error), LONGEST_REPLY)) from error
    except ssl.SSLCertVerificationError as error:
        raise ConfigError("mail_certificate", **_of(server), reason=error.verify_message) from error
    except ssl.SSLError as error:
        raise ConfigError("mail_tls_failed", **_of(server), reason=error.reason or str(error)) from error
    except (smtplib.SMTPServerDisconnected, TimeoutError, ConnectionResetError, BrokenPipeError) as error:
        raise ConnectionFailed("mail_broken_off", **_of(server)) from error
    except (OSError, smtplib.SMTPException) as error:
        reason = reason_of(error) if isinstance(error, OSError) else str(error)
        raise ConnectionFailed("mail_unreachable", **_of(server), reason=printable(reason, LONGEST_REPLY)) from error


def _refused(server: MailServer, code: int, said: bytes | str, problem: str, **params: object) -> SyncError:
    """A reply of 400 to 499 says: later."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    reason = printable(f"{code} {text}", LONGEST_REPLY)
    if 400 <= code < 500:
        return ConnectionFailed("mail_refused_for_now", **_of(server), reason=reason)
    return ConfigError(problem, **_of(server), reason=reason, **params)


def _of(server: MailServer) -> dict[str, object]:
    return {"host": server.host, "port": server.port}
