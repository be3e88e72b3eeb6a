"""The StatefulSet controller: pods by ordinal, one after another, and updates from the highest down to a partition."""

from __future__ import annotations

from typing import Any

from ktui.sim.api.errors import ApiError
from ktui.sim.api.selectors import object_selector
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.adoption import claim
from ktui.sim.controllers.claims import has_claims, make_claims, with_claims
from ktui.sim.controllers.common import (
    MANAGER,
    PODS,
    STATEFUL_SETS,
    OwnedIndex,
    controller_of,
    is_available,
    is_ready,
)
from ktui.sim.controllers.pods import Mould
from ktui.sim.controllers.queue import WorkQueue
from ktui.sim.controllers.revisions import REVISION_LABEL, History
from ktui.sim.events import EventRecorder
from ktui.sim.storage import Change, Key

JSON = dict[str, Any]
NAME_LABEL = "statefulset.kubernetes.io/pod-name"
INDEX_LABEL = "apps.kubernetes.io/pod-index"


class StatefulSetController:
    """Keeps the pods of each StatefulSet."""

    def __init__(self, api: ApiServer, pods: OwnedIndex) -> None:
        self._api = api
        self._pods = pods
        self._events = EventRecorder(api, "statefulset-controller")
        self._history = History(api, "controller.kubernetes.io/hash")
        self._queue = WorkQueue(api.kernel, self._reconcile)
        api.bucket(STATEFUL_SETS).listen(lambda change: self._queue.add(change.key))
        api.bucket(PODS).listen(self._pod_changed)

    def _pod_changed(self, change: Change) -> None:
        owner = controller_of(change.version.obj)
        if owner is not None and owner["kind"] == "StatefulSet":
            self._queue.add((change.key[0], owner["name"]))
        elif owner is None and change.type != "DELETED":
            self._queue.add((change.key[0], change.key[1].rpartition("-")[0]))

    def _reconcile(self, key: Key) -> None:
        found = self._api.bucket(STATEFUL_SETS).get(*key)
        if found is not None and "deletionTimestamp" not in found["metadata"]:
            self._history.adopt(found)
            _Turn(self._api, self._events, self._history, found, self._claim(found)).take()
            self._look_again(key, found)

    def _claim(self, found: JSON) -> list[JSON]:
        """Its pods, after it has adopted those of its labels that are named as its own would be."""
        name = found["metadata"]["name"]

        def is_named_so(pod: JSON) -> bool:
            return bool(pod["metadata"]["name"].rpartition("-")[0] == name and _ordinal(pod) >= 0)

        matches = object_selector(found["spec"]["selector"])
        return claim(self._api, PODS, found, self._pods, matches=matches, counts=is_named_so)

    def _look_again(self, key: Key, found: JSON) -> None:
        if (seconds := found["spec"].get("minReadySeconds", 0)) and found["status"].get("availableReplicas", 0) < found[
            "spec"
        ]["replicas"]:
            self._queue.add_after(key, seconds)


