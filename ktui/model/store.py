"""What is known of a cluster, by uid, with the indices that the rollouts need.

Only the streams write here. Everything is keyed by uid, because the same name can come back as another object
(SEMANTICS.md, Identity). The store is right whatever the order in which the resources arrive, and saying the same
thing twice, or something older than what is known, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ktui.model.changes import Change, Gone, Link, LinkState, Listed, Put, Resource
from ktui.model.objects import Deployment, Event, KubeObject, Pod, ReplicaSet

_TOMBSTONES: Final = 4096
"""How many deletions are remembered against events that come late; a uid never lives twice."""


class Store:
    """Deployments with their ReplicaSets, pods and events, and the state of the links that bring them."""

    def __init__(self) -> None:
        self._objects: dict[Resource, dict[str, KubeObject]] = {resource: {} for resource in Resource}
        self._children: dict[str, dict[str, KubeObject]] = {}
        self._tombstones: dict[str, int] = {}
        self._dirty: set[str] = set()
        self.links: dict[Resource, Link] = {}
        self.listed: set[Resource] = set()

    # What comes in

    def apply(self, changes: Iterable[Change]) -> None:
        """Take in what a stream said, in its order."""
        for change in changes:
            match change:
                case Put(resource, obj):
                    self._put(resource, obj)
                case Gone(resource, uid, version):
                    self._remove(resource, uid, version)
                case Listed(resource):
                    self.listed.add(resource)
                case Link(resource):
                    self.links[resource] = change

    def take_dirty(self) -> set[str]:
        """The uids of the Deployments that changed, or whose parts did, since this was last asked."""
        dirty, self._dirty = self._dirty, set()
        return dirty

    # What is known

    def deployments(self) -> Iterator[Deployment]:
        """All Deployments, in no order."""
        for obj in self._objects[Resource.DEPLOYMENTS].values():
            if isinstance(obj, Deployment):
                yield obj

    def deployment(self, uid: str) -> Deployment | None:
        """The Deployment of that uid, or None where it is not, or no longer, known."""
        obj = self._objects[Resource.DEPLOYMENTS].get(uid)
        return obj if isinstance(obj, Deployment) else None

    def named(self, namespace: str, name: str) -> Deployment | None:
        """The Deployment of that name as it is now."""
        return next(
            (d for d in self.deployments() if d.metadata.name == name and d.metadata.namespace == namespace),
            None,
        )

    def replicasets(self, deployment_uid: str) -> list[ReplicaSet]:
        """The ReplicaSets that this Deployment controls."""
        return [obj for obj in self._children.get(deployment_uid, {}).values() if isinstance(obj, ReplicaSet)]

    def pods(self, replicaset_uid: str) -> list[Pod]:
        """The pods that this ReplicaSet controls, those that are stopping too."""
        return [obj for obj in self._children.get(replicaset_uid, {}).values() if isinstance(obj, Pod)]

    def events(self, uid: str) -> list[Event]:
        """The events about the object of that uid."""
        return [obj for obj in self._children.get(uid, {}).values() if isinstance(obj, Event)]

    def count(self, resource: Resource) -> int:
        """How many objects of that resource are known."""
        return len(self._objects[resource])

    @property
    def worst_link(self) -> Link | None:
        """The link that is in the worst state (refused, reconnecting, connecting, live); None before any has begun."""
        order = (LinkState.REFUSED, LinkState.RECONNECTING, LinkState.CONNECTING, LinkState.LIVE)
        return min(self.links.values(), key=lambda link: (order.index(link.state), link.since), default=None)

    # How it is kept

    def _put(self, resource: Resource, obj: KubeObject) -> None:
        uid = obj.metadata.uid
        known = self._objects[resource].get(uid)
        version = _number(obj.metadata.resource_version)
        if version is not None:
            if version <= self._tombstones.get(uid, -1):
                return
            if known is not None and version <= (_number(known.metadata.resource_version) or -1):
                return
        if known is not None:
            self._unlink(known)
        self._objects[resource][uid] = obj
        parent = _parent(obj)
        if parent:
            self._children.setdefault(parent, {})[uid] = obj
        self._touch(obj)

    def _remove(self, resource: Resource, uid: str, version: str) -> None:
        number = _number(version)
        if number is not None:
            self._tombstones[uid] = number
            if len(self._tombstones) > _TOMBSTONES:
                del self._tombstones[next(iter(self._tombstones))]
        known = self._objects[resource].pop(uid, None)
        if known is not None:
            self._unlink(known)

    def _unlink(self, obj: KubeObject) -> None:
        # What an object belonged to is touched too: an orphaned ReplicaSet changes the Deployment that it left.
        self._touch(obj)
        parent = _parent(obj)
        siblings = self._children.get(parent)
        if siblings is not None:
            siblings.pop(obj.metadata.uid, None)
            if not siblings:
                del self._children[parent]

    def _touch(self, obj: KubeObject) -> None:
        if isinstance(obj, Deployment):
            self._dirty.add(obj.metadata.uid)
            return
        owner = _parent(obj)
        # An event may be about a pod, that of a ReplicaSet, that of a Deployment: three steps at most.
        for _ in range(3):
            if owner in self._objects[Resource.DEPLOYMENTS]:
                self._dirty.add(owner)
                return
            up = self._objects[Resource.REPLICASETS].get(owner) or self._objects[Resource.PODS].get(owner)
            if up is None:
                return
            owner = _parent(up)


def _parent(obj: KubeObject) -> str:
    """The uid of what the object is a part of: its controller, or what the event is about; empty for none."""
    if isinstance(obj, Event):
        return obj.involved_object.uid
    owner = obj.metadata.controller
    return owner.uid if owner is not None else ""


def _number(resource_version: str) -> int | None:
    """A resource version as a number: those of one resource can be compared, where they are numbers at all."""
    return int(resource_version) if resource_version.isdecimal() else None
