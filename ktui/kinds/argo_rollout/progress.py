"""How far the rollout of a Rollout is in pods, and what one look at it adds to its track."""

from __future__ import annotations

from datetime import datetime

from ktui.kinds.argo_rollout import status as said
from ktui.kinds.argo_rollout.objects import ArgoRollout
from ktui.kinds.argo_rollout.situation import Situation
from ktui.kinds.replica_sets.progress import side_of
from ktui.model.objects import ReplicaSet, condition_of
from ktui.model.template import PodTemplate
from ktui.rollout.bounds import Bounds, resolved
from ktui.rollout.progress import Observation, Progress, Side


def bounds(rollout: ArgoRollout) -> Bounds:
    """How many pods more, and how many fewer, it may have. Blue-green, and a canary with a router, run both in full."""
    strategy, desired = rollout.spec.strategy, rollout.spec.desired
    canary = strategy.canary
    if canary is None or canary.traffic_routing is not None:
        return Bounds(surge=desired, unavailable=0)
    return resolved(canary.max_surge, canary.max_unavailable, desired)


def progress(situation: Situation) -> Progress:
    """Both sides of a rollout from the ReplicaSets; if they may not be read, from its own status."""
    rollout, now = situation.rollout, situation.current
    desired, limits = rollout.spec.desired, bounds(rollout)
    if situation.is_blind:
        new, old = _by_status(rollout)
    else:
        new = side_of([now] if now is not None else [])
        old = side_of([rs for rs in situation.replicasets if rs is not now])
    # While it waits at a step, it goes to what that step wants; else to all of them.
    goal = new.wanted if rollout.status.pause_conditions and now is not None else desired
    return Progress(
        desired=desired,
        new=new,
        old=old,
        surge=limits.surge,
        unavailable=limits.unavailable,
        promised=max(0, desired - limits.unavailable),
        goal=min(goal, desired),
    )


def _by_status(rollout: ArgoRollout) -> tuple[Side, Side]:
    status = rollout.status
    updated = min(status.updated_replicas, status.replicas)
    old = status.replicas - updated
    old_ready, old_available = min(old, status.ready_replicas), min(old, status.available_replicas)
    new_ready, new_available = status.ready_replicas - old_ready, status.available_replicas - old_available
    return Side(updated, updated, new_ready, new_available), Side(old, old, old_ready, old_available)


def template_of(rollout: ArgoRollout, now: ReplicaSet | None) -> PodTemplate:
    """What is to run: its own template, or that of the workload it is taken from, as its ReplicaSet has it."""
    own = rollout.spec.workload_ref is None or now is None or now.spec.template is None
    return rollout.spec.template if own or now is None or now.spec.template is None else now.spec.template


def observation(situation: Situation, numbers: Progress) -> Observation:
    """What is seen of it now; `numbers` are its `progress`."""
    rollout, now = situation.rollout, situation.current
    is_complete = said.said(rollout).phase == said.HEALTHY
    return Observation(
        template=template_of(rollout, now).digest,
        available=numbers.available,
        new_available=numbers.new.available,
        new_ready=numbers.new.ready,
        stands_still=rollout.spec.paused or bool(rollout.status.pause_conditions) or rollout.status.abort,
        is_complete=is_complete,
        started=_started(rollout, now, is_complete=is_complete),
        finished=_finished(rollout, now) if is_complete else None,
        is_going=rollout.metadata.deletion_timestamp is not None,
    )


def _started(rollout: ArgoRollout, now: ReplicaSet | None, *, is_complete: bool) -> datetime | None:
    """When a rollout that was not seen to begin has begun: newer controllers say so."""
    timing = rollout.status.duration
    if timing is not None and timing.rollout_started_at is not None and rollout.observed:
        return timing.rollout_started_at
    if is_complete or not rollout.observed:
        return None if is_complete else rollout.metadata.template_written
    written = rollout.metadata.template_written
    born = now.metadata.creation_timestamp if now is not None else None
    # A revision that came back is older than its rollout.
    return max((at for at in (written, born) if at is not None), default=None)


def _finished(rollout: ArgoRollout, now: ReplicaSet | None) -> datetime | None:
    """When a rollout that was not watched came to its end."""
    timing = rollout.status.duration
    if timing is not None and timing.finished_at is not None:
        return timing.finished_at
    condition = condition_of(rollout.status.conditions, said.PROGRESSING)
    if condition is not None and condition.last_update_time is not None:
        return condition.last_update_time
    return now.metadata.creation_timestamp if now is not None else rollout.metadata.creation_timestamp
