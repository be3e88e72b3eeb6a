"""What several controllers share: owners, pod readiness, conditions, numbers or percentages."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from ktui.sim.api import resources
from ktui.sim.apiserver import ApiServer
from ktui.sim.kernel import seconds_of

JSON = dict[str, Any]

DEPLOYMENTS = resources.of("apps", "deployments")
REPLICA_SETS = resources.of("apps", "replicasets")
STATEFUL_SETS = resources.of("apps", "statefulsets")
DAEMON_SETS = resources.of("apps", "daemonsets")
REVISIONS = resources.of("apps", "controllerrevisions")
PODS = resources.of("", "pods")
SERVICES = resources.of("", "services")
NODES = resources.of("", "nodes")

MANAGER = "kube-controller-manager"
POD_TEMPLATE_HASH = "pod-template-hash"
_HASH_ALPHABET = "456789bcdf"


def controller_of(obj: JSON) -> JSON | None:
    """The owner reference of the controller, if the object has one."""
    owner: JSON
    for owner in obj["metadata"].get("ownerReferences") or ():  # a loop, as it is asked for at every change
        if owner.get("controller"):
            return owner
    return None


def owner_reference(owner: JSON) -> JSON:
    """The reference by which a controller owns what it makes."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


class OwnedIndex:
    """The objects of one resource by the uid of their controller, kept up to date by the storage."""

    def __init__(self, api: ApiServer, resource: resources.Resource) -> None:
        bucket = api.bucket(resource)
        self._owned: dict[str, dict[str, JSON]] = {}
        self._orphans: dict[str, JSON] = {}
        for obj in bucket.all():
            self._add(obj)
        bucket.listen(self._changed)

    def of(self, uid: str) -> list[JSON]:
        """What the controller of this uid owns."""
        return list(self._owned.get(uid, {}).values())

    def orphans(self, namespace: str) -> Iterator[JSON]:
        """What nobody owns in a namespace."""
        return (obj for obj in self._orphans.values() if obj["metadata"]["namespace"] == namespace)

    def _changed(self, change: Any) -> None:
        if change.previous is not None:
            self._drop(change.previous.obj)
        if change.type != "DELETED":
            self._add(change.version.obj)

    def _add(self, obj: JSON) -> None:
        owner, uid = controller_of(obj), obj["metadata"]["uid"]
        if owner is None:
            self._orphans[uid] = obj
        else:
            self._owned.setdefault(owner["uid"], {})[uid] = obj

    def _drop(self, obj: JSON) -> None:
        owner, uid = controller_of(obj), obj["metadata"]["uid"]
        if owner is None:
            self._orphans.pop(uid, None)
            return
        owned = self._owned.get(owner["uid"], {})
        owned.pop(uid, None)
        if not owned:
            self._owned.pop(owner["uid"], None)


def condition(obj: JSON, type_: str) -> JSON | None:
    """The condition of this type in an object's status."""
    return find_condition(obj["status"].get("conditions") or (), type_)


def find_condition(conditions: Iterable[JSON], type_: str) -> JSON | None:
    """The condition of this type among some."""
    for found in conditions:
        if found["type"] == type_:
            return found
    return None


def is_ready(pod: JSON) -> bool:
    """Whether a pod's Ready condition is true."""
    ready = condition(pod, "Ready")
    return ready is not None and ready["status"] == "True"


def is_active(pod: JSON) -> bool:
    """Whether a pod counts as a replica: not finished and not being deleted."""
    return pod["status"].get("phase") not in ("Succeeded", "Failed") and "deletionTimestamp" not in pod["metadata"]


def is_terminating(pod: JSON) -> bool:
    """Whether a pod is being deleted and has not finished."""
    return pod["status"].get("phase") not in ("Succeeded", "Failed") and "deletionTimestamp" in pod["metadata"]


def is_available(pod: JSON, min_ready_seconds: int, now: float) -> bool:
    """Whether a pod has been ready for so long."""
    ready = condition(pod, "Ready")
    if ready is None or ready["status"] != "True":
        return False
    return not min_ready_seconds or seconds_of(ready["lastTransitionTime"]) + min_ready_seconds <= now


def resolve(value: int | str | None, total: int, *, up: bool) -> int:
    """A number, or a percentage of `total` rounded up or down."""
    if isinstance(value, str) and value.endswith("%"):
        share = int(value[:-1]) * total
        return math.ceil(share / 100) if up else share // 100
    return int(value or 0)


def template_hash(template: JSON, collisions: int | None = None) -> str:
    """A short name for a pod template: equal templates give equal names, as do equal counts of collisions."""
    digest = hashlib.blake2b(_canonical(template), digest_size=8)
    if collisions is not None:
        digest.update(str(collisions).encode())
    return safe_digits(int.from_bytes(digest.digest()) % 2**32)


def safe_digits(number: int) -> str:
    """A number in letters and digits that spell nothing, as Kubernetes writes its hashes."""
    return "".join(_HASH_ALPHABET[int(digit)] for digit in str(number))


def has_template(obj: JSON) -> bool:
    """Whether a custom resource has what its webhook asks for: a pod template whose containers have images."""
    template = (obj.get("spec") or {}).get("template")
    pods = template.get("spec") if isinstance(template, dict) else None
    containers = (pods.get("containers") if isinstance(pods, dict) else None) or []
    return bool(containers) and all(isinstance(each, dict) and each.get("image") for each in containers)


def same_template(one: JSON, other: JSON) -> bool:
    """Whether two pod templates are equal, their hash label aside."""
    return one.get("spec") == other.get("spec") and _bare_metadata(one) == _bare_metadata(other)


def _bare_metadata(template: JSON) -> JSON:
    metadata = dict(template.get("metadata") or {})
    labels = dict(metadata.get("labels") or {})
    labels.pop(POD_TEMPLATE_HASH, None)
    metadata["labels"] = labels
    return {field: value for field, value in metadata.items() if value}


def _canonical(value: Any) -> bytes:
    return msgspec.json.encode(value, order="sorted")


def revision_of(obj: JSON) -> int:
    """The revision of a Deployment or ReplicaSet; 0 where there is none."""
    text = (obj["metadata"].get("annotations") or {}).get("deployment.kubernetes.io/revision", "")
    return int(text) if text.lstrip("-").isdigit() else 0
