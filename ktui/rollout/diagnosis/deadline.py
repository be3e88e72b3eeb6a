"""The progress deadline of a rollout: that it has passed, or is about to."""

from __future__ import annotations

from datetime import datetime

from ktui.rollout.diagnosis.cause import Cause, Kind, Reason, Remedy
from ktui.text import duration


def passed(limit: float, since: datetime | None, *, is_explained: bool) -> Cause:
    """The deadline of so many seconds passed, at that time; what to try is said by what explains it."""
    return Cause(
        Kind.DEADLINE,
        f"no progress within its deadline of {duration(limit)}",
        blocking=True,
        try_next="" if is_explained else "roll back, or fix the cause: the rollout then continues",
        remedies=() if is_explained else (Remedy.ROLLBACK,),
        reason=Reason.DEADLINE_PASSED,
        since=since,
    )


def near(
    limit: float, moved: datetime, now: datetime, *, is_explained: bool, then: str = "its deadline passes"
) -> list[Cause]:
    """More than half of the deadline is over since something `moved` last: what comes `then`, and when."""
    idle = (now - moved).total_seconds()
    if not limit / 2 < idle < limit:
        return []
    return [
        Cause(
            Kind.DEADLINE,
            f"no progress for {duration(idle)}: {then} in {duration(limit - idle)}",
            blocking=False,
            try_next="" if is_explained else "find out what the new pods wait for",
            remedies=() if is_explained else (Remedy.TIMELINE,),
            reason=Reason.DEADLINE_NEAR,
            since=moved,
        )
    ]
