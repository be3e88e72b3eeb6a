"""The writes of a pod that are subresources of it: its eviction, and its binding to a node."""

from __future__ import annotations

from typing import Any

from ktui.sim.api import errors, selectors
from ktui.sim.api.resources import BUDGETS, PODS
from ktui.sim.apiserver import ApiServer
from ktui.sim.deletion import Deletion

JSON = dict[str, Any]


def evict(api: ApiServer, namespace: str, name: str, how: Deletion) -> None:
    """Delete a pod, unless a disruption budget has no room for that.

    Raises:
        ApiError: 404, and 429 where a budget forbids it.
    """
    pod = api.get(PODS, namespace, name)
    for budget in api.bucket(BUDGETS).in_namespace(namespace):
        covers = selectors.object_selector(budget["spec"].get("selector"))
        if covers(pod["metadata"].get("labels") or {}) and not budget["status"].get("disruptionsAllowed"):
            name = budget["metadata"]["name"]
            why = f"The disruption budget {name} needs {budget['status'].get('desiredHealthy', 0)} healthy pods and has {budget['status'].get('currentHealthy', 0)} currently"  # noqa: E501
            cause = {"reason": "DisruptionBudget", "message": why}
            words = "Cannot evict pod as it would violate the pod's disruption budget."
            raise errors.too_many_requests(words, 0, [cause])
    api.delete(PODS, namespace, name, how)


def bind(api: ApiServer, namespace: str, name: str, node: str) -> JSON:
    """Assign a pod to a node.

    Raises:
        ApiError: 404, and 409 where it has one already.
    """
    pod = api.get(PODS, namespace, name)
    if pod["spec"].get("nodeName"):
        words = f'pod {name} is already assigned to node "{pod["spec"]["nodeName"]}"'
        raise errors.conflict(PODS, name, words)
    spec: JSON = {}
    for field, value in pod["spec"].items():
        if field == "securityContext":
            spec["nodeName"] = node
        spec[field] = value
    spec["nodeName"] = node
    scheduled = {
        "type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": api.kernel.stamp(),
    }  # fmt: skip
    others = {field: value for field, value in pod["status"].items() if field not in ("phase", "conditions")}
    status = {"phase": pod["status"].get("phase", "Pending"), "conditions": [scheduled]} | others
    return api.storage.put(PODS, pod | {"spec": spec, "status": status})
