"""How VirtualServices of Istio split the traffic between the two sides of a canary now.

The status of a Rollout has the weights that its controller set last. The VirtualService has those that count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from ktui.kinds.argo_rollout.objects import ArgoRollout, Canary, VirtualServiceRef
from ktui.model.claims import Place
from ktui.model.structs import ObjectMeta, Struct
from ktui.text import clean

WHOLE: Final = 100


class Destination(Struct, frozen=True):
    """A Service by its host; `subset` is a part of its pods, as a DestinationRule defines it."""

    host: str = ""
    subset: str = ""

    @property
    def service(self) -> str:
        """The name of the Service (`getHost` of rollout/trafficrouting/istio)."""
        return self.host.partition(".")[0]


class Share(Struct, frozen=True):
    """One destination of a route, with its part of the requests."""

    destination: Destination = Destination()
    weight: int = 0


class IstioRoute(Struct, frozen=True):
    """One route; those of TLS and TCP have no name."""

    name: str = ""
    route: tuple[Share, ...] = ()


class VirtualServiceSpec(Struct, frozen=True):
    """The routes for each protocol."""

    http: tuple[IstioRoute, ...] = ()
    tls: tuple[IstioRoute, ...] = ()
    tcp: tuple[IstioRoute, ...] = ()


class VirtualService(Struct, frozen=True):
    """networking.istio.io VirtualService."""

    metadata: ObjectMeta
    spec: VirtualServiceSpec = VirtualServiceSpec()


class Routed(msgspec.Struct, frozen=True):
    """One VirtualService that a Rollout names."""

    name: str
    """As the spec has it."""
    shares: tuple[int, ...] = ()
    """What the canary gets of each route that leads to both sides, in percent."""
    is_missing: bool = False
    is_unknown: bool = False
    """Whether nobody has listed it: it may not be read, or is in another namespace."""


def routes_of(
    rollout: ArgoRollout, find: Callable[[Place], VirtualService | None], *, knows_all: bool
) -> tuple[Routed, ...]:
    """The VirtualServices that it names, as they are now.

    `knows_all` says that those of its namespace have been listed: then one that is not found does not exist.
    """
    strategy, namespace = rollout.spec.strategy.canary, rollout.metadata.namespace
    if strategy is None:
        return ()
    routes = []
    for ref in strategy.virtual_services:
        place = ref.place(namespace)
        found = find(place)
        is_missing = found is None and knows_all and place.namespace == namespace
        shares = tuple(_shares(rollout, strategy, ref, found)) if found is not None else ()
        routes.append(Routed(clean(ref.name), shares, is_missing, found is None and not is_missing))
    return tuple(routes)


def least(routes: tuple[Routed, ...]) -> int | None:
    """What the canary gets of the route that gives it least; None where no VirtualService tells."""
    return min((share for each in routes for share in each.shares), default=None)


def most(routes: tuple[Routed, ...]) -> int | None:
    """What the canary gets of the route that gives it most; None where no VirtualService tells."""
    return max((share for each in routes for share in each.shares), default=None)


def _shares(rollout: ArgoRollout, strategy: Canary, ref: VirtualServiceRef, found: VirtualService) -> Iterator[int]:
    """Of the routes that lead to both sides: those for headers and mirrors lead to one."""
    stable, canary = _sides(rollout, strategy)
    named = [each for each in found.spec.http if not ref.routes or each.name in ref.routes]
    for route in (*named, *found.spec.tls, *found.spec.tcp):
        ours = [each.weight for each in route.route if _is(each.destination, canary)]
        theirs = [each.weight for each in route.route if _is(each.destination, stable)]
        if ours and theirs:
            whole = sum(each.weight for each in route.route)
            yield round(WHOLE * sum(ours) / whole) if whole > 0 else 0


def _is(destination: Destination, side: tuple[str, str]) -> bool:
    service, subset = side
    return bool((service and destination.service == service) or (subset and destination.subset == subset))


def _sides(rollout: ArgoRollout, strategy: Canary) -> tuple[tuple[str, str], tuple[str, str]]:
    """Service and subset of the stable side and of the canary (`GetStableAndCanaryServices` of trafficrouting)."""
    routing, pair = strategy.traffic_routing, strategy.ping_pong
    rule = routing.istio.destination_rule if routing is not None and routing.istio is not None else None
    subsets = (rule.stable_subset_name, rule.canary_subset_name) if rule is not None else ("", "")
    services = strategy.stable_service, strategy.canary_service
    if pair is not None and not any(services):
        services = pair.ping_service, pair.pong_service
        if rollout.status.canary.stable_ping_pong != "ping":
            services = services[1], services[0]
    return (services[0], subsets[0]), (services[1], subsets[1])
