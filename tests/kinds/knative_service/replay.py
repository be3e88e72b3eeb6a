"""The recordings of Knative Serving (tests/recordings/knative): the Service `web` at each moment, as ktui tells of it.

The streams of what ktui does not read are left out of them.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import msgspec

from ktui.kinds.knative_service.kind import KnativeServiceKind
from ktui.kinds.knative_service.objects import KnativeRevision, KnativeService
from ktui.kinds.knative_service.plans.known import ServiceSubject
from ktui.kinds.knative_service.resources import INGRESSES, REVISIONS, ROUTES, SERVICES
from ktui.kinds.registry import rollout_of
from ktui.model.changes import Gone, Listed, Put
from ktui.model.resources import DEPLOYMENTS, EVENTS, PODS, REPLICASETS, Resource
from ktui.model.store import Store
from ktui.model.template import decode_hook
from ktui.plans.plan import Plan
from ktui.plans.request import Request
from ktui.plans.subject import subject as build
from ktui.rollout.progress import Track
from ktui.rollout.revisions import Refusal
from ktui.rollout.rollout import Rollout
from tests.recorded import FOLDER

JSON = dict[str, Any]

NAMES = sorted(file.name.removesuffix(".jsonl.gz") for file in (FOLDER / "knative").glob("*.jsonl.gz"))
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
    resource.path("{}"): resource
    for resource in (SERVICES, REVISIONS, ROUTES, INGRESSES, DEPLOYMENTS, REPLICASETS, PODS, EVENTS)
}

_KIND = KnativeServiceKind()


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
def lines(name: str) -> tuple[JSON, ...]:
    with gzip.open(FOLDER / "knative" / f"{name}.jsonl.gz", "rt") as file:
        return tuple(map(json.loads, file))


@cache
def steps(name: str) -> tuple[Step, ...]:
    """Every change of what ktui reads, in the order in which it arrived."""
    found = []
    for line in lines(name)[1:]:
        resource = _RESOURCES.get(line.get("path", "").replace(f"/namespaces/{name}/", "/namespaces/{}/"))
        if resource is None:
            continue
        event = line.get("event") or {}
        if event.get("type") == "BOOKMARK":
            continue
        for item in (line.get("list") or {}).get("items") or ([event["object"]] if event else ()):
            meta = item["metadata"]
            gone = event.get("type") == "DELETED"
            found.append(Step(line["t"], resource, meta["uid"], None if gone else item, meta["resourceVersion"]))
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


def planned(request: Request, on: ServiceSubject) -> Plan:
    made = _KIND.acting.plan(request, on)
    assert isinstance(made, Plan), made
    return made


def refused(request: Request, on: ServiceSubject) -> str:
    made = _KIND.acting.plan(request, on)
    assert isinstance(made, Refusal), made
    return made.reason


def printed(name: str) -> list[tuple[float, str]]:
    """What kubectl printed, line by line."""
    return [(line["t"], line["note"]) for line in lines(name) if "note" in line]
