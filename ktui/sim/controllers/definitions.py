"""CustomResourceDefinitions: what they describe is served once they are stored, and no longer when they are gone."""

from __future__ import annotations

from typing import Any

from ktui.sim.api import customs, resources
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.queue import WorkQueue
from ktui.sim.storage import Change, Key

JSON = dict[str, Any]
DEFINITIONS = resources.of("apiextensions.k8s.io", "customresourcedefinitions")
MANAGER = "kube-apiserver"


class DefinitionController:
    """Adds resources to the catalog of a cluster, and tells in their definitions that it did."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._queue = WorkQueue(api.kernel, self._reconcile)
        api.bucket(DEFINITIONS).listen(self._changed)

    def _changed(self, change: Change) -> None:
        definition = change.version.obj
        spec = definition["spec"]
        if change.type == "DELETED":
            self._forget(spec)
        elif change.previous is None or change.previous.obj["spec"] != spec:
            self._queue.add(change.key)
            if _fault(definition) is None:
                self._api.catalog.serve(spec["group"], spec["names"]["plural"], customs.resources_of(definition))

    def _forget(self, spec: JSON) -> None:
        """The objects go with what defines them."""
        group, plural = spec.get("group", ""), (spec.get("names") or {}).get("plural", "")
        served = next(
            (each for each in self._api.catalog.resources if (each.group, each.plural) == (group, plural)), None
        )
        if served is not None and served.custom is not None:
            for obj in list(self._api.bucket(served).all()):
                self._api.storage.remove(served, obj)
            self._api.catalog.serve(group, plural, ())

    def _reconcile(self, key: Key) -> None:
        definition = self._api.bucket(DEFINITIONS).get(*key)
        if definition is None:
            return
        spec, fault = definition["spec"], _fault(definition)
        accepted = fault is None
        words = ("NoConflicts", "no conflicts found") if accepted else ("NotAccepted", fault or "")
        conditions = [
            self._condition("NamesAccepted", accepted, *words),
            self._condition(
                "Established",
                accepted,
                *(("InitialNamesAccepted", "the initial names have been accepted") if accepted else words),
            ),
        ]
        status: JSON = {"conditions": conditions, "acceptedNames": spec.get("names") if accepted else {}}
        status["storedVersions"] = (
            [each["name"] for each in spec["versions"] if each.get("storage")] if accepted else []
        )
        self._api.set_status(DEFINITIONS, definition, status, manager=MANAGER)

    def _condition(self, type_: str, holds: bool, reason: str, message: str) -> JSON:
        status = "True" if holds else "False"
        since = self._api.kernel.stamp()
        return {"type": type_, "status": status, "lastTransitionTime": since, "reason": reason, "message": message}


def _fault(definition: JSON) -> str | None:
    """What keeps a definition from being served."""
    spec = definition["spec"]
    try:
        if spec["group"] in resources.BUILT_IN_GROUPS:
            return f"the group {spec['group']} is built in"
        if not customs.resources_of(definition):
            return "no version is served"
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return f"the definition cannot be read: {error}"
    return None
