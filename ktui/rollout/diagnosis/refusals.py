"""Pods that the API server does not let a ReplicaSet create, as a cause."""

from __future__ import annotations

from datetime import datetime

from ktui.model.objects import Condition
from ktui.rollout.diagnosis.admission_messages import in_words
from ktui.rollout.diagnosis.cause import Cause, Kind, Remedy
from ktui.rollout.diagnosis.patience import is_stalled
from ktui.rollout.diagnosis.wording import fit


def refused_pods(failure: Condition, now: datetime, *, is_stuck: bool) -> Cause:
    """What a condition ReplicaFailure says. It blocks if nothing else makes room: `is_stuck`."""
    refused = in_words(failure.message)
    since = failure.last_transition_time
    return Cause(
        Kind.FORBIDDEN,
        fit(f"no more pods can be created: {refused.why}" if refused.why else "no more pods can be created"),
        blocking=is_stuck and is_stalled(refused.reason, since, now),
        try_next=refused.helps,
        detail=failure.message,
        remedies=(*((Remedy.SCALE,) if refused.wants_room else ()), Remedy.ROLLBACK),
        reason=refused.reason,
        since=since,
    )
