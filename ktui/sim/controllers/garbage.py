"""The garbage collector: dependents of what is gone, foreground and orphaning deletes, and namespaces that end."""

from __future__ import annotations

from typing import Any

from ktui.sim.api.errors import ApiError
from ktui.sim.api.resources import NAMESPACES, Resource
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.common import MANAGER
from ktui.sim.controllers.queue import WorkQueue
from ktui.sim.deletion import FOREGROUND, ORPHAN, Deletion
from ktui.sim.storage import Change, Key

JSON = dict[str, Any]
LATENCY = 0.01


class GarbageCollector:
    """Follows owner references: every object by the uid of each owner."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._dependents: dict[str, dict[str, tuple[Resource, Key]]] = {}
        self._living: set[str] = set()
        self._foreground: dict[str, tuple[Resource, Key]] = {}
        """What is being deleted in the foreground, by uid."""
        self._namespaces = WorkQueue(api.kernel, self._end_namespace, LATENCY)
        self._followed: set[tuple[str, str]] = set()
        api.catalog.listen(self._follow)

    def _follow(self, resource: Resource) -> None:
        """Versions of one thing share what is stored."""
        if resource.storage in self._followed or "watch" not in resource.verbs:
            return
        if resource.storage == (resource.group, resource.plural):
            self._followed.add(resource.storage)
            self._api.bucket(resource).listen(lambda change: self._changed(resource, change))

    def _changed(self, resource: Resource, change: Change) -> None:
        obj = change.version.obj
        metadata = obj["metadata"]
        uid = metadata["uid"]
        if change.type == "DELETED":
            self._gone(resource, change)
            return
        if change.type == "ADDED":
            self._living.add(uid)
        owners = metadata.get("ownerReferences") or ()
        if change.previous is not None and change.previous.obj["metadata"].get("ownerReferences") != (owners or None):
            for reference in change.previous.obj["metadata"].get("ownerReferences") or ():
                self._dependents.get(reference["uid"], {}).pop(uid, None)
        for reference in owners:
            self._dependents.setdefault(reference["uid"], {})[uid] = (resource, change.key)
        if change.type == "ADDED" and owners:
            self._api.kernel.after(LATENCY, lambda: self._collect_absent(resource, change.key, uid))
        if "deletionTimestamp" in metadata:
            if resource.kind == "Namespace":
                self._namespaces.add(change.key)
            elif finalizers := metadata.get("finalizers"):
                if FOREGROUND in finalizers:
                    self._foreground[uid] = (resource, change.key)
                self._api.kernel.after(LATENCY, lambda: self._finalize(resource, change.key))

    def _gone(self, resource: Resource, change: Change) -> None:
        metadata = change.version.obj["metadata"]
        uid = metadata["uid"]
        self._living.discard(uid)
        self._foreground.pop(uid, None)
        for reference in metadata.get("ownerReferences") or ():
            self._dependents.get(reference["uid"], {}).pop(uid, None)
            self._api.kernel.after(LATENCY, lambda uid=reference["uid"]: self._look_at_owner(uid))  # type: ignore[misc]
        if self._dependents.get(uid):
            self._api.kernel.after(LATENCY, lambda: self._collect(uid))
        namespace = self._api.bucket(NAMESPACES).get("", change.key[0])
        if namespace is not None and "deletionTimestamp" in namespace["metadata"]:
            self._namespaces.add(("", change.key[0]))

    def _collect_absent(self, resource: Resource, key: Key, uid: str) -> None:
        """An object whose owners are all unknown goes, as its owner has gone before it came."""
        obj = self._api.bucket(resource).get(*key)
        if obj is None or obj["metadata"]["uid"] != uid:
            return
        owners = obj["metadata"].get("ownerReferences") or ()
        if owners and not any(reference["uid"] in self._living for reference in owners):
            self._delete(resource, key, "Background")

    def _collect(self, uid: str) -> None:
        for resource, key in list(self._dependents.pop(uid, {}).values()):
            obj = self._api.bucket(resource).get(*key)
            if obj is None:
                continue
            owners = obj["metadata"].get("ownerReferences") or ()
            if not any(reference["uid"] in self._living for reference in owners):
                self._delete(resource, key, "Background")

    def _delete(self, resource: Resource, key: Key, propagation: str) -> None:
        obj = self._api.bucket(resource).get(*key)
        if obj is None or ("deletionTimestamp" in obj["metadata"] and propagation == "Background"):
            return
        try:
            self._api.delete(resource, *key, Deletion(propagation))
        except ApiError:
            return  # it went by itself meanwhile

    # -- finalizers --------------------------------------------------------------------------------------------

    def _finalize(self, resource: Resource, key: Key) -> None:
        obj = self._api.bucket(resource).get(*key)
        if obj is None or "deletionTimestamp" not in obj["metadata"]:
            return
        finalizers = obj["metadata"].get("finalizers") or ()
        if ORPHAN in finalizers:
            self._release_dependents(obj["metadata"]["uid"])
            self._api.remove_finalizer(resource, obj, ORPHAN)
        elif FOREGROUND in finalizers:
            self._delete_in_foreground(resource, obj)

    def _release_dependents(self, uid: str) -> None:
        for resource, key in list(self._dependents.pop(uid, {}).values()):
            obj = self._api.bucket(resource).get(*key)
            if obj is None:
                continue
            metadata = dict(obj["metadata"])
            owners = [o for o in metadata.pop("ownerReferences", ()) if o["uid"] != uid]
            if owners:
                metadata["ownerReferences"] = owners
            self._api.set_spec(resource, obj, obj | {"metadata": metadata}, manager=MANAGER)

    def _delete_in_foreground(self, resource: Resource, owner: JSON) -> None:
        blocking = False
        uid = owner["metadata"]["uid"]
        for dependent, key in list(self._dependents.get(uid, {}).values()):
            obj = self._api.bucket(dependent).get(*key)
            if obj is None:
                continue
            blocking = blocking or any(
                o["uid"] == uid and o.get("blockOwnerDeletion") for o in obj["metadata"]["ownerReferences"]
            )
            if "deletionTimestamp" not in obj["metadata"]:
                self._delete(
                    dependent, key, "Foreground" if self._dependents.get(obj["metadata"]["uid"]) else "Background"
                )
        if not blocking:
            self._api.remove_finalizer(resource, owner, FOREGROUND)

    def _look_at_owner(self, uid: str) -> None:
        """A dependent has gone: an owner that is deleted in the foreground may have waited for it."""
        where = self._foreground.get(uid)
        owner = self._api.bucket(where[0]).get(*where[1]) if where else None
        if where is not None and owner is not None:
            self._delete_in_foreground(where[0], owner)

    # -- namespaces --------------------------------------------------------------------------------------------

    def _end_namespace(self, key: Key) -> None:
        namespace = self._api.bucket(NAMESPACES).get(*key)
        if namespace is None or "deletionTimestamp" not in namespace["metadata"]:
            return
        left = False
        for bucket in list(self._api.storage.buckets()):
            if bucket.resource.namespaced:
                for obj in list(bucket.in_namespace(key[1])):
                    left = True
                    self._delete(bucket.resource, (key[1], obj["metadata"]["name"]), "Background")
        if not left:
            self._api.storage.remove(NAMESPACES, namespace)
        else:
            self._namespaces.add_after(key, 0.1)
