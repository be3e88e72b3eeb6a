"""metrics.k8s.io: what containers and nodes use, made up from what they request, the same each time it is read.

Usage moves from one window to the next and stays around a share of the request, so that a request that is too small
or too large can be seen as such.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from typing import Any

from ktui.sim.api import errors, resources
from ktui.sim.api.resources import Resource
from ktui.sim.api.syntax import quantity
from ktui.sim.apiserver import ApiServer
from ktui.sim.reading import ListOptions
from ktui.sim.serving.paths import Target

JSON = dict[str, Any]
Measure = Callable[[JSON], JSON | None]

PODS, NODES = resources.of("", "pods"), resources.of("", "nodes")
WINDOW_SECONDS = 15
_GROUP_VERSION = {"apiVersion": "metrics.k8s.io/v1beta1"}
_WITHOUT_REQUEST = {"cpu": 0.05, "memory": 96.0 * 2**20}
_OF_A_NODE_ITSELF = {"cpu": 0.2, "memory": 1.5 * 2**30}
_LEAST_SHARE, _MOST_SHARE = 0.35, 0.75


class Metrics:
    """Answers what a metrics server would."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api

    def answer(self, target: Target, options: ListOptions) -> JSON:
        """PodMetrics or NodeMetrics, of one object or as a list.

        Raises:
            ApiError: 404 for what is not there, or does not run yet.
        """
        if target.resource.kind == "NodeMetrics":
            pods = self._pods_by_node()
            return self._answer(target, options, NODES, lambda node: self._node(node, pods))
        return self._answer(target, options, PODS, self._pod)

    def _answer(self, target: Target, options: ListOptions, measured: Resource, measure: Measure) -> JSON:
        kind = target.resource.kind
        bucket = self._api.bucket(measured)
        if target.name:
            obj = bucket.get(target.namespace, target.name)
            found = measure(obj) if obj is not None else None
            if found is None:
                missing = Resource("metrics.k8s.io", "v1beta1", kind.lower(), "", kind)
                raise errors.not_found(missing, target.name)
            return {"kind": kind, **_GROUP_VERSION, **found}
        objects = bucket.in_namespace(target.namespace) if target.namespace else bucket.all()
        chosen = (obj for obj in objects if options.matches is None or options.matches(obj))
        items = [item for obj in chosen if (item := measure(obj)) is not None]
        return {"kind": f"{kind}List", **_GROUP_VERSION, "metadata": {}, "items": items}

    def _pod(self, pod: JSON) -> JSON | None:
        containers = [
            {"name": container["name"], "usage": _told(self._usage(pod, container))} for container in _running(pod)
        ]
        return self._measured(pod) | {"containers": containers} if containers else None

    def _pods_by_node(self) -> dict[str, list[JSON]]:
        pods: dict[str, list[JSON]] = {}
        for pod in self._api.bucket(PODS).all():
            pods.setdefault(pod["spec"].get("nodeName", ""), []).append(pod)
        return pods

    def _node(self, node: JSON, pods: dict[str, list[JSON]]) -> JSON:
        here = pods.get(node["metadata"]["name"], [])
        used = [self._usage(pod, container) for pod in here for container in _running(pod)]
        total = {what: own + sum(usage[what] for usage in used) for what, own in _OF_A_NODE_ITSELF.items()}
        return self._measured(node) | {"usage": _told(total)}

    def _measured(self, obj: JSON) -> JSON:
        stamp = self._api.kernel.stamp()
        kept = ("name", "namespace", "labels")
        metadata = {field: obj["metadata"][field] for field in kept if field in obj["metadata"]}
        return {
            "metadata": metadata | {"creationTimestamp": stamp},
            "timestamp": stamp,
            "window": f"{WINDOW_SECONDS}s",
        }

    def _usage(self, pod: JSON, container: JSON) -> dict[str, float]:
        """Cores and bytes."""
        requested = (container.get("resources") or {}).get("requests") or {}
        window = int(self._api.kernel.now // WINDOW_SECONDS)
        usage = {}
        for what, otherwise in _WITHOUT_REQUEST.items():
            base = quantity(requested[what]) if what in requested else otherwise
            seed = f"{pod['metadata']['uid']}/{container['name']}/{what}/{window}".encode()
            share = _LEAST_SHARE + (_MOST_SHARE - _LEAST_SHARE) * zlib.crc32(seed) / 2**32
            usage[what] = base * share
        return usage


def _running(pod: JSON) -> Iterable[JSON]:
    statuses = pod["status"].get("containerStatuses") or ()
    running = {status["name"] for status in statuses if "running" in (status.get("state") or {})}
    return [container for container in pod["spec"]["containers"] if container["name"] in running]


def _told(usage: dict[str, float]) -> JSON:
    return {"cpu": f"{round(usage['cpu'] * 1e9)}n", "memory": f"{round(usage['memory'] / 1024)}Ki"}
