"""The scenarios of the Argo Rollouts recordings, played on a simulated cluster in virtual time, and what they tell.

Each step is the one of the recording's own script: the manifests, the plugin's patches, and how long is waited.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ktui.sim import SimulatedCluster
from ktui.sim.api.patch import JSON_PATCH, MERGE_PATCH
from tests.sim.argo_recordings import JSON

PLUGIN = "kubectl-argo-rollouts"


class Player:
    """The Rollout `web` in the namespace `default`, and what the plugin would do to it."""

    def __init__(self, *projects: str) -> None:
        self.cluster = SimulatedCluster(seed=3, start=datetime(2026, 11, 28, 14, tzinfo=UTC))
        for project in projects or ("argo", "istio"):
            self.cluster.install(project)
        self.api = self.cluster.api
        self.rollouts = self.api.catalog.named("rollouts")
        self.seen: list[JSON] = []
        self.api.bucket(self.rollouts).listen(lambda change: self.seen.append(change.version.obj))

    def apply(self, *manifests: JSON) -> None:
        for manifest in manifests:
            self.cluster.apply(manifest)

    def run(self, seconds: float) -> None:
        self.cluster.run_for(seconds)

    def rollout(self) -> JSON:
        found = self.cluster.get("rollouts", "web")
        assert found is not None
        return found

    def status(self) -> JSON:
        return self.rollout().get("status") or {}

    def until(self, *phases: str, within: float = 60.0) -> None:
        """Wait for one of these phases, or for any that does not change by itself."""
        wanted = phases or ("Healthy", "Degraded", "Paused")

        def holds(_: SimulatedCluster) -> bool:
            rollout, status = self.rollout(), self.status()
            seen = status.get("observedGeneration") == str(rollout["metadata"]["generation"])
            return seen and status.get("phase") in wanted

        self.cluster.wait_until(holds, within)

    def patch(self, body: JSON | list[JSON], *, status: bool = False) -> None:
        media_type = JSON_PATCH if isinstance(body, list) else MERGE_PATCH
        self.api.patch(
            self.rollouts, "default", "web", media_type, json.dumps(body).encode(),
            manager=PLUGIN, subresource="status" if status else "",
        )  # fmt: skip

    def image(self, tag: str) -> None:
        path = "/spec/template/spec/containers/0/image"
        self.patch([{"op": "replace", "path": path, "value": f"registry.example/shop/web:{tag}"}])

    def promote(self) -> None:
        """As the plugin does: end the pause, or else the step."""
        status = self.status()
        steps = (self.rollout()["spec"]["strategy"].get("canary") or {}).get("steps")
        body: JSON = {"pauseConditions": None}
        if steps and "pause" not in steps[status["currentStepIndex"]]:
            body |= {"controllerPause": False, "currentStepIndex": status["currentStepIndex"] + 1}
        self.patch({"status": body}, status=True)

    def promote_fully(self) -> None:
        self.patch({"status": {"promoteFull": True}}, status=True)

    def abort(self) -> None:
        self.patch({"status": {"abort": True}}, status=True)

    def retry(self) -> None:
        self.patch({"status": {"abort": False}}, status=True)

    def replica_sets(self) -> dict[int, JSON]:
        """Those of the Rollout, by revision."""
        owned = [
            rs for rs in self.cluster.list("replicasets") if rs["metadata"]["ownerReferences"][0]["kind"] == "Rollout"
        ]
        return {int(rs["metadata"]["annotations"]["rollout.argoproj.io/revision"]): rs for rs in owned}

    def undo(self) -> None:
        """Back to the template of the revision before the newest."""
        owned = self.replica_sets()
        template = copy.deepcopy(owned[sorted(owned)[-2]]["spec"]["template"])
        del template["metadata"]["labels"]["rollouts-pod-template-hash"]
        self.patch([{"op": "replace", "path": "/spec/template", "value": template}])

    def scale(self, replicas: int) -> None:
        body = {"kind": "Scale", "spec": {"replicas": replicas}}
        self.api.update(self.rollouts, "default", "web", body, manager="kubectl", subresource="scale")


def service(name: str) -> JSON:
    ports = [{"port": 80, "targetPort": 8080}]
    spec = {"selector": {"app": "web"}, "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def rollout(strategy: JSON, replicas: int = 5, **spec: Any) -> JSON:
    container = {"name": "web", "image": "registry.example/shop/web:1.0", "ports": [{"containerPort": 8080}]}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    made = {
        "replicas": replicas, "revisionHistoryLimit": 5, "selector": {"matchLabels": {"app": "web"}},
        "strategy": strategy, "template": template,
    }  # fmt: skip
    return {
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "web"}, "spec": made | spec,
    }  # fmt: skip


def canary(*steps: JSON, **fields: Any) -> JSON:
    return {"canary": {**fields, "steps": list(steps)}}


def analysis(path: str, **metric: Any) -> JSON:
    web = {"url": f"http://127.0.0.1:25997{path}", "jsonPath": "{$.value}", "timeoutSeconds": 2}
    spec = {"metrics": [{"name": "error-rate", **metric, "provider": {"web": web}}]}
    return {
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate", "metadata": {"name": "errors"}, "spec": spec,
    }  # fmt: skip


ERRORS: JSON = {"templates": [{"templateName": "errors"}]}


def canary_steps(play: Player) -> None:
    pauses: list[JSON] = [{"pause": {}}, {"pause": {"duration": "5s"}}, {"pause": {"duration": "3s"}}]
    steps = [
        step for weight, pause in zip((20, 50, 80), pauses, strict=True) for step in ({"setWeight": weight}, pause)
    ]
    play.apply(rollout(canary(*steps), 10))
    play.until()
    play.image("1.1")
    play.run(6)
    play.promote()
    play.run(4)
    play.until("Healthy")


def canary_abort_retry_undo(play: Player) -> None:
    steps: list[JSON] = [{"setWeight": 25}, {"pause": {}}, {"setWeight": 75}, {"pause": {}}]
    play.apply(rollout(canary(*steps, maxSurge=1, maxUnavailable=0), 4))
    play.until()
    play.image("1.1")
    for act in (play.abort, play.retry, play.promote, play.abort):
        play.run(5)
        act()
    play.run(6)
    play.image("1.0")
    play.run(4)
    play.until()
    play.image("2.0")
    play.run(5)
    play.promote_fully()
    play.until("Healthy")
    play.run(5)


def change_in_the_middle(play: Player) -> None:
    play.apply(rollout(canary({"setWeight": 40}, {"pause": {}})))
    play.until()
    for tag in ("1.1", "1.2", "1.0"):
        play.image(tag)
        play.run(5)
    play.until("Healthy")


def blue_green_manual(play: Player) -> None:
    fields = {"activeService": "web-active", "previewService": "web-preview", "autoPromotionEnabled": False}
    play.apply(service("web-active"), service("web-preview"))
    play.apply(rollout({"blueGreen": fields | {"scaleDownDelaySeconds": 6}}, 3))
    play.until()
    play.image("1.1")
    play.run(6)
    play.promote()
    play.run(11)
    play.image("1.2")
    play.run(6)
    play.abort()
    play.run(4)
    play.undo()
    play.run(5)
    play.until("Healthy")


def blue_green_auto(play: Player) -> None:
    fields = {"activeService": "web-active", "previewService": "web-preview", "autoPromotionSeconds": 6}
    play.apply(service("web-active"), service("web-preview"))
    play.apply(rollout({"blueGreen": fields | {"previewReplicaCount": 1, "scaleDownDelaySeconds": 4}}, 3))
    play.until()
    play.image("1.1")
    play.run(5)
    play.until("Healthy")
    play.run(6)


def analysis_failed(play: Player) -> None:
    play.apply(analysis("/bad", interval="2s", count=5, failureLimit=1, successCondition="result < 0.05"))
    play.apply(rollout(canary({"setWeight": 20}, {"analysis": ERRORS}, {"setWeight": 60})))
    play.until()
    play.image("1.1")
    play.run(8)
    play.until("Degraded")


def analysis_background(play: Player) -> None:
    steps: list[JSON] = [{"setWeight": 20}, {"setWeight": 40}, {"pause": {"duration": "6s"}}, {"setWeight": 80}]
    play.apply(analysis("/good", interval="2s", successCondition="result < 0.05"))
    play.apply(rollout(canary(*steps, {"pause": {"duration": "4s"}}, analysis=ERRORS | {"startingStep": 1})))
    play.until()
    play.image("1.1")
    play.run(7)
    play.until("Healthy")
    play.run(1)


def analysis_inconclusive(play: Player) -> None:
    conditions = {"successCondition": "result < 0.05", "failureCondition": "result > 0.5"}
    play.apply(analysis("/middling", interval="2s", count=2, inconclusiveLimit=0, **conditions))
    play.apply(rollout(canary({"setWeight": 20}, {"analysis": ERRORS}, {"setWeight": 60})))
    play.until()
    play.image("1.1")
    play.run(8)
    play.promote()
    play.run(1)
    play.until("Healthy")


def analysis_error(play: Player) -> None:
    play.apply(analysis("/nothing", interval="1s", count=5, consecutiveErrorLimit=2, successCondition="result < 0.05"))
    play.apply(rollout(canary({"setWeight": 20}, {"analysis": ERRORS})))
    play.until()
    play.image("1.1")
    play.run(10)
    play.until("Degraded")
    play.image("1.2")
    play.run(8)
    play.undo()
    play.run(4)


def degraded_deadline(play: Player) -> None:
    play.apply(rollout(canary({"setWeight": 25}, {"pause": {}}), 4, progressDeadlineSeconds=8))
    play.until()
    play.image("nopull")
    play.run(5)
    play.until("Degraded")
    play.undo()
    play.run(1)
    play.until("Healthy")


def deadline_abort(play: Player) -> None:
    deadline = {"progressDeadlineSeconds": 8, "progressDeadlineAbort": True}
    play.apply(rollout(canary({"setWeight": 25}, {"pause": {}}), 4, **deadline))
    play.until()
    play.image("crash")
    play.run(6)
    play.until("Degraded")
    play.run(4)


def pause_restart_scale(play: Player) -> None:
    play.apply(rollout(canary({"setWeight": 50}, {"pause": {"duration": "4s"}}), 4))
    play.until()
    play.patch({"spec": {"paused": True}})
    play.run(0.4)
    play.image("1.1")
    play.run(4)
    play.patch({"spec": {"paused": False}})
    play.run(3)
    play.until("Healthy")
    play.patch({"spec": {"restartAt": play.api.kernel.stamp()}})
    play.run(3)
    play.until("Healthy", within=120)
    for replicas in (6, 0):
        play.run(4)
        play.scale(replicas)
    play.run(4)


def quota(play: Player) -> None:
    limit = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "pods"}, "spec": {"hard": {"pods": "4"}}}
    steps = canary({"setWeight": 50}, {"pause": {}}, maxSurge="50%")
    play.apply(rollout(steps, 4, progressDeadlineSeconds=15))
    play.until()
    play.apply(limit)
    play.image("1.1")
    play.run(20)
    play.api.delete(play.api.catalog.named("resourcequotas"), "default", "pods")
    play.run(6)


def workload_ref(play: Player) -> None:
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "scaleDown": "onsuccess"}
    made = rollout(canary({"setWeight": 34}, {"pause": {}}), 3, workloadRef=reference)
    template = made["spec"].pop("template")
    spec = {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    play.apply({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec})
    play.run(3)
    play.apply(made)
    play.until()
    play.run(5)
    changed = copy.deepcopy(play.cluster.get("deployments", "web") or {})
    assert changed["spec"]["replicas"] == 0, "its own pods are gone"
    changed["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example/shop/web:1.1"
    play.apply(changed)
    play.run(6)
    play.promote()
    play.run(1)
    play.until("Healthy")


def invalid_spec(play: Player) -> None:
    play.apply(rollout(canary({"setWeight": 120}), 2))
    play.run(9)
    play.apply(rollout({"blueGreen": {"activeService": "no-such-service"}}, 2))
    play.run(4)
    play.apply(service("no-such-service"))
    play.run(5)
    play.until("Healthy")


def experiment(play: Player) -> None:
    play.apply(analysis("/good", interval="2s", count=2, successCondition="result < 0.05"))
    templates = [
        {"name": side, "specRef": ref, "replicas": 1} for side, ref in (("baseline", "stable"), ("canary", "canary"))
    ]
    compared = {"duration": "8s", "templates": templates, "analyses": [{"name": "compare", "templateName": "errors"}]}
    play.apply(rollout(canary({"experiment": compared}, {"setWeight": 50}, {"pause": {"duration": "2s"}}), 3))
    play.until()
    play.image("1.1")
    play.run(6)
    play.until("Healthy")


def istio_weights(play: Player) -> None:
    routes = [
        {"destination": {"host": f"web-{side}"}, "weight": share} for side, share in (("stable", 100), ("canary", 0))
    ]
    spec = {"hosts": ["web.example"], "gateways": ["web"], "http": [{"name": "primary", "route": routes}]}
    weighed = {
        "canaryService": "web-canary", "stableService": "web-stable",
        "trafficRouting": {"istio": {"virtualService": {"name": "web", "routes": ["primary"]}}},
    }  # fmt: skip
    steps: list[JSON] = [
        {"setCanaryScale": {"replicas": 1}}, {"setWeight": 5}, {"pause": {}},
        {"setCanaryScale": {"matchTrafficWeight": True}}, {"setWeight": 50}, {"pause": {"duration": "4s"}},
    ]  # fmt: skip
    virtual = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "web"},
        "spec": spec,
    }
    play.apply(service("web-stable"), service("web-canary"), virtual, rollout(canary(*steps, **weighed), 4))
    play.until()
    play.image("1.1")
    play.run(6)
    assert weights(play) == [95, 5]
    play.promote()
    play.run(4)
    play.until("Healthy")
    play.run(1)
    play.image("1.2")
    play.run(6)
    play.abort()
    play.run(8)
    assert weights(play) == [100, 0]


def weights(play: Player) -> list[int]:
    """Those of the VirtualService."""
    found = play.cluster.get("virtualservices", "web") or {}
    return [route["weight"] for route in found["spec"]["http"][0]["route"]]


SCENARIOS: dict[str, Callable[[Player], None]] = {
    play.__name__.replace("_", "-"): play
    for play in (
        canary_steps, canary_abort_retry_undo, change_in_the_middle, blue_green_manual, blue_green_auto,
        analysis_failed, analysis_background, analysis_inconclusive, analysis_error, degraded_deadline, deadline_abort,
        pause_restart_scale, quota, workload_ref, invalid_spec, experiment, istio_weights,
    )
}  # fmt: skip
