"""The ReplicaSet controller: as many pods as asked for, and which of them goes first."""

from __future__ import annotations

import math
from typing import Any

from ktui.sim.api.errors import ApiError
from ktui.sim.api.selectors import object_selector
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.adoption import claim
from ktui.sim.controllers.common import (
    MANAGER,
    PODS,
    REPLICA_SETS,
    OwnedIndex,
    condition,
    controller_of,
    is_active,
    is_available,
    is_ready,
    is_terminating,
)
from ktui.sim.controllers.pods import Mould
from ktui.sim.controllers.queue import WorkQueue
from ktui.sim.events import EventRecorder
from ktui.sim.kernel import seconds_of
from ktui.sim.storage import Change, Key

JSON = dict[str, Any]
BURST = 500
_PHASES = {"Pending": 0, "Unknown": 1, "Running": 2}


class ReplicaSetController:
    """Keeps the pods of each ReplicaSet at the number that its spec asks for."""

    def __init__(self, api: ApiServer, pods: OwnedIndex) -> None:
        self._api = api
        self._pods = pods
        self._events = EventRecorder(api, "replicaset-controller")
        self._queue = WorkQueue(api.kernel, self._reconcile)
        self._moulds: dict[str, Mould] = {}
        api.bucket(REPLICA_SETS).listen(self._changed)
        api.bucket(PODS).listen(self._pod_changed)

    def _changed(self, change: Change) -> None:
        self._queue.add(change.key)
        if change.type == "DELETED":
            self._moulds.pop(change.version.obj["metadata"]["uid"], None)

    def _pod_changed(self, change: Change) -> None:
        for version in (change.version, change.previous):
            owner = controller_of(version.obj) if version else None
            if owner is not None and owner["kind"] == "ReplicaSet":
                self._queue.add((change.key[0], owner["name"]))
        if controller_of(change.version.obj) is None and change.type != "DELETED":
            self._find_adopter(change.version.obj)

    def _find_adopter(self, orphan: JSON) -> None:
        namespace, labels = orphan["metadata"]["namespace"], orphan["metadata"].get("labels") or {}
        for rs in self._api.bucket(REPLICA_SETS).in_namespace(namespace):
            if object_selector(rs["spec"]["selector"])(labels):
                self._queue.add((namespace, rs["metadata"]["name"]))

    def _reconcile(self, key: Key) -> None:
        rs = self._api.bucket(REPLICA_SETS).get(*key)
        if rs is None:
            return
        pods = self._claim(rs)
        active = [pod for pod in pods if is_active(pod)]
        terminating = sum(1 for pod in pods if is_terminating(pod))
        failure: ApiError | None = None
        if "deletionTimestamp" not in rs["metadata"]:
            try:
                self._manage(rs, active)
            except ApiError as error:
                failure = error
        status = self._status(rs, active, terminating, failure)
        if status != rs["status"]:
            self._api.set_status(REPLICA_SETS, rs, status, manager=MANAGER)
        if failure is not None:
            raise failure
        self._look_again_when_available(rs, active)

    def _claim(self, rs: JSON) -> list[JSON]:
        template_labels = rs["spec"]["template"]["metadata"].get("labels")
        selects = object_selector(rs["spec"]["selector"])

        def matches(labels: JSON) -> bool:
            return labels is template_labels or selects(labels)

        return claim(self._api, PODS, rs, self._pods, matches=matches, counts=is_active)

    def _manage(self, rs: JSON, active: list[JSON]) -> None:
        missing = rs["spec"]["replicas"] - len(active)
        if missing > 0:
            self._create(rs, min(missing, BURST))
        elif missing < 0:
            for pod in self._to_delete(rs, active, min(-missing, BURST)):
                metadata = pod["metadata"]
                self._api.delete(PODS, metadata["namespace"], metadata["name"])
                self._events.event(rs, "Normal", "SuccessfulDelete", f"Deleted pod: {metadata['name']}")

    def _create(self, rs: JSON, count: int) -> None:
        """Create in batches of 1, 2, 4 …, and stop at the first batch in which one fails."""
        batch, left = 1, count
        while left > 0:
            errors = [error for _ in range(batch) if (error := self._create_one(rs)) is not None]
            if errors:
                raise errors[0]
            left -= batch
            batch = min(2 * batch, left)

    def _create_one(self, rs: JSON) -> ApiError | None:
        namespace = rs["metadata"]["namespace"]
        try:
            draft = self._mould(rs).pod()
            pod = self._api.create(PODS, namespace, draft, manager=MANAGER, trusted=True, like=rs["metadata"]["uid"])
        except ApiError as error:
            self._events.event(rs, "Warning", "FailedCreate", f"Error creating: {error.message}")
            return error
        self._events.event(rs, "Normal", "SuccessfulCreate", f"Created pod: {pod['metadata']['name']}")
        return None

    def _mould(self, rs: JSON) -> Mould:
        uid, template = rs["metadata"]["uid"], rs["spec"]["template"]
        mould = self._moulds.get(uid)
        if mould is None or mould.template is not template:
            mould = self._moulds[uid] = Mould(rs, template)
        return mould

    def _to_delete(self, rs: JSON, active: list[JSON], count: int) -> list[JSON]:
        if count >= len(active):
            return active
        crowd = self._crowding(rs)
        now = self._api.kernel.now
        ranked = sorted(active, key=lambda pod: _rank(pod, crowd.get(pod["spec"].get("nodeName", ""), 0), now))
        return ranked[:count]

    def _crowding(self, rs: JSON) -> dict[str, int]:
        """How many active pods each node has of this ReplicaSet and its siblings."""
        owner = controller_of(rs)
        siblings = [
            other
            for other in self._api.bucket(REPLICA_SETS).in_namespace(rs["metadata"]["namespace"])
            if owner is not None and (of := controller_of(other)) is not None and of["uid"] == owner["uid"]
        ] or [rs]
        crowd: dict[str, int] = {}
        for sibling in siblings:
            for pod in self._pods.of(sibling["metadata"]["uid"]):
                if is_active(pod):
                    node = pod["spec"].get("nodeName", "")
                    crowd[node] = crowd.get(node, 0) + 1
        return crowd

    def _status(self, rs: JSON, active: list[JSON], terminating: int, failure: ApiError | None) -> JSON:
        labels = rs["spec"]["template"]["metadata"].get("labels") or {}
        min_ready, now = rs["spec"].get("minReadySeconds", 0), self._api.kernel.now
        ready = [pod for pod in active if is_ready(pod)]
        counts = {
            "fullyLabeledReplicas": sum(_has(pod, labels) for pod in active),
            "readyReplicas": len(ready),
            "availableReplicas": sum(is_available(pod, min_ready, now) for pod in ready),
        }
        status: JSON = {"replicas": len(active)} | {field: count for field, count in counts.items() if count}
        status["terminatingReplicas"] = terminating
        status["observedGeneration"] = rs["metadata"]["generation"]
        conditions = self._conditions(rs, active, failure)
        if conditions:
            status["conditions"] = conditions
        return status

    def _conditions(self, rs: JSON, active: list[JSON], failure: ApiError | None) -> list[JSON]:
        earlier = condition(rs, "ReplicaFailure")
        others = [c for c in rs["status"].get("conditions") or () if c["type"] != "ReplicaFailure"]
        if failure is None:
            return others
        if earlier is not None:
            return [*others, earlier]
        reason = "FailedCreate" if len(active) < rs["spec"]["replicas"] else "FailedDelete"
        made = {
            "type": "ReplicaFailure",
            "status": "True",
            "lastTransitionTime": self._api.kernel.stamp(),
            "reason": reason,
            "message": failure.message,
        }
        return [*others, made]

    def _look_again_when_available(self, rs: JSON, active: list[JSON]) -> None:
        """The next pod becomes available with no change that would tell of it."""
        min_ready, now = rs["spec"].get("minReadySeconds", 0), self._api.kernel.now
        if not min_ready:
            return
        times = []
        for pod in active:
            ready = condition(pod, "Ready")
            if ready is not None and ready["status"] == "True":
                times.append(seconds_of(ready["lastTransitionTime"]) + min_ready - now)
        coming = [seconds for seconds in times if seconds > 0]
        if coming:
            self._queue.add_after((rs["metadata"]["namespace"], rs["metadata"]["name"]), min(coming))


