"""What a write may change: generation, status and spec kept apart, and the Scale of what can be scaled.

The rules are the strategies of the API server's registries: a main resource ignores the status that a client sends,
``/status`` ignores everything else, and the generation counts changes of the spec.
"""

import copy
from typing import Any

from ktui.sim.api import customs
from ktui.sim.api.errors import Cause, bad_request, invalid
from ktui.sim.api.resources import Resource
from ktui.sim.api.selectors import format_selector

JSON = dict[str, Any]

_SERVER_FIELDS = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink")
_WITH_GENERATION = {
    ("", "pods"),
    ("", "replicationcontrollers"),
    ("apps", "daemonsets"),
    ("apps", "deployments"),
    ("apps", "replicasets"),
    ("apps", "statefulsets"),
    ("batch", "jobs"),
    ("batch", "cronjobs"),
    ("discovery.k8s.io", "endpointslices"),
    ("networking.k8s.io", "ingresses"),
    ("policy", "poddisruptionbudgets"),
}
_COUNTED_METADATA = {("apps", "deployments"): "annotations", ("discovery.k8s.io", "endpointslices"): "labels"}
_TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
_SELECTOR_IS_MAP = {"ReplicationController"}


def has_status(resource: Resource) -> bool:
    """Whether the status of this resource is written through ``/status`` alone."""
    return resource.subresource("status") is not None


def prepare_create(resource: Resource, obj: JSON) -> JSON:
    """The object as it is stored first: without what only the server may set, at generation 1 where it has one."""
    metadata = obj.setdefault("metadata", {})
    for field in (*_SERVER_FIELDS, "generation"):
        metadata.pop(field, None)
    if is_counted(resource):
        metadata["generation"] = 1
    if has_status(resource):
        obj.pop("status", None)
        if resource.custom is None:
            obj["status"] = _first_status(resource)
    return obj


def is_counted(resource: Resource) -> bool:
    """Whether objects of this resource have a generation."""
    return resource.custom is not None or resource.storage in _WITH_GENERATION


def _first_status(resource: Resource) -> JSON:
    first: dict[str, JSON] = {
        "Pod": {"phase": "Pending"},
        "Namespace": {"phase": "Active"},
        "ReplicaSet": {"replicas": 0},
        "ReplicationController": {"replicas": 0},
        "StatefulSet": {"replicas": 0, "availableReplicas": 0},
        "DaemonSet": {
            "currentNumberScheduled": 0,
            "numberMisscheduled": 0,
            "desiredNumberScheduled": 0,
            "numberReady": 0,
        },
        "Service": {"loadBalancer": {}},
        "Ingress": {"loadBalancer": {}},
        "PersistentVolumeClaim": {"phase": "Pending"},
        "HorizontalPodAutoscaler": {"desiredReplicas": 0, "currentMetrics": None},
        "PodDisruptionBudget": {
            "disruptionsAllowed": 0,
            "currentHealthy": 0,
            "desiredHealthy": 0,
            "expectedPods": 0,
        },
    }
    return copy.deepcopy(first.get(resource.kind, {}))


def prepare_update(resource: Resource, old: JSON, new: JSON) -> JSON:
    """``new`` as a write of the main resource may change ``old``: status kept, generation counted."""
    _keep_server_metadata(old, new)
    if has_status(resource):
        _keep(old, new, "status")
    _count_generation(resource, old, new)
    if resource.storage == ("apps", "daemonsets") and old["spec"].get("template") != new["spec"].get("template"):
        _count_template(old, new)
    return new


def _count_template(old: JSON, new: JSON) -> None:
    """The annotation in which a DaemonSet's former versions counted the changes of its template."""
    before = (old["metadata"].get("annotations") or {}).get(_TEMPLATE_GENERATION, "0")
    annotations = dict(new["metadata"].get("annotations") or {})
    annotations[_TEMPLATE_GENERATION] = str(int(before) + 1 if before.isdigit() else 1)
    new["metadata"]["annotations"] = annotations


