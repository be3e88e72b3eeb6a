"""Blue-green: Deployments that take turns behind one Service, and which of them gets the traffic now.

The Service's selector has a label, its colour key, in which the pod templates of two or more Deployments differ, and
other labels, in which they all agree with it (docs/semantics.md, Blue-green). EndpointSlices say where traffic
goes, not the selector, which they follow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from ktui.model.objects import Deployment, Pod, ReplicaSet
from ktui.model.resources import ENDPOINT_SLICES
from ktui.model.routing import Endpoint, EndpointSlice, Service
from ktui.model.store import Store
from ktui.model.traffic import Traffic
from ktui.rollout.podstatus import PodState, pod_state
from ktui.rollout.rollout import Phase, Rollout
from ktui.rollout.traffic.ports import port_warnings
from ktui.rollout.traffic.routes import Front, fronts
from ktui.text import clean, count

_LONGEST_BASE: Final = 58
"""Characters that the API server keeps of a generateName, so that five more make a name (63)."""


class Pairing(msgspec.Struct, frozen=True):
    """A colour key of a Service and the Deployments by their colour, the colours sorted. There are two or more."""

    key: str
    colours: dict[str, tuple[Deployment, ...]]


def pairings(service: Service, deployments: Iterable[Deployment]) -> tuple[Pairing, ...]:
    """The sides among which the Service can choose; mostly one pairing, or none.

    A selector of a single label has no pairs: all that is in the namespace would differ in that label alone.
    """
    selector = service.spec.selector
    if len(selector) < 2:
        return ()
    near = [each for each in deployments if each.metadata.namespace == service.metadata.namespace]
    found = []
    for key in sorted(selector):
        rest = {name: value for name, value in selector.items() if name != key}
        colours: dict[str, list[Deployment]] = {}
        for deployment in near:
            labels = deployment.spec.template.labels
            if key in labels and rest.items() <= labels.items():
                colours.setdefault(labels[key], []).append(deployment)
        if len(colours) > 1:
            sides = {colour: tuple(sorted(colours[colour], key=_name)) for colour in sorted(colours)}
            found.append(Pairing(key, sides))
    return tuple(found)


def _name(deployment: Deployment) -> str:
    return deployment.metadata.name


def turns(
    deployment: Deployment, services: Iterable[Service], deployments: Sequence[Deployment]
) -> Iterator[tuple[Service, Pairing]]:
    """The Services that have that Deployment as one of their sides, by name."""
    meta, labels = deployment.metadata, deployment.spec.template.labels
    # Of many Services, few select labels that fit this Deployment but for one: only for these the others are looked at.
    near = (
        service
        for service in services
        if service.metadata.namespace == meta.namespace
        and sum(labels.get(key) != value for key, value in service.spec.selector.items()) <= 1
    )
    for service in sorted(near, key=lambda each: each.metadata.name):
        for pairing in pairings(service, deployments):
            if any(each.metadata.uid == meta.uid for own in pairing.colours.values() for each in own):
                yield service, pairing


def may_be_paired(deployment: Deployment, deployments: Iterable[Deployment]) -> bool:
    """Whether labels alone would allow a pairing: then it is worth asking which Services there are.

    Another Deployment of the namespace has a label of its pods with the same value, and one with another.
    """
    meta, labels = deployment.metadata, deployment.spec.template.labels
    for other in deployments:
        if other.metadata.namespace == meta.namespace and other.metadata.uid != meta.uid:
            theirs = other.spec.template.labels
            same = [theirs[key] == value for key, value in labels.items() if key in theirs]
            if any(same) and not all(same):
                return True
    return False


class Side(msgspec.Struct, frozen=True):
    """One colour: its Deployments (mostly one), their pods, and how many of these the Service sends traffic to."""

    colour: str
    rollouts: tuple[Rollout, ...]
    pods: tuple[PodState, ...]
    is_active: bool
    """Whether the Service's selector names it."""
    endpoints: int
    """Pods of this side that are ready endpoints of the Service."""
    draining: int
    """Pods of this side that stop, and still answer meanwhile."""

    @property
    def name(self) -> str:
        """The colour as sentences have it."""
        return clean(self.colour)

    @property
    def desired(self) -> int:
        """The number of desired pods."""
        return sum(rollout.progress.desired for rollout in self.rollouts)

    @property
    def ready(self) -> int:
        """How many pods are ready."""
        return sum(rollout.progress.ready for rollout in self.rollouts)

    @property
    def available(self) -> int:
        """How many pods are available."""
        return sum(rollout.progress.available for rollout in self.rollouts)

    @property
    def deployments(self) -> str:
        """`shop-blue, image shop:1.0`."""
        return " and ".join(f"{each.name}, image {each.image}" for each in self.rollouts)

    @property
    def shortfall(self) -> str:
        """Why it is not fully available, in words; empty where it is."""
        return "; ".join(filter(None, map(_shortfall, self.rollouts)))


