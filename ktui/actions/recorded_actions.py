"""What was done to a rollout with ktui, for its timeline: from the audit log."""

from __future__ import annotations

from typing import Final

from ktui.actions.audit import AuditLog, Entry
from ktui.rollout.timeline import RecordedAction

_ENTRIES: Final = 1000
"""How many of the last entries of the log are looked through."""


def recorded_actions(log: AuditLog, uid: str) -> tuple[RecordedAction, ...]:
    """What was done to the workload with that uid, the newest last. Raises OSError."""
    return tuple(_recorded_action(entry) for entry in log.tail(_ENTRIES) if entry.uid == uid)


def _recorded_action(entry: Entry) -> RecordedAction:
    is_done = entry.outcome == "done"
    by = f", by {entry.user}" if entry.user else ""
    return RecordedAction(
        entry.time, f"{entry.plan}{by}" + ("" if is_done else f": {entry.outcome}. {entry.sentence}"), is_done
    )
