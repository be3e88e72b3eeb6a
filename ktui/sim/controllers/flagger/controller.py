"""Looks at each Canary once per interval, and at once if it is new or being deleted."""

from __future__ import annotations

from typing import Any

from ktui.sim.api.errors import ApiError
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.common import DEPLOYMENTS
from ktui.sim.controllers.flagger.canary import FINALIZER, MANAGER, Canary
from ktui.sim.controllers.flagger.objects import Objects
from ktui.sim.controllers.flagger.turn import Turn
from ktui.sim.controllers.queue import LATENCY
from ktui.sim.controllers.sizes import wanted
from ktui.sim.events import EventRecorder
from ktui.sim.storage import Change, Key

JSON = dict[str, Any]
FIRST_LOOK = 1.0
"""Seconds until a new Canary is looked at for the first time."""


class FlaggerController:
    """Plays Flagger; its resources have to be served already."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._resource = api.catalog.named("canaries.flagger.app")
        self._events = EventRecorder(api, "flagger")
        self._checks: dict[str, tuple[Any, int]] = {}
        """By uid the revision that is analysed, and how many looks that analysis has had."""
        self._known: set[str] = set()
        api.bucket(self._resource).listen(self._changed)
        for key in tuple(api.bucket(self._resource).objects):
            self._meet(key)

    def _changed(self, change: Change) -> None:
        obj = change.version.obj
        if change.type == "DELETED":
            self._known.discard(obj["metadata"]["uid"])
            self._checks.pop(obj["metadata"]["uid"], None)
        elif "deletionTimestamp" in obj["metadata"]:
            self._api.kernel.after(LATENCY, lambda: self._terminate(change.key))
        else:
            self._meet(change.key)

    def _meet(self, key: Key) -> None:
        obj = self._api.bucket(self._resource).get(*key)
        if obj is None or obj["metadata"]["uid"] in self._known or not Canary(obj).target:
            return
        uid = obj["metadata"]["uid"]
        self._known.add(uid)
        self._api.kernel.after(LATENCY, lambda: self._welcome(key))
        self._api.kernel.after(FIRST_LOOK, lambda: self._reconcile_at(key, uid))

    def _welcome(self, key: Key) -> None:
        """The phase that a new Canary gets at once."""
        obj = self._api.bucket(self._resource).get(*key)
        if obj is None or Canary(obj).phase:
            return
        if Canary(obj).spec.get("revertOnDeletion"):
            finalizers = [*(obj["metadata"].get("finalizers") or ()), FINALIZER]
            changed = obj | {"metadata": obj["metadata"] | {"finalizers": finalizers}}
            obj = self._api.set_spec(self._resource, obj, changed, manager=MANAGER)
        status = Canary(obj).with_phase("Initializing", self._api.kernel.stamp())
        self._api.set_status(self._resource, obj, status, manager=MANAGER)

    def _reconcile_at(self, key: Key, uid: str) -> None:
        obj = self._api.bucket(self._resource).get(*key)
        if obj is None or obj["metadata"]["uid"] != uid:
            return
        canary = Canary(obj)
        analysed = (canary.status.get("lastAppliedSpec"), canary.status.get("lastPromotedSpec"))
        before, number = self._checks.get(uid, (None, -1))
        self._checks[uid] = (analysed, number + 1 if before == analysed else 0)
        if "deletionTimestamp" not in obj["metadata"]:
            try:
                Turn(self._api, self._events, self._resource, obj, max(0, self._checks[uid][1] - 2)).take()
            except ApiError as error:
                self._events.event(obj, "Warning", "Synced", error.message)
        self._api.kernel.after(canary.interval, lambda: self._reconcile_at(key, uid))

    def _terminate(self, key: Key) -> None:
        """Give the target its pods and its Service back, and let the Canary go."""
        obj = self._api.bucket(self._resource).get(*key)
        if obj is None or FINALIZER not in (obj["metadata"].get("finalizers") or ()):
            return
        canary = Canary(obj)
        if canary.phase != "Terminating":
            status = canary.with_phase("Terminating", self._api.kernel.stamp())
            obj = self._api.set_status(self._resource, obj, status, manager=MANAGER)
        self._events.event(obj, "Normal", "Synced", f"Terminating canary {canary.full_name}")
        target = self._api.bucket(DEPLOYMENTS).get(canary.namespace, canary.target)
        if target is not None:
            objects = Objects(self._api, Canary(obj), target)
            if (primary := objects.primary) is not None:
                objects.scale_target(wanted(primary))
            objects.return_apex()
        self._events.event(obj, "Normal", "Synced", f"Terminated canary {canary.full_name}")
        self._api.remove_finalizer(self._resource, obj, FINALIZER)
