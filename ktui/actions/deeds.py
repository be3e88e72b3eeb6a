"""What was done to a rollout with ktui, for its timeline: from the audit log."""

from __future__ import annotations

from typing import Final

from ktui.actions.audit import AuditLog, Entry
from ktui.rollout.timeline import Deed

_ENTRIES: Final = 1000
"""How many of the last entries of the log are looked through."""


def deeds_of(log: AuditLog, uid: str) -> tuple[Deed, ...]:
    """What was done to the workload with that uid, the newest last. Raises OSError."""
    return tuple(_deed(entry) for entry in log.tail(_ENTRIES) if entry.uid == uid)


def _deed(entry: Entry) -> Deed:
    is_done = entry.outcome == "done"
    by = f", by {entry.user}" if entry.user else ""
    return Deed(entry.time, f"{entry.plan}{by}" + ("" if is_done else f": {entry.outcome}. {entry.sentence}"), is_done)
