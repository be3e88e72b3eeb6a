"""The rollout of a Deployment, in answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ktui.kinds.deployment import revisions, strategy
from ktui.kinds.deployment.hold import hold_of
from ktui.kinds.deployment.situation import Situation
from ktui.kinds.deployment.status import deadline_exceeded, progressing, settled
from ktui.model.objects import Deployment, ReplicaSet
from ktui.model.resources import DEPLOYMENTS, PODS, REPLICASETS
from ktui.model.store import Store
from ktui.model.template import PodTemplate
from ktui.rollout.described import described
from ktui.rollout.diagnosis.cause import Cause
from ktui.rollout.hold import Hold
from ktui.rollout.podstatus import has_restarted, resize_waits
from ktui.rollout.progress import Track
from ktui.rollout.rollout import Phase, Rollout, time_left, troubled_since, unrest, unseen
from ktui.rollout.status import NEW_REPLICASET_AVAILABLE, Verdict


def summarise(store: Store, where: Situation, track: Track, now: datetime) -> Rollout:
    """Everything known of one Deployment, in answers. Pods are looked at only where something is missing."""
    deployment, current, numbers = where.deployment, where.current, where.progress
    causes = _causes(store, where, now)
    phase = _phase(deployment, where.verdict, causes)
    hold = hold_of(deployment, where.replicasets)
    previous = next(iter(revisions.newest_first(where.old)), None)
    # Of a rollout that was over when it was first seen, nothing is known of how it went.
    was_watched = track.finished is None or track.samples[0].at <= track.finished
    lowest = track.lowest if previous is not None and was_watched else None
    gives_way = _giving_way(where.old) if track.finished is None else None
    return Rollout(
        **described(deployment, deployment.spec.template, gives_way, track),
        kind="Deployment",
        title=DEPLOYMENTS.title,
        phase=phase,
        verdict=where.verdict,
        paused=deployment.spec.paused,
        progress=numbers,
        revision=revisions.revision(current) if current is not None else revisions.revision(deployment),
        previous_revision=revisions.revision(previous) if previous is not None else 0,
        since=_since(deployment, phase, track, hold, causes),
        seconds_left=time_left(phase, track, numbers, now),
        lowest=lowest.available if lowest is not None else None,
        lowest_at=lowest.at if lowest is not None else None,
        causes=causes,
        recreates=deployment.spec.strategy.type == strategy.RECREATE,
        settled=settled(deployment, current),
        hold=hold,
        came_back=current is not None and revisions.came_back(current, where.replicasets),
        unseen=unseen(store, REPLICASETS, PODS),
    )


def _causes(store: Store, where: Situation, now: datetime) -> tuple[Cause, ...]:
    deployment, current = where.deployment, where.current
    pods = store.pods(current.metadata.uid) if current is not None else []
    if where.is_complete:
        return unrest(pods, now, store.events) if any(has_restarted(pod) or resize_waits(pod) for pod in pods) else ()
    # All that may be wrong, with its texts and patterns, is what a cluster that is well never asks for.
    from ktui.kinds.deployment.diagnosis import diagnose  # noqa: PLC0415
    from ktui.rollout.diagnosis.churn import of_churn  # noqa: PLC0415
    from ktui.rollout.diagnosis.standstill import of_standstill  # noqa: PLC0415

    old_pods = [pod for rs in where.old for pod in store.pods(rs.metadata.uid)]
    births = [rs.metadata.creation_timestamp for rs in where.replicasets]
    found = (
        *of_churn(deployment, births, now, collisions=deployment.status.collision_count or 0),
        *diagnose(deployment, current, pods, now, old_pods=old_pods, events_of=store.events),
    )
    if deployment.spec.paused or strategy.held(deployment) or not all(cause.remark for cause in found):
        return found
    everything = [*pods, *old_pods]
    return (
        *of_standstill(deployment, where.replicasets, everything, where.progress, now, events_of=store.events),
        *found,
    )


def _phase(deployment: Deployment, judged: Verdict, causes: Sequence[Cause]) -> Phase:
    if deployment.metadata.deletion_timestamp is not None:
        return Phase.DELETED
    if judged.failed:
        return Phase.FAILED
    if deployment.spec.paused:
        return Phase.PAUSED
    if judged.done and deployment.spec.desired == 0:
        return Phase.SCALED_TO_ZERO
    if any(cause.blocking for cause in causes):
        return Phase.STALLED
    if strategy.held(deployment):
        return Phase.HELD
    return Phase.COMPLETE if judged.done else Phase.PROGRESSING


def _giving_way(old: Sequence[ReplicaSet]) -> PodTemplate | None:
    """The template that gives way: of the old revision which has the most pods, the newest among equals."""
    found = max(old, key=lambda rs: (rs.status.replicas, revisions.revision(rs)), default=None)
    return found.spec.template if found is not None else None


def _since(
    deployment: Deployment, phase: Phase, track: Track, hold: Hold | None, causes: Sequence[Cause]
) -> datetime | None:
    condition = progressing(deployment)
    if phase is Phase.HELD and hold is not None and hold.record is not None:
        return hold.record.since
    if phase is Phase.DELETED:
        return deployment.metadata.deletion_timestamp
    if condition is not None:
        if phase is Phase.FAILED and deadline_exceeded(deployment):
            return condition.last_transition_time
        if phase is Phase.COMPLETE and condition.reason == NEW_REPLICASET_AVAILABLE:
            return condition.last_update_time
        if phase is Phase.PAUSED and condition.reason == "DeploymentPaused":
            return condition.last_update_time
    if phase is Phase.PAUSED:
        return deployment.metadata.stopped_since(track.started if track.finished is None else None)
    if phase in (Phase.COMPLETE, Phase.SCALED_TO_ZERO):
        return track.finished or deployment.metadata.creation_timestamp
    if track.finished is not None:
        return troubled_since(track, causes)
    return track.started
