"""The recordings of a real control plane (tests/recordings), read in the order in which they were made."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from ktui.model.changes import Change, Gone, Listed, Put
from ktui.model.events import Event
from ktui.model.objects import Deployment, Pod, ReplicaSet
from ktui.model.resources import DEPLOYMENTS, EVENTS, PODS, REPLICASETS, Resource, known_resources
from ktui.model.template import decode_hook
from ktui.model.workloads import KubeObject, StatefulSet

FOLDER = Path(__file__).parent / "recordings"

OF_DEPLOYMENTS = (
    "rolling-update",
    "pause-resume",
    "crashloop-deadline-undo",
    "image-pull-failure",
    "rollback-to-revision",
    "recreate",
    "quota-exceeded",
    "blue-green-service",
    "restart",
    "delete-mid-rollout",
    "min-ready-seconds",
    "unschedulable",
    "held-canary",
)
"""The recordings of Deployments."""

SETS = "statefulset-daemonset"
"""The recording of a StatefulSet and a DaemonSet."""


class Note(msgspec.Struct, frozen=True):
    """What the scenario ran (`$ kubectl …`), or a line that kubectl printed."""

    t: float
    text: str


class Said(msgspec.Struct, frozen=True):
    """What one stream brought: a change, at `t` seconds."""

    t: float
    change: Change


class _RawEvent(msgspec.Struct):
    type: str
    object: msgspec.Raw


class _RawLine(msgspec.Struct):
    t: float = 0.0
    note: str | None = None
    path: str = ""
    list: msgspec.Raw = msgspec.Raw()
    event: _RawEvent | None = None


class _RawList(msgspec.Struct):
    items: list[msgspec.Raw] | None = None


_line = msgspec.json.Decoder(_RawLine)
_list = msgspec.json.Decoder(_RawList)


@cache
def _decoder(resource: Resource) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(resource.type, dec_hook=decode_hook)


def decode(resource: Resource, raw: bytes | dict[str, Any]) -> Any:
    """One object of that resource, from JSON as the API serves it."""
    return _decoder(resource).decode(raw if isinstance(raw, bytes) else msgspec.json.encode(raw))


def deployment(raw: dict[str, Any]) -> Deployment:
    made = decode(DEPLOYMENTS, raw)
    assert isinstance(made, Deployment)
    return made


def replicaset(raw: dict[str, Any]) -> ReplicaSet:
    made = decode(REPLICASETS, raw)
    assert isinstance(made, ReplicaSet)
    return made


def pod(raw: dict[str, Any]) -> Pod:
    made = decode(PODS, raw)
    assert isinstance(made, Pod)
    return made


def event(raw: dict[str, Any]) -> Event:
    made = decode(EVENTS, raw)
    assert isinstance(made, Event)
    return made


@cache
def recording(name: str) -> tuple[Said | Note, ...]:
    """All that is in a recording about the resources that ktui streams, and its notes, in order."""
    with gzip.open(FOLDER / f"{name}.jsonl.gz", "rb") as file:
        next(file)
        return tuple(said for line in file for said in _read(_line.decode(line)))


def _read(line: _RawLine) -> Iterator[Said | Note]:
    if line.note is not None:
        yield Note(line.t, line.note)
        return
    resource = next((r for r in known_resources() if line.path.endswith(f"/{r.plural}")), None)
    if resource is None:
        return
    if bytes(line.list):
        for item in _list.decode(line.list).items or ():
            yield Said(line.t, Put(resource, decode(resource, bytes(item))))
        yield Said(line.t, Listed(resource))
    elif line.event is not None and line.event.type in ("ADDED", "MODIFIED", "DELETED"):
        obj: KubeObject = decode(resource, bytes(line.event.object))
        if line.event.type == "DELETED":
            yield Said(line.t, Gone(resource, obj.metadata.uid, obj.metadata.resource_version))
        else:
            yield Said(line.t, Put(resource, obj))


@cache
def clock(name: str) -> datetime:
    """When the recording began by the cluster's clock, whose stamps are whole seconds."""
    first = next(
        said
        for said in recording(name)
        if isinstance(said, Said)
        and isinstance(said.change, Put)
        and isinstance(said.change.object, Deployment | StatefulSet)
    )
    created = first.change.object.metadata.creation_timestamp if isinstance(first.change, Put) else None
    assert created is not None
    return created.astimezone(UTC) - timedelta(seconds=first.t)
