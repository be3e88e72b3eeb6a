"""The deployment controller: revisions, rolling updates, Recreate, pause, scaling and clean-up.

It follows the controller of Kubernetes 1.36 step by step, its second thoughts included: a status write after
another one in the same turn conflicts, and the turn is taken again.
"""

from __future__ import annotations

from typing import Any

from ktui.sim.api.errors import ApiError
from ktui.sim.api.selectors import object_selector
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers import progress, sizes
from ktui.sim.controllers.adoption import claim
from ktui.sim.controllers.common import (
    DEPLOYMENTS,
    MANAGER,
    REPLICA_SETS,
    OwnedIndex,
    condition,
    controller_of,
    revision_of,
    same_template,
)
from ktui.sim.controllers.drafts import REVISION, draft_replica_set, revision_annotations
from ktui.sim.controllers.queue import WorkQueue
from ktui.sim.controllers.sizes import wanted
from ktui.sim.deletion import Deletion
from ktui.sim.events import EventRecorder
from ktui.sim.storage import Change, Key

JSON = dict[str, Any]


class DeploymentController:
    """Keeps the ReplicaSets of each Deployment as its spec asks."""

    def __init__(self, api: ApiServer, replica_sets: OwnedIndex, pods: OwnedIndex) -> None:
        self._api = api
        self._replica_sets = replica_sets
        self._pods = pods
        self._events = EventRecorder(api, "deployment-controller")
        self._queue = WorkQueue(api.kernel, self._reconcile)
        api.bucket(DEPLOYMENTS).listen(lambda change: self._queue.add(change.key))
        api.bucket(REPLICA_SETS).listen(self._replica_set_changed)

    def _replica_set_changed(self, change: Change) -> None:
        for version in (change.version, change.previous):
            owner = controller_of(version.obj) if version else None
            if owner is not None and owner["kind"] == "Deployment":
                self._queue.add((change.key[0], owner["name"]))
        if controller_of(change.version.obj) is None and change.type == "ADDED":
            self._adopters(change.version.obj)

    def _adopters(self, orphan: JSON) -> None:
        namespace, labels = orphan["metadata"]["namespace"], orphan["metadata"].get("labels") or {}
        for deployment in self._api.bucket(DEPLOYMENTS).in_namespace(namespace):
            if object_selector(deployment["spec"]["selector"])(labels):
                self._queue.add((namespace, deployment["metadata"]["name"]))

    def pod_gone(self, replica_set: JSON) -> None:
        """A pod of this ReplicaSet is gone: a Deployment that recreates may be waiting for that."""
        owner = controller_of(replica_set)
        if owner is not None:
            self._queue.add((replica_set["metadata"]["namespace"], owner["name"]))

    def _reconcile(self, key: Key) -> None:
        deployment = self._api.bucket(DEPLOYMENTS).get(*key)
        if deployment is not None:
            owned = self._owned(deployment)
            turn = _Turn(self._api, self._events, self._queue, deployment, replica_sets=owned, pods=self._pods)
            turn.take()

    def _owned(self, deployment: JSON) -> list[JSON]:
        matches = object_selector(deployment["spec"]["selector"])
        return claim(
            self._api, REPLICA_SETS, deployment, self._replica_sets,
            matches=matches, counts=lambda rs: "deletionTimestamp" not in rs["metadata"],
        )  # fmt: skip


