"""Everything that the detail screen shows of a StatefulSet or a DaemonSet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ktui.kinds.controller_revisions.progress import is_complete
from ktui.kinds.controller_revisions.revisions import RevisionPods, stored_pods_by_revision
from ktui.kinds.controller_revisions.strategy import bounds, target
from ktui.kinds.controller_revisions.summary import Own, summarise
from ktui.model.policies import Policies
from ktui.model.store import Store
from ktui.model.workloads import PodSet, StatefulSet
from ktui.rollout import images
from ktui.rollout.detail import LONG_AGO, Capacity, Detail, EventRow, Revision, Section, condition_row, newest_events
from ktui.rollout.diagnosis.policy_remarks import remarks
from ktui.rollout.podstatus import Health, pod_state
from ktui.rollout.progress import Track
from ktui.rollout.revisions import change_cause
from ktui.text import clean


def detail(
    store: Store,
    workload: PodSet,
    own: Own,
    track: Track,
    now: datetime,
    *,
    policies: Policies | None = None,
    sections: tuple[Section, ...] = (),
) -> Detail:
    """Everything known of one StatefulSet or DaemonSet; `policies` is what acts on its pods, if that was read."""
    rollout = summarise(store, workload, own, track, now)
    parts = stored_pods_by_revision(store, workload)
    return Detail(
        rollout=rollout,
        created=workload.metadata.creation_timestamp,
        strategy=clean(workload.strategy),
        bounds=bounds(workload),
        min_ready_seconds=workload.spec.min_ready_seconds,
        deadline_seconds=own.deadline_seconds,
        revisions=tuple(_revision(workload, part, now) for part in parts),
        conditions=tuple(condition_row(condition) for condition in workload.status.conditions),
        events=_events(store, workload),
        capacity=Capacity(track.samples, rollout.progress.promised, rollout.progress.desired),
        remarks=remarks(
            workload,
            policies,
            replicas=own.replicas,
            is_under_way=not is_complete(workload),
        )
        if policies is not None
        else (),
        sections=sections,
        partition=workload.spec.partition if isinstance(workload, StatefulSet) else 0,
    )


def _revision(workload: PodSet, part: RevisionPods, now: datetime) -> Revision:
    seconds = workload.spec.min_ready_seconds
    pods = [pod_state(pod, min_ready_seconds=seconds, now=now) for pod in part.pods]
    if isinstance(workload, StatefulSet):
        # By ordinal: a shorter name has the lower one.
        pods.sort(key=lambda pod: (len(pod.name), pod.name))
    else:
        pods.sort(key=lambda pod: (pod.created or LONG_AGO, pod.name))
    running = [pod for pod in pods if pod.health is not Health.STOPPING]
    known = part.revision
    template = known.template if known is not None else None
    return Revision(
        number=part.number,
        uid=known.metadata.uid if known is not None else "",
        name=clean(known.metadata.name) if known is not None else "of a revision that is not known",
        images=tuple(clean(images.short(c.image)) for c in template.containers) if template is not None else (),
        created=known.metadata.creation_timestamp if known is not None else None,
        change_cause=clean(change_cause(known)) if known is not None else "",
        wanted=max(target(workload), len(running)) if part.is_current else len(running),
        existing=len(running),
        ready=sum(pod.health is Health.READY for pod in running),
        available=sum(pod.is_available for pod in running),
        min_ready_seconds=seconds,
        former=(),
        is_current=part.is_current,
        pods=tuple(pods),
    )


def _events(store: Store, workload: PodSet) -> tuple[EventRow, ...]:
    """The events about it and its pods, and about pods that went lately."""
    uid, name = workload.metadata.uid, workload.metadata.name
    parts: Sequence[str] = [*(pod.metadata.uid for pod in store.pods(uid)), *store.gone_parts({uid})[uid]]
    about = [(event, "") for event in store.events(uid)]
    return newest_events([*about, *((event, name) for part in parts for event in store.events(part))])
