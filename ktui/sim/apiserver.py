"""The writes of the API server: defaults, validation, admission, versions and deletion, on one storage.

Controllers, the kubelet and the HTTP routes all write through this class, so that the same rules hold for each.
Every method is synchronous and takes no virtual time.
"""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable, Hashable
from typing import Any

from ktui.sim.api import conversion, customs, defaults, errors, managed, validation, versioned
from ktui.sim.api.patch import APPLY_PATCH, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, apply_patch
from ktui.sim.api.resources import NAMESPACES, Catalog, Resource
from ktui.sim.deletion import Deletion, check_preconditions, is_over, marked, with_finalizers
from ktui.sim.kernel import Kernel
from ktui.sim.metadata import in_order
from ktui.sim.ownership import Ownership
from ktui.sim.storage import Bucket, Storage

JSON = dict[str, Any]
Admission = Callable[[Resource, JSON], None]
"""Looks at an object that is about to be created; raises ApiError to refuse it."""

SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


class ApiServer:
    """Creates, changes and deletes objects as a Kubernetes API server does."""

    def __init__(self, kernel: Kernel, storage: Storage) -> None:
        self.kernel = kernel
        self.storage = storage
        self.catalog = Catalog()
        self.admission: list[Admission] = []
        self._ownership = Ownership()

    def bucket(self, resource: Resource) -> Bucket:
        """The objects of a resource."""
        return self.storage.bucket(resource)

    def get(self, resource: Resource, namespace: str, name: str) -> JSON:
        """An object as it is now.

        Raises:
            ApiError: 404.
        """
        found = self.bucket(resource).get(namespace, name)
        if found is None:
            raise errors.not_found(resource, name)
        return found

    # -- create ------------------------------------------------------------------------------------------------

    def create(
        self,
        resource: Resource,
        namespace: str,
        obj: JSON,
        *,
        manager: str,
        dry_run: bool = False,
        trusted: bool = False,
        like: Hashable = None,
        born: str = "",
    ) -> JSON:
        """Store a new object; `obj` is taken over. A `trusted` one is complete and valid already; all trusted
        ones that are created `like` each other set the same fields. `born` is when it was created, if not now.

        Raises:
            ApiError: 404 for an unknown namespace, 409 where the name is taken, 422 for an invalid object, 403 where
                admission refuses it.
        """
        metadata: JSON = obj.setdefault("metadata", {})
        self._place(resource, namespace, metadata)
        self._require_namespace(resource, namespace)
        head: JSON = {"kind": resource.kind, "apiVersion": resource.api_version}
        obj = head | obj
        if not trusted:
            obj = versioned.prepare_create(resource, obj)
        elif resource.storage in _COUNTED:
            metadata["generation"] = 1
        self._stamp_new(metadata, born)
        if not trusted:
            _complete(resource, obj)
            self._refuse_invalid(resource, obj, None)
            if resource.storage == ("", "services"):
                self._give_address(obj["spec"])
        for admit in self.admission:
            admit(resource, obj)
        if self.bucket(resource).get(metadata.get("namespace", ""), metadata["name"]) is not None:
            raise errors.already_exists(resource, metadata["name"])
        if trusted and like is not None:
            metadata["managedFields"] = self._ownership.of_created(resource, obj, manager, self.kernel.stamp(), like)
        else:
            managed.record(resource, None, obj, manager, self.kernel.stamp())
        obj["metadata"] = in_order(metadata)
        return obj if dry_run else self.storage.put(resource, obj)

    def _place(self, resource: Resource, namespace: str, metadata: JSON) -> None:
        if resource.namespaced:
            if metadata.get("namespace", namespace) != namespace:
                raise errors.bad_request(
                    "the namespace of the provided object does not match the namespace sent on the request"
                )
            metadata["namespace"] = namespace
        else:
            metadata.pop("namespace", None)
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = metadata["generateName"] + self.suffix()

    def _require_namespace(self, resource: Resource, namespace: str) -> None:
        if not resource.namespaced:
            return
        found = self.bucket(NAMESPACES).get("", namespace)
        if found is None:
            raise errors.not_found(NAMESPACES, namespace)
        if "deletionTimestamp" in found["metadata"] and resource.plural != "events":
            words = f"unable to create new content in namespace {namespace} because it is being terminated"
            raise errors.forbidden(resource, "", words)

    def _stamp_new(self, metadata: JSON, born: str) -> None:
        metadata["uid"] = self.uid()
        metadata["creationTimestamp"] = born or self.kernel.stamp()
        metadata["resourceVersion"] = ""

    def _give_address(self, spec: JSON) -> None:
        if spec.get("type") != "ExternalName" and not spec.get("clusterIP"):
            chance = self.kernel.random
            spec["clusterIP"] = f"10.96.{chance.randint(0, 255)}.{chance.randint(2, 254)}"
        if spec.get("clusterIP"):
            spec.setdefault("clusterIPs", [spec["clusterIP"]])
        if spec.get("type") in ("NodePort", "LoadBalancer"):
            for port in spec.get("ports") or ():
                port["nodePort"] = port.get("nodePort") or self.kernel.random.randint(30000, 32767)

    def uid(self) -> str:
        """A new uid, from the seeded chance."""
        return str(uuid.UUID(int=self.kernel.random.getrandbits(128), version=4))

    def suffix(self, length: int = 5) -> str:
        """The random end of a generated name."""
        return "".join(self.kernel.random.choices(SUFFIX_ALPHABET, k=length))

    # -- change ------------------------------------------------------------------------------------------------

    def update(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        new: JSON,
        *,
        manager: str,
        subresource: str = "",
        dry_run: bool = False,
    ) -> JSON:
        """Replace an object, or its status; `new` is taken over.

        Raises:
            ApiError: 404, 409 where `new` carries another version or uid, 422 for an invalid object.
        """
        old = self.get(resource, namespace, name)
        if subresource == "scale":
            new = versioned.apply_scale(resource, old, new) if new.get("kind", "Scale") == "Scale" else new
            new = self._change(resource, old, new, manager=manager, subresource="scale", dry_run=dry_run)
            return versioned.scale_of(resource, new)
        return self._change(resource, old, new, manager=manager, subresource=subresource, dry_run=dry_run)

    def patch(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        content_type: str,
        body: bytes,
        *,
        manager: str,
        subresource: str = "",
        dry_run: bool = False,
        check: Callable[[JSON, JSON], None] = lambda old, new: None,
    ) -> JSON:
        """Change an object as a patch says. `check` sees the object before and after, and may refuse.

        Raises:
            ApiError: as `update`, and those of the patch itself.
        """
        old = self.get(resource, namespace, name)
        if resource.custom is not None and content_type.partition(";")[0].strip() == STRATEGIC_PATCH:
            raise errors.unsupported_media_type(JSON_PATCH, MERGE_PATCH, APPLY_PATCH)
        if subresource == "scale":
            scale = apply_patch(content_type, versioned.scale_of(resource, old), body, "Scale")
            return self.update(resource, namespace, name, scale, manager=manager, subresource="scale", dry_run=dry_run)
        served = conversion.to_served(resource, old)
        new = conversion.to_stored(resource, apply_patch(content_type, served, body, resource.kind))
        check(old, new)
        return self._change(resource, old, new, manager=manager, subresource=subresource, dry_run=dry_run)

    def _change(
        self, resource: Resource, old: JSON, new: JSON, *, manager: str, subresource: str, dry_run: bool
    ) -> JSON:
        self._refuse_conflict(resource, old, new)
        new = copy.deepcopy(new)
        if subresource == "status":
            new = versioned.prepare_status_update(resource, old, new)
            if resource.custom is not None:
                self._refuse_invalid(resource, _complete(resource, new), old)
        else:
            _complete(resource, new)
            new = versioned.prepare_update(resource, old, new)
            self._refuse_invalid(resource, new, old)
        managed.record(resource, old, new, manager, self.kernel.stamp(), subresource=subresource)
        return self.replace(resource, old, new, dry_run=dry_run)

    def replace(self, resource: Resource, old: JSON, new: JSON, *, dry_run: bool = False) -> JSON:
        """Put a checked version in place of another; nothing is written where they are equal.

        An object that is being deleted goes for good once its last finalizer does.
        """
        head = {"kind": old["kind"], "apiVersion": old["apiVersion"], "metadata": in_order(new["metadata"])}
        new = head | {field: value for field, value in new.items() if field not in head}
        if new == old:
            return old
        if dry_run:
            return new
        stored = self.storage.put(resource, new)
        if is_over(stored):
            return self.storage.remove(resource, stored)
        return stored

    def set_status(
        self, resource: Resource, old: JSON, status: JSON, *, manager: str, annotations: JSON | None = None
    ) -> JSON:
        """A controller's write of the status it has computed, and of annotations where the status write carries some.

        Raises:
            ApiError: 409 where `old` is no longer the current version, 404 where the object is gone.
        """
        metadata = old["metadata"]
        current = self.get(resource, metadata.get("namespace", ""), metadata["name"])
        if current is not old:
            raise errors.conflict(resource, metadata["name"])
        new = old | {"status": status}
        if annotations is not None:
            new["metadata"] = metadata | {"annotations": annotations}
        if new == old:
            return old
        precise = annotations is not None and annotations != metadata.get("annotations")
        entries = managed.status_entry if precise else self._ownership.of_status
        owned = entries(resource, old, new, manager, self.kernel.stamp())
        new["metadata"] = new["metadata"] | {"managedFields": owned}
        return self.replace(resource, old, new)

    def set_spec(self, resource: Resource, old: JSON, new: JSON, *, manager: str) -> JSON:
        """A controller's write of spec or metadata; `new` may share parts with `old`. The generation is counted."""
        new = versioned.prepare_update(resource, old, new | {"metadata": dict(new["metadata"])})
        if new == old:
            return old
        managed.record(resource, old, new, manager, self.kernel.stamp())
        return self.replace(resource, old, new)

    def _refuse_conflict(self, resource: Resource, old: JSON, new: JSON) -> None:
        theirs, ours = new.get("metadata") or {}, old["metadata"]
        name = ours["name"]
        if theirs.get("name", name) != name:
            raise errors.bad_request(
                f"the name of the object ({theirs['name']}) does not match the name on the URL ({name})"
            )
        if (uid := theirs.get("uid")) and uid != ours["uid"]:
            words = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {ours['uid']}"
            raise errors.conflict(resource, name, words)
        if (version := theirs.get("resourceVersion")) and version != ours["resourceVersion"]:
            raise errors.conflict(resource, name)

    def _refuse_invalid(self, resource: Resource, new: JSON, old: JSON | None) -> None:
        causes = validation.validate(resource, new, old)
        if causes:
            raise errors.invalid(resource, new["metadata"].get("name", ""), causes)

    def apply(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        applied: JSON,
        *,
        manager: str,
        force: bool = False,
        subresource: str = "",
        dry_run: bool = False,
    ) -> tuple[JSON, bool]:
        """Server-side apply: the object as it is then, and whether it is new.

        Raises:
            ApiError: 409 where others own what it would change, and as `create` and `update`.
        """
        now = self.kernel.stamp()
        old = self.bucket(resource).get(namespace if resource.namespaced else "", name)
        merged = managed.apply(resource, old, applied, manager, now, force=force, subresource=subresource)
        merged["metadata"].setdefault("name", name)
        if old is None:
            entries = merged["metadata"].get("managedFields")
            return self._create_applied(resource, namespace, merged, entries, dry_run=dry_run), True
        self._refuse_conflict(resource, old, merged)
        if subresource == "status":
            merged = versioned.prepare_status_update(resource, old, merged)
        else:
            _complete(resource, merged)
            merged = versioned.prepare_update(resource, old, merged)
            self._refuse_invalid(resource, merged, old)
        return self.replace(resource, old, merged, dry_run=dry_run), False

    def _create_applied(
        self, resource: Resource, namespace: str, obj: JSON, entries: list[JSON] | None, *, dry_run: bool
    ) -> JSON:
        created = self.create(resource, namespace, obj, manager="", dry_run=True)
        if entries:
            created["metadata"]["managedFields"] = entries
        return created if dry_run else self.storage.put(resource, created)

    # -- delete ------------------------------------------------------------------------------------------------

    def delete(self, resource: Resource, namespace: str, name: str, how: Deletion | None = None) -> JSON | None:
        """Delete an object, or mark it where finalizers or a grace period keep it. None says that it is gone.

        Raises:
            ApiError: 404, and 409 for a precondition that does not hold.
        """
        how = how or Deletion()
        old = self.get(resource, namespace, name)
        check_preconditions(resource, old, how)
        new = marked(resource, old, how, self.kernel.now)
        if how.dry_run:
            return None if is_over(new) else new
        if is_over(new) and resource.kind != "Pod":
            self.storage.remove(resource, old)
            return None
        if new != old:
            new = self.storage.put(resource, new)
        if is_over(new):
            self.storage.remove(resource, new)
        return new

    def remove_finalizer(self, resource: Resource, old: JSON, finalizer: str) -> JSON:
        """Take a finalizer away, which ends an object that was only kept by it."""
        left = [each for each in old["metadata"].get("finalizers") or [] if each != finalizer]
        return self.replace(resource, old, with_finalizers(old, left))


def _complete(resource: Resource, obj: JSON) -> JSON:
    return customs.complete(resource, obj) if resource.custom else defaults.default(resource.kind, obj)


_COUNTED = {("", "pods"), ("apps", "replicasets"), ("apps", "deployments"), ("apps", "statefulsets"),
            ("apps", "daemonsets"), ("discovery.k8s.io", "endpointslices")}  # fmt: skip
