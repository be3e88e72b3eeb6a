"""One stored object, several served versions: HorizontalPodAutoscaler v1 and v2, Event of both groups.

The versions of a custom resource differ in their ``apiVersion`` alone.
"""

import copy
import json
from typing import Any

from ktui.sim.api.resources import Resource

JSON = dict[str, Any]

_METRICS_ANNOTATION = "autoscaling.alpha.kubernetes.io/metrics"


def to_served(resource: Resource, stored: JSON) -> JSON:
    """A stored object as this version of its resource shows it; the same object where that is how it is stored."""
    if stored.get("apiVersion") == resource.api_version:
        return stored
    if resource.custom is not None:
        return stored | {"apiVersion": resource.api_version}
    if resource.kind == "HorizontalPodAutoscaler":
        return _autoscaler_v1(stored)
    if resource.kind == "Event":
        return _event_of_events_group(stored)
    return stored


def to_stored(resource: Resource, served: JSON) -> JSON:
    """An object that a client sent to this version of a resource, as it is stored."""
    if resource.custom is not None:
        return served | {"apiVersion": f"{resource.group}/{resource.custom.storage_version}"}
    if (resource.group, resource.version) == ("autoscaling", "v1"):
        return _autoscaler_v2(served)
    if resource.group == "events.k8s.io":
        return _event_of_core(served)
    return served


def _autoscaler_v1(stored: JSON) -> JSON:
    served = {**copy.deepcopy(stored), "apiVersion": "autoscaling/v1"}
    spec, status = served.get("spec", {}), served.get("status", {})
    others = []
    for metric in spec.pop("metrics", None) or []:
        share = _cpu_share(metric)
        if share is None:
            others.append(metric)
        else:
            spec["targetCPUUtilizationPercentage"] = share
    if others:
        annotations = served["metadata"].setdefault("annotations", {})
        annotations[_METRICS_ANNOTATION] = json.dumps(others, separators=(",", ":"))
    spec.pop("behavior", None)
    for metric in status.pop("currentMetrics", None) or []:
        current = (metric.get("resource") or {}).get("current") or {}
        if (metric.get("resource") or {}).get("name") == "cpu" and "averageUtilization" in current:
            status["currentCPUUtilizationPercentage"] = current["averageUtilization"]
    status.pop("conditions", None)
    status.setdefault("currentReplicas", 0)
    status.setdefault("desiredReplicas", 0)
    return served


def _cpu_share(metric: JSON) -> int | None:
    resource = metric.get("resource") or {}
    share: int | None = (resource.get("target") or {}).get("averageUtilization")
    return share if metric.get("type") == "Resource" and resource.get("name") == "cpu" else None


def _autoscaler_v2(served: JSON) -> JSON:
    stored = {**copy.deepcopy(served), "apiVersion": "autoscaling/v2"}
    spec = stored.setdefault("spec", {})
    share = spec.pop("targetCPUUtilizationPercentage", None)
    annotations = (stored.get("metadata") or {}).get("annotations") or {}
    metrics = json.loads(annotations.pop(_METRICS_ANNOTATION, "[]"))
    if share is not None:
        target = {"type": "Utilization", "averageUtilization": share}
        metrics.insert(0, {"type": "Resource", "resource": {"name": "cpu", "target": target}})
    if metrics:
        spec["metrics"] = metrics
    return stored


_EVENT_FIELDS = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
    "reportingComponent": "reportingController",
}


def _renamed(obj: JSON, names: dict[str, str], api_version: str) -> JSON:
    renamed = {names.get(field, field): value for field, value in obj.items()}
    return {**renamed, "apiVersion": api_version}


def _event_of_events_group(stored: JSON) -> JSON:
    return _renamed(stored, _EVENT_FIELDS, "events.k8s.io/v1")


def _event_of_core(served: JSON) -> JSON:
    stored = _renamed(served, {served: core for core, served in _EVENT_FIELDS.items()}, "v1")
    stored.setdefault("involvedObject", {})
    stored.setdefault("source", {})
    return stored
