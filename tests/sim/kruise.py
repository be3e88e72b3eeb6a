"""The scenarios of the CloneSet recordings, played on a simulated cluster in virtual time, and what they tell.

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

JSON = dict[str, Any]
RECORDINGS = Path(__file__).parents[1] / "recordings" / "kruise"


class Player:
    """The CloneSet `web` in the namespace `default`, and what kubectl does to it."""

    def __init__(self) -> None:
        self.cluster = SimulatedCluster(seed=3, start=datetime(2026, 11, 28, 14, tzinfo=UTC))
        self.cluster.install("kruise")
        self.api = self.cluster.api
        self.clonesets = self.api.catalog.named("clonesets")
        self.seen: list[JSON] = []
        self.api.bucket(self.clonesets).listen(lambda change: self.seen.append(change.version.obj))

    def apply(self, replicas: int, strategy: JSON, **spec: Any) -> None:
        container = {"name": "web", "image": "registry.example/shop/web:1.0", "ports": [{"containerPort": 8080}]}
        made = {
            "replicas": replicas, "updateStrategy": strategy, "revisionHistoryLimit": 10,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}},
        }  # fmt: skip
        head = {"apiVersion": "apps.kruise.io/v1beta1", "kind": "CloneSet", "metadata": {"name": "web"}}
        self.cluster.apply(head | {"spec": made | spec})

    def run(self, seconds: float) -> None:
        self.cluster.run_for(seconds)

    def cloneset(self) -> JSON:
        found = self.cluster.get("clonesets", "web")
        assert found is not None
        return found

    def until(self, field: str, value: int, within: float = 60.0) -> None:
        def holds(_: SimulatedCluster) -> bool:
            return bool((self.cloneset().get("status") or {}).get(field) == value)

        self.cluster.wait_until(holds, within)

    def patch(self, body: JSON | list[JSON]) -> None:
        media_type = JSON_PATCH if isinstance(body, list) else MERGE_PATCH
        self.api.patch(self.clonesets, "default", "web", media_type, json.dumps(body).encode(), manager="kubectl-patch")

    def image(self, tag: str) -> None:
        path = "/spec/template/spec/containers/0/image"
        self.patch([{"op": "replace", "path": path, "value": f"registry.example/shop/web:{tag}"}])

    def rolling(self, **fields: Any) -> None:
        self.patch({"spec": {"updateStrategy": {"rollingUpdate": fields}}})

    def pods(self) -> list[JSON]:
        return [pod for pod in self.cluster.list("pods") if "deletionTimestamp" not in pod["metadata"]]

    def delete(self, *pods: JSON) -> None:
        for pod in pods:
            self.api.delete(self.api.catalog.named("pods"), "default", pod["metadata"]["name"])


def rolling(policy: str = "ReCreate", **fields: Any) -> JSON:
    return {"type": "RollingUpdate", "rollingUpdate": {"podUpdatePolicy": policy, **fields}}


def cloneset_partition(play: Player) -> None:
    play.apply(5, rolling(maxUnavailable=1, partition=0))
    play.until("updatedReadyReplicas", 5)
    play.rolling(partition=3)
    play.run(0.1)
    play.image("1.1")
    play.run(4)
    play.until("updatedReadyReplicas", 2)
    play.rolling(partition="20%")
    play.until("updatedReadyReplicas", 4)
    play.rolling(partition=0)
    play.until("updatedReadyReplicas", 5)
    play.run(2)


def cloneset_paused(play: Player) -> None:
    play.apply(4, rolling(maxUnavailable=1, maxSurge=1), progressDeadlineSeconds=60)
    play.until("updatedReadyReplicas", 4)
    play.image("1.1")
    play.until("updatedReplicas", 2)
    play.rolling(paused=True)
    play.run(4)
    play.patch({"spec": {"replicas": 6}})
    play.run(4)
    play.rolling(paused=False)
    play.until("updatedReadyReplicas", 6)
    play.run(3)


def cloneset_in_place(play: Player) -> None:
    play.apply(4, rolling("InPlaceIfPossible", maxUnavailable=1, partition=2))
    play.until("updatedReadyReplicas", 4)
    play.image("1.1")
    play.run(3)
    play.until("updatedReadyReplicas", 2)
    play.rolling(partition=0)
    play.until("updatedReadyReplicas", 4)
    env = [{"name": "COLOR", "value": "green"}]
    play.patch([{"op": "add", "path": "/spec/template/spec/containers/0/env", "value": env}])
    play.run(1)
    play.until("updatedReadyReplicas", 4)
    play.run(2)


def cloneset_in_place_fails(play: Player) -> None:
    play.apply(3, rolling("InPlaceOnly", maxUnavailable=1), progressDeadlineSeconds=12)
    play.until("updatedReadyReplicas", 3)
    play.image("nopull")
    play.run(17)
    play.image("1.0")
    play.run(5)
    play.until("readyReplicas", 3)


def cloneset_failing_undo(play: Player) -> None:
    play.apply(4, rolling(maxUnavailable=2), progressDeadlineSeconds=12)
    play.until("updatedReadyReplicas", 4)
    play.image("crash")
    play.run(17)
    play.image("1.0")
    play.run(3)
    play.until("updatedReadyReplicas", 4)
    play.run(2)


def cloneset_scale_delete(play: Player) -> None:
    play.apply(3, rolling(maxUnavailable=1))
    play.until("readyReplicas", 3)
    play.patch({"spec": {"replicas": 5}})
    play.until("readyReplicas", 5)
    name = play.pods()[1]["metadata"]["name"]
    play.patch({"spec": {"replicas": 4, "scaleStrategy": {"podsToDelete": [name]}}})
    play.run(4)
    assert name not in {pod["metadata"]["name"] for pod in play.pods()}
    named = play.pods()[0]["metadata"]["name"]
    body = json.dumps({"metadata": {"labels": {"apps.kruise.io/specified-delete": "true"}}}).encode()
    play.api.patch(play.api.catalog.named("pods"), "default", named, MERGE_PATCH, body, manager="kubectl-label")
    play.run(4)
    play.delete(play.pods()[0])
    play.run(4)
    play.patch({"spec": {"replicas": 0}})
    play.run(3)


def cloneset_on_delete(play: Player) -> None:
    play.apply(3, {"type": "OnDelete"})
    play.until("readyReplicas", 3)
    play.image("1.1")
    play.run(3)
    play.delete(play.pods()[0])
    play.run(4)
    # The recording deletes all, and the new one last: made again, it changes no number.
    newest = play.cloneset()["status"]["updateRevision"]
    play.delete(*(pod for pod in play.pods() if pod["metadata"]["labels"]["controller-revision-hash"] != newest))
    play.run(5)


SCENARIOS: dict[str, Callable[[Player], None]] = {
    play.__name__.replace("_", "-"): play
    for play in (
        cloneset_partition, cloneset_paused, cloneset_in_place, cloneset_in_place_fails, cloneset_failing_undo,
        cloneset_scale_delete, cloneset_on_delete,
    )
}  # fmt: skip


@cache
def _lines(name: str) -> list[JSON]:
    with gzip.open(RECORDINGS / f"{name}.jsonl.gz", "rb") as lines:
        wanted = [line for line in lines if b'"event"' in line and (b"/clonesets" in line or b"/events" in line)]
    return [msgspec.json.decode(line)["event"]["object"] for line in wanted]


def recorded(name: str, kind: str = "CloneSet") -> list[JSON]:
    """The objects of a kind that went by in a recording, as v1beta1 has them."""
    return [obj for obj in _lines(name) if obj.get("kind") == kind and not obj["apiVersion"].endswith("v1alpha1")]


def story(clonesets: Iterable[JSON]) -> list[tuple[Any, ...]]:
    """Generation, counts, goal, whose revision is current, and Progressing, each time that one of them changes.

    What is ready or available at once, or one after the other, is a matter of milliseconds: it is told by `balance`.
    """
    told: list[tuple[Any, ...]] = []
    names: dict[str, int] = {}
    for each in clonesets:
        status = each.get("status") or {}
        if status.get("observedGeneration") != each["metadata"]["generation"]:
            continue
        for field in ("currentRevision", "updateRevision"):
            names.setdefault(status[field], len(names) + 1)
        row = (
            status["updatedReplicas"], status.get("expectedUpdatedReplicas"), names[status["currentRevision"]],
            names[status["updateRevision"]], *progressing(status, names),
        )  # fmt: skip
        if not told or told[-1] != row:
            told.append(row)
    return told


def progressing(status: JSON, names: dict[str, int]) -> tuple[str, ...]:
    """Status, reason and message of the condition; nothing where there is none."""
    for each in status.get("conditions") or ():
        if each["type"] == "Progressing":
            message = re.sub(r"web-\w+", lambda match: f"revision {names[match[0]]}", each["message"])
            return each["status"], each["reason"], message
    return ()


def least_ready(clonesets: Iterable[JSON]) -> list[int]:
    """The least number of ready pods while each revision was rolled out, from when all were ready."""
    least: dict[str, int] = {}
    for each in clonesets:
        status = each.get("status") or {}
        if status.get("updatedReadyReplicas") is not None:
            revision = f"{status['updateRevision']} of {each['spec']['replicas']}"
            least[revision] = min(least.get(revision, 99), status["readyReplicas"])
    return list(least.values())[1:]


def reasons(events: Iterable[JSON]) -> set[tuple[str, str]]:
    """The kinds of events about CloneSets."""
    return {(each["type"], each["reason"]) for each in events if each["involvedObject"]["kind"] == "CloneSet"}
