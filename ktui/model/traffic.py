"""What is known of where traffic goes: the newest of each Service, EndpointSlice, Ingress and HTTPRoute."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from ktui.model.changes import Change, Gone, Link, Listed, Put, Restored
from ktui.model.resources import ENDPOINT_SLICES, HTTP_ROUTES, INGRESSES, ROUTING, SERVICES, Resource
from ktui.model.routing import EndpointSlice, HTTPRoute, Ingress, Service
from ktui.model.workloads import KubeObject

_T = TypeVar("_T", bound=KubeObject)


class Traffic:
    """Services and what leads to and from them. One reader tells it what one set of streams said, in order."""

    def __init__(self) -> None:
        self._objects: dict[Resource, dict[str, KubeObject]] = {resource: {} for resource in ROUTING}
        self.links: dict[Resource, Link] = {}
        self.listed: set[Resource] = set()

    def apply(self, changes: Iterable[Change]) -> None:
        """Take in what a stream said, in its order."""
        for change in changes:
            match change:
                case Put(resource, obj):
                    self._objects[resource][obj.metadata.uid] = obj
                case Gone(resource, uid):
                    self._objects[resource].pop(uid, None)
                case Listed(resource):
                    self.listed.add(resource)
                case Restored(resource):
                    self._objects[resource].clear()
                    self.listed.discard(resource)
                case Link(resource):
                    self.links[resource] = change

    def services(self) -> Iterator[Service]:
        """All Services, in no order."""
        return self._all(SERVICES, Service)

    def service(self, uid: str) -> Service | None:
        """The Service of that uid, or None where it is not, or no longer, known."""
        obj = self._objects[SERVICES].get(uid)
        return obj if isinstance(obj, Service) else None

    def slices(self, service: Service) -> list[EndpointSlice]:
        """The EndpointSlices of that Service."""
        meta = service.metadata
        return [
            each
            for each in self._all(ENDPOINT_SLICES, EndpointSlice)
            if (each.metadata.namespace, each.service) == (meta.namespace, meta.name)
        ]

    def ingresses(self) -> Iterator[Ingress]:
        """All Ingresses, in no order."""
        return self._all(INGRESSES, Ingress)

    def routes(self) -> Iterator[HTTPRoute]:
        """All HTTPRoutes, in no order."""
        return self._all(HTTP_ROUTES, HTTPRoute)

    def _all(self, resource: Resource, kind: type[_T]) -> Iterator[_T]:
        return (obj for obj in self._objects[resource].values() if isinstance(obj, kind))
