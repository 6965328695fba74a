"""Everything that 1C is answered goes through here: its clients are strict about each byte (EXCHANGE-2)."""

from __future__ import annotations

from dataclasses import dataclass

from freesport_sync.core.printable import printable

TEXT = "text/plain; charset=utf-8"
XML = "application/xml; charset=utf-8"
"""The charset stands last: the module of 1C-Bitrix takes all that follows `charset=` for its name."""
MAX_REASON = 500
"""Characters of a reason; longer ones are cut by windows of 1C."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer.

    Args:
        body: lines without a line end behind the last: 1C counts lines.
        status: 200 for everything that is no matter of credentials, or the text would be lost in 1C.
        media_type: with the charset.
        headers: further ones.
        closes: the connection ends with this answer.
        log_text: what the log_text is told in place of `text`, where 1C may not know everything.
    """

    body: str
    status: int = 200
    media_type: str = TEXT
    headers: tuple[tuple[str, str], ...] = ()
    closes: bool = False
    log_text: str = ""

    @property
    def outcome(self) -> str:
        """The first line, which tells 1C how it went; of a document only that it is one."""
        return "xml" if self.media_type == XML else self.body.partition("\n")[0]

    @property
    def text(self) -> str:
        """What follows it."""
        return self.body.partition("\n")[2]


def lines(*parts: str) -> Reply:
    """An answer of these lines."""
    return Reply("\n".join(parts))


def success() -> Reply:
    """What was asked for is done, and for good."""
    return Reply("success")


def progress(text: str) -> Reply:
    """It is being done; 1C shows the text and asks again."""
    return lines("progress", printable(text, MAX_REASON))


def failure(text: str) -> Reply:
    """It was not done; 1C shows the text to its user."""
    return lines("failure", printable(text, MAX_REASON))


def unauthorized(text: str, retry_after_s: int = 0) -> Reply:
    """The credentials are missing or wrong."""
    retry = (("Retry-After", str(retry_after_s)),) if retry_after_s else ()
    challenge = ("WWW-Authenticate", 'Basic realm="1C exchange", charset="UTF-8"')
    return Reply(failure(text).body, status=401, headers=(challenge, *retry), closes=True)
