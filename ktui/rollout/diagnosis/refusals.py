"""What the API server does not let a controller create, as a cause: a ReplicaSet, or the pods of one."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ktui.model.objects import Condition
from ktui.rollout.diagnosis.admission_messages import in_words
from ktui.rollout.diagnosis.cause import Cause, Kind, Remedy
from ktui.rollout.diagnosis.patience import is_stalled
from ktui.rollout.diagnosis.wording import fit

REPLICASET_REFUSED: Final = "ReplicaSetCreateError"
"""Reason of the condition Progressing where the new ReplicaSet itself was refused."""


def refused_replicaset(progressing: Condition | None, now: datetime) -> list[Cause]:
    """What a condition Progressing says if the new ReplicaSet itself was refused."""
    if progressing is None or progressing.reason != REPLICASET_REFUSED:
        return []
    refused, since = in_words(progressing.message), progressing.last_transition_time
    return [
        Cause(
            Kind.FORBIDDEN,
            fit(f"the new ReplicaSet cannot be made: {refused.why}"),
            blocking=is_stalled(refused.reason, since, now),
            try_next=refused.helps,
            detail=progressing.message,
            reason=refused.reason,
            since=since,
        )
    ]


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
