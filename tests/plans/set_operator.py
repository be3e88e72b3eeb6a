"""An operator of a StatefulSet or a DaemonSet in virtual time: plans are made and sent as ktui does, but for HTTP."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import msgspec

from ktui.kinds.controller_revisions.plans.known import ControlledSubject
from ktui.kinds.planning import offers, plan
from ktui.kinds.registry import rollout_of
from ktui.model.changes import Put
from ktui.model.resources import CONTROLLER_REVISIONS, PODS, resource_of
from ktui.model.store import Store
from ktui.model.template import decode_hook
from ktui.model.workloads import ControllerRevision, DaemonSet, StatefulSet
from ktui.plans.offers import Offer
from ktui.plans.plan import Plan
from ktui.plans.request import Action, Canary, Request, SetImage
from ktui.plans.subject import subject
from ktui.rollout.revisions import Refusal
from ktui.rollout.rollout import Rollout
from ktui.rollout.steps import read_steps
from ktui.sim import SimulatedCluster
from ktui.sim.controllers import common
from ktui.sim.controllers.common import DAEMON_SETS, STATEFUL_SETS

JSON = dict[str, Any]
NAMESPACE = "shop"


def image(tag: str) -> SetImage:
    return SetImage((("*", f"registry.example/db:{tag}"),))


def canary(tag: str, steps: str = "1") -> Canary:
    return Canary(steps=read_steps(steps), images=image(tag).images)


class SetOperator:
    """Reads, plans and sends what concerns shop/db."""

    def __init__(self, kind: str = "StatefulSet", *, metadata: JSON | None = None, **spec: Any) -> None:
        self.cluster = SimulatedCluster(seed=3)
        self._kind: type[StatefulSet | DaemonSet] = StatefulSet if kind == "StatefulSet" else DaemonSet
        self._resource = STATEFUL_SETS if kind == "StatefulSet" else DAEMON_SETS
        labels = {"app": "db"}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "db", "image": self._image("1")}]}}
        service = {"serviceName": "db", "replicas": 4} if kind == "StatefulSet" else {}
        self.cluster.apply(
            {
                "apiVersion": "apps/v1",
                "kind": kind,
                "metadata": {"name": "db", "namespace": NAMESPACE, **(metadata or {})},
                "spec": {"selector": {"matchLabels": labels}, "template": template, **service, **spec},
            }
        )
        self.cluster.run_for(120)

    @staticmethod
    def _image(tag: str) -> str:
        return f"registry.example/db:{tag}"

    @property
    def raw(self) -> JSON:
        found = self.cluster.get(self._resource.plural, "db", NAMESPACE)
        assert found is not None
        return found

    @property
    def spec(self) -> JSON:
        return deepcopy(self.raw["spec"])

    @property
    def partition(self) -> int:
        return int(self.raw["spec"]["updateStrategy"]["rollingUpdate"]["partition"])

    @property
    def annotations(self) -> JSON:
        return dict(self.raw["metadata"].get("annotations") or {})

    @property
    def tags(self) -> list[str]:
        """The tags of the pods that are not stopping, by their names."""
        pods = [pod for pod in self.cluster.list("pods", NAMESPACE) if "deletionTimestamp" not in pod["metadata"]]
        return [pod["spec"]["containers"][0]["image"].rpartition(":")[2] for pod in pods]

    def running(self, tag: str) -> set[str]:
        """The uids of the pods of that tag that are not stopping."""
        pods = [pod for pod in self.cluster.list("pods", NAMESPACE) if "deletionTimestamp" not in pod["metadata"]]
        return {pod["metadata"]["uid"] for pod in pods if pod["spec"]["containers"][0]["image"] == self._image(tag)}

    def subject(self, **around: Any) -> ControlledSubject:
        revisions, pods = (deepcopy(self.cluster.list(kind, NAMESPACE)) for kind in ("controllerrevisions", "pods"))
        now = datetime.fromtimestamp(self.cluster.now, UTC)
        return subject(
            self._kind, ControllerRevision, deepcopy(self.raw), revisions, pods, now=now, user="admin", **around
        )

    @property
    def rollout(self) -> Rollout:
        """What the screens say of it."""
        store = Store()
        for resource in (resource_of(self.subject().workload), CONTROLLER_REVISIONS, PODS):
            for raw in self.cluster.list(resource.plural, NAMESPACE):
                obj = msgspec.convert(raw, resource.type, dec_hook=decode_hook)
                store.apply([Put(resource, obj)])
        workload = store.workload(self.raw["metadata"]["uid"])
        assert workload is not None
        return rollout_of(store, workload, None, datetime.fromtimestamp(self.cluster.now, UTC))[1]

    def offer(self, action: Action) -> Offer | None:
        return next((each for each in offers(self.subject()) if each.action is action), None)

    def planned(self, request: Request, **around: Any) -> Plan:
        made = plan(request, self.subject(**around))
        assert isinstance(made, Plan), made
        return made

    def refused(self, request: Request) -> str:
        made = plan(request, self.subject())
        assert isinstance(made, Refusal), made
        return made.reason

    def send(self, request: Request, seconds: float = 120.0) -> Plan:
        """Plan, send, delete what the plan deletes, and let the controllers act."""
        made = self.planned(request)
        self._patch("application/json-patch+json", list(made.patch))
        for pod in made.deletes:
            self.delete_pod(pod.name)
        self.cluster.run_for(seconds)
        return made

    def merge(self, body: JSON, seconds: float = 120.0) -> None:
        """What any other client does."""
        self._patch("application/merge-patch+json", body)
        self.cluster.run_for(seconds)

    def scale(self, replicas: int, seconds: float = 120.0) -> None:
        self.merge({"spec": {"replicas": replicas}}, seconds)

    def delete_pod(self, name: str) -> None:
        self.cluster.call(lambda: self.cluster.api.delete(common.PODS, NAMESPACE, name))

    def until(self, tags: list[str]) -> None:
        """Let time pass in small steps until the pods are of these tags."""
        for _ in range(600):
            if self.tags == tags:
                return
            self.cluster.run_for(0.1)
        raise AssertionError(f"never {tags}, but {self.tags}")

    def _patch(self, kind: str, body: object) -> None:
        text, api = json.dumps(body).encode(), self.cluster.api
        self.cluster.call(lambda: api.patch(self._resource, NAMESPACE, "db", kind, text, manager="test"))
