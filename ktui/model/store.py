"""What is known of a cluster, by uid, with the indices that the rollouts need.

Only the streams write here. Everything is keyed by uid, because the same name can come back as another object
(docs/semantics.md, Identity). The store is right whatever the order in which the resources arrive, and saying the same
thing twice, or something older than what is known, changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Final, NamedTuple, TypeVar, cast

from msgspec.structs import replace

from ktui.model.changes import Change, Chosen, Gone, Link, Listed, Put, Restored, Unserved
from ktui.model.claims import Claims, Place
from ktui.model.events import Event
from ktui.model.labels import chooses
from ktui.model.objects import Pod, ReplicaSet
from ktui.model.policies import Requirement
from ktui.model.reading import ordinal
from ktui.model.resources import (
    CONTROLLER_REVISIONS,
    EVENTS,
    PODS,
    REPLICASETS,
    Resource,
    resource_for,
    resource_of,
)
from ktui.model.structs import ObjectMeta, Struct
from ktui.model.workloads import ControllerRevision, KubeObject, Workload

_W = TypeVar("_W", bound=Workload)
_P = TypeVar("_P", bound=KubeObject)

_TOMBSTONES: Final = 4096
"""How many deletions are remembered."""

_GENERATIONS: Final = 8
"""How many owners there may be, one above the other: above an event are a pod, a ReplicaSet, a Deployment, and more."""

_NAMELESS: Final = frozenset({PODS, REPLICASETS, CONTROLLER_REVISIONS, EVENTS})
"""The resources of which nothing is looked for by its name: there are many of them, and their names are made up."""


class _Tombstone(NamedTuple):
    """What is left of an object: the version at which it went (-1 for unknown), and what it belonged to."""

    version: int
    parent: str


class Store:
    """Workloads with their revisions, pods and events, and the state of the links that bring them."""

    def __init__(self) -> None:
        self._objects: defaultdict[Resource, dict[str, KubeObject]] = defaultdict(dict)
        self._workloads: dict[str, Workload] = {}
        self._owning: list[Resource] = [REPLICASETS, PODS]
        """The resources whose objects may stand between a workload and what belongs to it."""
        self._claims = Claims()
        """What some workloads name as parts of theirs."""
        self._by_place: dict[Place, str] = {}
        """The uids of what is looked for by its name."""
        self._parts: dict[str, dict[str, KubeObject]] = {}
        self._events: dict[str, dict[str, KubeObject]] = {}
        self._tombstones: dict[str, _Tombstone] = {}
        self._dirty: set[str] = set()
        self._chosen: tuple[Requirement, ...] = ()
        """Which labels a row has to have; the server has chosen already if there are none."""
        self.links: dict[Resource, Link] = {}
        self.listed: set[Resource] = set()
        self.edition = 0
        """Counts what has come in, but for objects of which nothing has changed that ktui reads."""

    # What comes in

    def apply(self, changes: Iterable[Change]) -> None:
        """Take in what a stream said, in its order."""
        for change in changes:
            match change:
                case Put(resource, obj):
                    self.edition += self._put(resource, obj)
                    continue
                case Gone(resource, uid, version):
                    self._remove(resource, uid, version)
                case Listed(resource):
                    self.listed.add(resource)
                case Restored(resource):
                    self._forget(resource)
                case Unserved(resource):
                    self._forget(resource)
                    self.links.pop(resource, None)
                case Chosen(_, selector):
                    self._chosen = selector
                    self._dirty.update(self._workloads)
                case Link(resource):
                    self.links[resource] = change
            self.edition += 1

    def take_dirty(self) -> set[str]:
        """The uids of the workloads that changed, or whose parts did, since this was last asked."""
        dirty, self._dirty = self._dirty, set()
        return dirty

    def is_dirty(self, uid: str) -> bool:
        """Whether that workload has changed since then."""
        return uid in self._dirty

    # What is known

    def of_type(self, kind: type[_P]) -> Iterator[_P]:
        """All objects of that type, in no order: workloads, Services or routes."""
        return (obj for obj in self._objects[resource_for(kind)].values() if isinstance(obj, kind))

    def of_uid(self, kind: type[_P], uid: str) -> _P | None:
        """The object of that type and uid, or None where it is not, or no longer, known."""
        found = self._objects[resource_for(kind)].get(uid)
        return found if isinstance(found, kind) else None

    def workloads(self) -> Iterator[Workload]:
        """All workloads, of whatever kind, in no order."""
        yield from self._workloads.values()

    def shown(self) -> Iterator[Workload]:
        """All workloads that are rows of their own, in no order."""
        return (each for each in self._workloads.values() if self.is_row(each))

    def is_row(self, workload: Workload) -> bool:
        """Whether it is more than a part of another one, and it, or a part of it, is what was asked for."""
        return self.folded_into(workload) is None and self._is_chosen(workload)

    def _is_chosen(self, workload: Workload) -> bool:
        if not self._chosen or chooses(self._chosen, workload.metadata.labels):
            return True
        claimed = (self.at(place) for place in getattr(workload, "claims", ()))
        parts = (*(each for each in claimed if each is not None), *self._workloads_of(workload.metadata.uid))
        return any(chooses(self._chosen, part.metadata.labels) for part in parts)

    def _workloads_of(self, uid: str, depth: int = _GENERATIONS) -> Iterator[Workload]:
        """The workloads that this object owns, whatever stands between."""
        for part in self._parts.get(uid, ()):
            if part in self._workloads:
                yield self._workloads[part]
            elif depth:
                yield from self._workloads_of(part, depth - 1)

    def workload(self, uid: str) -> Workload | None:
        """The workload of that uid, or None where it is not, or no longer, known."""
        return self._workloads.get(uid)

    def folded_into(self, workload: Workload) -> Workload | None:
        """The workload that this one is no more than a part of; None for one that stands for itself.

        That is the highest workload among its owners, whatever stands between the two, or one that claims it.
        """
        above = [each for uid in self._owners(workload) if (each := self._workloads.get(uid)) is not None]
        return above[-1] if above else next(self.claimants(workload), None)

    def claimants(self, workload: Workload) -> Iterator[Workload]:
        """All workloads that name this one as a part of theirs."""
        if self._claims:
            place = _place(resource_of(workload), workload)
            own = workload.metadata.uid
            yield from (self._workloads[uid] for uid in self._claims.of(place) if uid in self._workloads and uid != own)

    def at(self, place: Place) -> Workload | None:
        """The workload of that name as it is now."""
        uid = self._by_place.get(place)
        return self._workloads.get(uid) if uid is not None else None

    def named(self, kind: type[_P], namespace: str, name: str) -> _P | None:
        """The object of that type and name as it is now: a workload, a Service or a route; no pod, no revision."""
        resource = resource_for(kind)
        uid = self._by_place.get(Place(resource.group, resource.kind, namespace, name))
        found = self._objects[resource].get(uid) if uid is not None else None
        return found if isinstance(found, kind) else None

    def replicasets(self, deployment_uid: str) -> list[ReplicaSet]:
        """The ReplicaSets that this Deployment controls."""
        return [obj for obj in self._parts.get(deployment_uid, {}).values() if isinstance(obj, ReplicaSet)]

    def parts(self, uid: str, kind: type[_P]) -> list[_P]:
        """The objects of that type which this one controls."""
        return [obj for obj in self._parts.get(uid, {}).values() if isinstance(obj, kind)]

    def names(self, resource: Resource, namespace: str) -> frozenset[str] | None:
        """What objects of that resource are called in that namespace; None if they have not been listed."""
        if resource not in self.listed:
            return None
        there = self._objects[resource].values()
        return frozenset(obj.metadata.name for obj in there if obj.metadata.namespace == namespace)

    def controller_revisions(self, uid: str) -> list[ControllerRevision]:
        """The ControllerRevisions of that StatefulSet or DaemonSet."""
        return [obj for obj in self._parts.get(uid, {}).values() if isinstance(obj, ControllerRevision)]

    def pods(self, owner_uid: str) -> list[Pod]:
        """The pods that this ReplicaSet, StatefulSet or DaemonSet controls, those that are stopping too."""
        return [obj for obj in self._parts.get(owner_uid, {}).values() if isinstance(obj, Pod)]

    def events(self, uid: str) -> list[Event]:
        """The events about the object of that uid, which may be gone by now."""
        return [obj for obj in self._events.get(uid, {}).values() if isinstance(obj, Event)]

    def gone_parts(self, uids: Collection[str]) -> dict[str, list[str]]:
        """The uids of those parts of these objects that went lately but left events: events outlive their objects."""
        gone: dict[str, list[str]] = {uid: [] for uid in uids}
        for part, tombstone in self._tombstones.items():
            if tombstone.parent in gone and part in self._events:
                gone[tombstone.parent].append(part)
        return gone

    def everything(self) -> Iterator[Put]:
        """All objects that are known, as they would be said."""
        return (Put(resource, obj) for resource, there in self._objects.items() for obj in there.values())

    def count(self, resource: Resource) -> int:
        """How many objects of that resource are known."""
        return len(self._objects[resource])

    # How it is kept

    def _put(self, resource: Resource, obj: KubeObject) -> bool:
        """Keep an object, unless a newer one is known; whether it says anything new."""
        uid = obj.metadata.uid
        objects = self._objects[resource]
        known = objects.get(uid)
        version = ordinal(obj.metadata.resource_version)
        if version != -1 and version <= self._last_version(uid, known):
            return False
        parent = _parent(obj)
        if known is not None and _parent(known) != parent:
            self._unlink(known)
        # What comes back, because it matches a selector again, is not gone.
        self._tombstones.pop(uid, None)
        objects[uid] = obj
        if resource not in self._owning and resource is not EVENTS:
            self._owning.append(resource)
        if resource not in _NAMELESS:
            self._by_place[_place(resource, obj)] = uid
        if resource.is_workload:
            self._workloads[uid] = cast(Workload, obj)
            self._claim(uid, getattr(obj, "claims", ()))
        if parent:
            self._siblings(obj).setdefault(parent, {})[uid] = obj
        if known is not None and _says_the_same(known, obj):
            return False
        self._touch(obj)
        if known is None:
            self._touch_below(uid)
        return True

    def _claim(self, uid: str, places: tuple[Place, ...]) -> None:
        """Note what that workload names as its parts, and have those looked at again that are, or were, among them."""
        if not places and not self._claims:
            return
        for place in self._claims.put(uid, places):
            part = self._by_place.get(place)
            if part in self._workloads:
                self._dirty.add(part)

    def _last_version(self, uid: str, known: KubeObject | None) -> int:
        if known is not None:
            return ordinal(known.metadata.resource_version)
        tombstone = self._tombstones.get(uid)
        return tombstone.version if tombstone is not None else -1

    def _remove(self, resource: Resource, uid: str, resource_version: str) -> None:
        known = self._objects[resource].get(uid)
        version = ordinal(resource_version)
        if version != -1 and version < self._last_version(uid, known):
            return
        if known is not None:
            self._unlink(known)
            self._touch_below(uid)
            del self._objects[resource][uid]
            self._leave(resource, known)
        if resource is not EVENTS:
            self._tombstones[uid] = _Tombstone(version, _parent(known) if known is not None else self._owner(uid))
            if len(self._tombstones) > _TOMBSTONES:
                del self._tombstones[next(iter(self._tombstones))]

    def _forget(self, resource: Resource) -> None:
        """Forget all of a resource, and every deletion: the versions that they are known by mean nothing any more."""
        for obj in self._objects[resource].values():
            self._unlink(obj)
            self._leave(resource, obj)
        self._objects[resource] = {}
        self._tombstones.clear()
        self.listed.discard(resource)

    def _leave(self, resource: Resource, obj: KubeObject) -> None:
        """Take it out of what is found by name, and out of the workloads with all that it claims."""
        uid, place = obj.metadata.uid, _place(resource, obj)
        if self._by_place.get(place) == uid:
            del self._by_place[place]
        if self._workloads.pop(uid, None) is not None:
            self._claim(uid, ())

    def _unlink(self, obj: KubeObject) -> None:
        # What an object belonged to is touched too: an orphaned ReplicaSet changes the Deployment that it left.
        self._touch(obj)
        family, parent = self._siblings(obj), _parent(obj)
        siblings = family.get(parent)
        if siblings is not None:
            siblings.pop(obj.metadata.uid, None)
            if not siblings:
                del family[parent]

    def _siblings(self, obj: KubeObject) -> dict[str, dict[str, KubeObject]]:
        return self._events if isinstance(obj, Event) else self._parts

    def _touch(self, obj: KubeObject) -> None:
        """Mark the workloads as dirty that this is, or is a part of, or is about, and those that claim any of these."""
        for uid in (obj.metadata.uid, *self._owners(obj)):
            known = obj if uid == obj.metadata.uid else self._object(uid)
            if self._claims and known is not None:
                self._dirty.update(self._claims.of(_place(resource_for(type(known)), known)))
            if uid in self._workloads:
                self._dirty.add(uid)

    def _touch_below(self, uid: str, depth: int = _GENERATIONS) -> None:
        """Mark the workloads as dirty that belong to this object: what they are folded into depends on it."""
        for part in self._parts.get(uid, ()):
            if part in self._workloads:
                self._dirty.add(part)
            elif part in self._parts and depth:
                self._touch_below(part, depth - 1)

    def _owners(self, obj: KubeObject) -> Iterator[str]:
        """The uids of what the object belongs to, or is about, the nearest first."""
        owner = _parent(obj)
        for _ in range(_GENERATIONS):
            if not owner:
                return
            yield owner
            owner = self._owner(owner)

    def _object(self, uid: str) -> KubeObject | None:
        """What stands between a workload and its parts, by its uid; None for unknown."""
        for resource in self._owning:
            obj = self._objects[resource].get(uid)
            if obj is not None:
                return obj
        return None

    def _owner(self, uid: str) -> str:
        """What the object of that uid belongs to, or belonged to before it went; empty for unknown."""
        obj = self._object(uid)
        if obj is not None:
            return _parent(obj)
        tombstone = self._tombstones.get(uid)
        return tombstone.parent if tombstone is not None else ""


def _says_the_same(known: KubeObject, obj: KubeObject) -> bool:
    """Whether all that ktui reads of it is as it was."""
    meta: ObjectMeta = replace(known.metadata, resource_version=obj.metadata.resource_version)
    as_known: object = replace(cast(Struct, known), metadata=meta)
    return meta == obj.metadata and as_known == obj


def _place(resource: Resource, obj: KubeObject) -> Place:
    return Place(resource.group, resource.kind, obj.metadata.namespace, obj.metadata.name)


def _parent(obj: KubeObject) -> str:
    """The uid of what the object is a part of: its controller, or what the event is about; empty for none."""
    if isinstance(obj, Event):
        return obj.involved_object.uid
    owner = obj.metadata.controller
    return owner.uid if owner is not None else ""
