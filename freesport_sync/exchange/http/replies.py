"""The answers to 1C, whose clients are strict about every byte (EXCHANGE-2)."""

from __future__ import annotations

from dataclasses import dataclass

from freesport_sync.core.printable import printable

TEXT = "text/plain; charset=utf-8"
XML = "application/xml; charset=utf-8"
"""The charset comes last: the 1C-Bitrix module takes everything after `charset=` for its name."""
MAX_REASON = 500
"""Maximum length of a reason, in characters; 1C's dialogs cut longer ones."""


@dataclass(frozen=True, slots=True)
class ExchangeReply:
    """An answer.

    Args:
        body: lines without a final line end: 1C counts lines.
        status: HTTP status; 200 except about access, because 1C loses the text of any other (EXCHANGE-24).
        media_type: with the charset.
        headers: further ones.
        closes: the connection is closed after this answer.
        log_text: reported instead of `text` where 1C must not know everything.
    """

    body: str
    status: int = 200
    media_type: str = TEXT
    headers: tuple[tuple[str, str], ...] = ()
    closes: bool = False
    log_text: str = ""

    @property
    def outcome(self) -> str:
        """The first line, which tells 1C the outcome; `xml` for a document."""
        return "xml" if self.media_type == XML else self.body.partition("\n")[0]

    @property
    def text(self) -> str:
        """Everything after the first line."""
        return self.body.partition("\n")[2]


def lines(*parts: str) -> ExchangeReply:
    """An answer of these lines."""
    return ExchangeReply("\n".join(parts))


def success() -> ExchangeReply:
    """Done and committed (EXCHANGE-11)."""
    return ExchangeReply("success")


def progress(text: str) -> ExchangeReply:
    """Not finished; 1C shows the text and asks again (EXCHANGE-10)."""
    return lines("progress", printable(text, MAX_REASON))


def failure(text: str) -> ExchangeReply:
    """Not done; 1C shows the text."""
    return lines("failure", printable(text, MAX_REASON))


def unauthorized(text: str, retry_after_s: int = 0) -> ExchangeReply:
    """The credentials are missing or wrong."""
    retry = (("Retry-After", str(retry_after_s)),) if retry_after_s else ()
    challenge = ("WWW-Authenticate", 'Basic realm="1C exchange", charset="UTF-8"')
    return ExchangeReply(failure(text).body, status=401, headers=(challenge, *retry), closes=True)
