"""A mail server of the tests, over real sockets with TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from freesport_sync.core.notifications import MailSecurity
from freesport_sync.settings.model import NotificationSettings
from tests.tls import certificate

USER, PASSWORD = "robot@shop.example.ru", "p4ss-w0rd-of-mail"
BOSS = "boss@shop.example.ru"


class MailServer:
    """Takes mail until the end of the block.

    Args:
        folder: for the certificate.
        security: what it offers.
    """

    def __init__(self, folder: Path, security: MailSecurity = MailSecurity.TLS) -> None:
        self.certificate = certificate(folder / "mail.pem")
        self.security = security
        self.messages: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.answers: dict[str, str] = {}
        """What it says to a recipient, or after a message (`DATA`), in place of "OK"."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mail", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def rules(self, **others: Any) -> NotificationSettings:
        """Settings that send mail to it."""
        values: dict[str, Any] = {
            "mail_host": "localhost",
            "mail_port": self.port,
            "mail_security": self.security,
            "mail_user": USER,
            "mail_to": (BOSS,),
            "mail_ca_file": self.certificate,
        }
        return NotificationSettings(**values | others)

    async def _open(self) -> asyncio.Server:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate)
        is_tls = self.security is MailSecurity.TLS
        return await self._loop.create_server(
            lambda: SMTP(
                self,
                hostname="mail.example.ru",
                loop=self._loop,
                tls_context=context if self.security is MailSecurity.STARTTLS else None,
                authenticator=_login,
                auth_require_tls=False,
            ),
            "localhost",
            0,
            family=socket.AF_INET,
            ssl=context if is_tls else None,
        )

    async def _close(self) -> None:
        self._server.close()
        mine = asyncio.current_task()
        others = [task for task in asyncio.all_tasks(self._loop) if task is not mine]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Called by aiosmtpd."""
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Called by aiosmtpd."""
        if "DATA" in self.answers:
            return self.answers["DATA"]
        content = envelope.content
        assert isinstance(content, bytes)
        self.messages.append(message_from_bytes(content, policy=default))
        self.recipients += envelope.rcpt_tos
        return "250 OK"


def _login(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object) -> AuthResult:
    is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=False)


@contextmanager
def rude_server(*said: bytes, is_closing: bool = False) -> Iterator[int]:
    """A server that answers each line with the next of some replies and then is silent, or closes; yields its port."""
    with socket.create_server(("localhost", 0), family=socket.AF_INET) as listener:
        is_over = threading.Event()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                for reply in said:
                    connection.sendall(reply)
                    connection.recv(4096)
                if not is_closing:
                    is_over.wait(60)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            is_over.set()
            thread.join()
