"""The ReplicaSets of a Rollout: which is new, which is stable, their numbers, sizes and deadlines."""

from __future__ import annotations

import copy
from typing import Any

from ktui.sim.api.defaults import default
from ktui.sim.api.errors import ApiError
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.argo.rollout import (
    DESIRED,
    HASH_LABEL,
    REVISION,
    REVISION_HISTORY,
    SCALE_DOWN_DEADLINE,
    Rollout,
    hash_of,
    revision_of,
)
from ktui.sim.controllers.common import REPLICA_SETS, controller_of, find_condition, owner_reference
from ktui.sim.controllers.sizes import by_age, wanted
from ktui.sim.deletion import Deletion
from ktui.sim.kernel import rfc3339

JSON = dict[str, Any]
MANAGER = "rollouts-controller"
_NOT_COPIED = {
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    REVISION_HISTORY,
    DESIRED,
    "notified.notifications.argoproj.io",
}


class Revisions:
    """The ReplicaSets that one Rollout has. What is changed here is seen by who asks later."""

    def __init__(self, api: ApiServer, rollout: Rollout, owned: list[JSON]) -> None:
        self._api = api
        self.all = by_age(owned)
        self._new = _find_new(rollout, self.all)
        self._stable = rollout.stable_hash

    @property
    def newest(self) -> JSON | None:
        """The ReplicaSet of the current template, None where it is not made yet."""
        return None if self._new is None else next(rs for rs in self.all if hash_of(rs) == self._new)

    @property
    def new(self) -> JSON:
        """The ReplicaSet of the current template, which has been made."""
        found = self.newest
        assert found is not None
        return found

    @property
    def stable(self) -> JSON | None:
        """That of the stable revision."""
        return self.by_hash(self._stable)

    @property
    def others(self) -> list[JSON]:
        """What is neither new nor stable."""
        return [rs for rs in self.all if hash_of(rs) not in (self._new, self._stable)]

    def by_hash(self, digest: str) -> JSON | None:
        """The ReplicaSet of a pod template hash."""
        return next((rs for rs in self.all if digest and hash_of(rs) == digest), None)

    def create(self, rollout: Rollout) -> JSON:
        """Make the ReplicaSet of the current template, without pods yet.

        Raises:
            ApiError: it is refused.
        """
        made = _draft(rollout, max(map(revision_of, self.all), default=0) + 1)
        namespace, name = rollout.metadata["namespace"], made["metadata"]["name"]
        try:
            created = self._api.create(REPLICA_SETS, namespace, made, manager=MANAGER)
        except ApiError as error:
            found = self._api.bucket(REPLICA_SETS).get(namespace, name)
            owner = controller_of(found) if found is not None else None
            if error.reason != "AlreadyExists" or found is None or owner is None:
                raise
            if owner["uid"] != rollout.metadata["uid"]:
                raise
            created = found
        self.all = by_age([*self.all, created])
        self._new = hash_of(created)
        return created

    def renumber(self, rollout: Rollout) -> bool:
        """Give the new ReplicaSet the highest revision, and the Rollout's annotations; whether it was changed."""
        new = self.new
        annotations = _annotations(
            rollout, new, max((revision_of(rs) for rs in self.all if rs is not new), default=0) + 1
        )
        ready = rollout.spec.get("minReadySeconds", 0)
        if annotations == (new["metadata"].get("annotations") or {}) and ready == new["spec"].get("minReadySeconds", 0):
            return False
        spec = {name: value for name, value in new["spec"].items() if name != "minReadySeconds"}
        if ready:
            spec["minReadySeconds"] = ready
        self._write(new, new | {"spec": spec, "metadata": new["metadata"] | {"annotations": annotations}})
        return True

    def numbered(self, rollout: Rollout, revision: int) -> JSON | None:
        """The Rollout with the revision noted on it, None where it is already.

        The controller writes the whole object as its Go types have it: each container gets its empty `resources`.
        """
        annotations = rollout.metadata.get("annotations") or {}
        if annotations.get(REVISION) == str(revision):
            return None
        metadata = rollout.metadata | {"annotations": annotations | {REVISION: str(revision)}}
        changed = rollout.obj | {"metadata": metadata}
        if "template" in rollout.spec:
            changed["spec"] = copy.deepcopy(rollout.spec)
            spec = changed["spec"]["template"].get("spec") or {}
            for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
                container.setdefault("resources", {})
        return changed

    def resize(self, rs: JSON, size: int, goal: int, *, keeps_deadline: bool) -> JSON | None:
        """Give a ReplicaSet so many pods, and note on it what the Rollout asks for; None where it has both."""
        before = rs["metadata"].get("annotations") or {}
        annotations = before | {DESIRED: str(goal)}
        if not keeps_deadline:
            annotations.pop(SCALE_DOWN_DEADLINE, None)
        if wanted(rs) == size and annotations.get(DESIRED) == before.get(DESIRED):
            return None
        spec = rs["spec"] | {"replicas": size}
        return self._write(rs, rs | {"spec": spec, "metadata": rs["metadata"] | {"annotations": annotations}})

    def set_deadline(self, rs: JSON, deadline: float | None) -> None:
        """Note until when an old ReplicaSet may stay, or take the note away."""
        annotations = dict(rs["metadata"].get("annotations") or {})
        if deadline is None and SCALE_DOWN_DEADLINE not in annotations:
            return
        annotations.pop(SCALE_DOWN_DEADLINE, None)
        if deadline is not None:
            annotations[SCALE_DOWN_DEADLINE] = rfc3339(deadline)
        self._write(rs, rs | {"metadata": rs["metadata"] | {"annotations": annotations}})

    def _write(self, rs: JSON, changed: JSON) -> JSON:
        stored = self._api.set_spec(REPLICA_SETS, rs, changed, manager=MANAGER)
        self.all = [stored if each is rs else each for each in self.all]
        return stored

    def failure(self) -> JSON | None:
        """The condition that tells of pods which cannot be made: of the new ReplicaSet, else of any."""
        for rs in [*([self.new] if self._new else []), *self.all]:
            found = find_condition((rs.get("status") or {}).get("conditions") or (), "ReplicaFailure")
            if found is not None:
                return found | {"lastUpdateTime": found["lastTransitionTime"]}
        return None

    def prune(self, rollout: Rollout) -> list[JSON]:
        """Delete old revisions above the limit of the history: which those were."""
        limit = rollout.spec.get("revisionHistoryLimit")
        alive = [rs for rs in self.others if "deletionTimestamp" not in rs["metadata"]]
        gone = []
        for rs in alive[: max(0, len(alive) - (10 if limit is None else int(limit)))]:
            status = rs.get("status") or {}
            seen = rs["metadata"]["generation"] <= status.get("observedGeneration", 0)
            if seen and not status.get("replicas") and not wanted(rs):
                self._api.delete(REPLICA_SETS, rs["metadata"]["namespace"], rs["metadata"]["name"], Deletion())
                gone.append(rs)
        self.all = [rs for rs in self.all if rs not in gone]
        return gone


