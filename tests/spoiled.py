"""One object of each kind of workload that cannot be read, put past all that an API server would check."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from ktui.sim import SimulatedCluster

JSON = dict[str, Any]


class Spoiled(NamedTuple):
    """A field of an object's spec with a value of another type, and what that is called."""

    title: str
    plural: str
    field: str
    value: object
    why: str

    @property
    def sentence(self) -> str:
        return f"The {self.title} shop/odd cannot be read: {self.why}."

    @property
    def why_not(self) -> str:
        return f"The {self.title} odd cannot be read: {self.why}."


def _is(title: str, plural: str, field: str, value: object, why: str) -> Spoiled:
    return Spoiled(title, plural, field, value, f"spec.{field} must be {why}")


SPOILED = [
    _is("Deployment", "deployments.apps", "replicas", "three", "a whole number, and is text"),
    _is("StatefulSet", "statefulsets.apps", "updateStrategy", [], "an object, and is a list"),
    _is("DaemonSet", "daemonsets.apps", "minReadySeconds", "5", "a whole number, and is text"),
    _is("Argo Rollout", "rollouts.argoproj.io", "strategy", [], "an object, and is a list"),
    _is("CloneSet", "clonesets.apps.kruise.io", "updateStrategy", "x", "an object, and is text"),
    _is("Advanced StatefulSet", "statefulsets.apps.kruise.io", "replicas", 1.5, "a whole number, and is a number"),
    _is("Advanced DaemonSet", "daemonsets.apps.kruise.io", "updateStrategy", True, "an object, and is true or false"),
    _is("Canary", "canaries.flagger.app", "analysis", 5, "an object, and is a whole number"),
    _is("Knative Service", "services.serving.knative.dev", "traffic", "all", "a list, and is text"),
    _is("Kruise Rollout", "rollouts.rollouts.kruise.io", "workloadRef", "web", "an object, and is text"),
]


def define_all(cluster: SimulatedCluster) -> None:
    """All kinds, without their controllers."""
    for project in ("argo", "flagger", "knative", "kruise"):
        cluster.define(project)


def spoil(cluster: SimulatedCluster, **instead: object) -> None:
    """`shop/odd` of each kind, with another field of its spec than its own if one is given.

    The time of the cluster stands still: its controllers read them as little as ktui."""
    cluster.pause()
    for each in SPOILED:
        resource = cluster.api.catalog.named(each.plural)
        template = {"metadata": {"labels": {"app": "odd"}}, "spec": {"containers": [{"name": "odd", "image": "odd:1"}]}}
        whole = {
            "apiVersion": f"{resource.group}/{resource.version}",
            "kind": resource.kind,
            "metadata": {"name": "odd", "namespace": "shop", "uid": f"odd-{each.plural}", "generation": 1},
            "spec": {"selector": {}, "template": template} | (instead or {each.field: each.value}),
        }
        cluster.call(partial(cluster.api.storage.put, resource, whole))
