"""StatefulSets and DaemonSets made by hand, for the cases that no recording has."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ktui.kinds.controller_revisions.strategy import Controlled
from ktui.kinds.registry import rollout_of
from ktui.model.changes import Put
from ktui.model.resources import CONTROLLER_REVISIONS, DAEMONSETS, EVENTS, PODS, STATEFULSETS, Resource
from ktui.model.store import Store
from ktui.rollout.progress import Track
from ktui.rollout.rollout import Rollout
from tests.recorded import decode
from tests.rollout.made import NOW, ago

READY = [{"type": "Ready", "status": "True", "lastTransitionTime": ago(20)}]


def template(image: str, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"labels": {"app": "db"}},
        "spec": {"containers": [{"name": "db", "image": f"registry.example/{image}"}], **spec},
    }


class MadeSet:
    """A StatefulSet `db` (or, by its status, a DaemonSet `agent`) that grows revision by revision, pod by pod."""

    def __init__(self, resource: Resource, image: str, spec: dict[str, Any], status: dict[str, Any]) -> None:
        self.resource = resource
        self.store = Store()
        self.name = "db" if resource is STATEFULSETS else "agent"
        self.raw: dict[str, Any] = {
            "metadata": {
                "name": self.name,
                "namespace": "shop",
                "uid": "w",
                "generation": 2,
                "creationTimestamp": ago(9000),
            },
            "spec": {"template": template(image), **spec},
            "status": {"observedGeneration": 2, **status},
        }
        self.track: Track | None = None
        self._version = 1

    def revision(
        self, number: int, image: str, *, age: float = 30, pods: int = 0, ready: bool = True, **meta: Any
    ) -> MadeSet:
        """A ControllerRevision with that many pods, which are ready or have yet to be."""
        digest = f"{self.name}-{image.replace(':', '-')}"
        data = {"spec": {"template": {"$patch": "replace"} | template(image)}}
        raw = {
            "metadata": {
                "name": digest,
                "namespace": "shop",
                "uid": f"v-{digest}",
                "creationTimestamp": ago(age),
                "ownerReferences": [self._owner()],
                **meta,
            },
            "revision": number,
            "data": data,
        }
        self.put(CONTROLLER_REVISIONS, raw)
        for _ in range(pods):
            self.pod(image, conditions=READY if ready else [])
        return self

    def pod(
        self, image: str, name: str = "", *, age: float = 30, going: bool = False, labels: Any = None, **status: Any
    ) -> MadeSet:
        """A pod that was made from the revision with that image; without a name, of the next ordinal."""
        name = name or f"{self.name}-{self.store.count(PODS)}"
        digest = f"{self.name}-{image.replace(':', '-')}"
        raw = {
            "metadata": {
                "name": name,
                "namespace": "shop",
                "uid": f"p-{name}",
                "creationTimestamp": ago(age),
                "ownerReferences": [self._owner()],
                "labels": {"controller-revision-hash": digest} if labels is None else labels,
                **({"deletionTimestamp": ago(5)} if going else {}),
            },
            "spec": {"nodeName": "node-1", **template(image)["spec"]},
            "status": {"phase": "Running", **status},
        }
        return self.put(PODS, raw)

    def event(
        self, about: str, reason: str, message: str, *, since: float = 10, times: int = 1, first: float = 0
    ) -> MadeSet:
        """Last seen so many seconds ago, and first as many as `first` says, where that is longer."""
        raw = {
            "metadata": {"name": f"e-{reason}", "namespace": "shop", "uid": f"e-{about}-{reason}"},
            "involvedObject": {"uid": about},
            "type": "Warning",
            "reason": reason,
            "message": message,
            "count": times,
            "firstTimestamp": ago(max(first, since)),
            "lastTimestamp": ago(since),
        }
        return self.put(EVENTS, raw)

    def put(self, resource: Resource, raw: dict[str, Any]) -> MadeSet:
        self._version += 1
        raw["metadata"]["resourceVersion"] = str(self._version)
        self.store.apply([Put(resource, decode(resource, raw))])
        return self

    def workload(self) -> Controlled:
        """It, as the store has it."""
        self.put(self.resource, self.raw)
        known = self.store.workload("w")
        assert known is not None
        assert known.metadata.name == self.name
        return known  # type: ignore[return-value]

    def rollout(self, *, later: float = 0) -> Rollout:
        """What ktui shows of it; a second look remembers the first."""
        workload = self.workload()
        self.track, rollout = rollout_of(self.store, workload, self.track, NOW + timedelta(seconds=later))
        return rollout

    def _owner(self) -> dict[str, Any]:
        return {"uid": "w", "kind": self.resource.type.__name__, "name": self.name, "controller": True}


def statefulset(image: str, replicas: int | None, /, *, strategy: Any = None, **status: Any) -> MadeSet:
    """With `strategy` in place of the default, RollingUpdate with partition 0, which the API server fills in."""
    spec = {"replicas": replicas, "updateStrategy": strategy or {"rollingUpdate": {"partition": 0}}}
    return MadeSet(STATEFULSETS, image, spec, status)


def partitioned(partition: int) -> dict[str, Any]:
    return {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}


def daemonset(image: str, nodes: int, /, *, strategy: Any = None, **status: Any) -> MadeSet:
    spec = {"updateStrategy": strategy or {"rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}}
    return MadeSet(DAEMONSETS, image, spec, {"desiredNumberScheduled": nodes, **status})


def counted(nodes: int, *, updated: int | None = None, available: int | None = None) -> dict[str, int]:
    """The status of a DaemonSet with a pod on each node."""
    return {
        "currentNumberScheduled": nodes,
        "updatedNumberScheduled": nodes if updated is None else updated,
        "numberReady": nodes if available is None else available,
        "numberAvailable": nodes if available is None else available,
    }
