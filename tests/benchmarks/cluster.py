"""A large cluster as bytes: recorded objects of a real control plane, repeated with other names, uids and numbers.

The bytes are made without ktui and without the simulator, fast enough for the server to be no part of what is
measured: a template is cut at its placeholders once, and filling it in is a join.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, Final

RECORDING: Final = Path(__file__).parents[1] / "recordings" / "rolling-update.jsonl.gz"

MARKER: Final = "bench-marker"
"""The Deployment whose image changes several times a second in a storm: `bench-marker:00017`."""

_WORDS: Final = ("api", "auth", "billing", "cart", "catalog", "checkout", "gateway", "inbox", "ledger", "mail", "stock")
_CREATED: Final = "2026-01-02T03:04:05Z"
_HOLE: Final = re.compile(rb'"@#(\w+)@"|@(\w+)@')


class Template:
    """JSON with holes: `@NAME@` within a string, `"@#NAME@"` for a number."""

    def __init__(self, document: dict[str, Any]) -> None:
        raw = json.dumps(document, separators=(",", ":")).encode()
        self._texts: list[bytes] = []
        self._holes: list[str] = []
        at = 0
        for hole in _HOLE.finditer(raw):
            self._texts.append(raw[at : hole.start()])
            self._holes.append((hole[1] or hole[2]).decode())
            at = hole.end()
        self._texts.append(raw[at:])

    def fill(self, values: Mapping[str, object]) -> bytes:
        """The document with these values."""
        parts = [self._texts[0]]
        for hole, text in zip(self._holes, self._texts[1:], strict=True):
            parts.append(str(values[hole]).encode())
            parts.append(text)
        return b"".join(parts)


@cache
def _recorded() -> dict[str, dict[str, Any]]:
    """The last Deployment, ReplicaSet and running pod of the recording, as they were served."""
    found: dict[str, dict[str, Any]] = {}
    with gzip.open(RECORDING, "rb") as file:
        for line in file:
            obj = (json.loads(line).get("event") or {}).get("object") or {}
            kind, status = str(obj.get("kind")), obj.get("status") or {}
            going = "deletionTimestamp" in obj.get("metadata", {})
            wanted = {
                "Deployment": True,
                "ReplicaSet": bool(status.get("replicas")),
                "Pod": status.get("phase") == "Running" and not going,
            }
            if wanted.get(kind):
                found[kind] = obj
    return found


def _copy(kind: str) -> dict[str, Any]:
    obj: dict[str, Any] = json.loads(json.dumps(_recorded()[kind]))
    obj["metadata"] |= {"name": "@NAME@", "namespace": "@NS@", "uid": "@UID@", "resourceVersion": "@RV@"}
    obj["metadata"]["creationTimestamp"] = "@CREATED@"
    return obj


def _template_holes(spec: dict[str, Any]) -> None:
    spec["template"]["metadata"]["labels"] |= {"app": "@APP@"}
    spec["template"]["spec"]["containers"][0] |= {"name": "@APP@", "image": "@IMAGE@"}


@cache
def _deployment() -> Template:
    obj = _copy("Deployment")
    obj["metadata"] |= {"generation": "@#GENERATION@", "labels": {"app": "@APP@"}}
    obj["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "@REVISION@"
    obj["spec"] |= {"replicas": "@#DESIRED@", "selector": {"matchLabels": {"app": "@APP@"}}}
    _template_holes(obj["spec"])
    numbers = {"replicas": "REPLICAS", "updatedReplicas": "UPDATED"}
    numbers |= {"readyReplicas": "READY", "availableReplicas": "READY", "observedGeneration": "GENERATION"}
    obj["status"] |= {name: f"@#{hole}@" for name, hole in numbers.items()}
    obj["status"]["conditions"][1]["reason"] = "@REASON@"
    return Template(obj)


@cache
def _replicaset() -> Template:
    obj = _copy("ReplicaSet")
    obj["metadata"]["labels"] |= {"app": "@APP@", "pod-template-hash": "@HASH@"}
    obj["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "@REVISION@"
    obj["metadata"]["ownerReferences"][0] |= {"name": "@APP@", "uid": "@OWNER@"}
    obj["spec"] |= {"replicas": "@#WANTED@"}
    obj["spec"]["selector"]["matchLabels"] |= {"app": "@APP@", "pod-template-hash": "@HASH@"}
    _template_holes(obj["spec"])
    obj["spec"]["template"]["metadata"]["labels"]["pod-template-hash"] = "@HASH@"
    numbers = {"replicas": "REPLICAS", "fullyLabeledReplicas": "REPLICAS"}
    numbers |= {"readyReplicas": "READY", "availableReplicas": "READY"}
    obj["status"] |= {name: f"@#{hole}@" for name, hole in numbers.items()}
    return Template(obj)


@cache
def _pod(stage: str) -> Template:
    """A pod at a stage of its life: pending, scheduled, running, ready, stopping, stopped."""
    obj = _copy("Pod")
    meta, spec, status = obj["metadata"], obj["spec"], obj["status"]
    meta |= {"generateName": "@RS@-", "labels": meta["labels"] | {"app": "@APP@", "pod-template-hash": "@HASH@"}}
    meta["ownerReferences"][0] |= {"name": "@RS@", "uid": "@OWNER@"}
    spec["containers"][0] |= {"name": "@APP@", "image": "@IMAGE@"}
    spec["nodeName"] = "@NODE@"
    status |= {"hostIP": "@HOST@", "podIP": "@IP@", "podIPs": [{"ip": "@IP@"}], "startTime": "@CREATED@"}
    for condition in status["conditions"]:
        condition["lastTransitionTime"] = "@CREATED@"
    container = status["containerStatuses"][0]
    container |= {"name": "@APP@", "image": "@IMAGE@", "state": {"running": {"startedAt": "@CREATED@"}}}
    container |= {"imageID": "@IMAGE@sha256:@UID@", "containerID": "containerd://@UID@"}
    if stage in ("stopping", "stopped"):
        meta |= {"deletionTimestamp": "@CREATED@", "deletionGracePeriodSeconds": 30}
    if stage not in ("ready", "stopping"):
        container |= {"ready": False}
        for condition in status["conditions"][2:]:
            condition |= {
                "status": "False",
                "reason": "ContainersNotReady",
                "message": "containers with unready status",
            }
    if stage in ("pending", "scheduled"):
        status["phase"] = "Pending"
        container |= {"started": False, "state": {"waiting": {"reason": "ContainerCreating"}}}
    if stage == "pending":
        status |= {"conditions": [], "containerStatuses": []}
        del spec["nodeName"]
    return Template(obj)


@dataclass
class Revision:
    """A ReplicaSet and how many pods it has."""

    uid: str
    hash: str
    image: str
    number: int
    wanted: int = 0
    replicas: int = 0
    ready: int = 0


PodKey = tuple[Revision, str, str]
"""A pod: its revision, the end of its name, its uid."""


@dataclass
class Service:
    """A Deployment: its revisions, the current one last, and its pods by slot."""

    namespace: str
    name: str
    uid: str
    desired: int
    generation: int = 1
    settled: bool = True
    revisions: list[Revision] = field(default_factory=list)
    pods: list[PodKey] = field(default_factory=list)

    @property
    def current(self) -> Revision:
        return self.revisions[-1]


Event = tuple[str, str, bytes]
"""Resource, type of the watch event, object."""


class Cluster:
    """So many pods in so many Deployments, ten to a namespace, all complete; the same for the same numbers."""

    def __init__(self, pods: int, deployments: int) -> None:
        self._random = random.Random(7)
        self._version = count(100_000)
        self.version = 100_000
        self._born = ""
        self.services = [self._service(index, pods // deployments) for index in range(deployments)]
        self.marker = Service("aaa", MARKER, self._uid(), 1)
        self.marker.revisions.append(self._revision(f"registry.example/{MARKER}:00000", 1))

    def lists(self) -> dict[str, list[bytes]]:
        """Everything there is, by resource."""
        everything = [*self.services, self.marker]
        return {
            "deployments": [self._deployment(service) for service in everything],
            "replicasets": [self._replicaset(service, rev) for service in self.services for rev in service.revisions],
            "pods": [
                self._pod(service, pod, "ready", slot)
                for service in self.services
                for slot, pod in enumerate(service.pods)
            ],
            "events": [],
        }

    def mark(self, number: int) -> Event:
        """The marker's next image."""
        self.marker.generation += 1
        self.marker.current.image = f"registry.example/{MARKER}:{number:05}"
        return "deployments", "MODIFIED", self._deployment(self.marker)

    def storm(self) -> Iterator[Event]:
        """Rolling updates of all Deployments at once, without end, in an order that the seed tells."""
        self._born = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        rollouts = [self._rollouts(service) for service in self.services]
        while True:
            yield next(self._random.choice(rollouts))

    def touches(self) -> Iterator[Event]:
        """Changes of pods that no row tells anything of, without end: as if someone annotated one after another."""
        while True:
            for service in self.services:
                for slot, pod in enumerate(service.pods):
                    yield "pods", "MODIFIED", self._pod(service, pod, "ready", slot)

    def _service(self, index: int, desired: int) -> Service:
        name = f"{self._random.choice(_WORDS)}-{self._random.choice(_WORDS)}-{index}"
        service = Service(f"team-{index // 10:02}", name, self._uid(), desired)
        for number in (1, 2, 3):
            service.revisions.append(self._revision(f"registry.example/{name}:1.{number}", number))
        current = service.current
        current.wanted = current.replicas = current.ready = desired
        service.pods = [(current, self._suffix(), self._uid()) for _ in range(desired)]
        return service

    def _rollouts(self, service: Service) -> Iterator[Event]:
        """One rolling update after another, pod by pod: eleven events for each pod that is replaced."""
        while True:
            old = service.current
            new = self._revision(f"registry.example/{service.name}:1.{old.number + 1}", old.number + 1)
            service.revisions.append(new)
            service.generation += 1
            service.settled = False
            yield self._changed(service)
            yield "replicasets", "ADDED", self._replicaset(service, new)
            for slot in range(service.desired):
                yield from self._replace(service, slot, old, new)
            service.settled = True
            gone = service.revisions.pop(0)
            yield self._changed(service)
            yield "replicasets", "DELETED", self._replicaset(service, gone)

    def _replace(self, service: Service, slot: int, old: Revision, new: Revision) -> Iterator[Event]:
        started, stopped = (new, self._suffix(), self._uid()), service.pods[slot]

        def pod(kind: str, which: PodKey, stage: str) -> Event:
            return "pods", kind, self._pod(service, which, stage, slot)

        new.wanted += 1
        new.replicas += 1
        yield "replicasets", "MODIFIED", self._replicaset(service, new)
        yield pod("ADDED", started, "pending")
        yield pod("MODIFIED", started, "scheduled")
        yield pod("MODIFIED", started, "running")
        yield pod("MODIFIED", started, "ready")
        new.ready += 1
        yield "replicasets", "MODIFIED", self._replicaset(service, new)
        yield self._changed(service)
        yield pod("MODIFIED", stopped, "stopping")
        old.wanted -= 1
        old.replicas -= 1
        old.ready -= 1
        yield "replicasets", "MODIFIED", self._replicaset(service, old)
        yield pod("MODIFIED", stopped, "stopped")
        service.pods[slot] = started
        yield pod("DELETED", stopped, "stopped")

    def _changed(self, service: Service) -> Event:
        return "deployments", "MODIFIED", self._deployment(service)

    def _revision(self, image: str, number: int) -> Revision:
        return Revision(self._uid(), f"{self._random.getrandbits(36):09x}", image, number)

    def _deployment(self, service: Service) -> bytes:
        ready = sum(revision.ready for revision in service.revisions)
        return _deployment().fill(
            self._meta(service, service.name, service.uid)
            | {
                "GENERATION": service.generation,
                "REVISION": service.current.number,
                "DESIRED": service.desired,
                "IMAGE": service.current.image,
                "REPLICAS": sum(revision.replicas for revision in service.revisions),
                "UPDATED": service.current.replicas,
                "READY": ready,
                "REASON": "NewReplicaSetAvailable" if service.settled else "ReplicaSetUpdated",
            }
        )

    def _replicaset(self, service: Service, revision: Revision) -> bytes:
        return _replicaset().fill(
            self._meta(service, f"{service.name}-{revision.hash}", revision.uid)
            | {
                "OWNER": service.uid,
                "HASH": revision.hash,
                "REVISION": revision.number,
                "IMAGE": revision.image,
                "WANTED": revision.wanted,
                "REPLICAS": revision.replicas,
                "READY": revision.ready,
            }
        )

    def _pod(self, service: Service, pod: PodKey, stage: str, slot: int) -> bytes:
        revision, suffix, uid = pod
        replicaset = f"{service.name}-{revision.hash}"
        node = slot % 100
        return _pod(stage).fill(
            self._meta(service, f"{replicaset}-{suffix}", uid)
            | {
                "RS": replicaset,
                "OWNER": revision.uid,
                "HASH": revision.hash,
                "IMAGE": revision.image,
                "NODE": f"node-{node}.example",
                "HOST": f"10.0.0.{node}",
                "IP": f"10.{1 + slot // 250}.{node}.{slot % 250}",
                "CREATED": self._born or f"2026-01-02T03:{slot // 60:02}:{slot % 60:02}Z",
            }
        )

    def _meta(self, service: Service, name: str, uid: str) -> dict[str, object]:
        self.version = next(self._version)
        return {
            "NAME": name,
            "NS": service.namespace,
            "UID": uid,
            "RV": self.version,
            "APP": service.name,
            "CREATED": _CREATED,
        }

    def _uid(self) -> str:
        digits = f"{self._random.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def _suffix(self) -> str:
        return "".join(self._random.choices("bcdfghjklmnpqrstvwxz2456789", k=5))
