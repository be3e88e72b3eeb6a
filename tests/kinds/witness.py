"""The official client as the witness of what ktui sends to a simulated cluster that plays the controllers."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kubernetes

from ktui.actions.audit import AuditLog
from ktui.actions.outcome import Done
from ktui.actions.perform import perform
from ktui.actions.preview import Preview, preview
from ktui.actions.read import Reader
from ktui.kube.api import Api
from ktui.model.reference import Reference
from ktui.model.resources import Resource
from ktui.plans.plan import Plan
from ktui.plans.request import Request

JSON = dict[str, Any]
REGISTRY = "registry.example/shop/web"


class Witness:
    """The official client on the object `web` of a kind, and ktui, which acts on it.

    `holder` is what has the template, if the kind itself has none.
    """

    def __init__(
        self, kubeconfig: Path, resource: Resource, api: Api, log: AuditLog, holder: Resource | None = None
    ) -> None:
        client = kubernetes.config.new_client_from_config(str(kubeconfig))
        self._custom: Any = kubernetes.client.CustomObjectsApi(client)
        self._resource, self._api, self._log, self._holder = resource, api, log, holder

    def make(self, spec: JSON, of: Resource | None = None) -> None:
        resource = of or self._resource
        head = {"apiVersion": resource.group_version.removeprefix("apis/"), "kind": resource.kind}
        body = {**head, "metadata": {"name": "web"}, "spec": spec}
        self._custom.create_namespaced_custom_object(*_where(resource), body)

    def get(self, of: Resource | None = None) -> JSON:
        found: JSON = self._custom.get_namespaced_custom_object(*_where(of or self._resource), "web")
        return found

    def image(self) -> str:
        """The image of the template, without its registry."""
        template = self.get(self._holder)["spec"]["template"]
        return str(template["spec"]["containers"][0]["image"]).removeprefix(REGISTRY)

    def until(self, holds: Callable[[JSON], object], *, seen: bool = True) -> JSON:
        """The object once its controllers have come so far, with its present spec if they say which they have seen."""
        end = time.monotonic() + 60
        while True:
            found = self.get()
            status = found.get("status") or {}
            is_seen = not seen or status.get("observedGeneration") == found["metadata"]["generation"]
            if is_seen and holds(found):
                return found
            assert time.monotonic() < end, found
            time.sleep(0.02)

    async def plan(self, request: Request) -> object:
        return await Reader(self._api).plan("default", Reference("web", self._resource), request)

    async def act(self, request: Request) -> JSON:
        """The spec after an action; a preview has changed nothing before."""
        before = self._asked()
        made = await self.plan(request)
        assert isinstance(made, Plan), made
        assert isinstance(await preview(self._api, made), Preview)
        assert self._asked() == before
        performed = await perform(self._api, made, self._log)
        assert isinstance(performed.outcome, Done), performed.outcome
        spec: JSON = self.get()["spec"]
        return spec

    def _asked(self) -> list[JSON]:
        """What people ask for: a controller changes the size of what it rolls out by itself."""
        return [self.get()["spec"], *([self.get(self._holder)["spec"]["template"]] if self._holder is not None else [])]


def _where(resource: Resource) -> tuple[str, str, str, str]:
    return resource.group, resource.version, "default", resource.plural
