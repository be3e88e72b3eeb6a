"""The recordings of Knative Serving (tests/recordings/knative): the Service `web` at each moment, as ktui tells of it.

The streams of what ktui does not read are left out of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import msgspec

from ktui.kinds.knative_service.objects import KnativeRevision, KnativeService
from ktui.kinds.knative_service.plans.known import ServiceSubject
from ktui.kinds.knative_service.resources import INGRESSES, REVISIONS, ROUTES, SERVICES
from ktui.kinds.registry import rollout_of
from ktui.model.changes import Gone, Listed, Put
from ktui.model.resources import DEPLOYMENTS, EVENTS, PODS, REPLICASETS, Resource
from ktui.model.store import Store
from ktui.model.template import decode_hook
from ktui.plans.subject import subject as build
from ktui.rollout.progress import Track
from ktui.rollout.rollout import Rollout
from tests.raw_recording import Recordings

JSON = dict[str, Any]

_KNATIVE = Recordings("knative")

NAMES, printed = _KNATIVE.names, _KNATIVE.notes
OF_SERVICES = [name for name in NAMES if name != "ksvc-route-of-its-own"]

HEALTHY = (
    "ksvc-first-revision",
    "ksvc-new-image",
    "ksvc-traffic-split",
    "ksvc-tags-and-pins",
    "ksvc-roll-back",
    "ksvc-gradual-rollout",
    "ksvc-gradual-stopped",
    "ksvc-scale-to-zero",
)
"""Those in which nothing goes wrong."""

_RESOURCES: dict[str, Resource] = {
    resource.path(None): resource
    for resource in (SERVICES, REVISIONS, ROUTES, INGRESSES, DEPLOYMENTS, REPLICASETS, PODS, EVENTS)
}


class Step(NamedTuple):
    """One change of an object, at `t` seconds; None for one that went."""

    t: float
    resource: Resource
    uid: str
    obj: JSON | None
    version: str


class Seen(NamedTuple):
    """The Service at `t` seconds, after a change of something that belongs to it."""

    t: float
    now: datetime
    raw: JSON
    workload: KnativeService
    rollout: Rollout


@cache
def steps(name: str) -> tuple[Step, ...]:
    """Every change of what ktui reads, in the order in which it arrived."""
    known = ((_RESOURCES.get(step.path), step) for step in _KNATIVE.steps(name))
    found = [
        Step(each.t, resource, each.uid, each.obj, each.version) for resource, each in known if resource is not None
    ]
    return tuple(sorted(found, key=lambda step: step.t))


@cache
def clock(name: str) -> datetime:
    """When the recording began by the cluster's clock, whose stamps are whole seconds."""
    born = sorted(
        datetime.fromisoformat(step.obj["metadata"]["creationTimestamp"]) - timedelta(seconds=step.t)
        for step in steps(name)
        if step.obj is not None and step.t > 0.5
    )
    return born[len(born) // 2] + timedelta(seconds=0.5)


def fed(name: str, until: float = 1e9) -> Iterator[tuple[Step, Store]]:
    """The store after each change of the recording."""
    store = Store()
    store.apply([Listed(REVISIONS)])
    for step in steps(name):
        if step.t > until:
            return
        if step.obj is None:
            store.apply([Gone(step.resource, step.uid, step.version)])
        else:
            store.apply([Put(step.resource, msgspec.convert(step.obj, step.resource.type, dec_hook=decode_hook))])
        yield step, store


@cache
def seen(name: str) -> tuple[Seen, ...]:
    """The Service after each change of something that belongs to it, looked at as the dashboard does."""
    found: list[Seen] = []
    track: Track | None = None
    raw: JSON = {}
    for step, store in fed(name):
        if step.resource is SERVICES and step.obj is not None:
            raw = step.obj
        workload = next((each for each in store.workloads() if isinstance(each, KnativeService)), None)
        if workload is None or workload.metadata.uid not in store.take_dirty():
            continue
        now = clock(name) + timedelta(seconds=step.t)
        track, rollout = rollout_of(store, workload, track, now)
        found.append(Seen(step.t, now, raw, workload, rollout))
    return tuple(found)


def at(name: str, t: float) -> Seen:
    """The last look before that second."""
    return [each for each in seen(name) if each.t <= t][-1]


def store_at(name: str, t: float = 1e9) -> tuple[Store, KnativeService]:
    """All that is known at that second, and the Service."""
    store = list(fed(name, t))[-1][1]
    (service,) = (each for each in store.workloads() if isinstance(each, KnativeService))
    return store, service


def subject(name: str, t: float, **spec: Any) -> ServiceSubject:
    """What an action is planned on at that second; `spec` replaces members of the spec."""
    there: dict[Resource, dict[str, JSON]] = {}
    for step in steps(name):
        if step.t > t:
            break
        known = there.setdefault(step.resource, {})
        known.pop(step.uid, None)
        if step.obj is not None:
            known[step.uid] = step.obj
    (raw,) = there[SERVICES].values()
    raw = {**raw, "spec": {**raw["spec"], **spec}}
    revisions = list(there.get(REVISIONS, {}).values())
    return build(KnativeService, KnativeRevision, raw, revisions, now=clock(name) + timedelta(seconds=t))
