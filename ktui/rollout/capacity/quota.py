"""What the quotas of a namespace leave, and whether that is enough for what a rollout still needs.

A ResourceQuota refuses a pod that would exceed it (Kubernetes' admission plugin of that name); the pods that are there
stay. So what matters is what is used now, what one pod more takes, and how many there will be at the most at one time.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

import msgspec

from ktui.model.policies import Quota
from ktui.model.quantities import quantity
from ktui.rollout.capacity.footprint import MEASURED, REQUESTS, Footprint

_PODS: Final = ("pods", "count/pods")
_ALIASES: Final = {name: f"{REQUESTS}.{name}" for name in MEASURED}
"""`cpu` in a quota is short for `requests.cpu`."""

_ABOUT_PODS: Final = ("cpu", "memory", "ephemeral-storage", "requests.", "limits.")
_NOT_OF_PODS: Final = "storage"


class Demand(msgspec.Struct, frozen=True):
    """How many pods a rollout may still bring, against what is there now."""

    extra: int
    """Pods that may come before any other has gone."""
    added: int = 0
    """New pods by the time that it takes most."""
    freed: int = 0
    """Old pods that are gone by then."""

    def of(self, new: Decimal, old: Decimal) -> Decimal:
        """The most that it may take on top of what is used, where a new pod and an old one take that much each."""
        return max(self.extra * new, self.added * new - self.freed * old, Decimal(0))


def demand(desired: int, surge: int, new: int, old: int, terminating: int, *, goal: int | None = None) -> Demand:
    """What a rollout may still bring where so many pods of its template, of others, and stopping ones exist.

    `goal` is how many new ones it goes to, where that is not all of them: a held canary, a partition.
    """
    goal = desired if goal is None else goal
    stay = desired + surge - goal
    return Demand(
        extra=max(0, desired + surge - new - old - terminating),
        added=max(0, goal - new),
        freed=max(0, old - stay) + terminating,
    )


class Room(msgspec.Struct, frozen=True):
    """One resource of one quota."""

    quota: str
    resource: str
    hard: Decimal
    used: Decimal
    each: Decimal | None = None
    """What a pod of the new template takes; None where that is not known."""
    needed: Decimal | None = None
    """What the rollout may still take; None where that is not known."""
    lacking: tuple[str, ...] = ()
    """The containers that do not say how much, which the quota makes them: no such pod is admitted."""
    unknown: str = ""
    """Why it is not known whether it counts these pods, or how much they take."""

    @property
    def left(self) -> Decimal:
        """What is left of it."""
        return max(self.hard - self.used, Decimal(0))

    @property
    def fits(self) -> int | None:
        """How many new pods that is enough for; None where that is not known."""
        return int(self.left / self.each) if self.each else None

    @property
    def is_short(self) -> bool:
        """Whether it has too little for what the rollout may still take."""
        return self.needed is not None and self.needed > self.left


def rooms(quotas: Iterable[Quota], new: Footprint, old: Footprint, more: Demand) -> tuple[Room, ...]:
    """What is left of each resource that pods take, in the order of the quotas; what counts other pods is left out."""
    found = []
    for quota in quotas:
        counts = quota.counts(is_best_effort=new.is_best_effort)
        if counts is False:
            continue
        for resource, limit in quota.hard.items():
            hard, used = quantity(limit), quantity(quota.used.get(resource, "0"))
            if hard is None or used is None or not _is_about_pods(resource):
                continue
            room = Room(quota.name, resource, hard, used)
            if counts is None:
                unknown = f"counts only the scope {', '.join(quota.scopes)}"
                found.append(msgspec.structs.replace(room, unknown=unknown))
            else:
                found.append(_filled(room, new, old, more))
    return tuple(found)


def _filled(room: Room, new: Footprint, old: Footprint, more: Demand) -> Room:
    each = takes(new, room.resource)
    if each is None:
        name = _ALIASES.get(room.resource, room.resource)
        if name.partition(".")[2] not in MEASURED:
            return msgspec.structs.replace(room, unknown="what a pod takes of it is not known here")
        return msgspec.structs.replace(room, lacking=new.lacking.get(name, ()), unknown="the pods do not say how much")
    lacking = new.lacking.get(_ALIASES.get(room.resource, room.resource), ())
    before = takes(old, room.resource)
    return msgspec.structs.replace(
        room, each=each, needed=more.of(each, before if before is not None else each), lacking=lacking
    )


def takes(pod: Footprint, resource: str) -> Decimal | None:
    """What one pod takes of a quota's resource; None where that is not known."""
    if resource in _PODS:
        return Decimal(1)
    return pod.amounts.get(_ALIASES.get(resource, resource))


def _is_about_pods(resource: str) -> bool:
    if resource in _PODS:
        return True
    return resource.startswith(_ABOUT_PODS) and resource.removeprefix(f"{REQUESTS}.") != _NOT_OF_PODS
