"""metrics.k8s.io: what containers and nodes use, made up from what they request, the same each time it is read.

Usage is a share of the request that goes with the image's name, a little more or less in each version of it, in each
pod, and from one window to the next; or it is what the pod's fate says. As with a real metrics server, a container is
measured once it has run for a window, and what is shown is of the end of the last window.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any, Final

from ktui.sim.api import errors, resources
from ktui.sim.api.resources import Resource
from ktui.sim.api.syntax import quantity
from ktui.sim.apiserver import ApiServer
from ktui.sim.kernel import rfc3339
from ktui.sim.node.fate import Fate
from ktui.sim.reading import ListOptions
from ktui.sim.serving.paths import Target

JSON = dict[str, Any]
Measure = Callable[[JSON], JSON | None]

PODS, NODES = resources.of("", "pods"), resources.of("", "nodes")
WINDOW_SECONDS = 15
_GROUP_VERSION = {"apiVersion": "metrics.k8s.io/v1beta1"}
_WITHOUT_REQUEST = {"cpu": 0.05, "memory": 96.0 * 2**20}
_OF_A_NODE_ITSELF = {"cpu": 0.2, "memory": 1.5 * 2**30}
_LEAST_SHARE, _MOST_SHARE = 0.45, 0.7
_OF_A_VERSION, _OF_A_POD = 0.08, 0.05
_OF_A_WINDOW: Final = {"cpu": 0.15, "memory": 0.02}
"""How much more or less it may be, as a share."""
_MOST_OF_A_LIMIT = 0.99


class Metrics:
    """Answers what a metrics server would."""

    def __init__(self, api: ApiServer, fate_of: Callable[[JSON], Fate]) -> None:
        self._api = api
        self._fate_of = fate_of

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
        running = _running(pod, self._window * WINDOW_SECONDS - WINDOW_SECONDS)
        if len(running) < len(pod["spec"]["containers"]):
            return None
        containers = [{"name": each["name"], "usage": _formatted(self._usage(pod, each))} for each in running]
        return self._measured(pod) | {"containers": containers}

    @property
    def _window(self) -> int:
        """The number of the window that is going on."""
        return int(self._api.kernel.now // WINDOW_SECONDS)

    def _pods_by_node(self) -> dict[str, list[JSON]]:
        pods: dict[str, list[JSON]] = {}
        for pod in self._api.bucket(PODS).all():
            pods.setdefault(pod["spec"].get("nodeName", ""), []).append(pod)
        return pods

    def _node(self, node: JSON, pods: dict[str, list[JSON]]) -> JSON:
        here = pods.get(node["metadata"]["name"], [])
        used = [self._usage(pod, container) for pod in here for container in _running(pod, self._api.kernel.now)]
        total = {what: own + sum(usage[what] for usage in used) for what, own in _OF_A_NODE_ITSELF.items()}
        return self._measured(node) | {"usage": _formatted(total)}

    def _measured(self, obj: JSON) -> JSON:
        kept = ("name", "namespace", "labels")
        metadata = {field: obj["metadata"][field] for field in kept if field in obj["metadata"]}
        return {
            "metadata": metadata | {"creationTimestamp": self._api.kernel.stamp()},
            "timestamp": rfc3339(self._window * WINDOW_SECONDS),
            "window": f"{WINDOW_SECONDS}s",
        }

    def _usage(self, pod: JSON, container: JSON) -> dict[str, float]:
        """Cores and bytes."""
        resources = container.get("resources") or {}
        requested, limited = resources.get("requests") or {}, resources.get("limits") or {}
        given = self._given(pod, container)
        image, _, tag = container.get("image", "").rpartition(":")
        uid = pod["metadata"]["uid"]
        usage = {}
        for what, otherwise in _WITHOUT_REQUEST.items():
            amount = given.get(what)
            if amount is None:
                share = _LEAST_SHARE + (_MOST_SHARE - _LEAST_SHARE) * _chance(image, what)
                amount = share * (quantity(requested[what]) if what in requested else otherwise)
                amount *= _around(_OF_A_VERSION, image, tag, what)
            amount *= _around(_OF_A_POD, uid, container["name"], what)
            amount *= _around(_OF_A_WINDOW[what], uid, container["name"], what, self._window)
            most = quantity(limited[what]) * _MOST_OF_A_LIMIT if what in limited else amount
            usage[what] = min(amount, most)
        return usage

    def _given(self, pod: JSON, container: JSON) -> dict[str, float]:
        """What the pod's fate says of this container; text that is no quantity says nothing."""
        fate = self._fate_of(pod)
        if container["name"] != (fate.container or pod["spec"]["containers"][0]["name"]):
            return {}
        given = {}
        for what, text in (("cpu", fate.cpu), ("memory", fate.memory)):
            try:
                given[what] = quantity(text)
            except ValueError:
                continue
        return given


def _running(pod: JSON, until: float) -> list[JSON]:
    """The containers that run since that time or earlier; sidecars too."""
    status, stamp = pod["status"], rfc3339(until)
    statuses = (*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ()))
    running = {
        each["name"] for each in statuses if (each.get("state") or {}).get("running", {}).get("startedAt", "~") <= stamp
    }
    containers = (*pod["spec"]["containers"], *(pod["spec"].get("initContainers") or ()))
    return [container for container in containers if container["name"] in running]


def _chance(*seed: object) -> float:
    """A number from 0 to 1 that is the same for the same seed."""
    return zlib.crc32("/".join(map(str, seed)).encode()) / 2**32


def _around(spread: float, *seed: object) -> float:
    return 1 + spread * (2 * _chance(*seed) - 1)


def _formatted(usage: dict[str, float]) -> JSON:
    return {"cpu": f"{round(usage['cpu'] * 1e9)}n", "memory": f"{round(usage['memory'] / 1024)}Ki"}
