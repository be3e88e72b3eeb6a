"""What sends requests to a Service from outside: Ingresses and HTTPRoutes, with the addresses that they answer to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from ktui.model.routing import BackendRef, HTTPRoute, Ingress, RouteRule, Service
from ktui.text import clean

_ANY: Final = "*"


class Front(msgspec.Struct, frozen=True):
    """An Ingress or an HTTPRoute that leads to the Service.

    An address is a host and a path, `shop.example/cart`, with its share of the requests where a rule has several
    backends: `shop.example/ (weight 90 of 100)`.
    """

    kind: str
    name: str
    addresses: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind} {self.name} ({', '.join(self.addresses)})"


def fronts(service: Service, ingresses: Iterable[Ingress], routes: Iterable[HTTPRoute]) -> tuple[Front, ...]:
    """Those of the Service's own namespace that name it, sorted by kind and name."""
    home = service.metadata.namespace
    found = [
        *(_front("Ingress", each.metadata.name, _of_ingress(each, service)) for each in ingresses if _in(each, home)),
        *(_front("HTTPRoute", each.metadata.name, _of_route(each, service)) for each in routes if _in(each, home)),
    ]
    return tuple(sorted((front for front in found if front.addresses), key=lambda front: (front.kind, front.name)))


def _in(front: Ingress | HTTPRoute, namespace: str) -> bool:
    return front.metadata.namespace == namespace


def _front(kind: str, name: str, addresses: Iterable[str]) -> Front:
    return Front(kind, clean(name), tuple(dict.fromkeys(map(clean, addresses))))


def _of_ingress(ingress: Ingress, service: Service) -> Iterator[str]:
    name = service.metadata.name
    for rule in ingress.spec.rules:
        for path in rule.http.paths if rule.http is not None else ():
            if path.backend.service is not None and path.backend.service.name == name:
                yield f"{rule.host or _ANY}{path.path or '/'}"
    default = ingress.spec.default_backend
    if default is not None and default.service is not None and default.service.name == name:
        yield "whatever no rule matches"


def _of_route(route: HTTPRoute, service: Service) -> Iterator[str]:
    for rule in route.spec.rules:
        mine = [ref for ref in rule.backend_refs if _names(ref, route, service)]
        if not mine:
            continue
        weight, whole = sum(ref.weight for ref in mine), sum(ref.weight for ref in rule.backend_refs)
        share = f" (weight {weight} of {whole})" if len(rule.backend_refs) > len(mine) else ""
        for host in route.spec.hostnames or (_ANY,):
            for path in _paths(rule):
                yield f"{host}{path}{share}"


def _names(ref: BackendRef, route: HTTPRoute, service: Service) -> bool:
    namespace = ref.namespace or route.metadata.namespace
    return (ref.group, ref.kind, namespace, ref.name) == (
        "",
        "Service",
        service.metadata.namespace,
        service.metadata.name,
    )


def _paths(rule: RouteRule) -> Iterator[str]:
    if not rule.matches:
        yield "/"
    for match in rule.matches:
        yield match.path.value if match.path is not None else "/"
