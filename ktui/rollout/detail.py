"""One rollout with everything that the detail screen shows: revisions with their pods, conditions, events, capacity.

All text in here is fit for a screen: on one line, and without characters that move, hide or reorder.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from heapq import nlargest
from typing import Final

import msgspec

from ktui.model.objects import NO_DEADLINE, Condition, Deployment, Event, ReplicaSet
from ktui.model.policies import Policies
from ktui.model.store import Store
from ktui.rollout import images, revisions, strategy
from ktui.rollout.capacity.remarks import remarks
from ktui.rollout.diagnosis.cause import Cause, Kind
from ktui.rollout.podstatus import PodState, pod_state
from ktui.rollout.progress import Sample, Track
from ktui.rollout.rollout import Rollout, summarise
from ktui.rollout.status import DEADLINE_EXCEEDED
from ktui.rollout.strategy import Bounds
from ktui.text import clean

EVENTS_SHOWN: Final = 200
"""How many events a detail holds, the newest ones."""

LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
"""Before anything that a cluster tells of: what has no time is the oldest."""


class Revision(msgspec.Struct, frozen=True):
    """One revision: a ReplicaSet or a ControllerRevision, its numbers and its pods.

    `pods` are in the order in which they were made, those that are stopping included, so that each keeps its place.
    """

    number: int
    uid: str
    name: str
    images: tuple[str, ...]
    created: datetime | None
    change_cause: str
    wanted: int
    existing: int
    ready: int
    available: int
    min_ready_seconds: int
    former: tuple[int, ...]
    """The numbers that it had before rollbacks gave it this one."""
    is_current: bool
    pods: tuple[PodState, ...]


class ConditionRow(msgspec.Struct, frozen=True):
    """A condition of the workload; `is_bad` where it tells of something wrong."""

    type: str
    status: str
    reason: str
    message: str
    since: datetime | None
    is_bad: bool


class EventRow(msgspec.Struct, frozen=True):
    """Something that happened to the workload, to one of its revisions or to one of their pods."""

    uid: str
    at: datetime | None
    kind: str
    name: str
    """The name of what it happened to, without what it shares with its owner's: `…x2k7p`."""
    reason: str
    message: str
    count: int
    is_warning: bool


class Capacity(msgspec.Struct, frozen=True):
    """How many pods were available over the rollout, against how many were promised."""

    samples: tuple[Sample, ...]
    promised: int
    desired: int


class Detail(msgspec.Struct, frozen=True):
    """A rollout in full. Equal ones look the same on the screen."""

    rollout: Rollout
    created: datetime | None
    strategy: str
    """`RollingUpdate`, `Recreate` or `OnDelete`."""
    bounds: Bounds
    min_ready_seconds: int
    deadline_seconds: int | None
    """None where there is no deadline."""
    revisions: tuple[Revision, ...]
    """The newest first."""
    conditions: tuple[ConditionRow, ...]
    events: tuple[EventRow, ...]
    """The newest first."""
    capacity: Capacity
    remarks: tuple[Cause, ...] = ()
    """What is worth knowing of the policies that act on its pods, if they were read."""
    partition: int = 0
    """Of a StatefulSet: pods with an ordinal below it stay as they are."""


def detail(
    store: Store, deployment: Deployment, track: Track, now: datetime, policies: Policies | None = None
) -> Detail:
    """Everything known of one Deployment; `policies` are what acts on its pods, if that was read."""
    replicasets = store.replicasets(deployment.metadata.uid)
    current = revisions.current(deployment, replicasets)
    spec = deployment.spec
    deadline = spec.progress_deadline_seconds
    rollout = summarise(store, deployment, track, now)
    return Detail(
        rollout=rollout,
        created=deployment.metadata.creation_timestamp,
        strategy=clean(spec.strategy.type),
        bounds=strategy.bounds(deployment),
        min_ready_seconds=spec.min_ready_seconds,
        deadline_seconds=None if deadline == NO_DEADLINE else deadline,
        revisions=tuple(_revision(store, rs, rs is current, now) for rs in revisions.newest_first(replicasets)),
        conditions=tuple(condition_row(condition) for condition in deployment.status.conditions),
        events=_events(store, deployment, replicasets),
        capacity=Capacity(track.samples, strategy.promised(deployment), spec.desired),
        remarks=_remarks(deployment, rollout, policies) if policies is not None else (),
    )


