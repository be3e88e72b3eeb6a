"""The DaemonSet controller: a pod on each node, and updates a few nodes at a time."""

from __future__ import annotations

from typing import Any

from ktui.sim.api.errors import ApiError
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.common import (
    DAEMON_SETS,
    MANAGER,
    NODES,
    PODS,
    OwnedIndex,
    controller_of,
    is_active,
    is_available,
    is_ready,
    resolve,
)
from ktui.sim.controllers.pods import Mould
from ktui.sim.controllers.queue import WorkQueue
from ktui.sim.controllers.revisions import REVISION_LABEL, History
from ktui.sim.events import EventRecorder
from ktui.sim.node.affinity import bound_to
from ktui.sim.storage import Change, Key

JSON = dict[str, Any]
GENERATION_LABEL = "pod-template-generation"
GENERATION = "deprecated.daemonset.template.generation"


class DaemonSetController:
    """Keeps the pods of each DaemonSet."""

    def __init__(self, api: ApiServer, pods: OwnedIndex) -> None:
        self._api = api
        self._pods = pods
        self._events = EventRecorder(api, "daemonset-controller")
        self._history = History(api, REVISION_LABEL)
        self._queue = WorkQueue(api.kernel, self._reconcile)
        api.bucket(DAEMON_SETS).listen(lambda change: self._queue.add(change.key))
        api.bucket(PODS).listen(self._pod_changed)
        api.bucket(NODES).listen(self._node_changed)

    def _pod_changed(self, change: Change) -> None:
        owner = controller_of(change.version.obj)
        if owner is not None and owner["kind"] == "DaemonSet":
            self._queue.add((change.key[0], owner["name"]))

    def _node_changed(self, change: Change) -> None:
        if change.type != "MODIFIED":
            for key in tuple(self._api.bucket(DAEMON_SETS).objects):
                self._queue.add(key)

    def _reconcile(self, key: Key) -> None:
        owner = self._api.bucket(DAEMON_SETS).get(*key)
        if owner is None or "deletionTimestamp" in owner["metadata"]:
            return
        revision = self._history.current(owner)
        digest = revision["metadata"]["labels"][REVISION_LABEL]
        nodes = [node["metadata"]["name"] for node in self._api.bucket(NODES).all()]
        pods = self._pods.of(owner["metadata"]["uid"])
        try:
            self._place(owner, digest, nodes, pods)
            if owner["spec"]["updateStrategy"]["type"] == "RollingUpdate":
                self._replace(owner, digest, nodes, pods)
        finally:
            self._write_status(owner, digest, nodes)
        in_use = {f"{owner['metadata']['name']}-{_digest(pod)}" for pod in pods} | {revision["metadata"]["name"]}
        self._history.prune(owner, in_use)

    def _place(self, owner: JSON, digest: str, nodes: list[str], pods: list[JSON]) -> None:
        taken = {_node_of(pod) for pod in pods if pod["status"].get("phase") not in ("Succeeded", "Failed")}
        for node in nodes:
            if node not in taken:
                self._create(owner, digest, node)
        for pod in pods:
            if is_active(pod) and _node_of(pod) not in nodes:
                self._delete(owner, pod)

    def _create(self, owner: JSON, digest: str, node: str) -> None:
        pod = Mould(owner, owner["spec"]["template"]).pod()
        generation = (owner["metadata"].get("annotations") or {}).get(GENERATION, "1")
        pod["metadata"]["labels"] = (pod["metadata"].get("labels") or {}) | {
            REVISION_LABEL: digest, GENERATION_LABEL: generation,
        }  # fmt: skip
        pod["spec"]["affinity"] = _on_node(node)
        metadata = owner["metadata"]
        like = (metadata["uid"], digest)
        try:
            made = self._api.create(PODS, metadata["namespace"], pod, manager=MANAGER, trusted=True, like=like)
        except ApiError as error:
            self._events.event(owner, "Warning", "FailedCreate", f"Error creating: {error.message}")
            raise
        self._events.event(owner, "Normal", "SuccessfulCreate", f"Created pod: {made['metadata']['name']}")

    def _delete(self, owner: JSON, pod: JSON) -> None:
        metadata = pod["metadata"]
        self._api.delete(PODS, metadata["namespace"], metadata["name"])
        self._events.event(owner, "Normal", "SuccessfulDelete", f"Deleted pod: {metadata['name']}")

    def _replace(self, owner: JSON, digest: str, nodes: list[str], pods: list[JSON]) -> None:
        """Delete old pods, the unavailable ones at once and others as far as may be unavailable."""
        rolling = owner["spec"]["updateStrategy"].get("rollingUpdate") or {}
        most = max(1, resolve(rolling.get("maxUnavailable", 1), len(nodes), up=True))
        available = {_node_of(pod) for pod in pods if is_active(pod) and self._is_available(owner, pod)}
        spare = most - sum(node not in available for node in nodes)
        for pod in pods:
            if not is_active(pod) or _digest(pod) == digest:
                continue
            if not self._is_available(owner, pod):
                self._delete(owner, pod)
            elif spare > 0:
                self._delete(owner, pod)
                spare -= 1

    def _is_available(self, owner: JSON, pod: JSON) -> bool:
        return is_available(pod, owner["spec"].get("minReadySeconds", 0), self._api.kernel.now)

    def _write_status(self, owner: JSON, digest: str, nodes: list[str]) -> None:
        pods = [pod for pod in self._pods.of(owner["metadata"]["uid"]) if is_active(pod)]
        by_node = {_node_of(pod): pod for pod in pods}
        placed = [by_node[node] for node in nodes if node in by_node]
        available = sum(self._is_available(owner, pod) for pod in placed)
        status: JSON = {
            "currentNumberScheduled": len(placed),
            "numberMisscheduled": sum(node not in nodes for node in by_node),
            "desiredNumberScheduled": len(nodes),
            "numberReady": sum(is_ready(pod) for pod in placed),
            "observedGeneration": owner["metadata"]["generation"],
        }
        more = {
            "updatedNumberScheduled": sum(_digest(pod) == digest for pod in placed),
            "numberAvailable": available,
            "numberUnavailable": len(nodes) - available,
        }
        status |= {field: count for field, count in more.items() if count}
        if status != owner["status"]:
            self._api.set_status(DAEMON_SETS, owner, status, manager=MANAGER)


def _on_node(node: str) -> JSON:
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}


def _node_of(pod: JSON) -> str:
    return pod["spec"].get("nodeName") or bound_to(pod)


def _digest(pod: JSON) -> str:
    return str((pod["metadata"].get("labels") or {}).get(REVISION_LABEL, ""))
