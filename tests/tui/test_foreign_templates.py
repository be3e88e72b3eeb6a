"""What rolls out a workload that has the template: an image and a size by key, to what the cluster has then."""

from __future__ import annotations

from typing import Any

from tests.tui.conftest import Dashboard, Stage

NAMESPACE = "shop"
REGISTRY = "registry.example/shop/web"
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}


def _deployment(replicas: int) -> dict[str, Any]:
    labels, container = {"app": "web"}, {"name": "web", "image": f"{REGISTRY}:1.0"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": NAMESPACE},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def _holder(api_version: str, kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}


async def _set_image(stage: Stage, dashboard: Dashboard, row: str, title: str) -> None:
    async with dashboard(size=(100, 30)) as screen:
        await screen.sees(row)
        await screen.press("i")
        await screen.sees(f"Set the image of {title}", f"{REGISTRY}:1.0")
        await screen.type("1.1")
        await screen.press("enter")
        await screen.sees(":1.1", "y yes")
        await screen.press("y")
        await screen.until(lambda: stage.image("web", NAMESPACE) == "web:1.1", "the image is set")


async def test_the_target_of_a_flagger_canary_gets_another_image(stage: Stage, dashboard: Dashboard) -> None:
    stage.cluster.install("flagger")
    stage.cluster.apply(_deployment(2))
    analysis = {"interval": "10s", "threshold": 2, "iterations": 2}
    spec = {"targetRef": TARGET, "service": {"port": 80}, "analysis": analysis}
    stage.cluster.apply(_holder("flagger.app/v1beta1", "Canary", "web", spec))
    stage.advance(60)
    await _set_image(stage, dashboard, "canary/web", "Canary shop/web")


async def test_the_source_of_an_argo_rollout_gets_another_image(stage: Stage, dashboard: Dashboard) -> None:
    stage.cluster.install("argo")
    stage.cluster.apply(_deployment(0))
    steps = {"canary": {"steps": [{"setWeight": 50}, {"pause": {}}]}}
    selector = {"matchLabels": {"app": "web"}}
    spec = {"replicas": 2, "selector": selector, "workloadRef": TARGET, "strategy": steps}
    stage.cluster.apply(_holder("argoproj.io/v1alpha1", "Rollout", "web", spec))
    stage.advance(60)
    await _set_image(stage, dashboard, "ro/web", "Argo Rollout shop/web")


async def test_the_workload_of_a_kruise_rollout_gets_another_image_and_size(stage: Stage, dashboard: Dashboard) -> None:
    stage.cluster.install("kruise")
    stage.cluster.apply(_deployment(4))
    steps = {"canary": {"steps": [{"replicas": 1}, {"replicas": "100%"}]}}
    spec = {"workloadRef": TARGET, "strategy": steps}
    stage.cluster.apply(_holder("rollouts.kruise.io/v1beta1", "Rollout", "web", spec))
    stage.advance(60)
    await _set_image(stage, dashboard, "ro/web", "Kruise Rollout shop/web")
    stage.advance(60)
    async with dashboard(size=(100, 30)) as screen:
        await screen.sees("ro/web", "step 1 of 2")
        await screen.press("s")
        await screen.sees("Scale Kruise Rollout shop/web", "Currently 4 replicas")
        await screen.press("backspace", "6", "enter")
        await screen.sees("y yes")
        await screen.press("y")
        await screen.until(lambda: stage.read("web").spec.replicas == 6, "it is scaled")


async def test_without_containers_no_image_is_asked_for(stage: Stage, dashboard: Dashboard) -> None:
    stage.cluster.install("argo")
    gone = TARGET | {"name": "gone"}
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "workloadRef": gone, "strategy": {"canary": {}}}
    stage.cluster.apply(_holder("argoproj.io/v1alpha1", "Rollout", "web", spec))
    stage.advance(60)
    async with dashboard(size=(100, 30)) as screen:
        await screen.sees("ro/web")
        await screen.press("i")
        await screen.sees("no image can be set")
