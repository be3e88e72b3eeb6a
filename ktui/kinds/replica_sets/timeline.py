"""What a ReplicaSet and its pods tell of what happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ktui.model.objects import ReplicaSet
from ktui.model.store import Store
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


def of_replicaset(store: Store, replicaset: ReplicaSet, number: int, gone: Sequence[str]) -> Iterator[Stamp]:
    """What the revision of that number tells, and its pods, those that are `gone` (their uids) among them."""
    meta, template = replicaset.metadata, replicaset.spec.template
    whose = f"revision {number}"
    if meta.creation_timestamp is not None:
        yield Stamp(meta.creation_timestamp, What.MADE, making(whose, template, change_cause(replicaset)))
    pods = store.pods(meta.uid)
    for pod in pods:
        yield from of_pod(pod, whose, meta.name)
    known = {pod.metadata.name for pod in pods}
    for event in store.events(meta.uid):
        named = event.message.rpartition(": ")[2]
        if event.reason == "SuccessfulCreate" and named not in known:
            yield from of_event(event, What.MADE, said="made", whose=whose, pod=short_name(named, meta.name))
        elif event.reason == "SuccessfulDelete" and named not in known:
            yield from of_event(
                event, What.STOPPING, said="asked to stop", whose=whose, pod=short_name(named, meta.name)
            )
        elif event.reason == "FailedCreate":
            yield from of_event(event, What.TROUBLE, said=refusal_of_pods(event.message))
        elif event.type == "Warning":
            yield from of_event(event, What.TROUBLE, said=f"{whose}: {event.reason}: {event.message}")
    lives = {pod.metadata.uid: lifetimes.of_pod(pod) for pod in pods}
    for uid in (*lives, *gone):
        events = store.events(uid)
        life = lives.get(uid) or lifetimes.of_events(events)
        for event in events:
            yield from of_pod_event(event, whose, meta.name, life)
