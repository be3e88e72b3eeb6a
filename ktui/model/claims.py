"""Which workloads name other objects as parts of theirs: as the template that they roll out, or as what they have made.

A controller that rolls out what another object holds has a name to find it by (`workloadRef`, `targetRef`). The object
itself does not say so, and has no owner.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Place(NamedTuple):
    """What names one object of a cluster."""

    group: str
    """Empty for the core group."""
    kind: str
    namespace: str
    name: str


def group_of(api_version: str) -> str:
    """The group of an `apiVersion`: `apps` of `apps/v1`, and nothing of `v1`."""
    return api_version.rpartition("/")[0]


class Claims:
    """What each workload claims. False while nothing is claimed: then nothing has to be looked up."""

    def __init__(self) -> None:
        self._places: dict[str, tuple[Place, ...]] = {}
        self._by_place: dict[Place, dict[str, None]] = {}

    def __bool__(self) -> bool:
        return bool(self._places)

    def of(self, place: Place) -> tuple[str, ...]:
        """The uids of the workloads that claim what is there, in the order in which they did."""
        return tuple(self._by_place.get(place, ()))

    def put(self, uid: str, places: Iterable[Place]) -> frozenset[Place]:
        """The workload of that uid claims these places now, and no others; returns those that this changes."""
        before, now = self._places.pop(uid, ()), tuple(places)
        for place in before:
            if place not in now:
                del self._by_place[place][uid]
                if not self._by_place[place]:
                    del self._by_place[place]
        for place in now:
            self._by_place.setdefault(place, {})[uid] = None
        if now:
            self._places[uid] = now
        return frozenset(before) ^ frozenset(now)
