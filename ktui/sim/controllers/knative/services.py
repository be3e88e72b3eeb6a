"""Services: each has a Configuration and a Route of its name, and repeats what they say."""

from __future__ import annotations

from ktui.sim.controllers.common import has_template
from ktui.sim.controllers.knative.common import (
    JSON,
    ROLLOUT_DURATION,
    SERVICE,
    SERVICE_UID,
    TRUE,
    UNKNOWN,
    Says,
    World,
    annotation,
    happy,
    is_seen,
    reported,
)

OUT_OF_DATE = "The {} is still working to reflect the latest desired specification."


class Services:
    """Plays the controller of Services."""

    def __init__(self, world: World) -> None:
        self._world = world

    def reconcile(self, service: JSON) -> None:
        """Make what is missing, pass on what changed, and tell what came of it. What has no template is let be."""
        if not has_template(service):
            return
        configuration = self._configuration(service)
        route = self._route(service)
        configured, routed = _state(configuration, "Configuration"), _state(route, "Route")
        if routed.status == TRUE and _lags(configuration, route):
            routed = Says(UNKNOWN, "TrafficNotMigrated", "Traffic is not yet migrated to the latest revision.")
        status, name = configuration.get("status") or {}, service["metadata"]["name"]
        namespace = service["metadata"]["namespace"]
        fields = {
            "address": {"url": f"http://{name}.{namespace}.svc.cluster.local"},
            "latestCreatedRevisionName": status.get("latestCreatedRevisionName"),
            "latestReadyRevisionName": status.get("latestReadyRevisionName"),
            "traffic": (route.get("status") or {}).get("traffic"),
            "url": f"http://{name}.{namespace}.example.com",
        }
        says = {"ConfigurationsReady": configured, "RoutesReady": routed, "Ready": happy(routed, configured)}
        self._world.status(self._world.services, service, fields, says)

    def _configuration(self, service: JSON) -> JSON:
        world, meta = self._world, service["metadata"]
        spec = {"template": service["spec"]["template"]}
        found = world.find(world.configurations, meta["namespace"], meta["name"])
        if found is not None:
            return world.write(world.configurations, found, spec=spec)
        labels = {SERVICE: meta["name"], SERVICE_UID: meta["uid"]}
        made = world.make(world.configurations, service, meta["name"], {"labels": labels}, spec)
        world.tell(service, "Created", f'Created Configuration "{meta["name"]}"')
        return made

    def _route(self, service: JSON) -> JSON:
        world, meta = self._world, service["metadata"]
        targets = service["spec"].get("traffic") or [{"latestRevision": True, "percent": 100}]
        spec = {"traffic": [_target(meta["name"], each) for each in targets]}
        duration = annotation(service, ROLLOUT_DURATION)
        annotations = {ROLLOUT_DURATION: duration} if duration else {}
        found = world.find(world.routes, meta["namespace"], meta["name"])
        if found is not None:
            return world.write(world.routes, found, spec=spec, metadata={"annotations": annotations})
        metadata = {"labels": {SERVICE: meta["name"]}, "annotations": annotations}
        made = world.make(world.routes, service, meta["name"], metadata, spec)
        world.tell(service, "Created", f'Created Route "{meta["name"]}"')
        return made


def _target(configuration: str, target: JSON) -> JSON:
    kept: JSON = {key: target[key] for key in ("percent", "tag") if key in target}
    if target.get("revisionName"):
        return {"revisionName": target["revisionName"], "latestRevision": False, **kept}
    return {"configurationName": configuration, "latestRevision": True, **kept}


def _state(part: JSON, kind: str) -> Says:
    if not is_seen(part):
        return Says(UNKNOWN, "OutOfDate", OUT_OF_DATE.format(kind))
    return reported(part, "Ready") or Says(UNKNOWN)


def _lags(configuration: JSON, route: JSON) -> bool:
    """Whether a target that follows the latest revision is still at another one."""
    latest = (configuration.get("status") or {}).get("latestReadyRevisionName")
    assigned = (route.get("status") or {}).get("traffic") or ()
    return any(each.get("latestRevision") for each in assigned) and not any(
        each.get("latestRevision") and each["revisionName"] == latest for each in assigned
    )
