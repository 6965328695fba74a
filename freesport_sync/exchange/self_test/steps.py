"""Plays a small exchange against a running server as 1C would, and reports which step does not work (EXCHANGE-28).

It only knows what 1C knows: the address, the user, the password, and how 1C reads answers (EXCHANGE-1, EXCHANGE-2).
"""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.checks import CheckItem
from freesport_sync.exchange.self_test.client import (
    SelfTestAnswer,
    SelfTestClient,
    StepFailed,
    shown,
)
from freesport_sync.i18n.texts import is_outcome_of_dry_run
from freesport_sync.sources.commerceml.documents import count_documents

IMPORT_REQUEST_S = 180.0
"""1C abandons a request after this time."""
_PADDING_BYTES = 1_500_000
"""Of the first fragment: more than the megabyte that proxies accept by default."""
_FILE, _ARCHIVE = "import0_1.xml", "v8_probe.zip"
# An import of it changes nothing: without a date it makes no later export an older one, and with "only changes" it
# hides nothing.
_CATALOGUE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<КоммерческаяИнформация xmlns="urn:1C.ru:commerceml_2" ВерсияСхемы="2.08">{padding}\n'
    '<Каталог СодержитТолькоИзменения="true"><Ид>freesport-sync-probe</Ид>'
    "<Наименование>Проверка обмена</Наименование><Товары/></Каталог>\n"
    "</КоммерческаяИнформация>\n"
)


@dataclass(frozen=True, slots=True)
class SelfTestTimeouts:
    """How long the self-test waits.

    Args:
        request_s: for the answer to a request.
        import_s: for the end of the import.
    """

    request_s: float = 30.0
    import_s: float = 300.0


def take_steps(
    client: SelfTestClient,
    knows_password: bool | None,
    cancel: CancelToken,
    report: Callable[[CheckItem], None] = lambda item: None,
    timeouts: SelfTestTimeouts = SelfTestTimeouts(),
) -> tuple[CheckItem, ...]:
    """Take every step of an exchange, with an empty catalogue (EXCHANGE-28).

    Args:
        client: sends the requests.
        knows_password: whether the password is that of the exchange on this computer; None: it has none.
        cancel: aborts it.
        report: receives each step as it is done.
        timeouts: how long to wait.

    Returns:
        The steps; a step that fails is the last one.

    Raises:
        Cancelled: it was cancelled.
    """
    items: list[CheckItem] = []
    steps = _Steps(client, knows_password, timeouts).steps()
    while True:
        cancel.check()
        try:
            item = next(steps, None)
        except StepFailed as failed:
            cancel.check()  # it may have failed because it was cancelled
            item = CheckItem(failed.code, False, failed.params)
            steps = iter(())
        if item is None:
            return tuple(items)
        items.append(item)
        report(item)


