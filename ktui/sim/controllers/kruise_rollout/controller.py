"""Hears of Rollouts and of their workloads: holds a workload when its template changes, and takes turns."""

from __future__ import annotations

from typing import Any

from ktui.sim.api.resources import Resource
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.common import (
    DEPLOYMENTS,
    PODS,
    REPLICA_SETS,
    OwnedIndex,
    controller_of,
    template_hash,
)
from ktui.sim.controllers.kruise_rollout.deployment import MANAGER, HeldDeployment
from ktui.sim.controllers.kruise_rollout.partitioned import Partitioned
from ktui.sim.controllers.kruise_rollout.status import Rollout
from ktui.sim.controllers.kruise_rollout.turn import Turn, Workload
from ktui.sim.controllers.queue import WorkQueue
from ktui.sim.events import EventRecorder
from ktui.sim.storage import Change, Key

JSON = dict[str, Any]
FINALIZER = "rollouts.kruise.io/rollout"


class KruiseRolloutController:
    """Plays Kruise Rollouts; its resources, and those of OpenKruise, have to be served already."""

    def __init__(self, api: ApiServer, replica_sets: OwnedIndex, pods: OwnedIndex) -> None:
        self._api, self._replica_sets, self._pods = api, replica_sets, pods
        self._resource = api.catalog.named("rollouts.rollouts.kruise.io")
        named = (api.catalog.named(f"{plural}.apps.kruise.io") for plural in ("clonesets", "statefulsets"))
        self._workloads = {(each.group, each.kind): each for each in (DEPLOYMENTS, *named)}
        self._events = EventRecorder(api, "rollout-controller")
        self._held_events = EventRecorder(api, "advanced-deployment-controller")
        self._queue = WorkQueue(api.kernel, self._reconcile)
        api.bucket(self._resource).listen(lambda change: self._queue.add_limited(change.key))
        for resource in self._workloads.values():
            api.bucket(resource).listen(self._listener(resource))
        for owned in (REPLICA_SETS, PODS):
            api.bucket(owned).listen(self._owned_changed)
        for key in api.bucket(self._resource).objects:
            self._queue.add(key)

    # -- what it hears ---------------------------------------------------------------------------------------------

    def _of_workload(self, resource: Resource, namespace: str, name: str) -> JSON | None:
        """The Rollout whose workload that is."""
        for rollout in self._api.bucket(self._resource).in_namespace(namespace):
            if _reference(rollout) == (resource.group, resource.kind, name):
                return rollout
        return None

    def _listener(self, resource: Resource) -> Any:
        def changed(change: Change) -> None:
            rollout = self._of_workload(resource, *change.key)
            if rollout is None:
                return
            before, now = change.previous, change.version.obj
            name = rollout["metadata"]["name"]
            if before is not None and change.type != "DELETED" and _is_active(rollout):
                is_new = before.obj["spec"].get("template") != now["spec"].get("template")
                is_resumed = resource is DEPLOYMENTS and before.obj["spec"].get("paused")
                if is_new or is_resumed:
                    self._api.kernel.after(0.0, lambda: self._hold(resource, change.key, name, is_new=is_new))
            self._queue.add_limited((change.key[0], name))

        return changed

    def _hold(self, resource: Resource, key: Key, rollout: str, *, is_new: bool) -> None:
        """What the webhook does before a changed workload is stored; here it is done a moment after."""
        found = self._api.bucket(resource).get(*key)
        if found is None:
            return
        workload = self._workload(resource, found)
        is_resumed = resource is DEPLOYMENTS and workload.is_held and not found["spec"].get("paused")
        if is_resumed or (is_new and not workload.is_held):
            workload.hold(rollout)

    def _owned_changed(self, change: Change) -> None:
        owner = controller_of(change.version.obj)
        for resource in self._workloads.values():
            if owner is not None and owner["kind"] == resource.kind:
                rollout = self._of_workload(resource, change.key[0], owner["name"])
                if rollout is not None:
                    self._queue.add_limited((change.key[0], rollout["metadata"]["name"]))

    def _workload(self, resource: Resource, obj: JSON) -> Workload:
        if resource is DEPLOYMENTS:
            return HeldDeployment(self._api, self._held_events, self._replica_sets, obj)
        return Partitioned(self._api, resource, self._pods, obj)

    # -- turns -----------------------------------------------------------------------------------------------------

    def _reconcile(self, key: Key) -> None:
        obj = self._api.bucket(self._resource).get(*key)
        if obj is None:
            return
        group, kind, name = _reference(obj)
        resource = self._workloads.get((group, kind))
        found = self._api.bucket(resource).get(key[0], name) if resource is not None else None
        if "deletionTimestamp" in obj["metadata"]:
            self._end(obj, self._workload(resource, found) if resource is not None and found is not None else None)
            return
        rollout = Rollout(obj, self._api.kernel.stamp())
        if not rollout.steps:
            return
        if FINALIZER not in (obj["metadata"].get("finalizers") or ()):
            finalizers = [*(obj["metadata"].get("finalizers") or ()), FINALIZER]
            changed = obj | {"metadata": obj["metadata"] | {"finalizers": finalizers}}
            obj = self._api.set_spec(self._resource, obj, changed, manager=MANAGER)
            rollout = Rollout(obj, self._api.kernel.stamp())
        if resource is None or found is None:
            if rollout.phase in ("", "Initial"):
                missing = {"phase": "Initial", "message": "Workload Not Found"}
                rollout.status |= missing | {"currentStepIndex": 0, "currentStepState": ""}
                self._api.set_status(self._resource, obj, rollout.written(), manager=MANAGER)
            return
        self._take(obj, rollout, self._workload(resource, found), found)

    def _take(self, obj: JSON, rollout: Rollout, workload: Workload, found: JSON) -> None:
        def tell(message: str) -> None:
            self._events.event(obj, "Normal", "Progressing", message)

        revision = template_hash(found["spec"]["template"])
        again = Turn(rollout, workload, revision, self._api.kernel.now, tell).take()
        self._api.set_status(self._resource, obj, rollout.written(), manager=MANAGER)
        if again is not None:
            self._queue.add_after((obj["metadata"]["namespace"], rollout.name), again)

    def _end(self, obj: JSON, workload: Workload | None) -> None:
        """A Rollout that is deleted lets its workload go: the new version rolls out in full."""
        if FINALIZER not in (obj["metadata"].get("finalizers") or ()):
            return
        rollout = Rollout(obj, self._api.kernel.stamp())
        if rollout.phase != "Terminating":
            rollout.status["phase"] = "Terminating"
            message = rollout.status.get("message", "")
            rollout.say("Terminating", "True", "InTerminating", "Rollout is in terminating")
            rollout.status["message"] = message
            self._api.set_status(self._resource, obj, rollout.written(), manager=MANAGER)
            return
        if workload is not None and workload.is_held:
            workload.release()
        message = rollout.status.get("message", "")
        rollout.say("Terminating", "False", "Completed", "Rollout is in terminating")
        rollout.status["message"] = message
        obj = self._api.set_status(self._resource, obj, rollout.written(), manager=MANAGER)
        self._api.remove_finalizer(self._resource, obj, FINALIZER)


def _reference(rollout: JSON) -> tuple[str, str, str]:
    """Group, kind and name of a Rollout's workload; empty where it names none."""
    spec = rollout.get("spec")
    found = (spec if isinstance(spec, dict) else {}).get("workloadRef")
    reference: JSON = found if isinstance(found, dict) else {}
    group = str(reference.get("apiVersion") or "").rpartition("/")[0]
    return group, str(reference.get("kind") or ""), str(reference.get("name") or "")


def _is_active(rollout: JSON) -> bool:
    """Whether it holds its workload when that changes."""
    known = Rollout(rollout, "")
    is_over = "deletionTimestamp" in rollout["metadata"] or known.spec.get("disabled") is True
    return bool(known.steps) and known.phase in ("Healthy", "Progressing") and not is_over
