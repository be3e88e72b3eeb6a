"""What these controllers share: conditions as knative.dev/pkg keeps them, and how an object of theirs is written."""

from __future__ import annotations

from typing import Any, NamedTuple

from ktui.sim.api.resources import Resource
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.common import find_condition, owner_reference
from ktui.sim.events import EventRecorder

JSON = dict[str, Any]
GROUP = "serving.knative.dev"
MANAGER = "controller"
TRUE, FALSE, UNKNOWN = "True", "False", "Unknown"
MIN_SCALE = "autoscaling.knative.dev/min-scale"
ROLLOUT_DURATION = f"{GROUP}/rollout-duration"
PROGRESS_DEADLINE = f"{GROUP}/progress-deadline"
ROUTING_STATE = f"{GROUP}/routingState"
CONFIGURATION = f"{GROUP}/configuration"
GENERATION = f"{GROUP}/configurationGeneration"
SERVICE = f"{GROUP}/service"
SERVICE_UID = f"{GROUP}/serviceUID"

STABLE_WINDOW, GRACE = 60.0, 30.0
"""Seconds without requests, and then without traffic, until the last pod is stopped (the defaults)."""


class Says(NamedTuple):
    """What a condition says."""

    status: str
    reason: str = ""
    message: str = ""


class World:
    """The API server, the resources of Knative, and who tells of what happens."""

    def __init__(self, api: ApiServer) -> None:
        self.api = api
        self.services = api.catalog.named("services.serving.knative.dev")
        self.configurations = api.catalog.named("configurations.serving.knative.dev")
        self.revisions = api.catalog.named("revisions.serving.knative.dev")
        self.routes = api.catalog.named("routes.serving.knative.dev")
        self.ingresses = api.catalog.named("ingresses.networking.internal.knative.dev")
        self._recorders: dict[str, EventRecorder] = {}

    @property
    def now(self) -> float:
        """The virtual time."""
        return self.api.kernel.now

    def tell(self, about: JSON, reason: str, message: str, type_: str = "Normal") -> None:
        """An event about an object, by its own controller."""
        name = f"{about['kind'].lower()}-controller"
        recorder = self._recorders.setdefault(name, EventRecorder(self.api, name))
        recorder.event(about, type_, reason, message)

    def find(self, resource: Resource, namespace: str, name: str) -> JSON | None:
        """An object that is not on its way out."""
        found: JSON | None = self.api.bucket(resource).get(namespace, name)
        return found if found is not None and "deletionTimestamp" not in found["metadata"] else None

    def make(self, resource: Resource, owner: JSON, name: str, metadata: JSON, spec: JSON) -> JSON:
        """An object that another one controls."""
        head = {"name": name, "ownerReferences": [owner_reference(owner)], **metadata}
        return self.api.create(
            resource, owner["metadata"]["namespace"], {"metadata": head, "spec": spec}, manager=MANAGER
        )

    def write(self, resource: Resource, old: JSON, *, spec: JSON | None = None, metadata: JSON | None = None) -> JSON:
        """The object with another spec, or other metadata."""
        new = old | ({"spec": spec} if spec is not None else {})
        if metadata is not None:
            new["metadata"] = old["metadata"] | metadata
        return self.api.set_spec(resource, old, new, manager=MANAGER) if new != old else old

    def status(self, resource: Resource, old: JSON, fields: JSON, says: dict[str, Says]) -> JSON:
        """The object with that status; each condition keeps its time for as long as it says the same."""
        before = (old.get("status") or {}).get("conditions") or ()
        conditions = [self._condition(before, type_, said) for type_, said in sorted(says.items())]
        status = {key: value for key, value in fields.items() if value not in (None, "", [])}
        status |= {"conditions": conditions, "observedGeneration": old["metadata"]["generation"]}
        return self.api.set_status(resource, old, dict(sorted(status.items())), manager=MANAGER)

    def _condition(self, before: Any, type_: str, said: Says) -> JSON:
        known = find_condition(before, type_)
        since = self.api.kernel.stamp()
        if known is not None and known["status"] == said.status:
            since = known["lastTransitionTime"]
        made = {"type": type_, "status": said.status, "lastTransitionTime": since}
        if said.reason:
            made["reason"] = said.reason
        if said.message:
            made["message"] = said.message
        if type_ == "Active":
            made["severity"] = "Info"
        return made


def reported(obj: JSON | None, type_: str) -> Says | None:
    """What a condition of an object says; None where there is none."""
    found = find_condition(((obj or {}).get("status") or {}).get("conditions") or (), type_)
    return Says(found["status"], found.get("reason", ""), found.get("message", "")) if found is not None else None


def is_seen(obj: JSON) -> bool:
    """Whether its controller has seen its present spec."""
    return bool((obj.get("status") or {}).get("observedGeneration") == obj["metadata"]["generation"])


def happy(*parts: Says) -> Says:
    """Ready of these, the one that counts most first: False beats Unknown, and without either it is True."""
    for status in (FALSE, UNKNOWN):
        for part in parts:
            if part.status == status:
                return part
    return Says(TRUE)


def annotation(obj: JSON, name: str) -> str:
    """An annotation, or nothing."""
    return str((obj["metadata"].get("annotations") or {}).get(name, ""))


def label(obj: JSON, name: str) -> str:
    """A label, or nothing."""
    return str((obj["metadata"].get("labels") or {}).get(name, ""))
