"""How far the rollout of a Deployment is, and what one look at it adds to its track."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ktui.kinds.deployment import revisions, strategy
from ktui.kinds.deployment.status import progressing, settled, verdict
from ktui.kinds.replica_sets.progress import side_of
from ktui.model.objects import Deployment, ReplicaSet
from ktui.rollout.progress import Observation, Progress, Side
from ktui.rollout.status import NEW_REPLICASET_AVAILABLE


def progress(deployment: Deployment, replicasets: Sequence[ReplicaSet], *, is_blind: bool = False) -> Progress:
    """Both sides of a rollout, from the ReplicaSets: their counts are newer than those of the Deployment.

    If they may not be read, which is `is_blind`, its own status has to do.
    """
    now = revisions.current(deployment, replicasets)
    limits = strategy.bounds(deployment)
    old = [rs for rs in replicasets if now is None or rs.metadata.uid != now.metadata.uid]
    sides = (side_of([now] if now is not None else []), side_of(old)) if not is_blind else _by_status(deployment)
    desired = deployment.spec.desired
    return Progress(
        desired=desired,
        goal=min(limits.surge or limits.unavailable, desired) if strategy.held(deployment) else desired,
        new=sides[0],
        old=sides[1],
        surge=limits.surge,
        unavailable=limits.unavailable,
        promised=strategy.promised(deployment),
    )


def _by_status(deployment: Deployment) -> tuple[Side, Side]:
    """New and old pods as the status counts them. Those that are not ready are taken for new ones, which start."""
    status = deployment.status
    updated = min(status.updated_replicas, status.replicas) if deployment.observed else 0
    old = status.replicas - updated
    old_ready, old_available = min(old, status.ready_replicas), min(old, status.available_replicas)
    return (
        Side(
            wanted=updated,
            existing=updated,
            ready=status.ready_replicas - old_ready,
            available=status.available_replicas - old_available,
            terminating=status.terminating_replicas,
        ),
        Side(wanted=old, existing=old, ready=old_ready, available=old_available),
    )


def observation(deployment: Deployment, replicasets: Sequence[ReplicaSet], *, is_blind: bool = False) -> Observation:
    """What is seen of a Deployment now."""
    new, numbers = revisions.current(deployment, replicasets), progress(deployment, replicasets, is_blind=is_blind)
    return Observation(
        template=deployment.spec.template.digest,
        available=deployment.status.available_replicas,
        new_available=numbers.new.available,
        new_ready=numbers.new.ready,
        stands_still=deployment.spec.paused or strategy.held(deployment),
        is_complete=_is_complete(deployment),
        started=_started(deployment, replicasets, new),
        finished=_finished(deployment, new),
        is_going=deployment.metadata.deletion_timestamp is not None,
    )


def _is_complete(deployment: Deployment) -> bool:
    judged = verdict(deployment)
    return judged.done and not judged.failed


def _finished(deployment: Deployment, new: ReplicaSet | None) -> datetime | None:
    """When a rollout that was not watched came to its end; None where it has not."""
    if not _is_complete(deployment) and not settled(deployment, new):
        return None
    condition = progressing(deployment)
    if condition is not None and condition.reason == NEW_REPLICASET_AVAILABLE:
        return condition.last_update_time
    # Without a deadline there is no condition: then the age of what it made is the best that is left.
    made = new if new is not None else deployment
    return made.metadata.creation_timestamp


def _started(deployment: Deployment, replicasets: Sequence[ReplicaSet], new: ReplicaSet | None) -> datetime | None:
    """When a rollout that was not seen to begin has begun, as far as the objects tell."""
    if new is not None and not revisions.former_revisions(new):
        return new.metadata.creation_timestamp
    # A revision that came back is older than its rollout. Who wrote the template did so no earlier than it took
    # the place of the youngest revision, and noted when.
    births = [rs.metadata.creation_timestamp for rs in replicasets]
    youngest = max((at for at in births if at is not None), default=None)
    written = deployment.metadata.template_written
    if written is not None and (youngest is None or written >= youngest) and not _is_complete(deployment):
        return written
    condition = progressing(deployment)
    if condition is None or not deployment.observed or _is_complete(deployment):
        # Of a change that the controller has not seen, the condition knows nothing yet.
        return None
    # The condition turns only where its status does, which may have been rollouts ago.
    return max((at for at in (condition.last_transition_time, youngest) if at is not None), default=None)
