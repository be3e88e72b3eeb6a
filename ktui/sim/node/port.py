"""How scheduler and kubelet reach an API server: in this process, or (see `remote`) over HTTP."""

from __future__ import annotations

from typing import Any, Protocol

from ktui.sim.api import resources
from ktui.sim.api.errors import ApiError
from ktui.sim.apiserver import ApiServer
from ktui.sim.deletion import Deletion
from ktui.sim.events import EventRecorder, SeriesRecorder
from ktui.sim.pod_subresources import bind

JSON = dict[str, Any]
PODS = resources.of("", "pods")
SCHEDULER = "default-scheduler"


class Port(Protocol):
    """What the scheduler and the kubelets do to the cluster. A write that comes too late is quietly lost."""

    def bind(self, pod: JSON, node: str) -> None:
        """Assign a pod to a node."""

    def set_status(self, pod: JSON, status: JSON) -> None:
        """Write the status of a pod."""

    def remove(self, pod: JSON) -> None:
        """Delete a pod that has stopped, at once."""

    def event(self, pod: JSON, component: str, type_: str, reason: str, message: str, *, field_path: str) -> None:
        """Tell of something that happened to a pod."""


class LocalPort:
    """The API server in this process."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._recorders: dict[tuple[str, str], EventRecorder] = {}
        self._scheduler = SeriesRecorder(api, SCHEDULER)

    def bind(self, pod: JSON, node: str) -> None:
        """Assign a pod to a node, as the binding subresource does."""
        metadata = pod["metadata"]
        if self._current(pod) is not None:
            bind(self._api, metadata["namespace"], metadata["name"], node)

    def set_status(self, pod: JSON, status: JSON) -> None:
        """Write the status of a pod."""
        current = self._current(pod)
        if current is not None:
            self._api.set_status(PODS, current, status, manager="kubelet")

    def remove(self, pod: JSON) -> None:
        """Delete a pod that has stopped, at once."""
        metadata = pod["metadata"]
        if self._current(pod) is not None:
            self._api.delete(PODS, metadata["namespace"], metadata["name"], Deletion(grace_seconds=0))

    def event(self, pod: JSON, component: str, type_: str, reason: str, message: str, *, field_path: str) -> None:
        """Tell of something that happened to a pod."""
        if component == SCHEDULER:
            self._scheduler.event(pod, type_, reason, message, "Binding" if reason == "Scheduled" else "Scheduling")
            return
        host = pod["spec"].get("nodeName", "") if component == "kubelet" else ""
        recorder = self._recorders.get((component, host))
        if recorder is None:
            recorder = self._recorders[component, host] = EventRecorder(self._api, component, host)
        recorder.event(pod, type_, reason, message, field_path)

    def _current(self, pod: JSON) -> JSON | None:
        metadata = pod["metadata"]
        try:
            current = self._api.get(PODS, metadata["namespace"], metadata["name"])
        except ApiError:
            return None
        return current if current["metadata"]["uid"] == metadata["uid"] else None
