"""A canary by key for the kinds whose spec has no number of pods."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tui.conftest import Dashboard, Stage

REGISTRY = "registry.example/shop/web"
CONTAINER = {"name": "web", "image": f"{REGISTRY}:1.0"}
TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [CONTAINER]}}


def _make(stage: Stage, project: str, api_version: str, kind: str, spec: dict[str, Any]) -> None:
    if project:
        stage.cluster.install(project)
    metadata = {"name": "web", "namespace": "shop"}
    stage.cluster.apply({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec})
    stage.advance(60)


async def test_a_knative_service_gets_a_canary_by_a_share_of_the_traffic(stage: Stage, dashboard: Dashboard) -> None:
    scale = {"annotations": {"autoscaling.knative.dev/min-scale": "2"}}
    template = {"metadata": scale, "spec": {"containers": [{"image": f"{REGISTRY}:1.0"}]}}
    _make(stage, "knative", "serving.knative.dev/v1", "Service", {"template": template})
    async with dashboard(size=(100, 30)) as screen:
        await screen.sees("ksvc/web", "complete")
        await screen.press("C")
        await screen.sees("Canary of", "Share", "of the traffic")
        await screen.type("1.1")
        await screen.press("tab")
        await screen.press("backspace", "backspace", "backspace")
        await screen.type("5")
        await screen.press("enter")
        await screen.sees("Write a percent")
        await screen.press("percent_sign")
        await screen.sees("5% of the traffic goes to it when it is ready")
        await screen.press("enter")
        await screen.sees("5 % of the traffic", "y yes")
        await screen.press("y")
        found = "services.serving.knative.dev"
        await screen.until(
            lambda: len((stage.cluster.get(found, "web", "shop") or {})["spec"]["traffic"]) == 2, "two shares"
        )


@pytest.mark.parametrize(
    ("project", "api_version", "word"), [("", "apps/v1", "ds/web"), ("kruise", "apps.kruise.io/v1beta1", "ads/web")]
)
async def test_a_canary_of_a_daemonset_is_counted_by_its_nodes(
    stage: Stage, dashboard: Dashboard, project: str, api_version: str, word: str
) -> None:
    _make(stage, project, api_version, "DaemonSet", {"selector": {"matchLabels": {"app": "web"}}, "template": TEMPLATE})
    async with dashboard(size=(100, 30)) as screen:
        await screen.sees(word, "complete")
        await screen.press("C")
        if project:
            await screen.sees("Canary of Advanced DaemonSet shop/web", "holds 1 of 3 pods")
            await screen.press("escape")
            await screen.press("space")
            await screen.sees("Pause Advanced DaemonSet shop/web")
            assert "can still be scaled" not in screen.text
        else:
            await screen.hears("canary")
