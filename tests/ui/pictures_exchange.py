"""The pictures of «Сервер 1С»."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from freesport_sync.core.checks import CheckItem
from freesport_sync.errors import SyncError
from freesport_sync.ui.service_process import ServiceState
from tests.ui import exchange_scenery
from tests.ui.desk import Desk

if TYPE_CHECKING:
    from tests.ui.pictures import Photographer


def take_onec(photographer: Photographer, desk: Desk) -> None:
    """Take every state of the page; the exchange only seems to run, to save sending it a hundred megabytes."""
    page, application = desk.window.exchange_page, desk.backend.application
    assert application is not None
    server = page.process
    desk.window.show_page("onec")
    photographer.take("onec-no-password")
    page.ask_password()
    page.password.first.setText("короткий")
    page.password.save.click()
    photographer.take("onec-password", page.password)
    page.password.reject()
    application.exchange.set_password("пароль обмена")
    page.switch.look_for_password()
    photographer.take("onec-stopped")
    server.error = SyncError("exchange_address_unusable", host="192.168.1.20", port=8180, reason="Address in use")
    server._set(ServiceState.FAILED)
    photographer.take("onec-failed")
    server.error = None
    server._child = cast("Any", object())  # as if there were one
    server.started = exchange_scenery.started(is_unprotected=True)
    server._set(ServiceState.RUNNING)
    photographer.take("onec-idle")
    server.started = exchange_scenery.started()
    for served in exchange_scenery.requests(datetime.now()):
        server.updated.emit(served)
    server.updated.emit(exchange_scenery.running())
    server.state_changed.emit()
    photographer.settle()
    page.requests.table.selectRow(page.requests.model.rowCount() - 8)
    photographer.take("onec-importing")
    page.requests.failures.click()
    page.requests.table.selectRow(0)
    server.updated.emit(exchange_scenery.not_asked())
    server.started = exchange_scenery.started(is_dry_run=True)
    server.state_changed.emit()
    photographer.take("onec-refused")
    page._hide_waiting()
    page.open_self_test()
    good = [CheckItem(f"probe_{code}", True, dict(params)) for code, params in exchange_scenery.STEPS]
    page.self_test._on_done(tuple(good))
    photographer.take("onec-self-test-good", page.self_test)
    failed = CheckItem("probe_login_lost", False, {"user": "1c"})
    page.self_test._on_done((*good[:2], failed))
    photographer.take("onec-self-test-failed", page.self_test)
    page.self_test.reject()
    desk.window.close()
    photographer.take("onec-close-question", desk.window.question)
    desk.window.question.reject()
    server._child = None
    server._set(ServiceState.STOPPED)
