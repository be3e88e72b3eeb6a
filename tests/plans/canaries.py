"""What has to hold of a canary at every moment, and the ways in which Deployments differ that make it hard."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ktui.sim import SimulatedCluster
from ktui.sim.api.resources import PODS
from ktui.sim.controllers.common import REPLICA_SETS, is_active, is_ready
from ktui.sim.storage import Change

JSON = dict[str, Any]
NEW = "registry.example/shop/cart:5.0"
AMOUNTS = st.one_of(st.integers(0, 8), st.sampled_from(["0%", "10%", "25%", "50%", "100%"]))


class Watch:
    """Looks after each change: at how many pods are new, and at how many serve."""

    def __init__(self, cluster: SimulatedCluster) -> None:
        self.most_new: int | None = None
        self.least_ready = 0
        self.breaches: list[str] = []
        self._cluster = cluster
        cluster.api.bucket(PODS).listen(self._look)
        cluster.api.bucket(REPLICA_SETS).listen(self._look)

    def _look(self, change: Change) -> None:
        new_sets = [rs for rs in self._cluster.list("replicasets") if is_new(rs["spec"]["template"])]
        asked = sum(rs["spec"]["replicas"] for rs in new_sets)
        pods = [pod for pod in self._cluster.list("pods") if is_active(pod)]
        new = sum(map(is_new, pods))
        if self.most_new is not None and max(asked, new) > self.most_new:
            self.breaches.append(f"{asked} new pods asked for, {new} there, where {self.most_new} are held")
        ready = sum(map(is_ready, pods))
        if ready < self.least_ready:
            self.breaches.append(f"{ready} ready, where {self.least_ready} are promised")


def is_new(obj: JSON) -> bool:
    """Whether a pod, or a template, is of the canary."""
    return bool(obj["spec"]["containers"][0]["image"] == NEW)