class _Turn:
    """One look at one StatefulSet."""

    def __init__(self, api: ApiServer, events: EventRecorder, history: History, owner: JSON, pods: list[JSON]) -> None:
        self._api = api
        self._events = events
        self._history = history
        self._set = owner
        self._spec = owner["spec"]
        self._goal = int(self._spec.get("replicas", 1))
        self._start = int((self._spec.get("ordinals") or {}).get("start", 0))
        self._in_order = self._spec.get("podManagementPolicy", "OrderedReady") == "OrderedReady"
        self._by_ordinal = {_ordinal(pod): pod for pod in pods}
        self._update_revision = history.current(owner)["metadata"]["name"]
        self._current_revision = owner["status"].get("currentRevision") or self._update_revision

    def take(self) -> None:
        """Raises ApiError where a pod is refused; the status is written anyway."""
        try:
            self._act()
        finally:
            self._write_status()
        in_use = {_revision(pod) for pod in self._by_ordinal.values()} | {self._current_revision, self._update_revision}
        self._history.prune(self._set, in_use)

    @property
    def _partition(self) -> int:
        strategy = self._spec.get("updateStrategy") or {}
        return int((strategy.get("rollingUpdate") or {}).get("partition", 0))

    @property
    def _rolls(self) -> bool:
        return bool((self._spec.get("updateStrategy") or {}).get("type", "RollingUpdate") == "RollingUpdate")

    def _act(self) -> None:
        wanted = range(self._start, self._start + self._goal)
        for ordinal in wanted:
            if not self._keep(ordinal) and self._in_order:
                return
        condemned = sorted((o for o in self._by_ordinal if o not in wanted), reverse=True)
        for ordinal in condemned:
            pod = self._by_ordinal[ordinal]
            if "deletionTimestamp" not in pod["metadata"]:
                self._delete(pod)
            if self._in_order:
                return
        if self._rolls:
            self._update()

    def _keep(self, ordinal: int) -> bool:
        """Have a healthy pod of this ordinal: whether that is so already."""
        pod = self._by_ordinal.get(ordinal)
        if pod is None:
            self._create(ordinal)
            return False
        if pod["status"].get("phase") in ("Succeeded", "Failed") and "deletionTimestamp" not in pod["metadata"]:
            self._delete(pod)
            return False
        if "deletionTimestamp" in pod["metadata"] or not self._is_available(pod):
            return False
        if not has_claims(self._set, pod):
            self._change_storage(pod)
        return True

    def _change_storage(self, pod: JSON) -> None:
        """Give a pod the volumes of claim templates that are newer than it: no API server lets that be.

        Raises:
            ApiError: of the API server.
        """
        make_claims(self._api, self._set, pod)
        metadata = pod["metadata"]
        try:
            self._api.update(
                PODS, metadata["namespace"], metadata["name"], with_claims(self._set, pod), manager=MANAGER
            )
        except ApiError as error:
            said = f"Update Pod {metadata['name']} in StatefulSet {self._set['metadata']['name']} failed error: "
            self._events.event(self._set, "Warning", "FailedUpdate", said + error.message)
            raise

    def _update(self) -> None:
        for ordinal in range(self._start + self._goal - 1, self._start + self._partition - 1, -1):
            pod = self._by_ordinal.get(ordinal)
            if pod is None:
                return
            if _revision(pod) != self._update_revision and "deletionTimestamp" not in pod["metadata"]:
                self._delete(pod)
                return
            if "deletionTimestamp" in pod["metadata"] or not self._is_available(pod):
                return

    def _is_available(self, pod: JSON) -> bool:
        return is_available(pod, self._spec.get("minReadySeconds", 0), self._api.kernel.now)

    def _create(self, ordinal: int) -> None:
        stays = self._rolls and ordinal < self._start + self._partition
        revision = self._current_revision if stays else self._update_revision
        metadata = self._set["metadata"]
        name = f"{metadata['name']}-{ordinal}"
        pod = Mould(self._set, self._history.template(revision, self._set)).pod(name)
        pod["metadata"]["labels"] = (pod["metadata"].get("labels") or {}) | {
            INDEX_LABEL: str(ordinal), REVISION_LABEL: revision, NAME_LABEL: name,
        }  # fmt: skip
        pod["spec"]["hostname"] = name
        if service := self._spec.get("serviceName"):
            pod["spec"]["subdomain"] = service
        make_claims(self._api, self._set, pod)
        pod = with_claims(self._set, pod)
        like = (metadata["uid"], revision)
        try:
            made = self._api.create(PODS, metadata["namespace"], pod, manager=MANAGER, trusted=True, like=like)
        except ApiError as error:
            said = f"Create Pod {name} in StatefulSet {metadata['name']} failed error: {error.message}"
            self._events.event(self._set, "Warning", "FailedCreate", said)
            raise
        self._by_ordinal[ordinal] = made
        self._tell("Create", name)

    def _delete(self, pod: JSON) -> None:
        metadata = pod["metadata"]
        left = self._api.delete(PODS, metadata["namespace"], metadata["name"])
        if left is not None:
            self._by_ordinal[_ordinal(pod)] = left
        self._tell("Delete", metadata["name"])

    def _tell(self, verb: str, pod_name: str) -> None:
        name = self._set["metadata"]["name"]
        message = f"{verb} Pod {pod_name} in StatefulSet {name} successful"
        self._events.event(self._set, "Normal", f"Successful{verb}", message)

    def _write_status(self) -> None:
        pods = list(self._by_ordinal.values())
        staying = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
        ready = sum(is_ready(pod) for pod in pods)
        updated = sum(_revision(pod) == self._update_revision for pod in staying)
        current = sum(_revision(pod) == self._current_revision for pod in staying)
        if self._rolls and updated == self._goal == ready and len(pods) == self._goal:
            self._current_revision, current = self._update_revision, updated
        counts = {
            "observedGeneration": self._set["metadata"]["generation"],
            "replicas": len(pods),
            "readyReplicas": ready,
            "currentReplicas": current,
            "updatedReplicas": updated,
        }
        status: JSON = {field: count for field, count in counts.items() if count or field == "replicas"}
        status |= {
            "currentRevision": self._current_revision,
            "updateRevision": self._update_revision,
            "collisionCount": 0,
            "availableReplicas": sum(self._is_available(pod) for pod in pods),
        }
        if status != self._set["status"]:
            self._api.set_status(STATEFUL_SETS, self._set, status, manager=MANAGER)


def _ordinal(pod: JSON) -> int:
    text = pod["metadata"]["name"].rpartition("-")[2]
    return int(text) if text.isdigit() else -1


def _revision(pod: JSON) -> str:
    return str((pod["metadata"].get("labels") or {}).get(REVISION_LABEL, ""))
