"""EndpointSlices: the pods that a Service's selector finds, with what they can be sent."""

from __future__ import annotations

from typing import Any

from ktui.sim.api import resources
from ktui.sim.api.selectors import object_selector
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.common import MANAGER, PODS, SERVICES, is_ready, owner_reference
from ktui.sim.controllers.queue import WorkQueue
from ktui.sim.storage import Change, Key

JSON = dict[str, Any]
SLICES = resources.of("discovery.k8s.io", "endpointslices")
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
SERVICE_NAME = "kubernetes.io/service-name"
TRIGGER_TIME = "endpoints.kubernetes.io/last-change-trigger-time"


class EndpointSliceController:
    """Keeps one slice for each Service with a selector."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._queue = WorkQueue(api.kernel, self._reconcile)
        self._slice_of: dict[Key, str] = {}
        api.bucket(SERVICES).listen(lambda change: self._queue.add(change.key))
        api.bucket(PODS).listen(self._pod_changed)

    def _pod_changed(self, change: Change) -> None:
        labels = [v.obj["metadata"].get("labels") or {} for v in (change.version, change.previous) if v]
        for service in self._api.bucket(SERVICES).in_namespace(change.key[0]):
            selector = (service["spec"].get("selector") or {}).items()
            if selector and any(selector <= each.items() for each in labels):
                self._queue.add((change.key[0], service["metadata"]["name"]))

    def _reconcile(self, key: Key) -> None:
        service = self._api.bucket(SERVICES).get(*key)
        if service is None:
            self._slice_of.pop(key, None)
            return
        selector = service["spec"].get("selector")
        if not selector or service["spec"].get("type") == "ExternalName":
            return
        matches = object_selector({"matchLabels": selector})
        pods = [
            pod
            for pod in self._api.bucket(PODS).in_namespace(key[0])
            if matches(pod["metadata"].get("labels") or {}) and pod["status"].get("podIP")
        ]
        endpoints = [_endpoint(pod) for pod in pods if pod["status"]["phase"] not in ("Succeeded", "Failed")]
        self._write(key, service, endpoints or None, _ports(service, pods) if endpoints else None)

    def _write(self, key: Key, service: JSON, endpoints: list[JSON] | None, ports: list[JSON] | None) -> None:
        stamp = {TRIGGER_TIME: self._api.kernel.stamp()}
        found = self._api.bucket(SLICES).get(key[0], self._slice_of.get(key, ""))
        if found is not None:
            if (found["endpoints"], found["ports"]) != (endpoints, ports):
                metadata = found["metadata"] | {"annotations": stamp}
                changed = found | {"metadata": metadata, "endpoints": endpoints, "ports": ports}
                self._api.set_spec(SLICES, found, changed, manager=MANAGER)
            return
        labels = {MANAGED_BY: "endpointslice-controller.k8s.io", SERVICE_NAME: key[1]}
        made = {
            "metadata": {
                "generateName": f"{key[1]}-",
                "labels": (service["metadata"].get("labels") or {}) | labels,
                "annotations": stamp,
                "ownerReferences": [owner_reference(service)],
            },
            "addressType": "IPv4",
            "endpoints": endpoints,
            "ports": ports,
        }
        created = self._api.create(SLICES, key[0], made, manager=MANAGER, trusted=True)
        self._slice_of[key] = created["metadata"]["name"]


def _endpoint(pod: JSON) -> JSON:
    metadata, ready = pod["metadata"], is_ready(pod)
    terminating = "deletionTimestamp" in metadata
    target = {"kind": "Pod", "namespace": metadata["namespace"], "name": metadata["name"], "uid": metadata["uid"]}
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {"ready": ready and not terminating, "serving": ready, "terminating": terminating},
        "targetRef": target,
        "nodeName": pod["spec"]["nodeName"],
    }


def _ports(service: JSON, pods: list[JSON]) -> list[JSON]:
    return [
        {
            "name": port.get("name", ""),
            "protocol": port.get("protocol", "TCP"),
            "port": _number(port.get("targetPort", port["port"]), pods),
        }
        for port in service["spec"].get("ports") or ()
    ]


def _number(target: int | str, pods: list[JSON]) -> int:
    """A target port's number; a name is looked up in the containers."""
    if isinstance(target, int):
        return target
    for pod in pods:
        for container in pod["spec"]["containers"]:
            for port in container.get("ports") or ():
                if port.get("name") == target:
                    return int(port["containerPort"])
    return 0
