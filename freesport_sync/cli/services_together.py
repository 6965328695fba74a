"""Several services in one process: they end together."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.log_entries import log_entry

log = logging.getLogger(__name__)


def run_together(services: Mapping[str, Callable[[], None]], cancel: CancelToken) -> None:
    """Run services until `cancel` is set; one that ends before ends the others, so that none is missing unnoticed.

    Args:
        services: each by its name, for the log; ends soon after `cancel` is set.
        cancel: for all of them.

    Raises:
        Exception: the first failure of a service, once all have ended.
    """
    if len(services) == 1:
        (service,) = services.values()
        service()
        return
    failures = list[Exception]()

    def run(name: str, service: Callable[[], None]) -> None:
        try:
            service()
        except Exception as error:
            log_entry(log, logging.ERROR, "service_failed", service=name, cause=error)
            failures.append(error)
        finally:
            cancel.cancel()

    threads = [threading.Thread(target=run, args=one, name=one[0], daemon=True) for one in services.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
