"""The workload whose template a Rollout uses (`workloadRef`): found, and scaled down when the Rollout takes over."""

from __future__ import annotations

from typing import Any

from ktui.sim.api.errors import ApiError
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.argo.rollout import Rollout
from ktui.sim.controllers.common import DEPLOYMENTS, REPLICA_SETS

JSON = dict[str, Any]
MANAGER = "rollouts-controller"
_KINDS = {"Deployment": DEPLOYMENTS, "ReplicaSet": REPLICA_SETS}


def workload_of(api: ApiServer, rollout: JSON) -> JSON | None:
    """The workload that a Rollout refers to, None where it refers to none.

    Raises:
        ApiError: 404 where there is no such workload, 400 where its kind is none of those that can be used.
    """
    reference = rollout["spec"].get("workloadRef")
    if reference is None:
        return None
    resource = _KINDS.get(reference.get("kind", ""))
    if resource is None or reference.get("apiVersion") != resource.api_version:
        group = str(reference.get("apiVersion", "")).rpartition("/")[0]
        raise ApiError(400, "BadRequest", f"workload of type {group}/{reference.get('kind')} is not supported")
    return api.get(resource, rollout["metadata"]["namespace"], reference.get("name", ""))


def scale_down(api: ApiServer, rollout: Rollout) -> None:
    """Take the workload's own pods away: at once when the first revision is healthy, or as it gets ready."""
    how = (rollout.spec.get("workloadRef") or {}).get("scaleDown")
    if rollout.revision != 1 or how not in ("onsuccess", "progressively"):
        return
    size = None
    if rollout.status.get("phase") == "Healthy":
        size = 0
    elif how == "progressively" and (ready := rollout.status.get("readyReplicas", 0)):
        size = max(0, rollout.replicas - ready)
    workload = workload_of(api, rollout.obj)
    if workload is None or size is None or workload["spec"].get("replicas", 1) <= size:
        return
    resource = _KINDS[workload["kind"]]
    api.set_spec(resource, workload, workload | {"spec": workload["spec"] | {"replicas": size}}, manager=MANAGER)
