"""The primary, the Services and the route of a Canary: made if they are missing, and changed as it goes on."""

from __future__ import annotations

import copy
from typing import Any

from ktui.sim.api.resources import Resource
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.common import DEPLOYMENTS, SERVICES, owner_reference
from ktui.sim.controllers.flagger.canary import MANAGER, Canary, selector_label
from ktui.sim.controllers.sizes import wanted

JSON = dict[str, Any]
_LET_BE = {"helm.toolkit.fluxcd.io/driftDetection": "disabled", "kustomize.toolkit.fluxcd.io/reconcile": "disabled"}
"""Annotations by which GitOps tools leave an object to Flagger."""
_COPIED = ("minReadySeconds", "progressDeadlineSeconds", "revisionHistoryLimit", "strategy")


class Objects:
    """What belongs to one Canary whose target exists."""

    def __init__(self, api: ApiServer, canary: Canary, target: JSON) -> None:
        self._api, self._canary, self.target = api, canary, target
        self._label = selector_label(target)
        self._routes: Resource = api.catalog.named("httproutes.gateway.networking.k8s.io")

    @property
    def primary_name(self) -> str:
        """The name of the Deployment that serves."""
        return f"{self._canary.target}-primary"

    @property
    def primary(self) -> JSON | None:
        """The Deployment that serves."""
        return self._find(DEPLOYMENTS, self.primary_name)

    def _find(self, resource: Resource, name: str) -> JSON | None:
        found: JSON | None = self._api.bucket(resource).get(self._canary.namespace, name)
        return found

    def _make(self, resource: Resource, name: str, head: JSON, spec: JSON) -> None:
        metadata = {"name": name, "ownerReferences": [owner_reference(self._canary.obj)], **head}
        body = {"metadata": metadata, "spec": copy.deepcopy(spec)}
        self._api.create(resource, self._canary.namespace, body, manager=MANAGER)

    def _write(self, resource: Resource, old: JSON, spec: JSON) -> None:
        self._api.set_spec(resource, old, old | {"spec": old["spec"] | spec}, manager=MANAGER)

    # -- workloads -------------------------------------------------------------------------------------------------

    def make_primary(self) -> None:
        """Make the primary if it is missing: the target's copy, whose pods have a label of their own."""
        if self.primary is None:
            spec = self._of_target() | {"selector": {"matchLabels": {self._label: self.primary_name}}}
            spec["replicas"] = wanted(self.target)
            self._make(DEPLOYMENTS, self.primary_name, {"labels": {self._label: self.primary_name}}, spec)

    def promote(self) -> None:
        """Give the primary the target's template, and its size."""
        primary = self.primary
        if primary is not None:
            self._write(DEPLOYMENTS, primary, self._of_target() | {"replicas": wanted(self.target)})

    def _of_target(self) -> JSON:
        spec = self.target["spec"]
        template = copy.deepcopy(spec["template"])
        metadata = template["metadata"]
        metadata["labels"] = (metadata.get("labels") or {}) | {self._label: self.primary_name}
        metadata["annotations"] = (metadata.get("annotations") or {}) | {"flagger-id": self._api.uid()}
        return {field: spec[field] for field in _COPIED if field in spec} | {"template": template}

    def scale_target(self, replicas: int) -> None:
        """Have the target run so many pods."""
        if wanted(self.target) != replicas:
            self._write(DEPLOYMENTS, self.target, {"replicas": replicas})

    # -- Services --------------------------------------------------------------------------------------------------

    def make_services(self) -> None:
        """The Services of both sides."""
        apex = self._canary.apex
        self._service(f"{apex}-canary", self._canary.target)
        self._service(f"{apex}-primary", self.primary_name)

    def take_apex(self) -> None:
        """Have the Service that clients use select the primary."""
        self._service(self._canary.apex, self.primary_name)

    def return_apex(self) -> None:
        """Have it select the target again."""
        self._service(self._canary.apex, self._canary.target)

    def _service(self, name: str, selects: str) -> None:
        settings = self._canary.spec.get("service")
        settings = settings if isinstance(settings, dict) else {}
        port = settings.get("port") or 80
        ports = [{"name": settings.get("portName") or "http", "protocol": "TCP", "port": port,
                  "targetPort": settings.get("targetPort") or port}]  # fmt: skip
        selector, found = {self._label: selects}, self._find(SERVICES, name)
        if found is None:
            head = {"labels": {self._label: name}, "annotations": _LET_BE}
            self._make(SERVICES, name, head, {"ports": ports, "selector": selector, "type": "ClusterIP"})
        elif found["spec"].get("selector") != selector:
            self._write(SERVICES, found, {"selector": selector})

    # -- the route -------------------------------------------------------------------------------------------------

    def make_route(self) -> None:
        """The HTTPRoute, with all traffic on the primary, if the Canary weighs one."""
        if self._canary.has_route and self._find(self._routes, self._canary.apex) is None:
            service = self._canary.spec.get("service")
            settings = service if isinstance(service, dict) else {}
            spec = {"parentRefs": settings.get("gatewayRefs") or [], "hostnames": settings.get("hosts") or []}
            head = {"annotations": _LET_BE}
            self._make(self._routes, self._canary.apex, head, spec | {"rules": self._rules(0, mirrors=False)})

    def weigh(self, canary: int, *, mirrors: bool = False) -> None:
        """Send so much of the traffic, in percent, to the canary."""
        route = self._find(self._routes, self._canary.apex) if self._canary.has_route else None
        if route is not None:
            self._write(self._routes, route, {"rules": self._rules(canary, mirrors=mirrors)})

    @property
    def weight(self) -> int:
        """How much of the traffic the canary gets."""
        route = self._find(self._routes, self._canary.apex) if self._canary.has_route else None
        if route is None:
            return self._canary.counted("canaryWeight")
        return int(route["spec"]["rules"][0]["backendRefs"][-1].get("weight", 0))

    def _rules(self, canary: int, *, mirrors: bool) -> list[JSON]:
        apex = self._canary.apex
        settings = self._canary.spec.get("service")
        port = (settings if isinstance(settings, dict) else {}).get("port") or 80

        def backend(name: str) -> JSON:
            return {"group": "", "kind": "Service", "name": f"{apex}-{name}", "port": port}

        everything: JSON = {"path": {"type": "PathPrefix", "value": "/"}}
        primary = backend("primary")
        rule: JSON = {"backendRefs": [primary | {"weight": 100 - canary}, backend("canary") | {"weight": canary}]}
        if mirrors:
            rule["filters"] = [{"type": "RequestMirror", "requestMirror": {"backendRef": backend("canary")}}]
        if not self._canary.is_ab:
            return [rule | {"matches": [everything]}]
        rest = {"backendRefs": [primary | {"weight": 100}], "matches": [everything]}
        return [rule | {"matches": [everything | {"headers": self._headers()}]}, rest]

    def _headers(self) -> list[JSON]:
        """The headers of the requests that go to the canary, as an HTTPRoute names them."""
        found = []
        for match in self._canary.analysis["match"]:
            for name, how in ((match or {}).get("headers") or {}).items():
                kind, value = next(iter(how.items()))
                type_ = "Exact" if kind == "exact" else "RegularExpression"
                found.append({"name": name, "type": type_, "value": value})
        return found
