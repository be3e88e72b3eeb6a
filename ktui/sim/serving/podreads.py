"""Logs of containers and what pods use, made up from what the pod is and when: the same each time they are read."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from ktui.sim.controlplane import ControlPlane
from ktui.sim.node.fate import Fate
from ktui.sim.reading import ListOptions
from ktui.sim.serving.logs import ContainerLogs
from ktui.sim.serving.metrics import Metrics
from ktui.sim.serving.paths import Target
from ktui.sim.serving.requests import Call

JSON = dict[str, Any]


class SimulatedPods:
    """What is read of pods beside their objects."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._logs = ContainerLogs(plane.api, plane.kernel, self._fate)
        self._metrics = Metrics(plane.api, self._fate)

    async def log(self, call: Call) -> web.StreamResponse:
        """The log of a container."""
        return await self._logs.serve(call)

    def metrics(self, target: Target, options: ListOptions) -> JSON:
        """What pods or nodes use.

        Raises:
            ApiError: 404 for what is not there, or does not run yet.
        """
        return self._metrics.answer(target, options)

    def _fate(self, pod: JSON) -> Fate:
        """The fate that struck that pod, where its kubelet knows it; else the one that its pods have."""
        worker = self._plane.kubelet.worker(pod["metadata"]["uid"])
        return worker.fate if worker is not None else self._plane.fates.of(pod)
