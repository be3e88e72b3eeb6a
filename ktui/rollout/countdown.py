"""When ktui will act on a rollout by itself, if what is wrong with it lasts until then. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil
from typing import Final

import msgspec

from ktui.rollout.diagnosis.cause import Cause, Reason
from ktui.rollout.diagnosis.patience import patience_of
from ktui.rollout.rollout import Rollout

Seen = Mapping[Reason, datetime]
"""When each reason was first seen that the rollout has had without a break since then."""

NOTHING_SEEN: Final[Seen] = {}


class Countdown(msgspec.Struct, frozen=True):
    """A cause that is acted on once `due` has come."""

    cause: Cause
    due: datetime

    def is_over(self, now: datetime) -> bool:
        """Whether its time has come."""
        return now >= self.due

    def sentence(self, now: datetime) -> str:
        """`rolls back in 40 s unless it recovers`."""
        left = ceil((self.due - now).total_seconds())
        if left < 1:
            return "rolls back now"
        return (
            f"rolls back in {left}s unless it recovers"
            if left < 120
            else f"rolls back in {ceil(left / 60)}m unless it recovers"
        )


def failures(rollout: Rollout) -> list[Cause]:
    """What is wrong with the new pods and does not pass by itself, the most telling cause first.

    What may pass, what ails old pods or nodes, and what is for want of room is left out: no rollback helps there.
    """
    return [
        cause
        for cause in rollout.causes
        if cause.blocking
        and not cause.remark
        and not cause.of_old
        and cause.reason is not Reason.DEADLINE_PASSED
        and patience_of(cause.reason).acts_after is not None
    ]


def seen(rollout: Rollout, before: Seen, now: datetime) -> Seen:
    """What was seen before, as far as it lasts, and what is seen now."""
    return {cause.reason: before.get(cause.reason, now) for cause in failures(rollout)}


def countdown(rollout: Rollout, first_seen: Seen, granted: timedelta | None = None) -> Countdown | None:
    """The cause whose time comes first; None if nothing is acted on. `granted` replaces every patience.

    The time counts from the beginning of the cause by the cluster's own account, so that it does not begin again when
    ktui does, or when pods are ready between two crashes. It counts from when ktui saw the cause if that is unknown,
    or later by that account (a clock that is wrong), and never from before the rollout began.
    """
    found: Countdown | None = None
    for cause in failures(rollout):
        patience = granted if granted is not None else patience_of(cause.reason).acts_after
        seen_at = first_seen.get(cause.reason)
        starts = [at for at in (cause.since, seen_at) if at is not None]
        if patience is None or not starts:
            continue
        began = min((at for at in (rollout.started, seen_at) if at is not None), default=None)
        since = max(min(starts), began) if began is not None and rollout.started is not None else min(starts)
        if found is None or since + patience < found.due:
            found = Countdown(cause, since + patience)
    return found
