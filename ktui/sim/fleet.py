"""Many Deployments at once, rolled out already: put in place without waiting for their controllers."""

from __future__ import annotations

from typing import Any

from ktui.sim.api.resources import PODS
from ktui.sim.controllers.common import DEPLOYMENTS, MANAGER, REPLICA_SETS
from ktui.sim.controllers.drafts import draft_replica_set
from ktui.sim.controllers.pods import Mould
from ktui.sim.controlplane import ControlPlane
from ktui.sim.kernel import rfc3339
from ktui.sim.node.containers import containers_of, pod_status
from ktui.sim.scenario import Fleet

JSON = dict[str, Any]
OLDEST_SECONDS = 30 * 86400.0
TICK_SECONDS = 0.02
_NAMES = (
    "api", "auth", "billing", "cart", "catalog", "checkout", "email", "events", "export", "feed", "gateway", "images",
    "import", "index", "invoice", "ledger", "login", "media", "orders", "payments", "pricing", "profile", "queue",
    "rates", "reports", "reviews", "router", "scheduler", "search", "session", "shipping", "stock", "sync", "tax",
)  # fmt: skip


def place_fleet(plane: ControlPlane, fleet: Fleet) -> None:
    """Create the Deployments with their ReplicaSets and running pods, all of them ready for some time."""
    each, rest = divmod(fleet.pods, max(fleet.deployments, 1))
    for number in range(fleet.deployments):
        namespace = f"team-{number % max(fleet.namespaces, 1):02}"
        name = f"{_NAMES[number % len(_NAMES)]}-{number:03}"
        _place(plane, namespace, name, each + (number < rest))
    for version in plane.api.bucket(PODS).objects.values():
        _ = version.raw  # so that the first list takes no longer than any other
    if fleet.events_per_second > 0:
        Unrest(plane, fleet.events_per_second).begin()


def _place(plane: ControlPlane, namespace: str, name: str, replicas: int) -> None:
    kernel, api = plane.kernel, plane.api
    born = rfc3339(kernel.now - kernel.random.uniform(0.01, 1) * OLDEST_SECONDS)
    deployment = plane.apply(_manifest(namespace, name, replicas), manager="kubectl-client-side-apply")
    deployment = api.storage.put(DEPLOYMENTS, _born(deployment, born))
    draft = draft_replica_set(deployment, [], 1)
    rs = api.create(REPLICA_SETS, namespace, draft, manager=MANAGER, trusted=True)
    rs = api.storage.put(REPLICA_SETS, _born(rs, born))
    mould, nodes = Mould(rs, rs["spec"]["template"]), plane.scheduler.nodes
    for _ in range(replicas):
        node = nodes[kernel.random.randrange(len(nodes))]
        _place_pod(plane, rs, mould.pod(), node.name, born)


def _place_pod(plane: ControlPlane, rs: JSON, pod: JSON, node: str, born: str) -> None:
    chance = plane.kernel.random
    pod["spec"]["nodeName"] = node
    containers = containers_of(pod)
    for container in containers:
        container.run(born)
        container.ready = container.started = True
    host = plane.kubelet.address(node)
    address = f"10.{chance.randint(1, 250)}.{chance.randint(0, 255)}.{chance.randint(2, 254)}"
    pod["status"] = pod_status(
        pod, containers, phase="Running", host=host, address=address, started=born, stamp=born, through=True
    )
    plane.api.create(
        PODS, rs["metadata"]["namespace"], pod, manager=MANAGER, trusted=True, born=born, like=rs["metadata"]["uid"]
    )


def _born(obj: JSON, stamp: str) -> JSON:
    return obj | {"metadata": obj["metadata"] | {"creationTimestamp": stamp}}


def _manifest(namespace: str, name: str, replicas: int) -> JSON:
    labels = {"app": name}
    container = {
        "name": "app",
        "image": f"registry.example/{name}:1.0.0",
        "ports": [{"containerPort": 8080}],
        "env": [{"name": "LOG_LEVEL", "value": "info"}],
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "64Mi"}},
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


class Unrest:
    """Pods that lose and regain their readiness, so that about so many changes a second go through the watches."""

    def __init__(self, plane: ControlPlane, changes_per_second: float) -> None:
        self._plane = plane
        self._rate = changes_per_second
        self._since = (plane.kernel.now, plane.storage.number)
        self._uids: list[str] = []

    def begin(self) -> None:
        """Start in a second, when the controllers have seen the fleet."""
        self._plane.kernel.after(1.0, self._start)

    def _start(self) -> None:
        self._since = (self._plane.kernel.now, self._plane.storage.number)
        self._uids = self._plane.kubelet.uids()
        self._tick()

    def _tick(self) -> None:
        kernel, storage = self._plane.kernel, self._plane.storage
        began, number = self._since
        while storage.number - number < (kernel.now - began) * self._rate:
            worker = self._plane.kubelet.worker(kernel.random.choice(self._uids))
            if worker is None:
                self._uids = self._plane.kubelet.uids()
            else:
                worker.flap()
        kernel.after(TICK_SECONDS, self._tick)
