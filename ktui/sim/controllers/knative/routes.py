"""Routes: who gets which share, once every target is ready; and an ingress controller, which takes a moment."""

from __future__ import annotations

import json

from ktui.sim.controllers.argo.rollout import duration_seconds
from ktui.sim.controllers.knative import gradual
from ktui.sim.controllers.knative.common import (
    FALSE,
    GROUP,
    JSON,
    ROLLOUT_DURATION,
    ROUTING_STATE,
    SERVICE,
    TRUE,
    UNKNOWN,
    Says,
    World,
    annotation,
    happy,
    is_seen,
    label,
    reported,
)

STATE = "networking.internal.knative.dev/rollout"
NOTICED, TAKEN = 0.3, 0.7
"""Seconds until the ingress controller has noticed a change, and from then until it serves it."""
_IN_PROGRESS = Says(UNKNOWN, "RolloutInProgress", "A gradual rollout of the latest revision(s) is in progress.")
_NOT_CONFIGURED = Says(UNKNOWN, "IngressNotConfigured", "Ingress has not yet been reconciled.")
_UNINITIALIZED = Says(UNKNOWN, "Uninitialized", "Waiting for load balancer to be ready")


class Routes:
    """Plays the controller of Routes."""

    def __init__(self, world: World) -> None:
        self._world = world

    def reconcile(self, route: JSON) -> float | None:
        """Assign the traffic if all targets are ready; in how many seconds there is more to do."""
        world, meta = self._world, route["metadata"]
        before = list((route.get("status") or {}).get("traffic") or ())
        resolved, wrong = self._resolve(route)
        ingress = world.find(world.ingresses, meta["namespace"], meta["name"])
        self._mark(route, before, resolved)
        if wrong is not None:
            routed = reported(route, "IngressReady") or _NOT_CONFIGURED
            self._tell(route, before, wrong, routed)
            return None
        state, again = self._rollout(route, before, resolved, ingress)
        traffic = _traffic(meta, resolved, state)
        ingress = self._ingress(route, traffic, state, ingress)
        routed = reported(ingress, "Ready") or _NOT_CONFIGURED
        if not is_seen(ingress):
            routed = _NOT_CONFIGURED
        if state is not None:
            routed = _IN_PROGRESS
        self._tell(route, traffic, Says(TRUE), routed)
        return again

    # -- targets ---------------------------------------------------------------------------------------------------

    def _resolve(self, route: JSON) -> tuple[list[JSON], Says | None]:
        """The targets with the revisions that they come to, and what is wrong with the first that is not ready."""
        found, wrong = [], None
        for target in route["spec"].get("traffic") or ():
            name, problem = self._revision_of(route, target)
            wrong = wrong or problem
            found.append({**target, "revisionName": name})
        return found, wrong

    def _revision_of(self, route: JSON, target: JSON) -> tuple[str, Says | None]:
        world, namespace = self._world, route["metadata"]["namespace"]
        name = str(target.get("revisionName") or "")
        if not name:
            configuration = world.find(world.configurations, namespace, target["configurationName"])
            name = str(((configuration or {}).get("status") or {}).get("latestReadyRevisionName") or "")
            if not name:
                return name, _no_revision(target["configurationName"], configuration)
        revision = world.find(world.revisions, namespace, name)
        if revision is None:
            return name, Says(FALSE, "RevisionMissing", f'Revision "{name}" referenced in traffic not found.')
        ready = reported(revision, "Ready")
        if ready is not None and ready.status == TRUE:
            return name, None
        if ready is not None and ready.status == FALSE:
            return name, Says(FALSE, "RevisionMissing", f'Revision "{name}" failed to become ready.')
        return name, Says(UNKNOWN, "RevisionMissing", f'Revision "{name}" is not yet ready.')

    def _mark(self, route: JSON, before: list[JSON], resolved: list[JSON]) -> None:
        """The label by which the autoscaler knows what may get traffic."""
        world, meta = self._world, route["metadata"]
        follows = any(not target.get("revisionName") for target in route["spec"].get("traffic") or ())
        named = {each.get("revisionName") for each in (*before, *resolved)}
        for revision in list(world.api.bucket(world.revisions).in_namespace(meta["namespace"])):
            if label(revision, SERVICE) != label(route, SERVICE) or "deletionTimestamp" in revision["metadata"]:
                continue
            is_newest = not any(
                other["metadata"]["name"] > revision["metadata"]["name"]
                for other in world.api.bucket(world.revisions).in_namespace(meta["namespace"])
                if label(other, SERVICE) == label(route, SERVICE)
            )
            ready = reported(revision, "Ready")
            comes_up = ready is None or ready.status == UNKNOWN
            routed = revision["metadata"]["name"] in named or (is_newest and (follows or comes_up))
            state = "active" if routed else "reserve"
            if label(revision, ROUTING_STATE) != state:
                labels = revision["metadata"]["labels"] | {ROUTING_STATE: state}
                stamp = {f"{GROUP}/routingStateModified": world.api.kernel.stamp()}
                annotations = (revision["metadata"].get("annotations") or {}) | stamp
                world.write(world.revisions, revision, metadata={"labels": labels, "annotations": annotations})

    # -- shares ----------------------------------------------------------------------------------------------------

    def _rollout(
        self, route: JSON, before: list[JSON], resolved: list[JSON], ingress: JSON | None
    ) -> tuple[JSON | None, float | None]:
        """The state of a gradual rollout that is in progress, and when to look again."""
        text = annotation(route, ROLLOUT_DURATION)
        target = next((each for each in resolved if each.get("latestRevision")), None)
        if not text or target is None or ingress is None:
            return None, None
        now, name = self._world.now, target["revisionName"]
        known = json.loads(annotation(ingress, STATE) or "{}").get("state")
        if known is None or known["revisions"][-1]["revisionName"] != name:
            followed = {each["revisionName"]: each.get("percent", 0) for each in before if each.get("latestRevision")}
            known = gradual.begun(followed, name, int(target.get("percent") or 0), now)
        if known is None:
            return None, None
        if is_seen(ingress) and (reported(ingress, "Ready") or Says(UNKNOWN)).status == TRUE:
            known = gradual.with_steps(known, duration_seconds(text), now)
        known = gradual.stepped(known, now)
        if len(known["revisions"]) < 2:
            return None, None
        return known, gradual.next_step(known, now)

    def _ingress(self, route: JSON, traffic: list[JSON], state: JSON | None, ingress: JSON | None) -> JSON:
        world, meta = self._world, route["metadata"]
        splits = [
            {"serviceName": each["revisionName"], "percent": each["percent"]} for each in traffic if each.get("percent")
        ]
        tags = {each["tag"]: each["revisionName"] for each in traffic if each.get("tag")}
        spec = {"rules": [{"http": {"paths": [{"splits": splits}]}}], "tags": tags}
        configurations = [{"configurationName": meta["name"], **state}] if state is not None else []
        note = json.dumps({"configurations": configurations, **({"state": state} if state is not None else {})})
        metadata = {"annotations": {STATE: note}}
        if ingress is None:
            labels = {"labels": {SERVICE: label(route, SERVICE)}}
            return world.make(world.ingresses, route, meta["name"], labels | metadata, spec)
        return world.write(world.ingresses, ingress, spec=spec, metadata=metadata)

    def _tell(self, route: JSON, traffic: list[JSON], assigned: Says, routed: Says) -> None:
        world, meta = self._world, route["metadata"]
        certificate = Says(TRUE, "TLSNotEnabled", "external-domain-tls is not enabled")
        says = {"AllTrafficAssigned": assigned, "IngressReady": routed, "CertificateProvisioned": certificate}
        ready = assigned if assigned.status != TRUE else routed if routed.status != TRUE else happy(assigned)
        fields = {"traffic": traffic, "url": f"http://{meta['name']}.{meta['namespace']}.example.com"}
        world.status(world.routes, route, fields, {**says, "Ready": ready})


