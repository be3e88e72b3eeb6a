"""The revisions of a Deployment, for its history."""

from __future__ import annotations

from collections.abc import Sequence

from ktui.kinds.deployment import revisions
from ktui.model.objects import Deployment, ReplicaSet
from ktui.rollout.history import History, accounted
from ktui.rollout.history import history as rollout_history
from ktui.rollout.revisions import Refusal
from ktui.rollout.track_record import Accounts


def history(
    deployment: Deployment,
    replicasets: Sequence[ReplicaSet],
    took: float | None = None,
    remembered: Accounts | None = None,
) -> History:
    """The revisions that the Deployment still has."""
    current = revisions.current(deployment, replicasets)
    back = revisions.rollback_target(deployment, replicasets, remembered=remembered)
    made = [revisions.as_revision(each, is_current=each is current) for each in revisions.newest_first(replicasets)]
    found = rollout_history(deployment, made, 0 if isinstance(back, Refusal) else revisions.revision(back), took)
    return accounted(found, revisions.standing_of(deployment, replicasets, remembered))