def _shortfall(rollout: Rollout) -> str:
    numbers = rollout.progress
    if rollout.phase is Phase.DELETED:
        return f"{rollout.name} is being deleted"
    if numbers.desired == 0:
        return f"{rollout.name} is scaled to zero"
    if rollout.verdict.done and not rollout.verdict.failed:
        return ""
    if numbers.old.available and numbers.new.available < numbers.desired:
        mixed = f", {numbers.old.available} of the old revision"
        return f"{rollout.name} is {rollout.phase}, {numbers.new.available} of {numbers.desired} pods available{mixed}"
    return f"{rollout.name} is {rollout.phase}, {numbers.new.available} of {count(numbers.desired, 'pod')} available"


class BlueGreen(msgspec.Struct, frozen=True):
    """A Service and its sides as they are now. Equal ones look the same on every screen."""

    uid: str
    namespace: str
    service: str
    key: str
    """The label that tells the sides apart."""
    active: str
    """The colour that the selector names; no Deployment may have it."""
    selector: str
    ports: str
    sides: tuple[Side, ...]
    others: int
    """Ready endpoints that are pods of no side."""
    endpoints_known: bool
    fronts: tuple[Front, ...]
    warnings: tuple[str, ...]

    def side(self, colour: str) -> Side | None:
        """The side of that colour."""
        return next((side for side in self.sides if side.colour == colour), None)

    @property
    def idle(self) -> tuple[Side, ...]:
        """The sides that the selector does not name."""
        return tuple(side for side in self.sides if not side.is_active)

    @property
    def serving(self) -> int:
        """How many endpoints are ready, of whichever side."""
        return sum(side.endpoints for side in self.sides) + self.others

    @property
    def has_moved(self) -> bool:
        """Whether traffic goes where the selector says: no other side has an endpoint, and all that is ready there is
        one."""
        chosen = self.side(self.active)
        astray = sum(side.endpoints for side in self.idle)
        return self.endpoints_known and not astray and chosen is not None and chosen.endpoints >= chosen.ready


def blue_green(
    service: Service,
    pairing: Pairing,
    store: Store,
    traffic: Traffic,
    *,
    rollouts: Mapping[str, Rollout],
    now: datetime,
) -> BlueGreen:
    """What is known of that Service and its sides. Deployments that are not among the rollouts are left out."""
    active = service.spec.selector.get(pairing.key, "")
    parts = {
        colour: [part for each in deployments for part in _parts(store, each)]
        for colour, deployments in pairing.colours.items()
    }
    ready, draining = _endpoints(traffic.slices(service), _Owners(parts))
    sides = tuple(
        Side(
            colour=colour,
            rollouts=tuple(rollouts[uid] for each in deployments if (uid := each.metadata.uid) in rollouts),
            pods=_pods(parts[colour], now),
            is_active=colour == active,
            endpoints=ready[colour],
            draining=draining[colour],
        )
        for colour, deployments in pairing.colours.items()
    )
    meta = service.metadata
    state = BlueGreen(
        uid=meta.uid,
        namespace=clean(meta.namespace),
        service=clean(meta.name),
        key=clean(pairing.key),
        active=active,
        selector=clean(", ".join(f"{key}={value}" for key, value in sorted(service.spec.selector.items()))),
        ports=clean(", ".join(f"{port.port} → {port.target}" for port in service.spec.ports)),
        sides=sides,
        others=ready[None],
        endpoints_known=ENDPOINT_SLICES in traffic.listed,
        fronts=fronts(service, traffic.ingresses(), traffic.routes()),
        warnings=(),
    )
    return msgspec.structs.replace(state, warnings=tuple(_warnings(state, service, pairing)))


