"""Since when a rollout is paused or held: the pause, not the rollout, in every kind. Played in virtual time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ktui.kinds.registry import STREAMED, of_extensions, rollout_of, workloads_called
from ktui.kube.api import readable
from ktui.model.changes import Listed, Put
from ktui.model.resources import resource_of
from ktui.model.store import Store
from ktui.rollout.rollout import Phase, Rollout
from ktui.sim import SimulatedCluster
from ktui.sim.api.patch import MERGE_PATCH

JSON = dict[str, Any]
START = datetime(2026, 11, 28, 14, tzinfo=UTC)
KRUISE = {"paused": True}
NO_DEADLINE = 2147483647

TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
STEPS: JSON = {"canary": {"steps": [{"replicas": 1, "pause": {"duration": 3600}}, {"replicas": "100%"}]}}
ANALYSIS: JSON = {"interval": "30s", "threshold": 3, "iterations": 50}

HOLDERS: list[tuple[str, str, str, JSON, JSON]] = [
    ("flagger.app/v1beta1", "Canary", "canaries.flagger.app",
     {"targetRef": TARGET, "service": {"port": 80}, "analysis": ANALYSIS}, {"suspend": True}),
    ("rollouts.kruise.io/v1beta1", "Rollout", "rollouts.rollouts.kruise.io",
     {"workloadRef": TARGET, "strategy": STEPS}, {"strategy": {"paused": True}}),
]  # fmt: skip

STOPS: list[tuple[str, str, JSON, JSON]] = [
    ("apps/v1", "Deployment", {"minReadySeconds": 200}, {"paused": True}),
    ("apps/v1", "Deployment", {"progressDeadlineSeconds": NO_DEADLINE, "minReadySeconds": 200}, {"paused": True}),
    ("apps/v1", "StatefulSet", {"minReadySeconds": 200}, {"updateStrategy": {"rollingUpdate": {"partition": 2}}}),
    ("apps.kruise.io/v1beta1", "CloneSet", {"minReadySeconds": 200}, {"updateStrategy": KRUISE}),
    ("apps.kruise.io/v1beta1", "CloneSet", {"minReadySeconds": 200}, {"updateStrategy": {"rollingUpdate": KRUISE}}),
    ("apps.kruise.io/v1beta1", "StatefulSet", {"updateStrategy": {"rollingUpdate": {"minReadySeconds": 200}}},
     {"updateStrategy": {"rollingUpdate": KRUISE}}),
    ("apps.kruise.io/v1beta1", "DaemonSet", {"minReadySeconds": 200}, {"updateStrategy": {"rollingUpdate": KRUISE}}),
    ("argoproj.io/v1alpha1", "Rollout", {"minReadySeconds": 200, "strategy": {"canary": {}}}, {"paused": True}),
]  # fmt: skip


class Played:
    """The workload `web` of a kind on a cluster of its own."""

    def __init__(self, api_version: str, kind: str, spec: JSON) -> None:
        self.cluster = SimulatedCluster(seed=3, nodes=4, start=START)
        for project in ("argo", "flagger", "kruise"):
            self.cluster.install(project)
        self._head = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "web"}}
        self._group, self._kind = api_version.partition("/")[0], kind
        container = {"name": "web", "image": "registry.example/shop/web:1.0"}
        template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
        sized = {} if kind == "DaemonSet" else {"replicas": 4}
        named = {"serviceName": "web"} if kind == "StatefulSet" else {}
        selector = {"selector": {"matchLabels": {"app": "web"}}, "template": template}
        self.cluster.apply(self._head | {"spec": selector | sized | named | spec})
        self.cluster.run_for(300)

    def patch(self, spec: JSON, manager: str, *, of: str = "") -> datetime:
        """Change the spec, and tell when that was."""
        resource = workloads_called(self._group, self._kind)
        assert resource is not None
        served = self.cluster.api.catalog.named(of or f"{resource.plural}.{resource.group}")
        body = json.dumps({"spec": spec}).encode()
        self.cluster.api.patch(served, "default", "web", MERGE_PATCH, body, manager=manager)
        return self.now

    def set_image(self) -> datetime:
        container = {"name": "web", "image": "registry.example/shop/web:1.1"}
        return self.patch({"template": {"spec": {"containers": [container]}}}, "kubectl-set")

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.cluster.now, UTC)

    def rollout(self, kind: str = "") -> Rollout:
        store = Store()
        for resource in (*STREAMED, *of_extensions()):
            try:
                served = self.cluster.api.catalog.named(f"{resource.plural}.{resource.group}".rstrip("."))
            except LookupError:
                continue
            found = self.cluster.api.bucket(served).all()
            store.apply([*(Put(resource, readable(each, resource)) for each in found), Listed(resource)])
        (workload,) = [each for each in store.shown() if resource_of(each).kind == (kind or self._kind)]
        return rollout_of(store, workload, None, self.now)[1]


def _near(since: datetime | None, moment: datetime) -> bool:
    return since is not None and abs((since - moment).total_seconds()) < 5


@pytest.mark.parametrize(("api_version", "kind", "spec", "stop"), STOPS)
def test_a_pause_counts_from_when_it_began(api_version: str, kind: str, spec: JSON, stop: JSON) -> None:
    played = Played(api_version, kind, spec)
    began = played.set_image()
    played.cluster.run_for(100)
    running = played.rollout()
    assert running.phase is Phase.PROGRESSING, running.why
    assert _near(running.since, began)
    stopped = played.patch(stop, "kubectl-patch")
    played.cluster.run_for(400)
    found = played.rollout()
    assert found.phase in (Phase.PAUSED, Phase.HELD), found.why
    assert _near(found.since, stopped), (found.since, began, stopped)


@pytest.mark.parametrize(("api_version", "kind", "spec", "stop"), STOPS[3:7])
def test_a_pause_that_was_there_before_counts_from_the_change_that_waits(
    api_version: str, kind: str, spec: JSON, stop: JSON
) -> None:
    played = Played(api_version, kind, spec)
    played.patch(stop, "kubectl-patch")
    played.cluster.run_for(100)
    began = played.set_image()
    played.cluster.run_for(400)
    found = played.rollout()
    assert found.phase is Phase.PAUSED, found.why
    assert _near(found.since, began)


@pytest.mark.parametrize(("api_version", "kind", "plural", "spec", "stop"), HOLDERS)
def test_a_pause_of_what_rolls_out_another_workload_counts_from_when_it_began(
    api_version: str, kind: str, plural: str, spec: JSON, stop: JSON
) -> None:
    played = Played("apps/v1", "Deployment", {})
    played.cluster.apply({"apiVersion": api_version, "kind": kind, "metadata": {"name": "web"}, "spec": spec})
    played.cluster.run_for(300)
    played.set_image()
    played.cluster.run_for(150)
    stopped = played.patch(stop, "kubectl-patch", of=plural)
    played.cluster.run_for(100)
    found = played.rollout(kind)
    assert found.phase is Phase.PAUSED, found.why
    assert _near(found.since, stopped), (found.since, stopped)
