"""Hears of what concerns a Knative Service, and takes turns on each object of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ktui.sim.api.resources import Resource
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.common import DEPLOYMENTS, PODS, REPLICA_SETS, OwnedIndex, controller_of
from ktui.sim.controllers.knative.common import SERVICE, World, label
from ktui.sim.controllers.knative.configurations import Configurations
from ktui.sim.controllers.knative.revisions import Revisions
from ktui.sim.controllers.knative.routes import IngressController, Routes
from ktui.sim.controllers.knative.services import Services
from ktui.sim.controllers.queue import WorkQueue
from ktui.sim.storage import Change, Key

JSON = dict[str, Any]
Turn = Callable[[JSON], float | None]


class KnativeController:
    """Plays the controllers of Knative Serving; its resources have to be served already."""

    def __init__(self, api: ApiServer, replica_sets: OwnedIndex, pods: OwnedIndex) -> None:
        self._api = api
        world = self._world = World(api)
        self._queues: dict[tuple[str, str], WorkQueue] = {}
        api.admission.append(self._default)
        services, configurations = Services(world), Configurations(world)
        self._play(world.services, services.reconcile)
        self._play(world.configurations, configurations.reconcile)
        self._play(world.revisions, Revisions(world, replica_sets, pods).reconcile)
        self._play(world.routes, Routes(world).reconcile)
        self._play(world.ingresses, IngressController(world).reconcile)
        for resource in (world.configurations, world.routes, world.revisions, world.ingresses, DEPLOYMENTS):
            api.bucket(resource).listen(self._owner_hears)
        for resource in (world.configurations, world.revisions):
            api.bucket(resource).listen(self._route_hears)
        for resource in (REPLICA_SETS, PODS):
            api.bucket(resource).listen(self._revision_hears)

    def _play(self, resource: Resource, turn: Callable[[JSON], object]) -> None:
        """Take a turn on each object of a resource whenever it changes, and when the turn before asked for one."""

        def reconcile(key: Key) -> None:
            found = self._world.find(resource, *key)
            again = turn(found) if found is not None else None
            if isinstance(again, float):
                self._api.kernel.after(again, lambda: queue.add(key))

        queue = self._queues[resource.storage] = WorkQueue(self._api.kernel, reconcile)
        self._api.bucket(resource).listen(lambda change: queue.add_limited(change.key))
        for key in self._api.bucket(resource).objects:
            queue.add(key)

    def _default(self, resource: Resource, obj: JSON) -> None:
        """Fill in, as the webhook does, what a new Service leaves out."""
        if resource.storage != self._world.services.storage:
            return
        spec = obj.get("spec")
        if not isinstance(spec, dict) or not isinstance(spec.get("template"), dict):
            # Knative's webhook refuses it; here it is kept as it is, for those who have to read it.
            return
        spec.setdefault("traffic", [{"latestRevision": True, "percent": 100}])
        template = spec["template"].setdefault("spec", {})
        template |= {"containerConcurrency": 0, "enableServiceLinks": False, "timeoutSeconds": 300} | template
        for container in template.get("containers") or ():
            container.setdefault("name", "user-container")
            container.setdefault("resources", {})

    def _owner_hears(self, change: Change) -> None:
        owner = controller_of(change.version.obj)
        kinds = {"Service": "services", "Configuration": "configurations", "Revision": "revisions", "Route": "routes"}
        if owner is not None and owner["kind"] in kinds and "serving.knative.dev" in owner["apiVersion"]:
            resource = self._api.catalog.named(f"{kinds[owner['kind']]}.serving.knative.dev")
            self._queues[resource.storage].add_limited((change.key[0], owner["name"]))

    def _route_hears(self, change: Change) -> None:
        service = label(change.version.obj, SERVICE)
        if service:
            self._queues[self._world.routes.storage].add_limited((change.key[0], service))

    def _revision_hears(self, change: Change) -> None:
        revision = label(change.version.obj, "serving.knative.dev/revision")
        if revision:
            self._queues[self._world.revisions.storage].add_limited((change.key[0], revision))
