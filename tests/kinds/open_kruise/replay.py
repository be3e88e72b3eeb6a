"""The recordings of OpenKruise (tests/recordings/kruise), as a store at any of their moments, and as a subject."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any

import msgspec

from ktui.kinds.planning import parts, subject
from ktui.kinds.registry import kind_at, rollout_of
from ktui.model.changes import Gone, Listed, Put
from ktui.model.resources import Resource, known_resources
from ktui.model.store import Store
from ktui.model.template import decode_hook
from ktui.model.workloads import Workload
from ktui.plans.subject import AnySubject
from ktui.rollout.rollout import Rollout
from tests.raw_recording import Recordings

JSON = dict[str, Any]

_KRUISE = Recordings("kruise")

NAMES, steps, clock, end, notes = _KRUISE.names, _KRUISE.steps, _KRUISE.clock, _KRUISE.end, _KRUISE.notes


def objects_at(name: str, t: float, path: str) -> dict[str, JSON]:
    """What there was of a collection at `t` seconds, by uid."""
    return _KRUISE.there(name, t).get(path, {})


_typed: dict[int, Any] = {}


def _read(resource: Resource, raw: JSON) -> Any:
    if id(raw) not in _typed:
        _typed[id(raw)] = msgspec.convert(raw, resource.type, dec_hook=decode_hook)
    return _typed[id(raw)]


def _resources(versions: dict[str, str]) -> dict[str, Resource]:
    """What is read of a recording, by the path of its collection."""
    found = {}
    for resource in known_resources():
        version = versions.get(resource.plural, resource.version) if "kruise" in resource.group else resource.version
        group = f"/apis/{resource.group}/{version}" if resource.group else f"/api/{version}"
        found[f"{group}/{resource.plural}"] = resource
    return found


def _played(name: str, versions: dict[str, str]) -> Iterator[tuple[float, Store]]:
    """One store that takes in the recording, change by change."""
    store, resources = Store(), _resources(versions)
    store.apply(Listed(resource) for resource in resources.values())
    for t, group in groupby(steps(name), lambda step: step.t):
        for step in group:
            resource = resources.get(step.path)
            if resource is not None and step.obj is None:
                store.apply([Gone(resource, step.uid, "")])
            elif resource is not None and step.obj is not None:
                store.apply([Put(resource, _read(resource, step.obj))])
        yield t, store


def at(name: str, t: float, **versions: str) -> tuple[Store, datetime]:
    """A store that has seen the recording until then; `versions` are others than ktui's own, by plural."""
    store, resources = Store(), _resources(versions)
    store.apply(Listed(resource) for resource in resources.values())
    there: dict[str, tuple[Resource, JSON]] = {}
    for step in steps(name):
        if step.t > t:
            break
        resource = resources.get(step.path)
        if resource is not None and step.obj is not None:
            there[step.uid] = resource, step.obj
        elif resource is not None:
            there.pop(step.uid, None)
    store.apply(Put(resource, _read(resource, raw)) for resource, raw in there.values())
    return store, clock(name) + timedelta(seconds=t)


def workload(store: Store, resource: Resource) -> Workload:
    """The one called `web`."""
    return next(each for each in store.workloads() if type(each) is resource.type and each.metadata.name == "web")


def rollout(name: str, t: float, resource: Resource, **versions: str) -> Rollout:
    """What is said of it at that second by someone who looks for the first time."""
    store, now = at(name, t, **versions)
    return rollout_of(store, workload(store, resource), None, now)[1]


@cache
def followed(name: str, resource: Resource) -> tuple[tuple[float, Rollout], ...]:
    """The same at every change of the recording, with what was seen before."""
    found, track = [], None
    for t, store in _played(name, {}):
        there = [each for each in store.workloads() if type(each) is resource.type]
        if there:
            track, seen = rollout_of(store, there[0], track, clock(name) + timedelta(seconds=t))
            found.append((t, seen))
    return tuple(found)


def acted_on(name: str, t: float, resource: Resource, version: str = "") -> AnySubject:
    """What an action is planned on at that second."""
    path = f"/{resource.group_version}/{resource.plural}"
    path = path.replace(resource.version, version) if version else path
    (raw,) = (each for each in objects_at(name, t, path).values() if each["metadata"]["name"] == "web")
    listed = [list(objects_at(name, t, f"/{part.group_version}/{part.plural}").values()) for part in parts(resource)]
    others: dict[tuple[Resource, str], JSON] = {}
    for other, called in kind_at(resource).also(raw):
        there = objects_at(name, t, f"/{other.group_version}/{other.plural}").values()
        others.update(((other, called), each) for each in there if each["metadata"]["name"] == called)
    return subject(resource, raw, listed, clock(name) + timedelta(seconds=t), user="ann", also=others)
