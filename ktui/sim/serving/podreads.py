"""Logs of containers and what pods use, made up from what the pod is and when: the same each time they are read."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from ktui.sim.api import errors
from ktui.sim.apiserver import PODS, ApiServer
from ktui.sim.reading import ListOptions
from ktui.sim.serving.paths import Target
from ktui.sim.serving.requests import Call

JSON = dict[str, Any]


class SimulatedPods:
    """What is read of pods beside their objects."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api

    async def log(self, call: Call) -> web.StreamResponse:
        """The log of a container."""
        self._api.get(PODS, call.target.namespace, call.target.name)
        raise errors.not_simulated("logs")

    def metrics(self, target: Target, options: ListOptions) -> JSON:
        """What pods or nodes use."""
        raise errors.not_simulated("metrics")
