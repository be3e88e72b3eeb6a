"""The scenarios of the Knative recordings, played on a simulated cluster in virtual time, and what they tell.

Each step is the one of the recording's own script: the manifests, the patches, and how long is waited.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import msgspec

from ktui.sim import SimulatedCluster
from ktui.sim.api.patch import JSON_PATCH, MERGE_PATCH
from ktui.sim.storage import Change

JSON = dict[str, Any]
RECORDINGS = Path(__file__).parents[1] / "recordings" / "knative"
DEADLINE, DURATION = "serving.knative.dev/progress-deadline", "serving.knative.dev/rollout-duration"
LATEST: JSON = {"latestRevision": True, "percent": 100}


class Player:
    """The Knative Service `web` in the namespace `default`, and what kubectl does to it."""

    def __init__(self) -> None:
        self.cluster = SimulatedCluster(seed=3, start=datetime(2026, 11, 28, 14, tzinfo=UTC))
        self.cluster.install("knative")
        self.api = self.cluster.api
        self.services = self.api.catalog.named("services.serving.knative.dev")
        self.seen: dict[str, list[JSON]] = {"Service": [], "Revision": []}
        for kind, resource in (("Service", self.services), ("Revision", self.api.catalog.named("revisions"))):
            self.api.bucket(resource).listen(partial(self._see, kind))

    def _see(self, kind: str, change: Change) -> None:
        self.seen[kind].append(change.version.obj)

    def apply(self, tag: str, *, annotations: JSON | None = None, own: JSON | None = None, least: int = 1) -> None:
        container = {"image": f"registry.example/shop/web:{tag}", "ports": [{"containerPort": 8080}]}
        given = {"autoscaling.knative.dev/min-scale": str(least)} | (annotations or {})
        spec = {"template": {"metadata": {"annotations": given}, "spec": {"containers": [container]}}}
        metadata = {"name": "web", "annotations": own or {}}
        self.cluster.apply(
            {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "metadata": metadata, "spec": spec}
        )

    def run(self, seconds: float) -> None:
        self.cluster.run_for(seconds)

    def service(self) -> JSON:
        found = self.api.bucket(self.services).get("default", "web")
        assert found is not None
        return dict(found)

    def ready(self, status: str = "True", within: float = 80.0) -> None:
        """Wait until the Service says so of its present spec."""

        def holds(_: SimulatedCluster) -> bool:
            service = self.service()
            seen = (service.get("status") or {}).get("observedGeneration") == service["metadata"]["generation"]
            return bool(seen and said(service, "Ready")[0] == status)

        self.cluster.wait_until(holds, within)

    def patch(self, body: JSON | list[JSON]) -> None:
        media_type = JSON_PATCH if isinstance(body, list) else MERGE_PATCH
        self.api.patch(self.services, "default", "web", media_type, json.dumps(body).encode(), manager="kubectl-patch")

    def image(self, tag: str, name: str = "registry.example/shop/web") -> None:
        path = "/spec/template/spec/containers/0/image"
        self.patch([{"op": "replace", "path": path, "value": f"{name}:{tag}"}])

    def traffic(self, *targets: JSON) -> None:
        self.patch({"spec": {"traffic": list(targets)}})

    def pin(self, **shares: int) -> None:
        """`pin(web_00001=90, web_00002=10)`."""
        self.traffic(*({"revisionName": n.replace("_", "-"), "percent": share} for n, share in shares.items()))


def ksvc_first_revision(play: Player) -> None:
    play.apply("1.0")
    play.ready()
    play.run(3)


def ksvc_new_image(play: Player) -> None:
    play.apply("1.0")
    play.ready()
    for tag in ("1.1", "slow"):
        play.image(tag)
        play.run(1)
        play.ready()
        play.run(3)


def ksvc_crash(play: Player) -> None:
    play.apply("1.0", annotations={DEADLINE: "10s"})
    play.ready()
    play.image("crash")
    play.run(1)
    play.ready("False")
    play.run(60)
    play.image("1.2")
    play.run(1)
    play.ready()


def ksvc_nopull(play: Player) -> None:
    play.apply("1.0", annotations={DEADLINE: "10s"})
    play.ready()
    play.image("nopull")
    play.run(1)
    play.ready("False")
    play.run(60)
    play.image("1.0")
    play.run(1)
    play.ready()


def ksvc_first_fails(play: Player) -> None:
    play.apply("unschedulable", annotations={DEADLINE: "8s"})
    play.ready("False")
    play.image("nopull")
    play.run(12)
    play.image("1.0")
    play.run(1)
    play.ready()


def ksvc_quota(play: Player) -> None:
    play.apply("1.0")
    play.ready()
    spec = {"hard": {"pods": "1"}}
    play.cluster.apply({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "pods"}, "spec": spec})
    play.run(0.5)
    play.image("1.1")
    play.run(6)
    play.api.delete(play.api.catalog.named("resourcequotas"), "default", "pods")
    play.run(1)
    play.ready()


def ksvc_traffic_split(play: Player) -> None:
    play.apply("1.0")
    play.ready()
    play.pin(web_00001=100)
    play.run(1)
    play.ready()
    play.image("1.1")
    play.run(6)
    for shares in ({"web_00001": 90, "web_00002": 10}, {"web_00001": 50, "web_00002": 50}, {"web_00002": 100}):
        play.pin(**shares)
        play.run(1)
        play.ready()
        play.run(3)


def ksvc_tags_and_pins(play: Player) -> None:
    latest = {"latestRevision": True, "percent": 0, "tag": "latest"}

    def pinned(number: int, percent: int, tag: str) -> JSON:
        return {"revisionName": f"web-0000{number}", "percent": percent, "tag": tag}

    play.apply("1.0")
    play.ready()
    play.image("1.1")
    play.run(2)
    play.ready()
    play.traffic(pinned(1, 100, "stable"), pinned(2, 0, "candidate"), latest)
    play.run(1)
    play.ready()
    play.image("1.2")
    play.run(2)
    play.ready()
    play.traffic(pinned(1, 80, "stable"), pinned(2, 20, "candidate"), latest)
    play.run(1)
    play.ready()
    play.traffic(pinned(2, 100, "stable"), latest)
    play.run(1)
    play.ready()


def ksvc_roll_back(play: Player) -> None:
    play.apply("1.0")
    play.ready()
    play.image("1.1")
    play.run(2)
    play.ready()
    play.run(100)
    play.pin(web_00001=100)
    play.run(1)
    play.ready()
    play.run(3)
    play.image("1.2")
    play.run(6)
    play.traffic(LATEST)
    play.run(1)
    play.ready()


def ksvc_missing_target(play: Player) -> None:
    play.apply("1.0")
    play.ready()
    play.pin(web_00009=100)
    play.run(3)
    play.traffic(LATEST)
    play.run(1)
    play.ready()
    play.pin(web_00001=60, web_00002=40)
    play.run(2)
    play.image("1.1")
    play.run(5)
    play.ready()


def ksvc_digest_not_resolved(play: Player) -> None:
    play.apply("1.0")
    play.ready()
    play.image("1.1", "127.0.0.1:1/shop/web")
    play.run(8)
    play.image("1.2")
    play.run(2)
    play.ready()


def ksvc_gradual_rollout(play: Player) -> None:
    play.apply("1.0", own={DURATION: "24s"})
    play.ready()
    play.image("1.1")
    play.run(16.0)
    play.image("1.2")
    play.run(8)
    play.ready()


def ksvc_gradual_stopped(play: Player) -> None:
    play.apply("1.0", own={DURATION: "40s"})
    play.ready()
    play.image("1.1")
    play.run(11)
    play.pin(web_00001=100)
    play.run(2)
    play.ready()
    play.run(4)
    play.traffic(LATEST)
    play.run(1)
    play.ready()
    play.image("1.2")
    play.run(13)
    play.patch({"metadata": {"annotations": {DURATION: None}}})
    play.run(1)
    play.ready()


SCENARIOS: dict[str, Callable[[Player], None]] = {
    play.__name__.replace("_", "-"): play
    for play in (
        ksvc_first_revision, ksvc_new_image, ksvc_crash, ksvc_nopull, ksvc_first_fails, ksvc_quota, ksvc_traffic_split,
        ksvc_tags_and_pins, ksvc_roll_back, ksvc_missing_target, ksvc_digest_not_resolved, ksvc_gradual_rollout,
        ksvc_gradual_stopped,
    )
}  # fmt: skip


@cache
def _lines(name: str) -> list[JSON]:
    """What went by of Knative's own objects; the rest is not decoded, as there is much of it."""
    with gzip.open(RECORDINGS / f"{name}.jsonl.gz", "rb") as lines:
        wanted = [line for line in lines if b'"path":"/apis/serving.' in line and b'"event"' in line]
    events = [msgspec.json.decode(line)["event"] for line in wanted]
    return [event["object"] for event in events if event["type"] != "BOOKMARK"]


