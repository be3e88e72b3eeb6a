"""The scenarios of the recordings of Advanced StatefulSets and DaemonSets and of Kruise Rollouts, and what they tell.

Each step is the one of the recording's own script: the manifests, the patches, and how long is waited.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec

from ktui.sim import SimulatedCluster
from ktui.sim.api.patch import JSON_PATCH, MERGE_PATCH
from tests.sim.kruise import RECORDINGS

JSON = dict[str, Any]
MANUAL: JSON = {"pause": {}}


class Player:
    """One workload `web` in the namespace `default`, its Rollout, and what kubectl does to them."""

    def __init__(self, workload: str) -> None:
        self.cluster = SimulatedCluster(seed=3, nodes=5, start=datetime(2026, 11, 28, 14, tzinfo=UTC))
        self.cluster.install("kruise")
        self.api = self.cluster.api
        self.workload = workload
        self.seen: list[JSON] = []
        for name in ("rollouts.rollouts.kruise.io", workload):
            self.api.bucket(self.api.catalog.named(name)).listen(lambda change: self.seen.append(change.version.obj))

    def apply(self, api_version: str, kind: str, **spec: Any) -> None:
        container = {"name": "web", "image": "registry.example/shop/web:1.0", "ports": [{"containerPort": 8080}]}
        pod = {"containers": [container]} | spec.pop("pod", {})
        template = {"metadata": {"labels": {"app": "web"}}, "spec": pod}
        made = {"selector": {"matchLabels": {"app": "web"}}, "template": template} | spec
        head = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "web"}}
        self.cluster.apply(head | {"spec": made})

    def rollout(self, *steps: JSON, kind: str = "Deployment", api_version: str = "apps/v1") -> None:
        reference = {"apiVersion": api_version, "kind": kind, "name": "web"}
        spec = {"workloadRef": reference, "strategy": {"canary": {"steps": list(steps)}}}
        head = {"apiVersion": "rollouts.kruise.io/v1beta1", "kind": "Rollout", "metadata": {"name": "web"}}
        self.cluster.apply(head | {"spec": spec})
        self.phase("Healthy")
        self.run(2)

    def get(self, name: str) -> JSON:
        found: JSON | None = self.api.bucket(self.api.catalog.named(name)).get("default", "web")
        assert found is not None
        return found

    def run(self, seconds: float) -> None:
        self.cluster.run_for(seconds)

    def field(self, field: str, value: int, within: float = 90.0) -> None:
        def holds(_: SimulatedCluster) -> bool:
            return bool((self.get(self.workload).get("status") or {}).get(field) == value)

        self.cluster.wait_until(holds, within)

    def at(self, step: int, state: str) -> None:
        def holds(_: SimulatedCluster) -> bool:
            status = self.get("rollouts.rollouts.kruise.io").get("status") or {}
            return (status.get("currentStepIndex"), status.get("currentStepState")) == (step, state)

        self.cluster.wait_until(holds, 90)

    def phase(self, phase: str) -> None:
        def holds(_: SimulatedCluster) -> bool:
            return bool((self.get("rollouts.rollouts.kruise.io").get("status") or {}).get("phase") == phase)

        self.cluster.wait_until(holds, 120)

    def patch(self, name: str, body: JSON | list[JSON], subresource: str = "") -> None:
        media_type = JSON_PATCH if isinstance(body, list) else MERGE_PATCH
        resource, raw = self.api.catalog.named(name), json.dumps(body).encode()
        by = {"manager": "kubectl-patch", "subresource": subresource}
        self.api.patch(resource, "default", "web", media_type, raw, **by)  # type: ignore[arg-type]

    def image(self, tag: str) -> None:
        path = "/spec/template/spec/containers/0/image"
        self.patch(self.workload, [{"op": "replace", "path": path, "value": f"registry.example/shop/web:{tag}"}])

    def rolling(self, **fields: Any) -> None:
        self.patch(self.workload, {"spec": {"updateStrategy": {"rollingUpdate": fields}}})

    def steer(self, **spec: Any) -> None:
        self.patch("rollouts.rollouts.kruise.io", {"spec": spec})

    def steps(self, **canary: Any) -> None:
        self.patch("rollouts.rollouts.kruise.io", {"status": {"canaryStatus": canary}}, "status")

    def approve(self) -> None:
        self.run(1)
        self.steps(currentStepState="StepReady")


def _rolling(**fields: Any) -> JSON:
    return {"type": "RollingUpdate", "rollingUpdate": fields}


def statefulset(play: Player, replicas: int, policy: str = "OrderedReady", **rolling: Any) -> None:
    strategy = _rolling(**{"podUpdatePolicy": "ReCreate", "partition": 0, "maxUnavailable": 1} | rolling)
    more: JSON = {"pod": {"readinessGates": [{"conditionType": "InPlaceUpdateReady"}]}} if "gate" in rolling else {}
    strategy["rollingUpdate"].pop("gate", None)
    spec = {"replicas": replicas, "serviceName": "web", "podManagementPolicy": policy, "updateStrategy": strategy}
    play.apply("apps.kruise.io/v1beta1", "StatefulSet", **spec, **more)
    play.field("readyReplicas", replicas)


def statefulset_partition(play: Player) -> None:
    statefulset(play, 5, partition=3)
    play.image("1.1")
    play.field("updatedReadyReplicas", 2)
    play.run(2)
    play.rolling(partition=0)
    play.run(4)
    play.field("updatedReadyReplicas", 5)


def statefulset_max_unavailable(play: Player) -> None:
    statefulset(play, 8, "Parallel", maxUnavailable=2)
    play.image("1.1")
    play.field("updatedReplicas", 2)
    play.rolling(paused=True)
    play.run(5)
    play.rolling(paused=False)
    play.field("updatedReadyReplicas", 8)
    play.run(2)
    play.image("nopull")
    play.run(6)
    play.image("1.1")
    play.run(6)
    play.field("readyReplicas", 8)


def statefulset_in_place(play: Player) -> None:
    statefulset(play, 3, podUpdatePolicy="InPlaceIfPossible", partition=1, gate=True)
    play.image("1.1")
    play.run(4)
    play.field("updatedReadyReplicas", 2)
    play.patch(play.workload, {"spec": {"reserveOrdinals": [0]}})
    play.run(6)
    play.rolling(partition=0)
    play.field("updatedReadyReplicas", 3)


def daemonset(play: Player, **rolling: Any) -> None:
    strategy = _rolling(rollingUpdateType="Standard", **rolling)
    play.apply("apps.kruise.io/v1beta1", "DaemonSet", updateStrategy=strategy)
    play.field("numberReady", 5)


def daemonset_partition(play: Player) -> None:
    daemonset(play, maxUnavailable=1, partition=3)
    play.image("1.1")
    play.field("updatedNumberScheduled", 2)
    play.run(3)
    play.rolling(partition=0)
    play.field("updatedNumberScheduled", 4)
    play.rolling(paused=True)
    play.run(5)
    play.rolling(paused=False)
    play.field("updatedNumberScheduled", 5)
    play.field("numberReady", 5)


def daemonset_surge(play: Player) -> None:
    daemonset(play, maxSurge=2, maxUnavailable=0)
    play.image("1.1")
    play.run(3)
    play.field("updatedNumberScheduled", 5)
    play.run(3)
    play.image("nopull")
    play.run(5)
    play.image("1.1")
    play.run(6)


def deployment(play: Player, replicas: int, **spec: Any) -> None:
    play.apply("apps/v1", "Deployment", replicas=replicas, **spec)
    play.field("readyReplicas", replicas)


def rollout_partition_steps(play: Player) -> None:
    deployment(play, 10)
    play.rollout({"replicas": "20%"} | MANUAL, {"replicas": "50%", "pause": {"duration": 5}}, {"replicas": "100%"})
    play.image("1.1")
    play.at(1, "StepPaused")
    play.run(3)
    play.approve()
    play.phase("Healthy")


def rollout_undo(play: Player) -> None:
    deployment(play, 6)
    play.rollout({"replicas": 2} | MANUAL, {"replicas": "100%"})
    play.image("1.1")
    play.at(1, "StepPaused")
    play.run(3)
    play.image("1.0")
    play.phase("Healthy")


def rollout_new_revision(play: Player) -> None:
    deployment(play, 6)
    play.rollout({"replicas": 1} | MANUAL, {"replicas": 3} | MANUAL, {"replicas": "100%"})
    play.image("1.1")
    play.at(1, "StepPaused")
    play.approve()
    play.at(2, "StepPaused")
    play.run(1)
    play.image("1.2")
    play.run(2)
    play.at(1, "StepPaused")
    play.approve()
    play.at(2, "StepPaused")
    play.approve()
    play.phase("Healthy")


def rollout_failing(play: Player) -> None:
    deployment(play, 5, progressDeadlineSeconds=15)
    play.rollout({"replicas": 2} | MANUAL, {"replicas": "100%"})
    play.image("nopull")
    play.at(1, "StepUpgrade")
    play.run(20)
    play.image("1.2")
    play.run(3)
    play.at(1, "StepPaused")
    play.approve()
    play.phase("Healthy")


def rollout_jump_pause(play: Player) -> None:
    deployment(play, 8)
    steps = ({"replicas": share} | MANUAL for share in ("10%", "25%", "50%"))
    play.rollout(*steps, {"replicas": "100%"})
    play.image("1.1")
    play.at(1, "StepPaused")
    play.run(1)
    play.steer(strategy={"paused": True})
    play.run(4)
    play.approve()
    play.run(3)
    play.steer(strategy={"paused": False})
    play.at(2, "StepPaused")
    play.run(1)
    play.steps(nextStepIndex=4)
    play.phase("Healthy")


def rollout_disable_delete(play: Player) -> None:
    deployment(play, 5)
    play.rollout({"replicas": 1} | MANUAL, {"replicas": "100%"})
    play.image("1.1")
    play.at(1, "StepPaused")
    play.run(1)
    play.steer(disabled=True)
    play.phase("Disabled")
    play.run(3)
    play.image("1.2")
    play.run(6)
    play.steer(disabled=False)
    play.run(3)
    play.image("1.3")
    play.at(1, "StepUpgrade")
    play.at(1, "StepPaused")
    play.run(1)
    play.api.delete(play.api.catalog.named("rollouts.rollouts.kruise.io"), "default", "web")
    play.run(5)


def rollout_of_statefulset(play: Player) -> None:
    statefulset(play, 4)
    steps = ({"replicas": many} | MANUAL for many in (1, 2))
    play.rollout(*steps, {"replicas": "100%"}, kind="StatefulSet", api_version="apps.kruise.io/v1beta1")
    play.image("1.1")
    for step in (1, 2):
        play.at(step, "StepPaused")
        play.run(1)
        play.approve()
    play.phase("Healthy")


SETS: dict[str, tuple[str, Callable[[Player], None]]] = {
    "statefulset-partition": ("statefulsets.apps.kruise.io", statefulset_partition),
    "statefulset-max-unavailable": ("statefulsets.apps.kruise.io", statefulset_max_unavailable),
    "statefulset-in-place": ("statefulsets.apps.kruise.io", statefulset_in_place),
    "daemonset-partition": ("daemonsets.apps.kruise.io", daemonset_partition),
    "daemonset-surge": ("daemonsets.apps.kruise.io", daemonset_surge),
}
ROLLOUTS: dict[str, tuple[str, Callable[[Player], None]]] = {
    "rollout-partition-steps": ("deployments.apps", rollout_partition_steps),
    "rollout-undo": ("deployments.apps", rollout_undo),
    "rollout-new-revision": ("deployments.apps", rollout_new_revision),
    "rollout-failing": ("deployments.apps", rollout_failing),
    "rollout-jump-pause": ("deployments.apps", rollout_jump_pause),
    "rollout-disable-delete": ("deployments.apps", rollout_disable_delete),
    "rollout-of-statefulset": ("statefulsets.apps.kruise.io", rollout_of_statefulset),
}


@cache
def recorded(name: str) -> list[JSON]:
    """What went by in a recording, as v1beta1 has it."""
    with gzip.open(RECORDINGS / f"{name}.jsonl.gz", "rb") as lines:
        found = [msgspec.json.decode(line)["event"]["object"] for line in lines if b'"event"' in line]
    return [obj for obj in found if "name" in obj["metadata"] and not obj["apiVersion"].endswith("v1alpha1")]


def of_kind(objects: Iterable[JSON], kind: str) -> list[JSON]:
    """Those of a kind, of whichever group."""
    return [each for each in objects if each.get("kind") == kind]


def set_story(objects: Iterable[JSON]) -> list[tuple[Any, ...]]:
    """How many pods are updated, of which revision, and which is current, each time that one of them changes."""
    told: list[tuple[Any, ...]] = []
    names: dict[str, int] = {}
    for each in objects:
        status = each.get("status") or {}
        if status.get("observedGeneration") != each["metadata"]["generation"]:
            continue
        revisions = [status.get(field, "") for field in ("currentRevision", "updateRevision")]
        for revision in revisions:
            names.setdefault(revision, len(names))
        updated = status.get("updatedReplicas", status.get("updatedNumberScheduled"))
        row = (updated, *(names[revision] for revision in revisions))
        if not told or told[-1] != row:
            told.append(row)
    return told


def rollout_story(objects: Iterable[JSON]) -> list[tuple[Any, ...]]:
    """Phase, step, state, how many pods it is to have, what is next, conditions and message."""
    told: list[tuple[Any, ...]] = []
    for each in objects:
        status = each.get("status") or {}
        steps = status.get("canaryStatus") or {}
        conditions = tuple((c["type"], c["status"], c.get("reason", "")) for c in status.get("conditions") or ())
        row = (
            status.get("phase"), steps.get("currentStepIndex"), steps.get("currentStepState"),
            steps.get("nextStepIndex"), conditions, status.get("message"),
        )  # fmt: skip
        if status.get("phase") and (not told or told[-1] != row):
            told.append(row)
    return told
