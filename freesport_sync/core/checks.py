"""Items of a check: whether an import could run, whether an exchange works."""

from __future__ import annotations

from dataclasses import dataclass, field

REPAIR_DUE = "created_at_equal"
"""Code of the item that advises a repair."""
FOREIGN_RULES = "shop_foreign_rules"
"""Code of the item that lists triggers and constraints which the shop itself does not have."""
OVERDUE = ("data_old", "data_missing")
"""Codes of the items that say that data is too old."""
_BUSY = ("lock_held", "lock_held_unknown", "foreign_session")
_UNREACHABLE = (
    "ssh_host_",
    "ssh_unreachable",
    "ssh_handshake_",
    "ssh_lost",
    "ssh_silent",
    "ssh_login_",
    "host_key_",
    "probe_host_unknown",
    "probe_unreachable",
    "probe_silent",
    "probe_broken",
    "probe_gateway",
    "mail_unreachable",
    "mail_broken_off",
    "mail_refused_for_now",
    "messenger_refused",
)


@dataclass(frozen=True, slots=True)
class CheckItem:
    """One item of a check.

    Args:
        code: a key of the section `check` in the text files.
        is_ok: whether this item allows an import.
        params: values for the placeholders of the text.
    """

    code: str
    is_ok: bool
    params: dict[str, object] = field(default_factory=dict)

    @property
    def is_busy(self) -> bool:
        """Whether waiting is enough."""
        return self.code in _BUSY

    @property
    def is_advice(self) -> bool:
        """Whether an import could run, but something should be fixed."""
        return self.code in (REPAIR_DUE, FOREIGN_RULES, *OVERDUE)

    @property
    def is_unreachable(self) -> bool:
        """Whether a host cannot be reached."""
        return self.code.startswith(_UNREACHABLE) and not self.is_ok
