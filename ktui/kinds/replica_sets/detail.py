"""ReplicaSets, their pods and their events, as the detail screen shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ktui.model.objects import ReplicaSet
from ktui.model.store import Store
from ktui.model.workloads import Workload
from ktui.rollout import images
from ktui.rollout.detail import LONG_AGO, EventRow, Revision, newest_events
from ktui.rollout.podstatus import pod_state
from ktui.rollout.revisions import change_cause
from ktui.text import clean


def shown(
    store: Store, replicaset: ReplicaSet, number: int, now: datetime, *, is_current: bool, former: tuple[int, ...] = ()
) -> Revision:
    """A ReplicaSet as the detail screen shows a revision."""
    seconds = replicaset.spec.min_ready_seconds
    pods = [pod_state(pod, min_ready_seconds=seconds, now=now) for pod in store.pods(replicaset.metadata.uid)]
    pods.sort(key=lambda pod: (pod.created or LONG_AGO, pod.name))
    template = replicaset.spec.template
    return Revision(
        number=number,
        uid=replicaset.metadata.uid,
        name=clean(replicaset.metadata.name),
        images=tuple(clean(images.short(c.image)) for c in template.containers) if template is not None else (),
        created=replicaset.metadata.creation_timestamp,
        change_cause=clean(change_cause(replicaset)),
        wanted=replicaset.spec.desired,
        existing=replicaset.status.replicas,
        ready=replicaset.status.ready_replicas,
        available=replicaset.status.available_replicas,
        min_ready_seconds=seconds,
        former=former,
        is_current=is_current,
        pods=tuple(pods),
    )


def events_of(store: Store, workload: Workload, replicasets: Sequence[ReplicaSet]) -> tuple[EventRow, ...]:
    """The events about all that belongs to the workload, and about what did until lately."""
    uid, name = workload.metadata.uid, workload.metadata.name
    owners = {replicaset.metadata.uid: replicaset.metadata.name for replicaset in replicasets}
    # What is gone has no name any more: that of the workload is the better part of it.
    owners |= dict.fromkeys(store.gone_parts({uid})[uid], name)
    gone_pods = store.gone_parts(owners)
    found = [(event, "") for event in store.events(uid)]
    for part, part_name in owners.items():
        found += [(event, name) for event in store.events(part)]
        for pod in (*(pod.metadata.uid for pod in store.pods(part)), *gone_pods[part]):
            found += [(event, part_name) for event in store.events(pod)]
    return newest_events(found)
