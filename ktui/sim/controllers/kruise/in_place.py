"""Pods that are changed in place: they keep name, node and address, and are not ready until they run the new images."""

from __future__ import annotations

import json
from typing import Any

from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.common import PODS, find_condition
from ktui.sim.controllers.kruise.strategy import REVISION, STATE

JSON = dict[str, Any]
MANAGER = "kruise-manager"
STATE_SINCE = "lifecycle.apps.kruise.io/timestamp"
IN_PLACE_STATE, GATE = "apps.kruise.io/inplace-update-state", "InPlaceUpdateReady"


class InPlace:
    """Changes pods in place, and notes when they run again."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api

    def change(self, pod: JSON, images: dict[str, str], revision: str, labels: JSON) -> JSON:
        """Give the containers of a pod other images; `labels` are what else tells of its revision."""
        stamp = self._api.kernel.stamp()
        pod = self._gate(pod, "False", "StartInPlaceUpdate")
        state = {"revision": revision, "updateTimestamp": stamp, "updateImages": True}
        annotations = {IN_PLACE_STATE: json.dumps(state), STATE_SINCE: stamp}
        containers = [each | {"image": images.get(each["name"], each["image"])} for each in pod["spec"]["containers"]]
        spec = pod["spec"] | {"containers": containers}
        return self._relabel(pod, {REVISION: revision, STATE: "Updating"} | labels, annotations, spec)

    def settled(self, pod: JSON) -> JSON:
        """The pod, with its gate open once its containers run the images of its spec."""
        if not any(gate["conditionType"] == GATE for gate in pod["spec"].get("readinessGates") or ()):
            return pod
        is_updating = (pod["metadata"].get("labels") or {}).get(STATE) == "Updating"
        wanted = {each["name"]: each["image"] for each in pod["spec"]["containers"]}
        statuses = pod["status"].get("containerStatuses") or ()
        runs = statuses and all(wanted[s["name"]] == s["image"] and "running" in s["state"] for s in statuses)
        opened = find_condition(pod["status"].get("conditions") or (), GATE)
        if is_updating and not runs:
            return pod
        if opened is None or opened["status"] != "True":
            pod = self._gate(pod, "True", "")
        if is_updating:
            pod = self._relabel(pod, {STATE: "Normal"}, {STATE_SINCE: self._api.kernel.stamp()}, pod["spec"])
        return pod

    def _relabel(self, pod: JSON, labels: JSON, annotations: JSON, spec: JSON) -> JSON:
        metadata = pod["metadata"] | {
            "labels": pod["metadata"]["labels"] | labels,
            "annotations": (pod["metadata"].get("annotations") or {}) | annotations,
        }
        return self._api.set_spec(PODS, pod, pod | {"metadata": metadata, "spec": spec}, manager=MANAGER)

    def _gate(self, pod: JSON, status: str, reason: str) -> JSON:
        """Open or shut the readiness gate of pods that are changed in place."""
        conditions = [each for each in pod["status"].get("conditions") or () if each["type"] != GATE]
        made = {"type": GATE, "status": status, "lastProbeTime": None, "lastTransitionTime": self._api.kernel.stamp()}
        conditions.append(made | ({"reason": reason} if reason else {}))
        return self._api.set_status(PODS, pod, pod["status"] | {"conditions": conditions}, manager=MANAGER)
