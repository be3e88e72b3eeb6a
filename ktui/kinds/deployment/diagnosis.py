"""Why a rollout does not move, in sentences with numbers, the most informative one first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from ktui.kinds.deployment import strategy
from ktui.kinds.deployment.status import deadline_exceeded, progressing, settled
from ktui.model.events import Event
from ktui.model.objects import NO_DEADLINE, Condition, Deployment, Pod, ReplicaSet, condition_of
from ktui.model.times import span
from ktui.rollout.diagnosis import deadline
from ktui.rollout.diagnosis.cause import PATIENCE, Cause, Kind, Reason, Remedy, by_weight, legible
from ktui.rollout.diagnosis.pod_causes import of_pods
from ktui.rollout.diagnosis.refusals import refused_pods, refused_replicaset
from ktui.rollout.diagnosis.resizes import of_resizes
from ktui.rollout.diagnosis.restarts import of_restarts
from ktui.rollout.status import NEW_REPLICASET_AVAILABLE, REPLICA_FAILURE
from ktui.text import count, duration

__all__ = ["Cause", "Kind", "Remedy", "diagnose"]


def _no_events(_: str) -> Sequence[Event]:
    return ()


def diagnose(
    deployment: Deployment,
    current: ReplicaSet | None,
    pods: Sequence[Pod],
    now: datetime,
    *,
    old_pods: Sequence[Pod] = (),
    events_of: Callable[[str], Sequence[Event]] = _no_events,
) -> tuple[Cause, ...]:
    """The causes that hold a Deployment up: from its conditions, the pods of its current revision and their events.

    Of the old pods, only those that do not stop block it.
    """
    stopping = [pod for pod in old_pods if pod.metadata.deletion_timestamp is not None]
    old = [msgspec.structs.replace(each, of_old=True) for each in of_pods(stopping, now, "old pod", events_of)]
    is_settled = settled(deployment, current)
    noun = "pod" if is_settled else "new pod"
    found = of_pods(pods, now, noun, events_of, _patience(deployment))
    found += (*of_restarts(pods, now, noun, events_of), *of_resizes(pods, noun))
    causes = [*_refused(deployment, current, now), *found, *old]
    causes.sort(key=by_weight)
    if not is_settled:
        # That time ran out is the least of all explanations.
        causes += [*_grace(deployment, stopping, now), *_paused(deployment, current)]
        causes += _deadline(deployment, now, is_explained=bool(causes))
        causes += _rounding(deployment)
    return tuple(legible(cause) for cause in causes)


def _patience(deployment: Deployment) -> timedelta:
    """How long a pod may be slow without a word: no longer than its deadline allows."""
    if deadline_exceeded(deployment):
        return timedelta(0)
    limit = deployment.spec.progress_deadline_seconds
    return min(PATIENCE, span(limit) / 2) if limit is not None else PATIENCE


def _refused(deployment: Deployment, current: ReplicaSet | None, now: datetime) -> list[Cause]:
    """Pods that the API server does not let the ReplicaSet create, or a ReplicaSet that it does not let be made."""
    not_made = refused_replicaset(progressing(deployment), now)
    if not_made:
        return not_made
    failure = _failure(deployment, current)
    if failure is None:
        return []
    # Where old pods can still be taken down, that makes room.
    return [refused_pods(failure, now, is_stuck=deployment.status.available_replicas <= strategy.promised(deployment))]


def _failure(deployment: Deployment, current: ReplicaSet | None) -> Condition | None:
    conditions = [condition_of(deployment.status.conditions, REPLICA_FAILURE)]
    if current is not None:
        conditions.append(condition_of(current.status.conditions, REPLICA_FAILURE))
    return next((c for c in conditions if c is not None and c.status == "True"), None)


def _grace(deployment: Deployment, stopping: Sequence[Pod], now: datetime) -> list[Cause]:
    """Old pods that use a long grace period, where new ones wait for them to go: that is slow, and no failure."""
    if deployment.spec.strategy.type != strategy.RECREATE:
        return []
    left = [
        ((due - now).total_seconds(), pod.metadata.deletion_grace_period_seconds or 0)
        for pod in stopping
        if (due := pod.metadata.deletion_timestamp) is not None
    ]
    late = [(rest, grace) for rest, grace in left if rest > 0 and grace - rest > PATIENCE.total_seconds()]
    if not late:
        return []
    rest, grace = max(late)
    verb = "takes" if len(late) == 1 else "take"
    return [
        Cause(
            Kind.STOPPING,
            f"{count(len(late), 'old pod')} {verb} up to {duration(grace)} to stop: {duration(rest)} left",
            blocking=False,
            try_next="wait, or read in the log what they still do; a shorter terminationGracePeriodSeconds helps",
            remedies=(Remedy.LOGS,),
            of_old=True,
            reason=Reason.SLOW,
        )
    ]


def _paused(deployment: Deployment, current: ReplicaSet | None) -> list[Cause]:
    """A template that was changed while paused: kubectl waits indefinitely, and nothing else tells."""
    if not deployment.spec.paused or current is not None or not deployment.observed:
        return []
    has_pods = deployment.status.replicas > 0
    state = "changed while paused" if has_pods else "paused before it began"
    return [
        Cause(
            Kind.PAUSED,
            f"{state}: nothing rolls out until it is resumed",
            blocking=False,
            try_next="resume it, or undo the change" if has_pods else "resume it",
            remedies=(Remedy.RESUME, Remedy.ROLLBACK) if has_pods else (Remedy.RESUME,),
            reason=Reason.PAUSED,
        )
    ]


def _rounding(deployment: Deployment) -> list[Cause]:
    """Surge and unavailability that both come to no pod: the controller takes one down anyway."""
    bounds = strategy.bounds(deployment)
    if not bounds.is_forced or deployment.spec.desired == 0:
        return []
    return [
        Cause(
            Kind.ROUNDING,
            f"surge {bounds.surge_text} and unavailable {bounds.unavailable_text} of "
            f"{count(deployment.spec.desired, 'pod')} both round to 0: the controller still stops 1 at a time",
            blocking=False,
            try_next="set maxSurge to 1 if no pod may be missing",
            remark=True,
        )
    ]


def _deadline(deployment: Deployment, now: datetime, *, is_explained: bool) -> list[Cause]:
    """The progress deadline, where it has passed or is about to; what to try is said by what explains it."""
    limit = deployment.spec.progress_deadline_seconds
    if limit is None or limit == NO_DEADLINE or not deployment.observed:
        return []
    condition = progressing(deployment)
    if deadline_exceeded(deployment):
        since = condition.last_transition_time if condition is not None else None
        return [deadline.passed(limit, since, is_explained=is_explained)]
    if condition is None or condition.last_update_time is None or deployment.spec.paused:
        return []
    if condition.reason == NEW_REPLICASET_AVAILABLE:
        # It tells of the rollout before this one, and never runs out.
        return []
    return deadline.near(limit, condition.last_update_time, now, is_explained=is_explained)