class _Steps:
    def __init__(self, client: SelfTestClient, knows_password: bool | None, timeouts: SelfTestTimeouts) -> None:
        self._client = client
        self._knows_password = knows_password
        self._timeouts = timeouts
        self._cookie = ""

    def steps(self) -> Iterator[CheckItem]:
        """What 1C does, in the order of 1C."""
        yield from self._client.reach(self._timeouts.request_s)
        answer = self._ask("checkauth")
        if answer.status == 401:
            yield CheckItem("probe_path", True)
            raise self._refused(answer)
        lines = self._successful("checkauth", answer)
        yield CheckItem("probe_path", True)
        self._cookie = _cookie_of(lines)
        yield CheckItem("probe_login", True, {"user": self._client.user})
        yield from self._init()
        yield from self._files()
        yield self._import()
        yield self._query()

    def _init(self) -> Iterator[CheckItem]:
        lines = self._lines("init", self._ask("init"))
        if lines[0].lower() == "failure":
            raise StepFailed("probe_cookie_lost", reason=shown("\n".join(lines[1:])))
        is_zip = _two_lines(lines[:2], len(lines), 2)
        yield CheckItem("probe_cookie", True)
        yield CheckItem("probe_init_two", True)
        lines = self._lines("init", self._ask("init", "version=3.1"))
        _two_lines(lines[:2], len(lines), 4)
        if not (lines[2].startswith("sessid=") and lines[3].startswith("version=")):
            raise StepFailed("probe_init_unreadable", text=shown("\n".join(lines)))
        yield CheckItem("probe_init_four", True)
        self._is_zip = is_zip

    def _files(self) -> Iterator[CheckItem]:
        catalogue = _CATALOGUE.format(padding=(" " * 99 + "\n") * (_PADDING_BYTES // 100)).encode()
        half = catalogue.rindex("<Каталог".encode()) + 4  # in the middle of a letter: 1C cuts by bytes
        self._send(_FILE, catalogue[:half], catalogue[half:])
        yield CheckItem("probe_file", True, {"size": f"{len(catalogue) / 1_000_000:.1f}"})
        if self._is_zip:
            archive = _archive()
            self._send(_ARCHIVE, archive[: len(archive) // 2], archive[len(archive) // 2 :])
            yield CheckItem("probe_zip", True)

    def _send(self, name: str, *fragments: bytes) -> None:
        for fragment in fragments:
            answer = self._ask("file", f"filename={quote(name)}", body=fragment)
            if answer.status == 413:
                raise StepFailed("probe_too_large", size=f"{len(fragment) / 1_000_000:.1f}", status=answer.status)
            self._successful("file", answer)

    def _import(self) -> CheckItem:
        started = time.monotonic()
        while True:
            answer = self._ask("import", f"filename={_FILE}", timeout_s=max(self._timeouts.request_s, IMPORT_REQUEST_S))
            lines = self._lines("import", answer)
            word, text = lines[0].lower(), shown("\n".join(lines[1:]))
            seconds = time.monotonic() - started
            if word == "success":
                return CheckItem("probe_import", True, {"seconds": f"{seconds:.1f}"})
            if word == "failure" and is_outcome_of_dry_run(text):
                return CheckItem("probe_import_dry", True)
            if word == "failure":
                raise StepFailed("probe_import_failed", reason=text)
            if word != "progress":
                raise StepFailed("probe_answer_unknown", step="import", text=shown("\n".join(lines)))
            if seconds > self._timeouts.import_s:
                raise StepFailed("probe_import_slow", seconds=round(seconds), text=text)
            if seconds < 1:
                time.sleep(0.1)  # do not flood a server that does not hold the request

    def _query(self) -> CheckItem:
        """Ask for orders as the standard client does: after a login of its own, without `init` (EXCHANGE-16)."""
        self._cookie = _cookie_of(self._successful("checkauth", self._ask("checkauth", kind="sale")))
        answer = self._ask("query", kind="sale")
        _expect_reached(answer)
        body = answer.body
        if not body.startswith(b"<?xml"):
            raise StepFailed("probe_query_not_xml", text=shown(body.decode("utf-8", "replace")))
        try:
            documents = count_documents(body)
        except ValueError as error:
            raise StepFailed("probe_query_invalid", reason=str(error)) from error
        return CheckItem("probe_query", True, {"documents": documents})

    def _ask(
        self, mode: str, *more: str, kind: str = "catalog", body: bytes | None = None, timeout_s: float | None = None
    ) -> SelfTestAnswer:
        query = "&".join((f"type={kind}", f"mode={mode}", *more))
        return self._client.ask(mode, query, self._cookie, body, timeout_s or self._timeouts.request_s)

    def _successful(self, step: str, answer: SelfTestAnswer) -> list[str]:
        """The lines of an answer that must be `success`."""
        lines = self._lines(step, answer)
        word = lines[0].lower()
        if word == "failure":
            raise StepFailed("probe_refused", step=step, reason=shown("\n".join(lines[1:])))
        if word != "success":
            raise StepFailed("probe_answer_unknown", step=step, text=shown("\n".join(lines)))
        return lines

    def _lines(self, step: str, answer: SelfTestAnswer) -> list[str]:
        """The lines of an answer as 1C reads them: it is strict about every byte (EXCHANGE-2)."""
        _expect_reached(answer)
        if answer.status == 401:
            raise StepFailed("probe_login_forgotten", step=step)
        start = answer.body.lstrip()[:100].lower()
        if not start:
            raise StepFailed("probe_answer_empty", step=step)
        if start.startswith((b"<!doctype", b"<html")):
            raise StepFailed("probe_answer_html", step=step)
        if answer.body.startswith(b"\xef\xbb\xbf"):
            raise StepFailed("probe_answer_bom", step=step)
        if b"\r" in answer.body:
            raise StepFailed("probe_answer_crlf", step=step)
        _, has_charset, charset = answer.media_type.partition("charset=")
        try:
            text = answer.body.decode(charset if has_charset else "")
        except (LookupError, ValueError) as error:
            raise StepFailed("probe_answer_charset", step=step, type=answer.media_type or "-") from error
        return text.split("\n")

    def _refused(self, answer: SelfTestAnswer) -> StepFailed:
        """Why a login was refused; 1C itself shows only the 401."""
        if answer.realm and not answer.body.startswith(b"failure"):
            return StepFailed("probe_login_elsewhere", realm=shown(answer.realm))
        if self._knows_password:
            return StepFailed("probe_login_lost", user=self._client.user)
        code = "probe_login_refused" if self._knows_password is None else "probe_login_wrong"
        return StepFailed(code, user=self._client.user)


def _expect_reached(answer: SelfTestAnswer) -> None:
    """Raise what the HTTP status alone tells; 1C would show the number at most."""
    status = answer.status
    if status in (404, 405, 410):
        raise StepFailed("probe_path_missing", status=status)
    if 300 <= status < 400:
        raise StepFailed("probe_redirected", location=shown(answer.location or "-"))
    if status in (502, 503, 504):
        raise StepFailed("probe_gateway", status=status)
    if status not in (200, 401):
        reason = shown(answer.body.decode("utf-8", "replace").partition("\n")[2])
        is_ours = answer.body.startswith(b"failure\n")
        raise StepFailed("probe_status", status=status, reason=reason if is_ours else "-")


def _cookie_of(lines: list[str]) -> str:
    if len(lines) < 3 or any(part != part.strip() or not part for part in lines[1:3]):
        raise StepFailed("probe_cookie_missing", text=shown("\n".join(lines)))
    return f"{lines[1]}={lines[2]}"


def _two_lines(lines: list[str], count: int, expected: int) -> bool:
    """Check the answer to `init`; returns whether 1C is to send archives."""
    if count != expected:
        raise StepFailed("probe_init_lines", lines=count, expected=expected)
    is_zip, _, limit = "&".join(lines).partition("&file_limit=")
    if is_zip not in ("zip=yes", "zip=no") or not limit.isdecimal():
        raise StepFailed("probe_init_unreadable", text=shown("\n".join(lines)))
    return is_zip == "zip=yes"


def _archive() -> bytes:
    """An archive without anything to import; if it did not arrive whole, unpacking it fails."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("import_files/probe/probe.txt", "freesport-sync probe\n" * 100)
    return packed.getvalue()
