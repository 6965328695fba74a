"""Records runs in the shop's `import_sessions`, so that its admin shows them too (SESSION-1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from freesport_sync.core.run import RunOutcome
from freesport_sync.core.shop import ImportType
from freesport_sync.database.own import runs
from freesport_sync.database.own.issue_names import name_issues
from freesport_sync.database.server.engine import Connection, transaction
from freesport_sync.database.shop import sessions
from freesport_sync.database.shop.verify import prepare_shop
from freesport_sync.database.undo.undo_log import forget_old_written
from freesport_sync.runs.bookkeeping import Bookkeeping, Milestone
from freesport_sync.runs.context import RunContext, Target


class ShopSessions(Bookkeeping):
    """One import session for each type that a run imports; a dry run has none.

    Args:
        context: of the run.
        import_type: the shop's name for what is imported, as far as known before the files are read; None if the run
            writes nothing into the shop.
    """

    def __init__(self, context: RunContext, import_type: ImportType | None) -> None:
        self._context = context
        self._texts = context.texts
        self._import_type = None if context.header.is_dry_run else import_type
        self._run_id = 0
        self._ids: tuple[int, ...] = ()

    def verify(self, connection: Connection, target: Target) -> None:
        prepare_shop(connection, target.creation)

    def clear(self, connection: Connection) -> None:
        sessions.refuse_foreign_session(connection)
        if not self._context.header.is_dry_run:
            with transaction(connection):
                interrupted, stale = self._texts("report.interrupted"), self._texts("report.stale")
                sessions.close_stale_sessions(connection, interrupted, stale)
        kept = self._context.settings.backup
        forget_old_written(connection, kept.keep_count, kept.keep_days)

    def open(self, connection: Connection, run_id: int) -> None:
        self._run_id = run_id
        if self._import_type is not None:
            self._ids = (self._opened(connection, self._import_type, sessions.RUN_KEY),)

    def open_found(self, connection: Connection, import_types: Sequence[ImportType]) -> Mapping[ImportType, int]:
        """Open the import sessions of what the plan has found: type -> id.

        Args:
            connection: any, in autocommit.
            import_types: of the catalogue, the customers or both.

        Raises:
            LockHeld: another program has just opened a session with our key.
        """
        if not self._ids:
            return {}
        first, *others = import_types
        with transaction(connection):
            sessions.set_type(connection, self._ids[0], first)
            added = tuple(self._opened(connection, one, sessions.CUSTOMERS_KEY) for one in others)
        self._ids += added  # only once committed: the heartbeat updates them
        return dict(zip(import_types, self._ids, strict=True))

    def add_milestones(self, connection: Connection, milestones: Sequence[Milestone]) -> None:
        if self._ids:
            sessions.add_report_lines(connection, self._ids, [self._texts.report_line(*one) for one in milestones])

    def show_progress(self, connection: Connection, done: int, total: int) -> None:
        if self._ids:  # the shop's admin draws a live bar from these two keys
            sessions.add_details(connection, self._ids, {"total_items": total, "processed_items": done})

    def name_issues(self, connection: Connection, run_id: int) -> None:
        name_issues(connection, run_id)

    def close(self, connection: Connection, outcome: RunOutcome) -> None:
        if self._ids:
            error = "" if outcome.error is None else self._texts.error(outcome.error).sentence
            sessions.add_report_lines(connection, self._ids, [self._texts.outcome(outcome.status)])
            sessions.close_sessions(connection, self._ids, outcome, error)

    def _opened(self, connection: Connection, import_type: ImportType, key: str) -> int:
        session_id = sessions.open_session(connection, import_type, key)
        runs.add_sessions(connection, self._run_id, [session_id])
        sessions.add_details(connection, [session_id], {"run_id": self._run_id})
        return session_id
