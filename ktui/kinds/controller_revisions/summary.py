"""The rollout of a StatefulSet or a DaemonSet in the same answers as that of a Deployment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ktui.kinds.controller_revisions.progress import has_pods, is_complete, observation, progress
from ktui.kinds.controller_revisions.revisions import RevisionPods, came_back, stored_pods_by_revision
from ktui.kinds.controller_revisions.strategy import desired, waits_for_deletion
from ktui.model.resources import CONTROLLER_REVISIONS, PODS, resource_of
from ktui.model.store import Store
from ktui.model.template import PodTemplate
from ktui.model.workloads import PodSet
from ktui.rollout.described import described
from ktui.rollout.diagnosis.cause import Cause
from ktui.rollout.diagnosis.in_place import without_updates
from ktui.rollout.partition import Partition
from ktui.rollout.podstatus import has_restarted, resize_waits
from ktui.rollout.progress import Progress, Track, observe
from ktui.rollout.rollout import Controller, Phase, Rollout, time_left, troubled_since, unrest, unseen
from ktui.rollout.status import Verdict


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """What only the kind of a workload can tell of it."""

    verdict: Verdict
    replicas: int | None = None
    """How many pods its spec asks for; None if the nodes decide."""
    partition: Partition | None = None
    """What holds pods back."""
    is_paused: bool = False
    """Whether a field of the spec stops it."""
    controller: Controller | None = None
    """What the controller says, in words and numbers of its own."""
    causes: tuple[Cause, ...] = ()
    """What the conditions tell that holds it up."""
    awaits: str = ""
    """What is going on, if its kind can tell that better than numbers of pods."""
    deadline_seconds: int | None = None
    waits_for_old: bool = True
    """Whether old pods that are not well keep its controller from going on."""


def rollout(store: Store, workload: PodSet, own: Own, track: Track | None, now: datetime) -> tuple[Track, Rollout]:
    """The track with what is seen now, and everything known, in answers."""
    parts = stored_pods_by_revision(store, workload)
    numbers = progress(workload, parts, now, has_pods=has_pods(store, workload, parts))
    followed = observe(track, observation(workload, parts, numbers, is_paused=own.is_paused), now)
    return followed, _summary(store, workload, own, followed, now, parts=parts, numbers=numbers)


def summarise(store: Store, workload: PodSet, own: Own, track: Track, now: datetime) -> Rollout:
    """Everything known of it, in answers, without adding to the track."""
    parts = stored_pods_by_revision(store, workload)
    numbers = progress(workload, parts, now, has_pods=has_pods(store, workload, parts))
    return _summary(store, workload, own, track, now, parts=parts, numbers=numbers)


def _summary(
    store: Store,
    workload: PodSet,
    own: Own,
    track: Track,
    now: datetime,
    *,
    parts: Sequence[RevisionPods],
    numbers: Progress,
) -> Rollout:
    current = next((part for part in parts if part.is_current), None)
    old = [part for part in parts if not part.is_current and part.revision is not None]
    settled = track.finished is not None and numbers.old.existing == 0
    causes: tuple[Cause, ...] = ()
    awaits = ""
    # A container that was stopped to get another image has not crashed.
    parts = [msgspec.structs.replace(part, pods=without_updates(part.pods, now)) for part in parts]
    pods = [pod for part in parts for pod in part.pods]
    if not is_complete(workload):
        # As for Deployments (`rollout.summarise`): a cluster that is well never asks.
        from ktui.kinds.controller_revisions.diagnosis import awaited, diagnose  # noqa: PLC0415
        from ktui.rollout.diagnosis.churn import of_churn  # noqa: PLC0415
        from ktui.rollout.diagnosis.standstill import of_standstill  # noqa: PLC0415

        causes = diagnose(workload, parts, now, is_settled=settled, events_of=store.events)
        if not own.waits_for_old:
            causes = tuple(
                msgspec.structs.replace(cause, blocking=cause.blocking and not cause.of_old) for cause in causes
            )
        awaits = awaited(workload, parts, now) or own.awaits
        revisions = [part.revision for part in parts if part.revision is not None]
        causes = (*of_churn(workload, [each.metadata.creation_timestamp for each in revisions], now), *causes)
        # What its partition holds stands still because someone wants it to.
        stands = own.partition is not None or own.is_paused or waits_for_deletion(workload)
        if all(cause.remark for cause in causes) and not stands:
            causes = (
                *of_standstill(
                    workload,
                    revisions,
                    pods,
                    numbers,
                    now,
                    events_of=store.events,
                    conditions=workload.status.conditions,
                ),
                *causes,
            )
        # What its own conditions say comes last: they know less than the pods.
        causes = (*causes, *own.causes)
    elif any(has_restarted(pod) or resize_waits(pod) for pod in pods):
        causes = unrest(pods, now, store.events)
    partition = own.partition if workload.observed else None
    phase = _phase(workload, numbers, own, causes, partition)
    was_watched = track.finished is None or track.samples[0].at <= track.finished
    has_lowest = bool(old) and was_watched
    gives_way = _giving_way(old) if track.finished is None else None
    return Rollout(
        **described(workload, workload.spec.template, gives_way, track),
        kind=resource_of(workload).kind,
        title=resource_of(workload).title,
        phase=phase,
        verdict=own.verdict,
        paused=own.is_paused or phase is Phase.PAUSED or (partition is not None and partition.is_pause),
        progress=numbers,
        revision=current.number if current is not None else 0,
        previous_revision=old[0].number if old else 0,
        since=_since(workload, phase, track, partition, causes),
        seconds_left=time_left(phase, track, numbers, now),
        lowest=track.lowest.available if has_lowest else None,
        lowest_at=track.lowest.at if has_lowest else None,
        causes=causes,
        settled=settled,
        waits_for_deletion=waits_for_deletion(workload),
        partition=partition,
        came_back=current is not None and came_back(current, parts),
        unseen=unseen(store, CONTROLLER_REVISIONS, PODS),
        awaits=awaits if phase is not Phase.DELETED else "",
        controller=own.controller,
        word=resource_of(workload).short,
    )


def _phase(
    workload: PodSet, numbers: Progress, own: Own, causes: Sequence[Cause], partition: Partition | None
) -> Phase:
    """What has no deadline never fails by a verdict: what is stuck is stalled."""
    if workload.metadata.deletion_timestamp is not None:
        return Phase.DELETED
    if own.verdict.failed and own.verdict.is_judged:
        return Phase.FAILED
    if any(cause.blocking for cause in causes):
        return Phase.STALLED
    if own.is_paused:
        return Phase.PAUSED
    has_old = numbers.old.existing > 0
    if waits_for_deletion(workload) and has_old:
        return Phase.PAUSED
    if partition is not None:
        if partition.is_pause:
            return Phase.PAUSED
        if has_old:
            return Phase.HELD
    if waits_for_deletion(workload):
        return Phase.COMPLETE if is_complete(workload) else Phase.PROGRESSING
    if not own.verdict.done:
        return Phase.PROGRESSING
    return Phase.COMPLETE if desired(workload) else Phase.SCALED_TO_ZERO


def _giving_way(old: Sequence[RevisionPods]) -> PodTemplate | None:
    """The template that gives way: of the old revision which has the most pods, the newest among equals."""
    found = max(old, key=lambda part: (len(part.pods), part.number), default=None)
    return found.revision.template if found is not None and found.revision is not None else None


def _since(
    workload: PodSet, phase: Phase, track: Track, partition: Partition | None, causes: Sequence[Cause]
) -> datetime | None:
    if phase in (Phase.HELD, Phase.PAUSED) and partition is not None and partition.record is not None:
        return partition.record.since
    if phase is Phase.PAUSED or (phase is Phase.HELD and track.finished is None):
        return workload.metadata.stopped_since(track.started if track.finished is None else None)
    if phase is Phase.DELETED:
        return workload.metadata.deletion_timestamp
    if phase in (Phase.COMPLETE, Phase.SCALED_TO_ZERO):
        return track.finished or workload.metadata.creation_timestamp
    if track.finished is not None:
        return troubled_since(track, causes)
    return track.started
