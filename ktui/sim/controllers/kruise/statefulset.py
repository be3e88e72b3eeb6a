"""The Advanced StatefulSet controller: pods by ordinal, several at once if so asked, made again or changed in place."""

from __future__ import annotations

import copy
from typing import Any

from ktui.sim.api.errors import ApiError
from ktui.sim.api.selectors import format_selector
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.claims import make_claims, with_claims
from ktui.sim.controllers.common import PODS, OwnedIndex, has_template, is_available, is_ready, resolve
from ktui.sim.controllers.kruise.controller import KruiseController
from ktui.sim.controllers.kruise.in_place import MANAGER, STATE_SINCE, InPlace
from ktui.sim.controllers.kruise.strategy import IN_PLACE, IN_PLACE_ONLY, REVISION, STATE, images_changed, revision_of
from ktui.sim.controllers.pods import Mould
from ktui.sim.storage import Key

JSON = dict[str, Any]
NAME_LABEL, INDEX_LABEL = "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"


class AdvancedStatefulSetController(KruiseController):
    """Plays the controller of Advanced StatefulSets."""

    PLURAL = "statefulsets"
    COMPONENT = "statefulset-controller"

    def __init__(self, api: ApiServer, pods: OwnedIndex) -> None:
        self._in_place = InPlace(api)
        super().__init__(api, pods)

    def _reconcile(self, key: Key) -> None:
        found = self._api.bucket(self._resource).get(*key)
        if (
            found is None
            or "deletionTimestamp" in found["metadata"]
            or not has_template(found)
            or not found["spec"].get("selector")
        ):
            return
        revision = self._history.current(found)["metadata"]["name"]
        pods = {_ordinal(pod): self._in_place.settled(pod) for pod in self._pods.of(found["metadata"]["uid"])}
        status = self._status(found, list(pods.values()), revision)
        found = self._api.set_status(self._resource, found, status, manager=MANAGER)
        try:
            self._act(found, pods, revision)
        finally:
            status = self._status(found, list(pods.values()), revision)
            self._api.set_status(self._resource, found, status, manager=MANAGER)
        self._history.prune(found, {revision, *map(revision_of, pods.values()), status["currentRevision"]})

    # -- pods ------------------------------------------------------------------------------------------------------

    def _act(self, owner: JSON, pods: dict[int, JSON], revision: str) -> None:
        """Raises ApiError where a pod is refused."""
        spec, rolling = owner["spec"], _rolling(owner)
        in_order = spec.get("podManagementPolicy", "OrderedReady") == "OrderedReady"
        ordinals = _ordinals(spec)
        for ordinal in ordinals:
            if ordinal not in pods:
                self._create(owner, pods, ordinal, revision)
            if in_order and not self._is_up(owner, pods[ordinal]):
                return
        for ordinal in sorted(set(pods) - set(ordinals), reverse=True):
            self._delete(owner, pods, ordinal)
            if in_order:
                return
        if not rolling.get("paused") and (spec.get("updateStrategy") or {}).get("type") != "OnDelete":
            self._update(owner, pods, ordinals, revision)

    def _update(self, owner: JSON, pods: dict[int, JSON], ordinals: list[int], revision: str) -> None:
        """Update from the highest ordinal down to the partition, as many at once as may be unavailable."""
        rolling = _rolling(owner)
        kept = resolve(rolling.get("partition"), len(ordinals), up=True)
        budget = max(1, resolve(rolling.get("maxUnavailable", 1), len(ordinals), up=False))
        missing = {ordinal for ordinal in ordinals if not self._is_up(owner, pods[ordinal])}
        for ordinal in reversed(ordinals[kept:]):
            if revision_of(pods[ordinal]) == revision or "deletionTimestamp" in pods[ordinal]["metadata"]:
                continue
            if len(missing | {ordinal}) > budget:
                return
            missing.add(ordinal)
            self._update_one(owner, pods, ordinal, revision)

    def _update_one(self, owner: JSON, pods: dict[int, JSON], ordinal: int, revision: str) -> None:
        pod, policy = pods[ordinal], _rolling(owner).get("podUpdatePolicy", "ReCreate")
        before = self._history.template(revision_of(pod), owner)
        images = images_changed(before, self._history.template(revision, owner))
        if policy == "ReCreate" or (images is None and policy == IN_PLACE):
            self._delete(owner, pods, ordinal)
        elif images is not None:
            pods[ordinal] = self._in_place.change(pod, images, revision, {})
            words = f"successfully update pod {pod['metadata']['name']} in-place(revision {revision})"
            self._events.event(owner, "Normal", "SuccessfulUpdatePodInPlace", words)

    def _is_up(self, owner: JSON, pod: JSON) -> bool:
        seconds = _rolling(owner).get("minReadySeconds") or 0
        is_staying = "deletionTimestamp" not in pod["metadata"]
        return is_staying and is_available(pod, seconds, self._api.kernel.now)

    def _create(self, owner: JSON, pods: dict[int, JSON], ordinal: int, revision: str) -> None:
        spec, rolling = owner["spec"], _rolling(owner)
        current = (owner.get("status") or {}).get("currentRevision") or revision
        kept = _ordinals(spec)[: resolve(rolling.get("partition"), int(spec.get("replicas", 1)), up=True)]
        chosen = current if ordinal in kept else revision
        name = f"{owner['metadata']['name']}-{ordinal}"
        pod = Mould(owner, copy.deepcopy(self._history.template(chosen, owner))).pod(name)
        labels = {INDEX_LABEL: str(ordinal), NAME_LABEL: name, REVISION: chosen}
        if rolling.get("podUpdatePolicy") in (IN_PLACE, IN_PLACE_ONLY):
            labels[STATE] = "Normal"
            noted = {STATE_SINCE: self._api.kernel.stamp()}
            pod["metadata"]["annotations"] = (pod["metadata"].get("annotations") or {}) | noted
        pod["metadata"]["labels"] = (pod["metadata"].get("labels") or {}) | labels
        pod["spec"] |= {"hostname": name} | ({"subdomain": spec["serviceName"]} if spec.get("serviceName") else {})
        make_claims(self._api, owner, pod)
        namespace = owner["metadata"]["namespace"]
        try:
            made = self._api.create(PODS, namespace, with_claims(owner, pod), manager=MANAGER, trusted=True)
        except ApiError as error:
            words = f"create Pod {name} in StatefulSet {owner['metadata']['name']} failed error: {error.message}"
            self._events.event(owner, "Warning", "FailedCreate", words)
            raise
        pods[ordinal] = made
        self._tell(owner, "create", name)

    def _delete(self, owner: JSON, pods: dict[int, JSON], ordinal: int) -> None:
        metadata = pods[ordinal]["metadata"]
        if "deletionTimestamp" in metadata:
            return
        left = self._api.delete(PODS, metadata["namespace"], metadata["name"])
        if left is not None:
            pods[ordinal] = left
        self._tell(owner, "delete", metadata["name"])

    def _tell(self, owner: JSON, verb: str, pod: str) -> None:
        words = f"{verb} Pod {pod} in StatefulSet {owner['metadata']['name']} successful"
        self._events.event(owner, "Normal", f"Successful{verb.capitalize()}", words)

    # -- status ----------------------------------------------------------------------------------------------------

    def _status(self, owner: JSON, pods: list[JSON], revision: str) -> JSON:
        current = (owner.get("status") or {}).get("currentRevision") or revision
        staying = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
        updated = [pod for pod in staying if revision_of(pod) == revision]
        if len(updated) == len(pods) == sum(map(is_ready, pods)) > 0:
            current = revision
        seconds, now = _rolling(owner).get("minReadySeconds") or 0, self._api.kernel.now
        ready = [pod for pod in updated if is_ready(pod)]
        status = {
            "observedGeneration": owner["metadata"]["generation"],
            "replicas": len(pods),
            "readyReplicas": sum(map(is_ready, pods)),
            "availableReplicas": sum(is_available(pod, seconds, now) for pod in pods),
            "currentReplicas": sum(revision_of(pod) == current for pod in staying),
            "updatedReplicas": len(updated),
            "currentRevision": current,
            "updateRevision": revision,
            "collisionCount": 0,
            "labelSelector": format_selector(owner["spec"]["selector"]),
        }
        available = sum(is_available(pod, seconds, now) for pod in ready)
        optional = {"updatedReadyReplicas": len(ready), "updatedAvailableReplicas": available}
        return status | {field: number for field, number in optional.items() if number}


def _rolling(owner: JSON) -> JSON:
    return (owner["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}


def _ordinals(spec: JSON) -> list[int]:
    """The ordinals of its pods: those that are reserved are left out."""
    reserved = {int(each) for each in spec.get("reserveOrdinals") or () if isinstance(each, int)}
    many, found, ordinal = int(spec.get("replicas", 1)), list[int](), 0
    while len(found) < many:
        if ordinal not in reserved:
            found.append(ordinal)
        ordinal += 1
    return found


def _ordinal(pod: JSON) -> int:
    return int(pod["metadata"]["name"].rpartition("-")[2])
