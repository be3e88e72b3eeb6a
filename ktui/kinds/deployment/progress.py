"""What one look at a Deployment adds to the track of its rollout."""

from __future__ import annotations

from datetime import datetime

from ktui.kinds.deployment import revisions, strategy
from ktui.kinds.deployment.situation import Situation
from ktui.kinds.deployment.status import progressing, settled
from ktui.rollout.progress import Observation
from ktui.rollout.status import NEW_REPLICASET_AVAILABLE


def observation(where: Situation) -> Observation:
    """What is seen of a Deployment now."""
    deployment, numbers = where.deployment, where.progress
    return Observation(
        template=deployment.spec.template.digest,
        available=deployment.status.available_replicas,
        new_available=numbers.new.available,
        new_ready=numbers.new.ready,
        stands_still=deployment.spec.paused or strategy.held(deployment),
        is_complete=where.is_complete,
        started=_started(where),
        finished=_finished(where),
        is_going=deployment.metadata.deletion_timestamp is not None,
    )


def _finished(where: Situation) -> datetime | None:
    """When a rollout that was not watched came to its end; None where it has not."""
    deployment, new = where.deployment, where.current
    if not where.is_complete and not settled(deployment, new):
        return None
    condition = progressing(deployment)
    if condition is not None and condition.reason == NEW_REPLICASET_AVAILABLE:
        return condition.last_update_time
    # Without a deadline there is no condition: then the age of what it made is the best that is left.
    made = new if new is not None else deployment
    return made.metadata.creation_timestamp


def _started(where: Situation) -> datetime | None:
    """When a rollout that was not seen to begin has begun, as far as the objects tell."""
    deployment, new = where.deployment, where.current
    if new is not None and not revisions.former_revisions(new):
        return new.metadata.creation_timestamp
    # A revision that came back is older than its rollout. Who wrote the template did so no earlier than it took
    # the place of the youngest revision, and noted when.
    births = [rs.metadata.creation_timestamp for rs in where.replicasets]
    youngest = max((at for at in births if at is not None), default=None)
    written = deployment.metadata.template_written
    if written is not None and (youngest is None or written >= youngest) and not where.is_complete:
        return written
    condition = progressing(deployment)
    if condition is None or not deployment.observed or where.is_complete:
        # Of a change that the controller has not seen, the condition knows nothing yet.
        return None
    # The condition turns only where its status does, which may have been rollouts ago.
    return max((at for at in (condition.last_transition_time, youngest) if at is not None), default=None)
