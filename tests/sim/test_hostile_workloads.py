"""Objects that are odd and yet valid: whatever the API server stores, the controllers live with."""

import json
import random
from typing import Any

import pytest

from ktui.sim import SimulatedCluster
from ktui.sim.api import decoding
from ktui.sim.api.errors import ApiError
from ktui.sim.api.resources import BUILT_IN
from tests.sim.api.hostile import mutated, recorded_kinds

JSON = dict[str, Any]
RECORDED = recorded_kinds()
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "target"}
CPU = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}
OTHERS: dict[str, JSON] = {
    "HorizontalPodAutoscaler": {
        "apiVersion": "autoscaling/v2",
        "spec": {"scaleTargetRef": TARGET, "maxReplicas": 4, "metrics": [{"type": "Resource", "resource": CPU}]},
    },
    "PodDisruptionBudget": {
        "apiVersion": "policy/v1",
        "spec": {"minAvailable": "50%", "selector": {"matchLabels": {"app": "shop"}}},
    },
    "ResourceQuota": {"apiVersion": "v1", "spec": {"hard": {"pods": "5", "requests.cpu": "2"}}},
}
WORKLOADS = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Service", "Pod")
KINDS = {kind: RECORDED[kind] for kind in WORKLOADS} | {kind: {"kind": kind} | obj for kind, obj in OTHERS.items()}


def _cluster(seed: int) -> SimulatedCluster:
    cluster = SimulatedCluster(seed=seed, nodes=2)
    target = RECORDED["Deployment"] | {"metadata": {"name": "target"}}
    cluster.apply({field: value for field, value in target.items() if field != "status"})
    return cluster


def _sent(kind: str, chance: random.Random) -> JSON:
    """An odd object, as the API server reads it from a request.

    Raises:
        ApiError: it is refused.
    """
    recorded = {field: value for field, value in KINDS[kind].items() if field not in ("status", "metadata")}
    labels = RECORDED[kind]["metadata"].get("labels", {}) if kind in RECORDED else {}
    odd = mutated(recorded, chance) | {"metadata": {"name": "odd", "labels": labels}}
    resource = BUILT_IN.by_kind(odd["apiVersion"], kind)
    assert resource is not None
    return decoding.read_object(resource, json.dumps(odd).encode(), None, decoding.IGNORE)[0]


@pytest.mark.parametrize("kind", KINDS)
def test_the_controllers_live_with_whatever_is_stored(kind: str) -> None:
    chance = random.Random(kind)
    accepted = 0
    for seed in range(30):
        cluster = _cluster(seed)
        try:
            stored = cluster.apply(_sent(kind, chance))
        except ApiError:
            continue
        cluster.run_for(40)
        resource = BUILT_IN.by_kind(stored["apiVersion"], kind)
        assert resource is not None
        if cluster.api.bucket(resource).get("default", "odd") is not None:
            cluster.api.delete(resource, "default", "odd")
        cluster.run_for(40)
        accepted += 1
    assert accepted > 0
