"""A CloneSet or an Advanced StatefulSet that a Rollout holds: by its partition."""

from __future__ import annotations

import json
from typing import Any

from ktui.sim.api.resources import Resource
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.common import OwnedIndex, is_active, is_ready
from ktui.sim.controllers.kruise.strategy import revision_of
from ktui.sim.controllers.kruise_rollout.deployment import IN_PROGRESS, MANAGER
from ktui.sim.controllers.sizes import wanted

JSON = dict[str, Any]
ALL_OLD = 32767
"""The partition of a StatefulSet that is held; a CloneSet has 100%."""


class Partitioned:
    """One workload as it is now."""

    def __init__(self, api: ApiServer, resource: Resource, pods: OwnedIndex, obj: JSON) -> None:
        self._api, self._resource, self.obj = api, resource, obj
        self._pods = [pod for pod in pods.of(obj["metadata"]["uid"]) if is_active(pod)]

    @property
    def replicas(self) -> int:
        """How many pods it is to have."""
        return wanted(self.obj)

    @property
    def is_held(self) -> bool:
        """Whether a Rollout holds it."""
        return IN_PROGRESS in (self.obj["metadata"].get("annotations") or {})

    def hold(self, rollout: str) -> None:
        """Keep it from rolling out by itself."""
        noted = json.dumps({"rolloutName": rollout}, separators=(",", ":"))
        annotations = (self.obj["metadata"].get("annotations") or {}) | {IN_PROGRESS: noted}
        self._write(annotations, ALL_OLD if self._resource.kind == "StatefulSet" else "100%")

    def let_go(self) -> None:
        """It is in no rollout any more."""
        self._write(self._without_note(), None)

    def release(self) -> None:
        """Let all of its pods be updated."""
        self._write(self._without_note(), 0)

    def _without_note(self) -> JSON:
        return {k: v for k, v in (self.obj["metadata"].get("annotations") or {}).items() if k != IN_PROGRESS}

    def counts(self) -> tuple[int, int]:
        """How many new pods there are, and how many are ready."""
        revision = (self.obj.get("status") or {}).get("updateRevision")
        new = [pod for pod in self._pods if revision_of(pod) == revision]
        return len(new), sum(map(is_ready, new))

    def roll(self, goal: int, asked: int | str) -> None:
        """Go towards so many new pods."""
        self._write(dict(self.obj["metadata"].get("annotations") or {}), self.replicas - goal)

    def _write(self, annotations: JSON, partition: int | str | None) -> None:
        spec = self.obj["spec"]
        if partition is not None:
            strategy = spec.get("updateStrategy") or {}
            rolling = (strategy.get("rollingUpdate") or {}) | {"partition": partition}
            spec = spec | {"updateStrategy": strategy | {"rollingUpdate": rolling}}
        changed = self.obj | {"metadata": self.obj["metadata"] | {"annotations": annotations}, "spec": spec}
        self.obj = self._api.set_spec(self._resource, self.obj, changed, manager=MANAGER)