def _warnings(state: BlueGreen, service: Service, pairing: Pairing) -> Iterator[str]:
    if state.side(state.active) is None:
        yield f"The selector says {state.key}={clean(state.active)}, and no Deployment's pods have that."
    elif state.endpoints_known and not state.serving:
        yield "The Service has no ready endpoint: nothing answers."
    for side in state.idle:
        if side.shortfall:
            yield f"{side.name} is not fully available: {side.shortfall}."
    if state.others:
        yield f"{count(state.others, 'ready endpoint')} of the Service belong to none of these Deployments."
    if service.spec.publish_not_ready_addresses:
        yield "The Service sends traffic to pods that are not ready, too (publishNotReadyAddresses)."
    templates = {
        clean(colour): [each.spec.template for each in deployments] for colour, deployments in pairing.colours.items()
    }
    yield from port_warnings(service, templates)


# Which pod is whose

_Part = tuple[ReplicaSet, list[Pod]]


def _parts(store: Store, deployment: Deployment) -> list[_Part]:
    return [(each, store.pods(each.metadata.uid)) for each in store.replicasets(deployment.metadata.uid)]


def _pods(parts: Sequence[_Part], now: datetime) -> tuple[PodState, ...]:
    states = [
        pod_state(pod, min_ready_seconds=replicaset.spec.min_ready_seconds, now=now)
        for replicaset, pods in parts
        for pod in pods
    ]
    return tuple(sorted(states, key=lambda state: (state.created is not None, state.created, state.name)))


class _Owners:
    """The colour of a pod: by its uid, or by its name where the pod is not known (yet)."""

    def __init__(self, parts: Mapping[str, Sequence[_Part]]) -> None:
        self._by_uid = {pod.metadata.uid: colour for colour, own in parts.items() for _, pods in own for pod in pods}
        self._by_prefix = {
            f"{replicaset.metadata.name}-"[:_LONGEST_BASE]: colour
            for colour, own in parts.items()
            for replicaset, _ in own
        }

    def of(self, endpoint: Endpoint) -> str | None:
        target = endpoint.target_ref
        if target.kind != "Pod":
            return None
        return self._by_uid.get(target.uid) or self._by_prefix.get(target.name[:-5])


def _endpoints(slices: Iterable[EndpointSlice], owners: _Owners) -> tuple[Counter[str | None], Counter[str | None]]:
    """How many pods are ready endpoints, and how many only drain, by colour; None for pods of no side.

    A pod can be in several slices (IPv4 and IPv6, two sets of ports, or while it is moved from one to another) and
    counts once.
    """
    ready: dict[str, str | None] = {}
    draining: dict[str, str | None] = {}
    for each in slices:
        for endpoint in each.endpoints or ():
            identity = endpoint.target_ref.uid or endpoint.target_ref.name or ",".join(endpoint.addresses)
            if endpoint.conditions.is_ready:
                ready[identity] = owners.of(endpoint)
            elif endpoint.conditions.is_draining:
                draining[identity] = owners.of(endpoint)
    return Counter(ready.values()), Counter(colour for pod, colour in draining.items() if pod not in ready)


# How traffic moves


class Move(msgspec.Struct, frozen=True):
    """Traffic on its way from one colour to another; `ended` None while it lasts."""

    before: str
    after: str
    began: datetime
    ended: datetime | None = None

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it lasts."""
        return (self.ended - self.began).total_seconds() if self.ended is not None else None


def took(seconds: float) -> str:
    """How long traffic took to move; less than a screen can tell is said as that."""
    return f"{seconds:.1f}s" if seconds >= 0.1 else "less than 0.1s"


def follow(move: Move | None, before: BlueGreen | None, state: BlueGreen, now: datetime) -> Move | None:
    """The present move, or the last one: it begins with the selector, and ends with the endpoints."""
    if before is not None and before.active != state.active:
        move = Move(before.active, state.active, now)
    if move is not None and move.ended is None and state.has_moved:
        move = msgspec.structs.replace(move, ended=now)
    return move
