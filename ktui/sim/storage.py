"""What is stored: every object by resource and name, one version counter, and the latest changes of each resource.

A stored object is never altered: a write puts a new dict in its place, which may share parts with the old one.
So each version is encoded once, however many lists and watches carry it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from ktui.sim.api.resources import Resource

JSON = dict[str, Any]
Key = tuple[str, str]
"""Namespace and name; the namespace of a cluster-wide object is empty."""

HISTORY = 4096
"""How many changes of one resource a watch can go back."""

FIRST_VERSION = 500
"""Where the versions begin: what a real server writes before anyone can ask has versions too, and is long compacted."""

_encode = msgspec.json.Encoder().encode


class Version:
    """One version of one object, encoded at most once."""

    __slots__ = ("_raw", "number", "obj")

    def __init__(self, obj: JSON, number: int) -> None:
        self.obj = obj
        self.number = number
        self._raw: bytes | None = None

    @property
    def raw(self) -> bytes:
        """The object as JSON."""
        if self._raw is None:
            self._raw = _encode(self.obj)
        return self._raw


@dataclass(frozen=True, slots=True)
class Change:
    """One write: ADDED, MODIFIED or DELETED. A deletion carries the last state under the version that ended it."""

    number: int
    type: str
    key: Key
    version: Version
    previous: Version | None


Listener = Callable[[Change], None]


class Bucket:
    """All objects of one resource, whichever of its API versions they were written in."""

    def __init__(self, resource: Resource, number: int) -> None:
        self.resource = resource
        self.objects: dict[Key, Version] = {}
        self.changes: deque[Change] = deque()
        self.compacted = number
        """The newest version whose change is forgotten: a watch can begin there, and not before."""
        self._listeners: list[Listener] = []
        self._sorted: list[Key] | None = None
        self._by_namespace: dict[str, dict[str, Version]] = {}

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Hear of each change, after it is stored. What is returned ends it."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def get(self, namespace: str, name: str) -> JSON | None:
        """The object as it is now."""
        version = self.objects.get((namespace, name))
        return None if version is None else version.obj

    def ordered(self) -> list[Key]:
        """All keys, in the order of a list."""
        if self._sorted is None:
            self._sorted = sorted(self.objects)
        return self._sorted

    def in_namespace(self, namespace: str) -> Iterator[JSON]:
        """The objects of a namespace, in no order."""
        return (version.obj for version in self._by_namespace.get(namespace, {}).values())

    def all(self) -> Iterator[JSON]:
        """All objects, in no order."""
        return (version.obj for version in self.objects.values())

    def put(self, key: Key, version: Version) -> None:
        """Store a version, new or in place of another, and tell the listeners."""
        previous = self.objects.get(key)
        if previous is None:
            self._sorted = None
        self.objects[key] = version
        self._by_namespace.setdefault(key[0], {})[key[1]] = version
        self._record(Change(version.number, "MODIFIED" if previous else "ADDED", key, version, previous))

    def remove(self, key: Key, version: Version) -> None:
        """Forget an object; `version` is its last state."""
        previous = self.objects.pop(key)
        del self._by_namespace[key[0]][key[1]]
        self._sorted = None
        self._record(Change(version.number, "DELETED", key, version, previous))

    def _record(self, change: Change) -> None:
        self.changes.append(change)
        if len(self.changes) > HISTORY:
            self.compacted = self.changes.popleft().number
        for listener in tuple(self._listeners):
            listener(change)

    def compact(self, now: int) -> None:
        """Forget the changes so far: a watch that begins before `now` is too old from here on."""
        self.changes.clear()
        self.compacted = now

    def since(self, number: int) -> Iterable[Change]:
        """The changes after a version, oldest first."""
        newer: list[Change] = []
        for change in reversed(self.changes):
            if change.number <= number:
                break
            newer.append(change)
        return reversed(newer)

    def at(self, number: int) -> dict[Key, Version]:
        """The objects as they were at a version that is not compacted."""
        objects = self.objects
        for position, change in enumerate(reversed(self.changes)):
            if change.number <= number:
                break
            if position == 0:
                objects = dict(objects)
            if change.previous is None:
                objects.pop(change.key, None)
            else:
                objects[change.key] = change.previous
        return objects


class Storage:
    """The buckets and the version counter that they share."""

    def __init__(self) -> None:
        self.number = FIRST_VERSION
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def bucket(self, resource: Resource) -> Bucket:
        """Where the objects of a resource are kept."""
        bucket = self._buckets.get(resource.storage)
        if bucket is None:
            bucket = self._buckets[resource.storage] = Bucket(resource, self.number)
        return bucket

    def buckets(self) -> Iterable[Bucket]:
        """Every bucket that something asked for."""
        return self._buckets.values()

    def put(self, resource: Resource, obj: JSON) -> JSON:
        """Store an object under the next version; what is returned is the stored one."""
        stored = self._next(obj)
        metadata = stored.obj["metadata"]
        self.bucket(resource).put((metadata.get("namespace", ""), metadata["name"]), stored)
        return stored.obj

    def remove(self, resource: Resource, obj: JSON) -> JSON:
        """Forget an object; what is returned is its last state, under the version of the deletion."""
        last = self._next(obj)
        metadata = obj["metadata"]
        self.bucket(resource).remove((metadata.get("namespace", ""), metadata["name"]), last)
        return last.obj

    def _next(self, obj: JSON) -> Version:
        self.number += 1
        return Version(obj | {"metadata": obj["metadata"] | {"resourceVersion": str(self.number)}}, self.number)
