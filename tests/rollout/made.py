"""Clusters made by hand, for the cases that no recording has: one Deployment, its revisions and their pods."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ktui.kinds.deployment.progress import observation
from ktui.kinds.deployment.situation import Situation, situation_of
from ktui.kinds.deployment.summary import summarise
from ktui.model.changes import Put
from ktui.model.objects import Deployment
from ktui.model.resources import DEPLOYMENTS, PODS, REPLICASETS, Resource
from ktui.model.store import Store
from ktui.rollout.progress import Track, observe
from ktui.rollout.rollout import Rollout
from tests.recorded import decode

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)


def ago(seconds: float) -> str:
    """A time stamp as the API writes it."""
    return (NOW - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def template(image: str) -> dict[str, Any]:
    limits = {"limits": {"memory": "128Mi"}}
    return {"spec": {"containers": [{"name": "web", "image": f"registry.example/{image}", "resources": limits}]}}


class Made:
    """A Deployment `web` that grows revision by revision; what is not said is as it would be in a calm cluster."""

    def __init__(self, image: str, desired: int, *, annotated: bool = True, **status: Any) -> None:
        self.store = Store()
        self.image = image
        self.annotated = annotated
        self.raw: dict[str, Any] = {
            "metadata": {
                "name": "web",
                "namespace": "shop",
                "uid": "d",
                "generation": 2,
                "creationTimestamp": ago(9000),
            },
            "spec": {"replicas": desired, "template": template(image), "progressDeadlineSeconds": 600},
            "status": {"observedGeneration": 2, **status},
        }
        self._version = 1

    def spec(self, **spec: Any) -> Made:
        self.raw["spec"] |= spec
        return self

    def condition(self, kind: str, status: str, reason: str, *, since: float = 30, message: str = "") -> Made:
        said = {"type": kind, "status": status, "reason": reason, "message": message}
        stamps = {"lastUpdateTime": ago(since), "lastTransitionTime": ago(since)}
        self.raw["status"].setdefault("conditions", []).append(said | stamps)
        return self

    def revision(
        self,
        number: int,
        image: str,
        pods: int,
        *,
        ready: int = 0,
        available: int | None = None,
        age: float = 30,
        former: str = "",
        **more: Any,
    ) -> Made:
        """A ReplicaSet that has that many pods, of which so many are ready; `former` are numbers that it had before."""
        counts = {
            "replicas": pods,
            "readyReplicas": ready,
            "availableReplicas": ready if available is None else available,
        }
        annotations = {"deployment.kubernetes.io/revision": str(number)} if self.annotated else {}
        if former:
            annotations["deployment.kubernetes.io/revision-history"] = former
        raw = {
            "metadata": {
                "name": f"web-{number}",
                "namespace": "shop",
                "uid": f"r{number}",
                "creationTimestamp": ago(age),
                "annotations": annotations,
                "ownerReferences": [{"uid": "d", "kind": "Deployment", "name": "web", "controller": True}],
            },
            "spec": {"template": template(image), "replicas": more.pop("wanted", pods)},
            "status": counts | more,
        }
        return self.put(REPLICASETS, raw)

    def pod(
        self, number: int, name: str, *, age: float = 30, meta: dict[str, Any] | None = None, **status: Any
    ) -> Made:
        """A pod of the revision of that number, with the status that is given."""
        raw = {
            "metadata": {
                "name": f"web-{number}-{name}",
                "namespace": "shop",
                "uid": f"p{number}-{name}",
                "creationTimestamp": ago(age),
                "ownerReferences": [
                    {"uid": f"r{number}", "kind": "ReplicaSet", "name": f"web-{number}", "controller": True}
                ],
                **(meta or {}),
            },
            "spec": {"nodeName": "node-1", **template(self.image)["spec"]},
            "status": {"phase": "Running", **status},
        }
        return self.put(PODS, raw)

    def put(self, resource: Resource, raw: dict[str, Any]) -> Made:
        self._version += 1
        raw["metadata"]["resourceVersion"] = str(self._version)
        self.store.apply([Put(resource, decode(resource, raw))])
        return self

    def deployment(self) -> Deployment:
        self.put(DEPLOYMENTS, self.raw)
        known = self.store.of_uid(Deployment, "d")
        assert known is not None
        return known

    def track(self, before: Track | None = None, *, later: float = 0) -> Track:
        return observe(before, observation(self.situation()), NOW + timedelta(seconds=later))

    def situation(self) -> Situation:
        return situation_of(self.store, self.deployment())

    def rollout(self, before: Track | None = None, *, later: float = 0) -> Rollout:
        """What ktui shows of it, having seen it before or not."""
        track = self.track(before, later=later)
        return summarise(self.store, self.situation(), track, NOW + timedelta(seconds=later))


def container(
    state: dict[str, Any], *, restarts: int = 0, last: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """The statuses of a pod whose only container is in that state."""
    status = {"name": "web", "restartCount": restarts, "state": state, "lastState": last or {}, "ready": False, **more}
    return {"containerStatuses": [status]}


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"waiting": {"reason": reason, "message": message}}


def ended(code: int, reason: str = "Error", *, since: float = 12, message: str = "") -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": reason, "finishedAt": ago(since), "message": message}}


def running(since: float = 10) -> dict[str, Any]:
    return {"running": {"startedAt": ago(since)}}