def prepare_status_update(resource: Resource, old: JSON, new: JSON) -> JSON:
    """``new`` as a write of ``/status`` may change ``old``: its status, and with it annotations and labels."""
    _keep_server_metadata(old, new)
    for field in old.keys() | new.keys():
        if field not in ("metadata", "status"):
            _keep(old, new, field)
    metadata, kept = new["metadata"], old["metadata"]
    if resource.custom is not None:
        changed = {field: metadata[field] for field in ("managedFields", "resourceVersion") if field in metadata}
        new["metadata"] = kept | changed
        return new
    for field in ("generation", "deletionTimestamp", "ownerReferences", "finalizers"):
        _keep(kept, metadata, field)
    if resource.kind != "Pod" and "labels" in kept:
        _keep(kept, metadata, "labels")
    return new


def _keep(old: JSON, new: JSON, field: str) -> None:
    if field in old:
        new[field] = old[field]
    else:
        new.pop(field, None)


def _keep_server_metadata(old: JSON, new: JSON) -> None:
    new["apiVersion"], new["kind"] = old["apiVersion"], old["kind"]
    for field in (*_SERVER_FIELDS, "name", "namespace", "generateName"):
        _keep(old["metadata"], new.setdefault("metadata", {}), field)


def _count_generation(resource: Resource, old: JSON, new: JSON) -> None:
    before, metadata = old["metadata"].get("generation"), new["metadata"]
    if not is_counted(resource) or before is None:
        _keep(old["metadata"], metadata, "generation")
        return
    metadata["generation"] = before + 1 if _counted(resource, old) != _counted(resource, new) else before


def _counted(resource: Resource, obj: JSON) -> JSON:
    """What the generation counts changes of: all but status and metadata, of which some kinds count a part.

    The status of a custom resource that has no ``/status`` is counted too.
    """
    aside = ("metadata", "status") if resource.custom is None or has_status(resource) else ("metadata",)
    counted = {field: value for field, value in obj.items() if field not in aside}
    part = _COUNTED_METADATA.get(resource.storage)
    return counted | {part: obj["metadata"].get(part) or {}} if part else counted


def scale_of(resource: Resource, obj: JSON) -> JSON:
    """The ``autoscaling/v1`` Scale of an object that has one."""
    metadata = obj["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    replicas, there, selector = customs.scale_of(resource, obj) if resource.custom else _scale_numbers(obj)
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {field: metadata[field] for field in kept if field in metadata},
        "spec": {"replicas": replicas} if replicas else {},
        "status": {"replicas": there, "selector": selector},
    }


def _scale_numbers(obj: JSON) -> tuple[int, int, str]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    selector = spec.get("selector")
    if obj["kind"] in _SELECTOR_IS_MAP:
        selector = {"matchLabels": selector or {}}
    return spec.get("replicas", 1), status.get("replicas", 0), format_selector(selector)


def apply_scale(resource: Resource, obj: JSON, scale: JSON) -> JSON:
    """A copy of ``obj`` with the number of replicas that a Scale asks for.

    Raises:
        ApiError: 400 where the Scale names another object, 422 where the number is negative.
    """
    name = obj["metadata"]["name"]
    named = (scale.get("metadata") or {}).get("name", name)
    if named != name:
        raise bad_request(f"the name of the object ({named}) does not match the name on the URL ({name})")
    replicas = (scale.get("spec") or {}).get("replicas", 0)
    if not isinstance(replicas, int) or isinstance(replicas, bool):
        raise bad_request('Scale in version "v1" cannot be handled as a Scale: spec.replicas must be a number')
    if replicas < 0:
        scale_resource = Resource("autoscaling", "v1", "scales", "scale", "Scale")
        words = f"Invalid value: {replicas}: must be greater than or equal to 0"
        raise invalid(scale_resource, name, [Cause("spec.replicas", "FieldValueInvalid", words)])
    if resource.custom is not None:
        return customs.with_replicas(resource, obj, replicas)
    changed = copy.deepcopy(obj)
    changed["spec"]["replicas"] = replicas
    return changed
