"""What a StatefulSet or a DaemonSet, its revisions and its pods tell of what happened."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from ktui.kinds.controller_revisions.revisions import stored_pods_by_revision
from ktui.model.events import Event
from ktui.model.store import Store
from ktui.model.workloads import PodSet
from ktui.rollout.diagnosis import lifetimes
from ktui.rollout.happenings import (
    Stamp,
    What,
    making,
    of_event,
    of_pod,
    of_pod_event,
    refusal_of_pods,
    short_name,
)
from ktui.rollout.revisions import change_cause


def happened(store: Store, workload: PodSet) -> Iterator[Stamp]:
    """What a StatefulSet or a DaemonSet tells, its revisions and its pods, those that are gone among them."""
    meta = workload.metadata
    stopping = {pod.metadata.name for pod in store.pods(meta.uid) if pod.metadata.deletion_timestamp is not None}
    for part in stored_pods_by_revision(store, workload):
        whose = f"revision {part.number}" if part.revision is not None else meta.name
        if part.revision is not None and (made := part.revision.metadata.creation_timestamp) is not None:
            template = part.revision.template
            yield Stamp(made, What.MADE, making(whose, template, change_cause(part.revision)))
        for pod in part.pods:
            yield from of_pod(pod, whose, meta.name)
            life = lifetimes.of_pod(pod)
            for event in store.events(pod.metadata.uid):
                yield from of_pod_event(event, whose, meta.name, life)
    # Of what revision a pod was that is gone, nothing tells any more.
    for uid in store.gone_parts({meta.uid})[meta.uid]:
        events = store.events(uid)
        life = lifetimes.of_events(events)
        for event in events:
            yield from of_pod_event(event, meta.name, meta.name, life)
    for event in store.events(meta.uid):
        if event.reason == "SuccessfulDelete":
            yield from _of_deletion(event, meta.name, stopping)
            continue
        if event.reason == "SuccessfulCreate":
            # Pods tell of their beginning themselves, and those that are gone left events.
            continue
        refused = event.reason == "FailedCreate"
        said = refusal_of_pods(event.message) if refused else f"{event.reason}: {event.message}"
        yield from of_event(event, What.TROUBLE if event.type == "Warning" else What.NOTE, said=said)


_DELETED: Final = re.compile(r"^(?:[Dd]elete Pod (\S+) in StatefulSet \S+ successful|Deleted pod: (\S+))$")


def _of_deletion(event: Event, owner: str, stopping: Collection[str]) -> Iterator[Stamp]:
    """A pod that went; one that still stops tells of it itself."""
    found = _DELETED.match(event.message)
    name = (found[1] or found[2]) if found is not None else ""
    if name and name not in stopping:
        yield from of_event(event, What.STOPPING, said="asked to stop", whose=owner, pod=short_name(name, owner))
