"""The API server behind the proxy, and what goes on in it: the simulator, or the one that a variable names.

Whatever is asked here goes around the proxy: it is what ktui's picture is held against.
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from threading import Lock
from typing import Any, Final, Self

from ktui.kinds.registry import STREAMED
from ktui.model.resources import DEPLOYMENTS, PODS, REPLICASETS, Resource
from ktui.sim import SimulatedCluster

JSON = dict[str, Any]

ANOTHER: Final = "KTUI_CHAOS_SERVER"
"""The address of another server, which asks for no login and for no TLS: `kubectl proxy` makes one of any cluster.
The suite works in a namespace of its own there, and what only a simulator can do is left out."""

NAMESPACE: Final = "ktui-chaos"
_NAMESPACE: Final[JSON] = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
BEATING: Final = (DEPLOYMENTS, REPLICASETS, PODS)
"""Of each of these one object changes again and again, so that what is stale can be told."""

_WORKERS: Final = 3
_FIRST: Final = 4_000_000_000
_IMAGES: Final = ("registry.example/shop/web:1", "registry.example/shop/web:2", "registry.example/shop/web:crash")


@dataclass(frozen=True)
class Beat:
    """A change that the server had made by that time."""

    at: datetime
    resource: Resource
    uid: str
    version: int


@dataclass
class Server:
    """One API server with something to look at."""

    random: Random
    speed: float = 20.0
    """Of the simulator's time."""
    url: str = ""
    beats: list[Beat] = field(default_factory=list)
    """The changes since the store was new, the newest last."""
    _simulated: SimulatedCluster | None = None
    _stack: ExitStack = field(default_factory=ExitStack)
    _number: int = 0
    _stores: int = 0
    _lock: Lock = field(default_factory=Lock)

    def __enter__(self) -> Self:
        self.url = os.environ.get(ANOTHER, "").rstrip("/")
        if not self.url:
            self._begin()
        else:
            self._make(_NAMESPACE, "/api/v1/namespaces")
        self._fill()
        return self

    def __exit__(self, *_: object) -> None:
        if self._simulated is None:
            self._ask("DELETE", f"/api/v1/namespaces/{NAMESPACE}")
        self._stack.close()

    @property
    def is_simulated(self) -> bool:
        return self._simulated is not None

    # What goes on

    def beat(self) -> None:
        """Change one object of each of the resources that are looked at."""
        with self._lock:
            self._number += 1
            for resource in BEATING:
                annotations = {"chaos/beat": str(self._number)}
                changed = self._patch(resource, "beat", {"metadata": {"annotations": annotations}})
                meta = changed["metadata"]
                self.beats.append(Beat(datetime.now(UTC), resource, meta["uid"], int(meta["resourceVersion"])))
            del self.beats[:-3000]

    def work(self) -> None:
        """Something that an operator does: another size, another image."""
        name, container = f"work-{self.random.randrange(_WORKERS)}", {"name": "web", "image": _IMAGES[0]}
        container["image"] = self.random.choice(_IMAGES)
        body = self.random.choice([{"replicas": self.random.randrange(4)}, {"template": _of_containers(container)}])
        with self._lock:
            self._patch(DEPLOYMENTS, name, {"spec": body})

    def add(self, name: str) -> None:
        """One more Deployment."""
        with self._lock:
            self._make(_deployment(name, 1), DEPLOYMENTS.path(NAMESPACE))

    def compact(self) -> None:
        """Forget the history so far."""
        if self._simulated is not None:
            self._simulated.faults.compact()

    def lose_store(self) -> None:
        """Begin again with other objects, and with versions that lie before those that were known."""
        if self._simulated is None:
            return
        with self._lock:
            self._begin()
            self._fill()

    def listed(self) -> dict[Resource, dict[str, str]]:
        """What there is now: the version of each object, by uid."""
        return {
            resource: {
                item["metadata"]["uid"]: item["metadata"]["resourceVersion"]
                for item in self._ask("GET", resource.path(None))["items"]
            }
            for resource in STREAMED
        }

    # How it is done

    def _begin(self) -> None:
        self._stack.close()
        seed = self.random.randrange(1 << 30)
        self._simulated = SimulatedCluster(
            seed=seed, speed=self.speed, bookmark_seconds=20.0, developer_namespace=NAMESPACE
        )
        # Each store is younger than the one before, and does not catch up with it while it is looked at.
        self._stores += 1
        self._simulated.plane.storage.number = _FIRST - self._stores * 1_000_000
        self._simulated.apply(_NAMESPACE)
        self._stack.enter_context(self._simulated.serving())
        self.url = self._simulated.url

    def _fill(self) -> None:
        self.beats.clear()
        for name in ("beat", *(f"work-{number}" for number in range(_WORKERS))):
            self._make(_deployment(name, 0 if name == "beat" else 2), DEPLOYMENTS.path(NAMESPACE))
        self._make(_replicaset("beat"), REPLICASETS.path(NAMESPACE))
        self._make(_pod("beat"), PODS.path(NAMESPACE))

    def _make(self, obj: JSON, path: str) -> None:
        self._ask("POST", path, obj)

    def _patch(self, resource: Resource, name: str, body: JSON) -> JSON:
        kind = "application/strategic-merge-patch+json"
        return self._ask("PATCH", resource.path(NAMESPACE, name), body, kind)

    def _ask(self, method: str, path: str, body: JSON | None = None, kind: str = "application/json") -> JSON:
        request = urllib.request.Request(f"{self.url}{path}", method=method, headers={"Content-Type": kind})
        request.data = json.dumps(body).encode() if body is not None else None
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                said: JSON = json.load(answer)
                return said
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()}") from error


def _of_containers(container: JSON) -> JSON:
    return {"spec": {"containers": [container]}}


def _template(name: str) -> JSON:
    return {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": "web", "image": _IMAGES[0]}]},
    }


def _meta(name: str) -> JSON:
    return {"name": name, "namespace": NAMESPACE, "labels": {"app": name}}


def _deployment(name: str, replicas: int) -> JSON:
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": _template(name)}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": _meta(name), "spec": spec}


def _replicaset(name: str) -> JSON:
    own = f"{name}-alone"
    spec = {"replicas": 0, "selector": {"matchLabels": {"app": own}}, "template": _template(own)}
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": _meta(name), "spec": spec}


def _pod(name: str) -> JSON:
    labels = {"app": f"{name}-on-its-own"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**_meta(name), "labels": labels},
        "spec": _template(name)["spec"],
    }