def recorded(name: str, kind: str = "Service") -> list[JSON]:
    """The objects of a kind of Knative's that went by in a recording."""
    return [o for o in _lines(name) if o["kind"] == kind]


def said(obj: JSON, type_: str) -> tuple[str, str, str]:
    """Status, reason and message of a condition, without the hashes of ReplicaSets."""
    for each in (obj.get("status") or {}).get("conditions") or ():
        if each["type"] == type_:
            message = re.sub(r"-deployment-\w+(-\w+)?", "-deployment-*", each.get("message", ""))
            message = re.sub(r"(Back-off pulling image|nodes are available).*", r"\1", re.sub(r"0/\d+ ", "", message))
            return each["status"], each.get("reason", ""), message
    return "", "", ""


def traffic(service: JSON) -> tuple[tuple[Any, ...], ...]:
    """Who gets what."""
    targets = (service.get("status") or {}).get("traffic") or ()
    return tuple((e["revisionName"], e.get("percent", 0), e.get("tag"), bool(e.get("latestRevision"))) for e in targets)


def story(services: Iterable[JSON]) -> list[tuple[Any, ...]]:
    """Ready and the traffic, each time that one of them changes, but for what is seen by chance.

    That is TrafficNotMigrated, whether the Service hears first of the Revision or of the Route where there is no
    traffic yet, and which words stand there while a revision stays failed.
    """
    told: list[tuple[Any, ...]] = []
    for each in services:
        if (each.get("status") or {}).get("observedGeneration") != each["metadata"]["generation"]:
            continue
        row = (*said(each, "Ready"), traffic(each))
        is_chance = row[1] == "TrafficNotMigrated" or (row[1] == "RevisionFailed" and not row[3])
        is_same = bool(told) and row[1] == told[-1][1] == "RevisionFailed"
        if not is_chance and not is_same and (not told or told[-1] != row):
            told.append(row)
    return told
