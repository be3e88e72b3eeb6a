"""The Advanced DaemonSet controller: a pod on each node; partition, pause, and a second pod first if it may surge."""

from __future__ import annotations

import copy
from typing import Any

from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.common import (
    NODES,
    PODS,
    OwnedIndex,
    has_template,
    is_active,
    is_available,
    is_ready,
    resolve,
)
from ktui.sim.controllers.kruise.controller import KruiseController
from ktui.sim.controllers.kruise.in_place import MANAGER
from ktui.sim.controllers.kruise.strategy import revision_of
from ktui.sim.controllers.pods import Mould
from ktui.sim.controllers.revisions import REVISION_LABEL
from ktui.sim.node.affinity import bound_to
from ktui.sim.storage import Change, Key

JSON = dict[str, Any]
Placed = dict[str, list[JSON]]
"""The pods by node."""


class AdvancedDaemonSetController(KruiseController):
    """Plays the controller of Advanced DaemonSets."""

    PLURAL = "daemonsets"
    COMPONENT = "daemonset-controller"
    HASH_LABEL = REVISION_LABEL

    def __init__(self, api: ApiServer, pods: OwnedIndex) -> None:
        super().__init__(api, pods)
        api.bucket(NODES).listen(self._node_changed)

    def _node_changed(self, change: Change) -> None:
        if change.type != "MODIFIED":
            for key in tuple(self._api.bucket(self._resource).objects):
                self._queue.add(key)

    def _reconcile(self, key: Key) -> None:
        owner = self._api.bucket(self._resource).get(*key)
        if (
            owner is None
            or "deletionTimestamp" in owner["metadata"]
            or not has_template(owner)
            or not owner["spec"].get("selector")
        ):
            return
        revision = self._history.current(owner)
        digest = revision["metadata"]["labels"][REVISION_LABEL]
        nodes = [node["metadata"]["name"] for node in self._api.bucket(NODES).all()]
        owned = self._pods.of(owner["metadata"]["uid"])
        placed: Placed = {node: [pod for pod in owned if _node_of(pod) == node] for node in nodes}
        for node, pods in placed.items():
            if not pods:
                self._create(owner, node)
        strategy = owner["spec"].get("updateStrategy") or {}
        rolling = strategy.get("rollingUpdate") or {}
        if strategy.get("type") != "OnDelete" and not rolling.get("paused"):
            self._update(owner, rolling, digest, placed)
        status = self._status(owner, digest, nodes)
        self._api.set_status(self._resource, owner, status, manager=MANAGER)
        used = {f"{owner['metadata']['name']}-{revision_of(pod)}" for pod in owned}
        self._history.prune(owner, {revision["metadata"]["name"], *used})

    def _create(self, owner: JSON, node: str) -> None:
        template = copy.deepcopy(owner["spec"]["template"])
        digest = self._history.current(owner)["metadata"]["labels"][REVISION_LABEL]
        pod = Mould(owner, template).pod()
        pod["metadata"]["labels"] = (pod["metadata"].get("labels") or {}) | {REVISION_LABEL: digest}
        term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
        bound = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
        pod["spec"]["affinity"] = {"nodeAffinity": bound}
        made = self._api.create(PODS, owner["metadata"]["namespace"], pod, manager=MANAGER, trusted=True)
        self._events.event(owner, "Normal", "SuccessfulCreate", f"Created pod: {made['metadata']['name']}")

    def _delete(self, owner: JSON, pod: JSON) -> None:
        metadata = pod["metadata"]
        if "deletionTimestamp" not in metadata:
            self._api.delete(PODS, metadata["namespace"], metadata["name"])
            self._events.event(owner, "Normal", "SuccessfulDelete", f"Deleted pod: {metadata['name']}")

    def _update(self, owner: JSON, rolling: JSON, digest: str, placed: Placed) -> None:
        """Update all nodes but those that the partition keeps, as many at once as may be unavailable, or surge."""
        kept = resolve(rolling.get("partition"), len(placed), up=True)
        surge = resolve(rolling.get("maxSurge"), len(placed), up=True)
        budget = surge or max(1, resolve(rolling.get("maxUnavailable", 1), len(placed), up=True))
        done = sum(any(revision_of(pod) == digest for pod in pods if is_active(pod)) for pods in placed.values())
        for node, pods in placed.items():
            new = [pod for pod in pods if is_active(pod) and revision_of(pod) == digest]
            old = [pod for pod in pods if is_active(pod) and revision_of(pod) != digest]
            if surge and old and any(self._is_up(owner, pod) for pod in new):
                for pod in old:
                    self._delete(owner, pod)
            elif surge and old and any(is_ready(pod) for pod in old) and len(old) > 1:
                self._delete(owner, next(pod for pod in reversed(old) if not is_ready(pod)))
            elif (
                old
                and not new
                and done < len(placed) - kept
                and self._busy(owner, digest, placed, surge=surge) < budget
            ):
                done += 1
                if surge:
                    self._create(owner, node)
                else:
                    self._delete(owner, old[0])
                placed[node] = [pod for pod in self._pods.of(owner["metadata"]["uid"]) if _node_of(pod) == node]

    def _busy(self, owner: JSON, digest: str, placed: Placed, *, surge: int) -> int:
        """How many nodes are without a pod that is available, or surge now."""
        if surge:
            return sum(
                len([pod for pod in pods if is_active(pod)]) > 1
                and not any(revision_of(pod) == digest and self._is_up(owner, pod) for pod in pods)
                for pods in placed.values()
            )
        return sum(not any(self._is_up(owner, pod) for pod in pods if is_active(pod)) for pods in placed.values())

    def _is_up(self, owner: JSON, pod: JSON) -> bool:
        return is_available(pod, owner["spec"].get("minReadySeconds") or 0, self._api.kernel.now)

    def _status(self, owner: JSON, digest: str, nodes: list[str]) -> JSON:
        pods = [pod for pod in self._pods.of(owner["metadata"]["uid"]) if is_active(pod)]
        on: Placed = {node: [pod for pod in pods if _node_of(pod) == node] for node in nodes}
        available = sum(any(self._is_up(owner, pod) for pod in each) for each in on.values())
        status = {
            "observedGeneration": owner["metadata"]["generation"],
            "desiredNumberScheduled": len(nodes),
            "currentNumberScheduled": sum(map(bool, on.values())),
            "numberMisscheduled": 0,
            "numberReady": sum(any(map(is_ready, each)) for each in on.values()),
            "updatedNumberScheduled": sum(revision_of(each[0]) == digest for each in on.values() if each),
            "updateRevision": digest,
        }
        more = {"numberAvailable": available, "numberUnavailable": len(nodes) - available}
        return status | {field: number for field, number in more.items() if number}


def _node_of(pod: JSON) -> str:
    return pod["spec"].get("nodeName") or bound_to(pod)