def _no_revision(name: str, configuration: JSON | None) -> Says:
    if configuration is None:
        return Says(FALSE, "ConfigurationMissing", f'Configuration "{name}" referenced in traffic not found.')
    ready = reported(configuration, "Ready")
    if ready is not None and ready.status == FALSE:
        return Says(FALSE, "RevisionMissing", f'Configuration "{name}" does not have any ready Revision.')
    return Says(UNKNOWN, "RevisionMissing", f'Configuration "{name}" is waiting for a Revision to become ready.')


def _traffic(meta: JSON, resolved: list[JSON], state: JSON | None) -> list[JSON]:
    """Who gets what: of a gradual rollout, each revision by itself."""
    found = []
    for target in resolved:
        head: JSON = {"latestRevision": bool(target.get("latestRevision"))}
        if target.get("tag"):
            head |= {
                "tag": target["tag"],
                "url": f"http://{target['tag']}-{meta['name']}.{meta['namespace']}.example.com",
            }
        shares = [{"revisionName": target["revisionName"], "percent": int(target.get("percent") or 0)}]
        if state is not None and target.get("latestRevision") and target.get("percent"):
            shares = [{"revisionName": each["revisionName"], "percent": each["percent"]} for each in state["revisions"]]
        found += [{**head, **share} for share in shares]
    return found


class IngressController:
    """Plays an ingress controller, such as Kourier: it notices each change, and serves it a little later."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._noticed: dict[str, tuple[int, float]] = {}

    def reconcile(self, ingress: JSON) -> float | None:
        """Tell how far it is with the present generation; in how many seconds that changes."""
        world, meta = self._world, ingress["metadata"]
        generation, since = self._noticed.get(meta["uid"], (0, 0.0))
        if generation != meta["generation"]:
            self._noticed[meta["uid"]] = generation, since = meta["generation"], world.now
        age = world.now - since
        if age < NOTICED:
            return NOTICED - age + 0.001
        says = Says(TRUE) if age >= NOTICED + TAKEN else _UNINITIALIZED
        configured = {"LoadBalancerReady": says, "NetworkConfigured": Says(TRUE), "Ready": says}
        world.status(world.ingresses, ingress, {}, configured)
        return NOTICED + TAKEN - age + 0.001 if says.status != TRUE else None