def _has(pod: JSON, labels: JSON) -> bool:
    own = pod["metadata"].get("labels") or {}
    return own is labels or labels.items() <= own.items()


def _rank(pod: JSON, crowd: int, now: float) -> tuple[Any, ...]:
    """What goes first: not on a node, pending, not ready, cheap, on a crowded node, ready or created of late."""
    metadata, status = pod["metadata"], pod["status"]
    ready = condition(pod, "Ready")
    is_up = ready is not None and ready["status"] == "True"
    since = seconds_of(ready["lastTransitionTime"]) if ready is not None and is_up else 0.0
    restarts = max((c.get("restartCount", 0) for c in status.get("containerStatuses") or ()), default=0)
    annotations = metadata.get("annotations") or {}
    return (
        bool(pod["spec"].get("nodeName")),
        _PHASES.get(status.get("phase", "Pending"), 0),
        is_up,
        int(annotations.get("controller.kubernetes.io/pod-deletion-cost", 0)),
        -crowd,
        _age_class(now - since) if is_up else 0,
        -restarts,
        _age_class(now - seconds_of(metadata["creationTimestamp"])),
        metadata["uid"],
    )


def _age_class(seconds: float) -> int:
    """Ages that differ by less than a factor of two count as equal."""
    return int(math.log2(seconds)) if seconds >= 1 else -1