def _remarks(deployment: Deployment, rollout: Rollout, policies: Policies) -> tuple[Cause, ...]:
    """What the policies do, but for what a cause says already: that a quota is used up."""
    found = remarks(deployment, policies, is_under_way=not rollout.verdict.done)
    refused = any(cause.kind is Kind.FORBIDDEN for cause in rollout.causes)
    return tuple(cause for cause in found if not (refused and cause.kind is Kind.QUOTA))


def _revision(store: Store, replicaset: ReplicaSet, is_current: bool, now: datetime) -> Revision:
    seconds = replicaset.spec.min_ready_seconds
    pods = [pod_state(pod, min_ready_seconds=seconds, now=now) for pod in store.pods(replicaset.metadata.uid)]
    pods.sort(key=lambda pod: (pod.created or LONG_AGO, pod.name))
    template = replicaset.spec.template
    return Revision(
        number=revisions.revision(replicaset),
        uid=replicaset.metadata.uid,
        name=clean(replicaset.metadata.name),
        images=tuple(clean(images.short(c.image)) for c in template.containers) if template is not None else (),
        created=replicaset.metadata.creation_timestamp,
        change_cause=clean(revisions.change_cause(replicaset)),
        wanted=replicaset.spec.desired,
        existing=replicaset.status.replicas,
        ready=replicaset.status.ready_replicas,
        available=replicaset.status.available_replicas,
        min_ready_seconds=seconds,
        former=revisions.former_revisions(replicaset),
        is_current=is_current,
        pods=tuple(pods),
    )


def condition_row(condition: Condition) -> ConditionRow:
    """A condition as it is shown."""
    return ConditionRow(
        type=clean(condition.type),
        status=clean(condition.status),
        reason=clean(condition.reason),
        message=clean(condition.message),
        since=condition.last_transition_time,
        is_bad=_is_bad(condition),
    )


def _is_bad(condition: Condition) -> bool:
    match condition.type:
        case "Available":
            return condition.status == "False"
        case "Progressing":
            return condition.status == "False" or condition.reason == DEADLINE_EXCEEDED
        case "ReplicaFailure":
            return condition.status == "True"
        case _:
            return False


def _events(store: Store, deployment: Deployment, replicasets: Sequence[ReplicaSet]) -> tuple[EventRow, ...]:
    """The events about all that belongs to the Deployment, and about what did until lately."""
    uid, name = deployment.metadata.uid, deployment.metadata.name
    owners = {replicaset.metadata.uid: replicaset.metadata.name for replicaset in replicasets}
    # What is gone has no name any more: that of the Deployment is the better part of it.
    owners |= dict.fromkeys(store.gone_parts({uid})[uid], name)
    gone_pods = store.gone_parts(owners)
    found = [(event, "") for event in store.events(uid)]
    for part, part_name in owners.items():
        found += [(event, name) for event in store.events(part)]
        for pod in (*(pod.metadata.uid for pod in store.pods(part)), *gone_pods[part]):
            found += [(event, part_name) for event in store.events(pod)]
    return newest_events(found)


def newest_events(found: Iterable[tuple[Event, str]]) -> tuple[EventRow, ...]:
    """The newest of these events, each with the name that its object's begins with (empty for none)."""
    newest = nlargest(EVENTS_SHOWN, found, key=lambda pair: (pair[0].last_seen or LONG_AGO, pair[0].metadata.name))
    return tuple(_event(event, owner) for event, owner in newest)


def _event(event: Event, owner: str) -> EventRow:
    about = event.involved_object
    name = clean(about.name)
    prefix = f"{owner}-"
    return EventRow(
        uid=event.metadata.uid,
        at=event.last_seen,
        kind=clean(about.kind),
        name=f"…{name.removeprefix(prefix)}" if owner and name.startswith(prefix) else name,
        reason=clean(event.reason),
        message=clean(event.message),
        count=event.times,
        is_warning=event.type == "Warning",
    )