def _find_new(rollout: Rollout, owned: list[JSON]) -> str | None:
    digest = rollout.digest
    if any(hash_of(rs) == digest for rs in owned):
        return digest
    wanted_template: JSON | None = None
    for rs in owned:
        wanted_template = wanted_template or _complete(rollout.template)
        if _bare(rs["spec"]["template"]) == wanted_template:
            return hash_of(rs)
    return None


def _complete(template: JSON) -> JSON:
    """A template as the API server stores it in a ReplicaSet."""
    draft = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {},
        "spec": {"template": copy.deepcopy(template)},
    }
    completed: JSON = default("ReplicaSet", draft)["spec"]["template"]
    return _bare(completed)


def _bare(template: JSON) -> JSON:
    """A template without the label of its hash, and without what is empty in its metadata."""
    metadata = dict(template.get("metadata") or {})
    labels = {key: value for key, value in (metadata.get("labels") or {}).items() if key != HASH_LABEL}
    metadata["labels"] = labels
    return {"metadata": {name: value for name, value in metadata.items() if value}, "spec": template.get("spec")}


def _annotations(rollout: Rollout, rs: JSON, revision: int) -> JSON:
    own = rs["metadata"].get("annotations") or {}
    theirs = rollout.metadata.get("annotations") or {}
    annotations: JSON = own | {key: value for key, value in theirs.items() if key not in _NOT_COPIED}
    if revision_of(rs) < revision:
        annotations[REVISION] = str(revision)
        if REVISION in own:
            history = [number for number in own.get(REVISION_HISTORY, "").split(",") if number]
            annotations[REVISION_HISTORY] = ",".join([*history, own[REVISION]])
    return annotations


def _draft(rollout: Rollout, revision: int) -> JSON:
    template = copy.deepcopy(rollout.template)
    digest = rollout.digest
    metadata = template.setdefault("metadata", {})
    metadata["labels"] = dict(sorted(((metadata.get("labels") or {}) | {HASH_LABEL: digest}).items()))
    match_labels = (rollout.selector.get("matchLabels") or {}) | {HASH_LABEL: digest}
    made: JSON = {
        "metadata": {
            "name": f"{rollout.name}-{digest}",
            "labels": dict(metadata["labels"]),
            "ownerReferences": [owner_reference(rollout.obj)],
        },
        "spec": {
            "replicas": 0,
            "selector": rollout.selector | {"matchLabels": match_labels},
            "template": template,
        },
    }
    if rollout.spec.get("minReadySeconds"):
        made["spec"]["minReadySeconds"] = rollout.spec["minReadySeconds"]
    made["metadata"]["annotations"] = _annotations(rollout, made, revision) | {DESIRED: str(rollout.replicas)}
    return made
