"""The CloneSet controller: owns pods directly, and recreates them or changes them in place."""

from __future__ import annotations

import copy
from typing import Any

from ktui.sim.api.errors import ApiError
from ktui.sim.api.selectors import object_selector
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.adoption import claim
from ktui.sim.controllers.common import PODS, OwnedIndex, has_template, is_active
from ktui.sim.controllers.kruise.controller import KruiseController
from ktui.sim.controllers.kruise.in_place import GATE, MANAGER, InPlace
from ktui.sim.controllers.kruise.status import deadline_in, status_of
from ktui.sim.controllers.kruise.strategy import (
    IN_PLACE,
    IN_PLACE_ONLY,
    REVISION,
    SPECIFIED_DELETE,
    STATE,
    Pods,
    Strategy,
    images_changed,
    revision_of,
    strategy_of,
    surge_in_use,
    to_delete,
    to_update,
)
from ktui.sim.controllers.pods import Mould
from ktui.sim.storage import Key

JSON = dict[str, Any]
INSTANCE, TEMPLATE_HASH = "apps.kruise.io/cloneset-instance-id", "pod-template-hash"
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


class CloneSetController(KruiseController):
    """Plays the controller of CloneSets."""

    PLURAL = "clonesets"
    COMPONENT = "cloneset-controller"

    def __init__(self, api: ApiServer, pods: OwnedIndex) -> None:
        self._in_place = InPlace(api)
        super().__init__(api, pods)

    def _reconcile(self, key: Key) -> None:
        cloneset = self._api.bucket(self._resource).get(*key)
        if cloneset is None or "deletionTimestamp" in cloneset["metadata"]:
            return
        if not has_template(cloneset) or not cloneset["spec"].get("selector"):
            return
        revision = self._history.current(cloneset)["metadata"]["name"]
        matches = object_selector(cloneset["spec"]["selector"])
        owned = claim(self._api, PODS, cloneset, self._pods, matches=matches, counts=is_active)
        active = [self._in_place.settled(pod) for pod in owned if is_active(pod)]
        strategy = strategy_of(cloneset["spec"])
        try:
            self._sync(cloneset, Pods.of(active, cloneset["spec"], revision), strategy, revision)
        finally:
            self._write(key, active, strategy, revision)
        current = self._api.bucket(self._resource).get(*key)
        if current is not None and (again := deadline_in(current, self._api.kernel.now)) is not None:
            self._queue.add_after(key, again)
        used = {revision, *map(revision_of, active)}
        self._history.prune(cloneset, used)

    def _write(self, key: Key, pods: list[JSON], strategy: Strategy, revision: str) -> None:
        current = self._api.bucket(self._resource).get(*key)
        if current is None:
            return
        status = status_of(current, pods, strategy, revision, self._api.kernel.now)
        current = self._api.set_status(self._resource, current, status, manager=MANAGER)
        if (current["spec"].get("scaleStrategy") or {}).get("podsToDelete"):
            self._forget_deleted(current, pods)

    def _forget_deleted(self, cloneset: JSON, pods: list[JSON]) -> None:
        """Take the pods that are gone off the list of those to delete."""
        spec, there = cloneset["spec"], {pod["metadata"]["name"] for pod in pods}
        named = spec["scaleStrategy"]["podsToDelete"]
        left = [name for name in named if name in there]
        if left != named:
            kept = {name: value for name, value in spec["scaleStrategy"].items() if name != "podsToDelete"}
            new = spec | {"scaleStrategy": kept | ({"podsToDelete": left} if left else {})}
            self._api.set_spec(self._resource, cloneset, cloneset | {"spec": new}, manager=MANAGER)

    # -- pods ----------------------------------------------------------------------------------------------------

    def _sync(self, cloneset: JSON, pods: Pods, strategy: Strategy, revision: str) -> None:
        """Scale, and only if there is nothing to scale, update. Raises ApiError where a pod is refused."""
        missing = strategy.replicas + surge_in_use(pods, strategy) - len(pods.every)
        condemned = to_delete(pods, strategy)
        if missing > 0:
            current = (cloneset.get("status") or {}).get("currentRevision") or revision
            olds = min(missing, max(0, strategy.partition - len(pods.old))) if current != revision else 0
            for number in range(missing):
                self._create(cloneset, current if number < olds else revision)
        elif condemned:
            for pod in condemned:
                self._api.delete(PODS, pod["metadata"]["namespace"], pod["metadata"]["name"])
                words = f"succeed to delete pod {pod['metadata']['name']}"
                self._events.event(cloneset, "Normal", "SuccessfulDelete", words)
        else:
            for pod in to_update(pods, strategy):
                self._update(cloneset, pod, strategy, revision)

    def _create(self, cloneset: JSON, revision: str) -> None:
        metadata, random = cloneset["metadata"], self._api.kernel.random
        suffix = "".join(random.choice(_LETTERS) for _ in range(5))
        template = copy.deepcopy(self._history.template(revision, cloneset))
        pod = Mould(cloneset, template).pod(f"{metadata['name']}-{suffix}")
        labels = {INSTANCE: suffix, REVISION: revision, TEMPLATE_HASH: _hash(revision), STATE: "Normal"}
        pod["metadata"]["labels"] = (pod["metadata"].get("labels") or {}) | labels
        if strategy_of(cloneset["spec"]).policy in (IN_PLACE, IN_PLACE_ONLY):
            pod["spec"]["readinessGates"] = [{"conditionType": GATE}]
        try:
            self._api.create(PODS, metadata["namespace"], pod, manager=MANAGER, trusted=True)
        except ApiError as error:
            words = f"failed to create pod: {error.message}, pod: {pod['metadata']['name']}"
            self._events.event(cloneset, "Warning", "FailedCreate", words)
            raise
        words = f"succeed to create pod {pod['metadata']['name']}"
        self._events.event(cloneset, "Normal", "SuccessfulCreate", words)

    def _update(self, cloneset: JSON, pod: JSON, strategy: Strategy, revision: str) -> None:
        name, template = pod["metadata"]["name"], self._history.template(revision, cloneset)
        images = images_changed(self._history.template(revision_of(pod), cloneset), template)
        if strategy.policy == "ReCreate" or (images is None and strategy.policy == IN_PLACE):
            labels = pod["metadata"]["labels"] | {SPECIFIED_DELETE: "true"}
            self._api.set_spec(PODS, pod, pod | {"metadata": pod["metadata"] | {"labels": labels}}, manager=MANAGER)
            words = f"successfully patch pod {name} specified-delete for update(revision {revision})"
            self._events.event(cloneset, "Normal", "SuccessfulUpdatePodReCreate", words)
        elif images is not None:
            self._in_place.change(pod, images, revision, {TEMPLATE_HASH: _hash(revision)})
            words = f"successfully update pod {name} in-place(revision {revision})"
            self._events.event(cloneset, "Normal", "SuccessfulUpdatePodInPlace", words)


def _hash(revision: str) -> str:
    return revision.rpartition("-")[2]
