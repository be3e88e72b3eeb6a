"""The scenarios of the Flagger recordings, played on a simulated cluster in virtual time, and what they tell.

Each step is the one of the recording's own script: the manifests, the patches, and how long is waited.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from ktui.sim import SimulatedCluster
from ktui.sim.api.patch import JSON_PATCH, MERGE_PATCH
from ktui.sim.controllers.common import DEPLOYMENTS

JSON = dict[str, Any]
RECORDINGS = Path(__file__).parents[1] / "recordings" / "flagger"
METRICS = [
    {"name": "request-success-rate", "interval": "1m", "thresholdRange": {"min": 99}},
    {"name": "request-duration", "interval": "1m", "thresholdRange": {"max": 500}},
]
GATEWAY = {
    "provider": "gatewayapi:v1",
    "service": {"port": 80, "targetPort": 8080, "portDiscovery": False, "hosts": ["web.example"],
                "gatewayRefs": [{"name": "gateway", "namespace": "default"}]},
}  # fmt: skip


class Player:
    """The Canary `web` of the Deployment `web` in the namespace `default`, and what kubectl does to them."""

    def __init__(self) -> None:
        self.cluster = SimulatedCluster(seed=3, start=datetime(2026, 11, 28, 14, tzinfo=UTC))
        self.cluster.install("flagger")
        self.api = self.cluster.api
        self.canaries = self.api.catalog.named("canaries.flagger.app")
        self.routes = self.api.catalog.named("httproutes.gateway.networking.k8s.io")
        self.seen: list[JSON] = []
        for resource in (self.canaries, self.routes):
            self.api.bucket(resource).listen(lambda change: self.seen.append(change.version.obj))

    def target(self, replicas: int, tag: str = "1.0", **spec: Any) -> None:
        container = {"name": "web", "image": f"registry.example/shop/web:{tag}", "ports": [{"containerPort": 8080}]}
        made = {
            "replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}},
        }  # fmt: skip
        head = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}
        self.cluster.apply(head | {"spec": made | spec})

    def canary(self, spec: JSON | None = None, **analysis: Any) -> None:
        made = {
            "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "progressDeadlineSeconds": 60, "service": {"port": 80, "targetPort": 8080, "portDiscovery": False},
            "analysis": {"interval": "3s", "threshold": 3, **analysis},
        }  # fmt: skip
        head = {"apiVersion": "flagger.app/v1beta1", "kind": "Canary", "metadata": {"name": "web"}}
        self.cluster.apply(head | {"spec": made | (spec or {})})

    def get(self) -> JSON:
        found = self.cluster.get("canaries", "web")
        assert found is not None
        return found

    def run(self, seconds: float) -> None:
        self.cluster.run_for(seconds)

    def until(self, phase: str, within: float = 120.0) -> None:
        self.cluster.wait_until(lambda _: (self.get().get("status") or {}).get("phase") == phase, within)

    def patch(self, **spec: Any) -> None:
        body = json.dumps({"spec": spec}).encode()
        self.api.patch(self.canaries, "default", "web", MERGE_PATCH, body, manager="kubectl-patch")

    def image(self, tag: str, name: str = "web") -> None:
        change = {"op": "replace", "path": "/spec/template/spec/containers/0/image"}
        body = json.dumps([change | {"value": f"registry.example/shop/web:{tag}"}]).encode()
        self.api.patch(DEPLOYMENTS, "default", name, JSON_PATCH, body, manager="kubectl-set")

    def scale(self, replicas: int) -> None:
        body = json.dumps({"spec": {"replicas": replicas}}).encode()
        self.api.patch(DEPLOYMENTS, "default", "web", MERGE_PATCH, body, manager="kubectl-scale")

    def answer(self, **said: str) -> None:
        """What webhooks answer from now on."""
        analysis = self.get()["spec"]["analysis"]
        hooks = [
            hook | {"url": f"http://gate/{said.get(hook['name'].replace('-', '_'), hook['url'].rpartition('/')[2])}"}
            for hook in analysis["webhooks"]
        ]
        self.patch(analysis={"webhooks": hooks})

    def measure(self, success: str) -> None:
        self.patch(metricsServer=f"http://prometheus.example/{success}")

    def first(self, tag: str = "1.1") -> None:
        """Until a new image is analysed."""
        self.until("Initialized")
        self.run(2)
        self.image(tag)


def hook(type_: str, name: str, answers: str) -> JSON:
    return {"name": name, "type": type_, "url": f"http://gate/{answers}", "timeout": "2s"}


def weights(play: Player) -> None:
    play.target(3)
    play.canary(GATEWAY, stepWeight=20, maxWeight=60, stepWeightPromotion=50, metrics=METRICS)
    play.first()
    play.until("Succeeded")


def weights_list(play: Player) -> None:
    play.target(2)
    play.canary(GATEWAY, stepWeights=[1, 10, 50, 100], metrics=METRICS)
    play.first()
    play.until("Succeeded")


def promotion(play: Player) -> None:
    play.target(3)
    hooks = [hook("pre-rollout", "smoke-test", "open"), hook("rollout", "load-test", "open")]
    play.canary(iterations=4, metrics=METRICS, webhooks=[*hooks, hook("post-rollout", "notify", "open")])
    play.first()
    play.until("Succeeded")


def mirror(play: Player) -> None:
    play.target(2)
    play.canary(GATEWAY, iterations=3, mirror=True, metrics=METRICS)
    play.first()
    play.until("Succeeded")


def ab_testing(play: Player) -> None:
    play.target(2)
    match = [{"headers": {"x-canary": {"exact": "insider"}}}]
    play.canary(GATEWAY, iterations=3, match=match, metrics=METRICS)
    play.first()
    play.until("Succeeded")


def gates(play: Player) -> None:
    play.target(3)
    hooks = [hook("confirm-rollout", "start", "shut"), hook("confirm-promotion", "promote", "shut")]
    play.canary(iterations=3, webhooks=hooks)
    play.first()
    play.until("Waiting")
    play.run(6)
    play.answer(start="open")
    play.until("WaitingPromotion")
    play.run(7)
    play.answer(promote="open")
    play.until("Succeeded")


def gates_weights(play: Player) -> None:
    play.target(2)
    hooks = [hook("confirm-traffic-increase", "increase", "open"), hook("confirm-promotion", "promote", "shut")]
    play.canary(GATEWAY, stepWeight=25, maxWeight=50, webhooks=hooks)
    play.first()
    play.until("Progressing")
    play.run(4)
    play.answer(increase="shut")
    play.run(6)
    play.answer(increase="open")
    play.until("WaitingPromotion")
    play.run(6)
    play.answer(promote="open")
    play.until("Succeeded")


def metric_rollback(play: Player) -> None:
    play.target(3)
    play.canary(GATEWAY, stepWeight=25, maxWeight=75, metrics=METRICS)
    play.first()
    play.until("Progressing")
    play.run(6.5)
    play.measure("87.5")
    play.until("Failed")
    play.measure("99.9")
    play.run(4)
    play.image("1.2")
    play.until("Progressing")
    play.run(5)
    play.measure("nothing")
    play.run(3)
    play.measure("99.9")
    play.until("Succeeded")


def webhook_rollback(play: Player) -> None:
    play.target(2)
    play.canary(threshold=2, iterations=4, webhooks=[hook("rollout", "acceptance", "fail")])
    play.first()
    play.until("Failed")
    play.run(5)
    play.image("1.0")
    play.run(7)
    play.image("1.1")
    play.until("Progressing")
    play.until("Failed")


def pre_rollout_fails(play: Player) -> None:
    play.target(2)
    hooks = [hook("pre-rollout", "smoke-test", "fail"), hook("post-rollout", "notify", "fail")]
    play.canary(threshold=4, iterations=2, webhooks=hooks)
    play.first()
    play.until("Progressing")
    play.run(7.5)
    play.answer(smoke_test="open")
    play.until("Succeeded")


def new_revision(play: Player) -> None:
    play.target(3)
    play.canary(GATEWAY, stepWeight=20, maxWeight=60)
    play.first()
    play.until("Progressing")
    play.run(7.5)
    play.image("1.2")
    play.until("Succeeded")


def undo_in_the_middle(play: Player) -> None:
    play.target(3)
    play.canary(iterations=6)
    play.first()
    play.until("Progressing")
    play.run(5.5)
    play.image("1.0")
    play.until("Succeeded")
    play.until("Progressing")
    play.until("Succeeded")


def skip_analysis(play: Player) -> None:
    play.target(3)
    play.canary({"skipAnalysis": True}, iterations=10)
    play.first()
    play.until("Succeeded")
    play.run(2)
    play.patch(skipAnalysis=False)
    play.image("1.2")
    play.until("Progressing")
    play.run(5)
    play.patch(skipAnalysis=True)
    play.until("Succeeded")


def suspend(play: Player) -> None:
    play.target(2)
    play.canary(GATEWAY, stepWeight=20, maxWeight=60)
    play.first()
    play.until("Progressing")
    play.run(7)
    play.patch(suspend=True)
    play.run(7)
    play.patch(suspend=False)
    play.until("Succeeded")
    play.patch(suspend=True)
    play.image("1.2")
    play.run(6)
    play.patch(suspend=False)
    play.until("Progressing")
    play.until("Succeeded")


def deadline(play: Player) -> None:
    play.target(2)
    play.canary({"progressDeadlineSeconds": 12}, iterations=3)
    play.first("nopull")
    play.until("Failed")
    play.run(4)
    play.image("1.1")
    play.until("Succeeded")


def primary_never_ready(play: Player) -> None:
    play.target(2, "nopull")
    play.canary({"progressDeadlineSeconds": 10}, iterations=3)
    play.run(20)
    play.image("1.0")
    play.run(9)
    play.image("1.0", "web-primary")
    play.run(7)
    play.image("1.1")
    play.until("Succeeded")


def promotion_fails(play: Player) -> None:
    play.target(2, progressDeadlineSeconds=10)
    play.canary(GATEWAY | {"progressDeadlineSeconds": 10}, stepWeight=50, maxWeight=50)
    play.first()
    play.until("Promoting")
    play.image("nopull", "web-primary")
    play.until("Failed")
    play.run(6)
    play.image("1.2")
    play.run(9)
    play.image("1.1", "web-primary")
    play.run(4)
    play.image("1.3")
    play.until("Succeeded")


def edits_by_hand(play: Player) -> None:
    play.canary(iterations=3)
    play.run(6)
    play.target(2)
    play.until("Initialized")
    play.run(2)
    play.image("9.9", "web-primary")
    play.run(5.5)
    play.image("1.1")
    play.until("Progressing")
    play.scale(1)
    play.until("Succeeded")


SCENARIOS: dict[str, Callable[[Player], None]] = {
    play.__name__.replace("_", "-"): play
    for play in (
        weights, weights_list, promotion, mirror, ab_testing, gates, gates_weights, metric_rollback, webhook_rollback,
        pre_rollout_fails, new_revision, undo_in_the_middle, skip_analysis, suspend, deadline, primary_never_ready,
        promotion_fails, edits_by_hand,
    )
}  # fmt: skip


@cache
def recorded(name: str) -> list[JSON]:
    """The Canaries and routes that went by in a recording, and the events about the Canary."""
    with gzip.open(RECORDINGS / f"{name}.jsonl.gz", "rb") as lines:
        wanted = [line for line in lines if b'"event"' in line]
    found: list[JSON] = [msgspec.json.decode(line)["event"]["object"] for line in wanted]
    return [obj for obj in found if obj.get("kind") in ("Canary", "HTTPRoute", "Event") and "name" in obj["metadata"]]


def story(objects: Iterable[JSON]) -> list[tuple[Any, ...]]:
    """Phase, weight, iterations, failed checks and condition of the Canary, each time that one of them changes."""
    told: list[tuple[Any, ...]] = []
    for each in objects:
        status = each.get("status") or {}
        if each["kind"] != "Canary" or "phase" not in status:
            continue
        fields = ("phase", "canaryWeight", "iterations", "failedChecks")
        (promoted,) = status["conditions"]
        row = (*(status[field] for field in fields), promoted["status"], promoted["reason"], promoted["message"])
        if not told or told[-1] != row:
            told.append(row)
    return told


def shares(objects: Iterable[JSON]) -> list[JSON]:
    """What the route was, each time that it changed."""
    told: list[JSON] = []
    for each in objects:
        if each["kind"] == "HTTPRoute" and each["spec"]["rules"] not in told[-1:]:
            told.append(each["spec"]["rules"])
    return told


def words(events: Iterable[JSON], namespace: str) -> set[tuple[str, str]]:
    """The kinds of events about the Canary: how many pods are there at an interval is chance."""
    found = set()
    for each in events:
        if each["involvedObject"]["kind"] == "Canary":
            message = each["message"].removeprefix("(combined from similar events): ")
            message = re.sub(r"failed (POST .*|Forbidden)", "failed", message.replace(f".{namespace}", ".NS"))
            if "waiting for rollout to finish" not in message:
                found.add((each["type"], message))
    return found
