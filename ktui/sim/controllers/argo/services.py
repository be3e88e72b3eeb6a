"""The Services and VirtualServices that a Rollout steers."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.argo.rollout import HASH_LABEL, MANAGED_BY, Rollout, available, hash_of
from ktui.sim.controllers.common import SERVICES
from ktui.sim.controllers.sizes import wanted

JSON = dict[str, Any]
MANAGER = "rollouts-controller"
Tell = Callable[[str, str], None]
_ISTIO = "networking.istio.io"


def service(api: ApiServer, rollout: Rollout, name: str | None) -> JSON | None:
    """A Service of the Rollout's namespace."""
    return api.bucket(SERVICES).get(rollout.metadata["namespace"], name) if name else None


def selected(found: JSON | None) -> str:
    """The pod template hash that a Service selects."""
    return "" if found is None else str((found["spec"].get("selector") or {}).get(HASH_LABEL, ""))


def switch(api: ApiServer, rollout: Rollout, found: JSON, digest: str, tell: Tell) -> JSON:
    """Have a Service select the pods of a revision, and note on it who does that."""
    annotations = found["metadata"].get("annotations") or {}
    before = selected(found)
    if before == digest and MANAGED_BY in annotations:
        return found
    spec = found["spec"] | {"selector": (found["spec"].get("selector") or {}) | {HASH_LABEL: digest}}
    metadata = found["metadata"] | {
        "annotations": annotations | {MANAGED_BY: annotations.get(MANAGED_BY, rollout.name)}
    }
    switched = api.set_spec(SERVICES, found, found | {"spec": spec, "metadata": metadata}, manager=MANAGER)
    name = found["metadata"]["name"]
    tell("SwitchService", f"Switched selector for service '{name}' from '{before}' to '{digest}'")
    return switched


def point(
    api: ApiServer, rollout: Rollout, name: str | None, rs: JSON | None, tell: Tell, *, waits: bool = True
) -> None:
    """Have a Service of a canary select a revision, once that has pods: all where the Service is new to the Rollout."""
    found = service(api, rollout, name)
    if found is None or rs is None or selected(found) == hash_of(rs):
        return
    if waits and not available(rs):
        return
    if waits and MANAGED_BY not in (found["metadata"].get("annotations") or {}) and available(rs) < wanted(rs):
        return
    switch(api, rollout, found, hash_of(rs), tell)


def virtual_service(api: ApiServer, rollout: Rollout) -> JSON | None:
    """The VirtualService that a canary weighs, None where it has none.

    Raises:
        ApiError: 404.
    """
    named = ((rollout.routing or {}).get("istio") or {}).get("virtualService")
    resource = next((each for each in api.catalog.resources if each.qualified == f"virtualservices.{_ISTIO}"), None)
    if named is None or resource is None:
        return None
    return api.get(resource, rollout.metadata["namespace"], named["name"])


def weigh(api: ApiServer, rollout: Rollout, weight: int, tell: Tell) -> None:
    """Give the canary so much of the traffic in the VirtualService.

    Raises:
        ApiError: 404 where it is gone.
    """
    found = virtual_service(api, rollout)
    if found is None:
        return
    canary = rollout.canary or {}
    weights = {canary.get("stableService"): rollout.most_weight - weight, canary.get("canaryService"): weight}
    routes = rollout.routing["istio"]["virtualService"].get("routes") or []  # type: ignore[index]
    spec = copy.deepcopy(found["spec"])
    for http in spec.get("http") or ():
        if not routes or http.get("name") in routes:
            for route in http.get("route") or ():
                host = (route.get("destination") or {}).get("host")
                if host in weights:
                    route["weight"] = weights[host]
    if spec != found["spec"]:
        resource = api.catalog.named(f"virtualservices.{_ISTIO}")
        api.set_spec(resource, found, found | {"spec": spec}, manager=MANAGER)
        name = found["metadata"]["name"]
        tell("Updated VirtualService", f"VirtualService `{name}` set to desiredWeight '{weight}'")
