"""Sends to messengers by apprise, which is loaded only where a messenger is set up."""

from __future__ import annotations

import logging

from freesport_sync.errors import ConfigError, ConnectionFailed
from freesport_sync.tasks.notify.composing import Letter

LONGEST_MESSAGE = 3500
"""Characters; Telegram takes 4096."""


def send_to_messenger(name: str, address: str | None, message: Letter) -> None:
    """Send a message; returns when the messenger's server has confirmed it.

    Args:
        name: of the messenger in the settings.
        address: its URL for apprise, a secret; None: none is stored.
        message: the words.

    Raises:
        ConfigError: there is no usable URL, or the program has no apprise.
        ConnectionFailed: the server has not confirmed it; apprise does not say why, and its log may have the token.
    """
    if address is None:
        raise ConfigError("messenger_unknown", name=name)
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # it logs addresses
    try:
        import apprise
    except ImportError as error:
        raise ConfigError("messengers_missing", name=name) from error
    sender = apprise.Apprise(asset=apprise.AppriseAsset(app_id="freesport_sync", async_mode=False))
    if not sender.add(address):
        raise ConfigError("messenger_unusable", name=name)
    if not sender.notify(
        title=message.subject, body=message.body[:LONGEST_MESSAGE], body_format=apprise.NotifyFormat.TEXT
    ):
        raise ConnectionFailed("messenger_refused", name=name)