class _Turn:
    """One look at one Deployment. `stored` is the version that was read; status and annotations are kept beside it."""

    def __init__(
        self,
        api: ApiServer,
        events: EventRecorder,
        queue: WorkQueue,
        stored: JSON,
        *,
        replica_sets: list[JSON],
        pods: OwnedIndex,
    ) -> None:
        self._api = api
        self._events = events
        self._queue = queue
        self._stored = stored
        self._deployment = dict(stored)
        self._replica_sets = replica_sets
        self._pods = pods

    @property
    def _now(self) -> float:
        return self._api.kernel.now

    @property
    def _paused(self) -> bool:
        return bool(self._deployment["spec"].get("paused"))

    def take(self) -> None:
        if "deletionTimestamp" in self._deployment["metadata"]:
            new, old = self._revisions(create=False)
            self._write_counts([*old, new], new)
            return
        self._note_pause()
        if self._paused or self._is_scaling():
            self._sync()
        elif sizes.is_rolling(self._deployment):
            self._roll()
        else:
            self._recreate()

    # -- pause and scale ---------------------------------------------------------------------------------------

    def _note_pause(self) -> None:
        if not progress.has_deadline(self._deployment):
            return
        current = condition(self._deployment, "Progressing")
        reason = current["reason"] if current else None
        if reason == "ProgressDeadlineExceeded":
            return
        if self._paused and reason != "DeploymentPaused":
            self._note_progress("Unknown", "DeploymentPaused", "Deployment is paused")
            self._write_status(self._deployment["status"])
        elif not self._paused and reason == "DeploymentPaused":
            self._note_progress("Unknown", "DeploymentResumed", "Deployment is resumed")
            self._write_status(self._deployment["status"])

    def _note_progress(self, status: str, reason: str, message: str) -> None:
        new = progress.new_condition(self._now, "Progressing", status, reason, message)
        conditions = progress.with_condition(self._deployment["status"].get("conditions") or [], new)
        self._deployment["status"] = self._deployment["status"] | {"conditions": conditions}

    def _is_scaling(self) -> bool:
        new, old = self._revisions(create=False)
        goal = wanted(self._deployment)
        noted = (sizes.annotated(rs, sizes.DESIRED) for rs in sizes.active([*old, new]))
        return any(desired is not None and desired != goal for desired in noted)

    def _sync(self) -> None:
        new, old = self._revisions(create=False)
        self._scale(new, old)
        if self._paused:
            self._clean_up(old)
        self._write_counts([*old, new], new)

    def _scale(self, new: JSON | None, old: list[JSON]) -> None:
        goal, everything = wanted(self._deployment), [*old, new]
        active = sizes.active(everything)
        if len(active) < 2:
            only = active[0] if active else new or next(reversed(sizes.by_age(old)), None)
            if only is not None and wanted(only) != goal:
                self._resize(only, goal)
        elif sizes.is_saturated(self._deployment, new):
            for rs in sizes.active(old):
                self._resize(rs, 0)
        elif sizes.is_rolling(self._deployment):
            size_of = sizes.proportional(self._deployment, active)
            for rs in active:
                self._resize(rs, size_of[rs["metadata"]["name"]], always=True)

    def _resize(self, rs: JSON, size: int, *, always: bool = False) -> JSON:
        """Set the size of a ReplicaSet, and note on it what the Deployment wants; an event tells of a new size.

        A ReplicaSet that keeps its size keeps its notes as well, unless they are to be written `always`
        (deployment/sync.go: scaleReplicaSet).
        """
        goal, before = wanted(self._deployment), wanted(rs)
        if before == size and not always:
            return rs
        notes = {sizes.DESIRED: str(goal), sizes.MAXIMUM: str(goal + sizes.max_surge(self._deployment))}
        annotations = (rs["metadata"].get("annotations") or {}) | notes
        if before == size and annotations == rs["metadata"].get("annotations"):
            return rs
        metadata = rs["metadata"] | {"annotations": annotations}
        changed = rs | {"metadata": metadata, "spec": rs["spec"] | {"replicas": size}}
        changed = self._api.set_spec(REPLICA_SETS, self._current(rs), changed, manager=MANAGER)
        if before != size:
            self._tell_size("up" if size > before else "down", rs["metadata"]["name"], before, size)
        return changed

    def _current(self, rs: JSON) -> JSON:
        """The ReplicaSet, refused where it has changed since it was read: this turn would undo that."""
        metadata = rs["metadata"]
        current = self._api.get(REPLICA_SETS, metadata["namespace"], metadata["name"])
        if current["metadata"]["resourceVersion"] != metadata["resourceVersion"]:
            raise ApiError(409, "Conflict", f'replicasets.apps "{metadata["name"]}" has been modified')
        return current

    def _tell_size(self, direction: str, name: str, before: int, after: int) -> None:
        message = f"Scaled {direction} replica set {name} from {before} to {after}"
        self._events.event(self._stored, "Normal", "ScalingReplicaSet", message)

    # -- strategies --------------------------------------------------------------------------------------------

    def _roll(self) -> None:
        new, old = self._revisions(create=True)
        assert new is not None
        everything: list[JSON | None] = [*old, new]
        if not self._grow(new, everything) and not self._shrink(new, old):
            self._finish(old)
        self._write_progress(everything, new)

    def _finish(self, old: list[JSON]) -> None:
        if progress.is_complete(self._deployment, self._deployment["status"]):
            self._clean_up(old)

    def _grow(self, new: JSON, everything: list[JSON | None]) -> bool:
        goal = wanted(self._deployment)
        if wanted(new) == goal:
            return False
        size = goal if wanted(new) > goal else sizes.new_replicas(self._deployment, everything, new)
        self._resize(new, size)
        return size != wanted(new)

    def _shrink(self, new: JSON, old: list[JSON]) -> bool:
        if sizes.total_wanted(old) == 0:
            return False
        least = wanted(self._deployment) - sizes.max_unavailable(self._deployment)
        new_unavailable = wanted(new) - new["status"].get("availableReplicas", 0)
        most = sizes.total_wanted([*old, new]) - least - new_unavailable
        if most <= 0:
            return False
        shrinking = sizes.by_age(sizes.active(old))
        unhealthy = self._drop_unhealthy(shrinking, most)
        spare = sizes.total_status([*shrinking, new], "availableReplicas") - least
        return unhealthy + self._drop_available(shrinking, spare) > 0

    def _drop_unhealthy(self, old: list[JSON], most: int) -> int:
        """Remove pods that are not available anyway, oldest ReplicaSet first; `old` is brought up to date.

        A ReplicaSet with more available pods than it asks for has not acted yet: this turn would count them twice,
        and is taken again.
        """
        dropped = 0
        for index, rs in enumerate(old):
            if dropped >= most:
                break
            unavailable = wanted(rs) - rs["status"].get("availableReplicas", 0)
            if unavailable < 0:
                raise ApiError(500, "InternalError", f"the status of {rs['metadata']['name']} is not up to date")
            if count := min(most - dropped, unavailable):
                old[index] = self._resize(rs, wanted(rs) - count)
                dropped += count
        return dropped

    def _drop_available(self, old: list[JSON], spare: int) -> int:
        dropped = 0
        for rs in old:
            count = min(wanted(rs), spare - dropped)
            if count > 0:
                self._resize(rs, wanted(rs) - count)
                dropped += count
        return dropped

    def _recreate(self) -> None:
        new, old = self._revisions(create=False)
        running = sizes.active(old)
        for rs in running:
            self._resize(rs, 0)
        if running or self._old_pods_run(new, old):
            self._write_progress([*old, new], new)
            return
        if new is None:
            new, old = self._revisions(create=True)
            assert new is not None
        self._resize(new, wanted(self._deployment))
        self._finish(old)
        self._write_progress([*old, new], new)

    def _old_pods_run(self, new: JSON | None, old: list[JSON]) -> bool:
        if sizes.total_status(old, "replicas") > 0:
            return True
        others = (rs for rs in self._replica_sets if new is None or rs["metadata"]["uid"] != new["metadata"]["uid"])
        pods = (pod for rs in others for pod in self._pods.of(rs["metadata"]["uid"]))
        return any(pod["status"].get("phase") not in ("Succeeded", "Failed") for pod in pods)

    # -- revisions ---------------------------------------------------------------------------------------------

    def _revisions(self, *, create: bool) -> tuple[JSON | None, list[JSON]]:
        """The new ReplicaSet and the old ones, the revision annotations brought up to date."""
        template = self._deployment["spec"]["template"]
        ordered = sizes.by_age(self._replica_sets)
        new = next((rs for rs in ordered if same_template(rs["spec"]["template"], template)), None)
        old = [rs for rs in ordered if new is None or rs["metadata"]["uid"] != new["metadata"]["uid"]]
        revision = max((revision_of(rs) for rs in old), default=0) + 1
        if new is not None:
            return self._keep_revision(new, revision), old
        return (self._new_replica_set(old, revision) if create else None), old

    def _keep_revision(self, new: JSON, revision: int) -> JSON:
        annotations = revision_annotations(self._deployment, new, revision)
        min_ready = self._deployment["spec"].get("minReadySeconds", 0)
        if annotations != (new["metadata"].get("annotations") or {}) or min_ready != new["spec"].get(
            "minReadySeconds", 0
        ):
            spec = new["spec"] | {"minReadySeconds": min_ready}
            if not min_ready:
                del spec["minReadySeconds"]
            changed = new | {"metadata": new["metadata"] | {"annotations": annotations}, "spec": spec}
            changed = self._api.set_spec(REPLICA_SETS, self._current(new), changed, manager=MANAGER)
            self._replica_sets = [changed if rs is new else rs for rs in self._replica_sets]
            return changed
        needs_update = self._set_revision(annotations[REVISION])
        if progress.has_deadline(self._deployment) and condition(self._deployment, "Progressing") is None:
            name = new["metadata"]["name"]
            self._note_progress("True", "FoundNewReplicaSet", f'Found new replica set "{name}"')
            needs_update = True
        if needs_update:
            self._write_status(self._deployment["status"])
        return new

    def _set_revision(self, revision: str) -> bool:
        metadata = self._deployment["metadata"]
        annotations = metadata.get("annotations") or {}
        if annotations.get(REVISION) == revision:
            return False
        self._deployment["metadata"] = metadata | {"annotations": annotations | {REVISION: revision}}
        return True

    def _new_replica_set(self, old: list[JSON], revision: int) -> JSON:
        made = draft_replica_set(self._deployment, old, revision)
        name, namespace = made["metadata"]["name"], made["metadata"]["namespace"]
        try:
            created = self._api.create(REPLICA_SETS, namespace, made, manager=MANAGER, trusted=True)
        except ApiError as error:
            if error.reason == "AlreadyExists":
                return self._collided(name, namespace, error)
            if progress.has_deadline(self._deployment):
                words = f'Failed to create new replica set "{name}": {error.message}'
                self._note_progress("False", "ReplicaSetCreateError", words)
                self._write_status(self._deployment["status"])
            raise
        if wanted(created):
            self._tell_size("up", name, 0, wanted(created))
        self._set_revision(str(revision))
        if progress.has_deadline(self._deployment):
            self._note_progress("True", "NewReplicaSetCreated", f'Created new replica set "{name}"')
        self._write_status(self._deployment["status"])
        self._replica_sets.append(created)
        return created

    def _collided(self, name: str, namespace: str, error: ApiError) -> JSON:
        """The name is taken: by our own ReplicaSet, or by another, and then the hash must differ."""
        found = self._api.get(REPLICA_SETS, namespace, name)
        owner = controller_of(found)
        ours = owner is not None and owner["uid"] == self._deployment["metadata"]["uid"]
        if ours and same_template(found["spec"]["template"], self._deployment["spec"]["template"]):
            return found
        collisions = self._deployment["status"].get("collisionCount", 0) + 1
        self._write_status(self._deployment["status"] | {"collisionCount": collisions})
        raise error

    def _clean_up(self, old: list[JSON]) -> None:
        limit = self._deployment["spec"].get("revisionHistoryLimit")
        if limit is None or limit == progress.NO_DEADLINE:
            return
        alive = sizes.by_revision(rs for rs in old if "deletionTimestamp" not in rs["metadata"])
        for rs in alive[: max(0, len(alive) - limit)]:
            status = rs["status"]
            seen = rs["metadata"]["generation"] <= status.get("observedGeneration", 0)
            if seen and not status.get("replicas") and not wanted(rs):
                self._api.delete(REPLICA_SETS, rs["metadata"]["namespace"], rs["metadata"]["name"], Deletion())

    # -- status ------------------------------------------------------------------------------------------------

    def _write_counts(self, everything: list[JSON | None], new: JSON | None) -> None:
        status = progress.counts(self._deployment, everything, new, self._now)
        if status != self._deployment["status"]:
            self._write_status(status)

    def _write_progress(self, everything: list[JSON | None], new: JSON | None) -> None:
        status = progress.counts(self._deployment, everything, new, self._now)
        progress.judge(self._deployment, status, new, self._now)
        progress.carry_failure(status, everything, new)
        if status != self._deployment["status"]:
            self._write_status(status)
        elif (seconds := progress.check_again_in(self._deployment, status, self._now)) is not None:
            metadata = self._deployment["metadata"]
            self._queue.add_after((metadata["namespace"], metadata["name"]), seconds)

    def _write_status(self, status: JSON) -> None:
        annotations = self._deployment["metadata"].get("annotations")
        self._api.set_status(DEPLOYMENTS, self._stored, status, manager=MANAGER, annotations=annotations)
