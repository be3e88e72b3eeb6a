"""Who serves: what Services and routes say, and which endpoints are ready there.

The weight in the status is not enough: it is 0 while a promotion waits for its gate, and at all times where there is no
share of the traffic (blue-green, A/B, mirror).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ktui.kinds.flagger_canary.objects import WHOLE, Canary
from ktui.kinds.flagger_canary.sides import Half
from ktui.model.resources import ENDPOINT_SLICES
from ktui.model.routing import EndpointSlice, HTTPRoute, RouteRule, Service
from ktui.model.store import Store


class Serving(msgspec.Struct, frozen=True):
    """Where requests go."""

    share: int
    """Of the canary, in percent of all traffic: from the route if there is one that can be read."""
    is_routed: bool
    """Whether that is from a route, and not from the status."""
    matched: int = 0
    """The share of the canary in what matches the conditions of an A/B test."""
    primary: int = 0
    """Endpoints that are ready there, or pods that are available where endpoints are not known."""
    canary: int = 0
    is_to_target: bool = False
    """Whether the Service that clients use still selects the target, as before the Canary and after its end."""

    @property
    def unserved(self) -> int:
        """How much of the traffic goes where nothing is ready, in percent."""
        if self.is_to_target:
            return 0 if self.canary else WHOLE
        return (0 if self.primary else WHOLE - self.share) + (0 if self.canary else self.share)

    @property
    def both(self) -> bool:
        """Whether either side gets some."""
        return 0 < self.share < WHOLE or bool(self.matched)

    @property
    def words(self) -> str:
        """Who serves, in a few words."""
        if self.is_to_target:
            return "the target serves"
        if self.share >= WHOLE:
            return "the canary serves"
        if self.share:
            return f"the canary serves {self.share}%, the primary {WHOLE - self.share}%"
        if self.matched:
            return "the canary serves what matches, the primary the rest"
        return "the primary serves"


def serving(store: Store, canary: Canary, target: Half | None, primary: Half | None) -> Serving:
    """Where requests go, as far as it is known."""
    namespace, apex = canary.metadata.namespace, canary.service_name
    route = store.named(HTTPRoute, namespace, apex)
    shares = shares_of(route, apex) if route is not None else ()
    service = store.named(Service, namespace, apex)
    return Serving(
        share=min(shares) if shares else max(0, min(canary.status.canary_weight, WHOLE)),
        is_routed=bool(shares),
        matched=max(shares, default=0) if len(set(shares)) > 1 else 0,
        primary=_ready(store, namespace, f"{apex}-primary", primary),
        canary=_ready(store, namespace, f"{apex}-canary", target),
        is_to_target=not shares and _selects(service, target) and not _selects(service, primary),
    )


def shares_of(route: HTTPRoute, apex: str) -> tuple[int, ...]:
    """The share of the canary in each rule of a route that leads to it or to the primary, in percent."""
    found = (_share(rule, f"{apex}-primary", f"{apex}-canary") for rule in route.spec.rules)
    return tuple(share for share in found if share is not None)


def _share(rule: RouteRule, primary: str, canary: str) -> int | None:
    weights = {name: sum(each.weight for each in rule.backend_refs if each.name == name) for name in (primary, canary)}
    whole = sum(weights.values())
    if not any(each.name in weights for each in rule.backend_refs):
        return None
    return round(WHOLE * weights[canary] / whole) if whole > 0 else 0


def _selects(service: Service | None, half: Half | None) -> bool:
    if service is None or half is None or not service.spec.selector:
        return False
    return service.spec.selector.items() <= half.template.labels.items()


def _ready(store: Store, namespace: str, name: str, half: Half | None) -> int:
    service = store.named(Service, namespace, name)
    if service is None or ENDPOINT_SLICES not in store.listed:
        return half.available if half is not None else 0
    return ready_endpoints(store.parts(service.metadata.uid, EndpointSlice))


def ready_endpoints(slices: Iterable[EndpointSlice]) -> int:
    """How many pods get requests by these: one that is in several of them counts once."""
    endpoints = (endpoint for each in slices for endpoint in each.endpoints or ())
    return len(
        {
            endpoint.target_ref.uid or endpoint.target_ref.name or ",".join(endpoint.addresses)
            for endpoint in endpoints
            if endpoint.conditions.is_ready
        }
    )
