"""An Argo Rollout whose template is a Deployment's, followed by `--watch` and by a gate, under either name."""

from __future__ import annotations

from typing import Any

import pytest

from ktui.sim import SimulatedCluster
from tests.cli.conftest import Ktui

JSON = dict[str, Any]

SOURCE = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}


def made(kind: str, api_version: str, **spec: Any) -> JSON:
    meta = {"name": "web", "namespace": "shop"}
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": meta,
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, **spec},
    }


@pytest.fixture
def shop(cluster: SimulatedCluster) -> SimulatedCluster:
    """shop/web, whose Deployment is scaled down now that the Rollout has its pods."""
    cluster.install("argo")
    container = {"name": "web", "image": "registry.example/shop/web:1.0"}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    cluster.apply(made("Deployment", "apps/v1", template=template))
    steps = [{"setWeight": 50}, {"pause": {}}]
    reference = {**SOURCE, "scaleDown": "onsuccess"}
    strategy = {"canary": {"steps": steps}}
    cluster.apply(made("Rollout", "argoproj.io/v1alpha1", workloadRef=reference, strategy=strategy))
    cluster.wait_until(lambda it: phase(it) == "Healthy" and replicas(it) == 0, 60)
    return cluster


def phase(cluster: SimulatedCluster) -> str:
    return str(((cluster.get("rollouts", "web", "shop") or {}).get("status") or {}).get("phase"))


def replicas(cluster: SimulatedCluster) -> int:
    return int((cluster.get("deployments", "web", "shop") or {})["spec"]["replicas"])


def test_watch_and_gate_follow_the_rollout_and_not_the_deployment(ktui: Ktui, shop: SimulatedCluster) -> None:
    ran = ktui("set-image", "rollout/web", "web=registry.example/shop/web:1.1", "--yes", "--watch", "--timeout", "3s")
    assert (
        "  kubectl --context simulated -n shop set image deployment/web web=registry.example/shop/web:1.1" in ran.lines
    )
    assert ran.lines[-1] == "Paused - CanaryPauseStep"
    assert (ran.code, ran.err) == (3, "ktui: timed out waiting for the condition\n"), "the pause has no end"

    ran = ktui("status", "rollout/web", "--timeout", "100ms")
    assert ran.lines == ["Paused - CanaryPauseStep", "held: step 1/2, paused until promoted (50% now)"]
    assert ran.code == 3

    ran = ktui("promote", "rollout/web", "--yes", "--watch")
    assert (ran.code, ran.lines[-1]) == (0, "Argo Rollout shop/web is complete.")
    assert (phase(shop), replicas(shop)) == ("Healthy", 0)
    assert ktui("status", "rollout/web").lines == ["Healthy"]


def test_a_change_of_its_deployment_says_what_it_begins(ktui: Ktui, shop: SimulatedCluster) -> None:
    ran = ktui("set-image", "deployment/web", "web=registry.example/shop/web:1.2", "--dry-run")
    said = (
        "rollout.argoproj.io/web has its pod template from this Deployment: a change of it begins a rollout there too."
    )
    assert f"  Warning: {said}" in ran.lines
    assert replicas(shop) == 0
