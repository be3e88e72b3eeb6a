"""Argo Rollouts in the dashboard, on a simulated cluster that has the controller."""

from __future__ import annotations

from typing import Any

from tests.tui.conftest import Dashboard, Stage


def rollout(image: str) -> dict[str, Any]:
    steps = [{"setWeight": 25}, {"pause": {}}, {"setWeight": 50}, {"pause": {}}]
    container = {"name": "web", "image": f"registry.example/shop/{image}"}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "replicas": 4,
            "selector": {"matchLabels": {"app": "web"}},
            "strategy": {"canary": {"steps": steps}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}},
        },
    }


def _status(stage: Stage) -> dict[str, Any]:
    found: dict[str, Any] = (stage.cluster.get("rollouts", "web", "shop") or {})["status"]
    return found


async def test_a_canary_is_shown_promoted_aborted_and_retried(stage: Stage, dashboard: Dashboard) -> None:
    stage.cluster.install("argo")
    stage.cluster.apply(rollout("web:1.0"))
    stage.advance(60)
    stage.cluster.apply(rollout("web:1.1"))
    stage.advance(60)
    async with dashboard(size=(80, 24)) as screen:
        await screen.sees("ro/web", "held", "step 1/4, paused until promoted")
        await screen.press("enter")
        await screen.sees("Rollout", "held", "step 1/4, paused until promoted (25% now)")
        await screen.press("p")
        await screen.sees("Promote Argo Rollout shop/web", "on to setWeight: 50", "in full")
        await screen.press("enter")
        await screen.sees("The pause at step 2 ends", "y yes")
        await screen.press("y")
        await screen.sees("step 1/4, pause (25% now)")
        stage.advance(30)
        await screen.sees("step 3/4, paused until promoted (50% now)")
        await screen.press("a")
        await screen.sees("all traffic back to revision 1", "y yes")
        await screen.press("y")
        await screen.until(lambda: _status(stage).get("abort"), "it is told to abort")
        stage.advance(30)
        await screen.sees("aborted: revision 1", "T retry")
        await screen.press("T")
        await screen.sees("Retry Argo Rollout shop/web", "y yes")
        await screen.press("y")
        await screen.until(lambda: not _status(stage).get("abort"), "it is told to retry")
