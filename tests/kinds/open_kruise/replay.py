"""The recordings of OpenKruise (tests/recordings/kruise), as a store at any of their moments, and as a subject."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple

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
from tests.recorded import FOLDER

JSON = dict[str, Any]

NAMES = sorted(file.name.removesuffix(".jsonl.gz") for file in (FOLDER / "kruise").glob("*.jsonl.gz"))


class Step(NamedTuple):
    """One change of an object, at `t` seconds; None for one that went."""

    t: float
    path: str
    uid: str
    obj: JSON | None


@cache
def lines(name: str) -> tuple[JSON, ...]:
    with gzip.open(FOLDER / "kruise" / f"{name}.jsonl.gz", "rt") as file:
        next(file)
        return tuple(map(json.loads, file))


@cache
def steps(name: str) -> tuple[Step, ...]:
    """Every change, in the order in which it arrived."""
    found = []
    for line in lines(name):
        path = re.sub(r"/namespaces/[^/]+", "", line.get("path", ""))
        for item in (line.get("list") or {}).get("items") or ():
            found.append(Step(line["t"], path, item["metadata"]["uid"], item))
        event = line.get("event")
        if event is not None and event["type"] in ("ADDED", "MODIFIED", "DELETED"):
            obj = event["object"]
            found.append(Step(line["t"], path, obj["metadata"]["uid"], None if event["type"] == "DELETED" else obj))
    return tuple(found)


@cache
def clock(name: str) -> datetime:
    """When the recording began by the cluster's clock, whose stamps are whole seconds."""
    born = sorted(
        datetime.fromisoformat(step.obj["metadata"]["creationTimestamp"]).astimezone(UTC) - timedelta(seconds=step.t)
        for step in steps(name)
        if step.obj is not None and step.t > 0.5
    )
    return born[-1] + timedelta(seconds=0.5)


def end(name: str) -> float:
    """The last second of the recording."""
    return max(step.t for step in steps(name))


def objects_at(name: str, t: float, path: str) -> dict[str, JSON]:
    """What there was of a collection at `t` seconds, by uid."""
    found: dict[str, JSON] = {}
    for step in steps(name):
        if step.t > t:
            break
        if step.path == path and step.obj is None:
            found.pop(step.uid, None)
        elif step.path == path and step.obj is not None:
            found[step.uid] = step.obj
    return found


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


def notes(name: str) -> list[tuple[float, str]]:
    """What the scenario ran and what was printed."""
    return [(line["t"], line["note"]) for line in lines(name) if "note" in line]
