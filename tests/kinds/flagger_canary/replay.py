"""The recordings of Flagger (tests/recordings/flagger), played into a store as streams would bring them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from ktui.kinds.flagger_canary.objects import Canary
from ktui.kinds.flagger_canary.resources import CANARIES
from ktui.kinds.flagger_canary.traffic import shares_of
from ktui.kinds.registry import rollout_of
from ktui.model.changes import Put
from ktui.model.resources import ENDPOINT_SLICES, PODS, REPLICASETS
from ktui.model.routing import HTTPRoute
from ktui.model.store import Store
from ktui.rollout.rollout import Rollout
from tests.recorded import FOLDER, Said, clock, decode, recording

JSON = dict[str, Any]

NAMES = sorted(file.name.removesuffix(".jsonl.gz") for file in (FOLDER / "flagger").glob("*.jsonl.gz"))

HEALTHY = (
    "ab-testing",
    "config-change",
    "gates",
    "gates-weights",
    "initialize",
    "mirror",
    "new-revision",
    "promotion",
    "skip-analysis",
    "suspend",
    "undo-in-the-middle",
    "weights",
    "weights-list",
)
"""Those in which nothing goes wrong."""


_FREQUENT = (PODS, REPLICASETS, ENDPOINT_SLICES)
"""What changes so often that a Deployment soon tells of it too."""


class Moment(NamedTuple):
    """What there was at one time."""

    t: float
    now: datetime
    store: Store
    canary: Canary
    rollout: Rollout

    @property
    def causes(self) -> list[str]:
        return [cause.sentence for cause in self.rollout.causes if not cause.remark]


class Played(NamedTuple):
    """What was said at one time, and what it was made from."""

    t: float
    canary: Canary
    rollout: Rollout
    shares: tuple[int, ...] | None
    """Of the route; None for none."""


@cache
def played(name: str) -> tuple[Played, ...]:
    """All moments of a recording."""
    found = []
    for moment in _moments(name):
        route = moment.store.named(HTTPRoute, name, "web")
        shares = shares_of(route, "web") if route is not None else None
        found.append(Played(moment.t, moment.canary, moment.rollout, shares))
    return tuple(found)


def _moments(name: str) -> Iterator[Moment]:
    """The Canary `web` after each change, as a dashboard that is there from the beginning sees it."""
    store, track, begun = Store(), None, clock(f"flagger/{name}")
    for said in recording(f"flagger/{name}"):
        if not isinstance(said, Said):
            continue
        store.apply([said.change])
        canary = store.named(Canary, name, "web")
        if canary is not None and getattr(said.change, "resource", None) not in _FREQUENT:
            now = begun + timedelta(seconds=said.t)
            track, rollout = rollout_of(store, canary, track, now)
            yield Moment(said.t, now, store, canary, rollout)


def moment(name: str, t: float) -> Moment:
    """The same at one second, as a command that is called then sees it."""
    store, begun = Store(), clock(f"flagger/{name}")
    store.apply(said.change for said in recording(f"flagger/{name}") if isinstance(said, Said) and said.t <= t)
    canary, now = store.named(Canary, name, "web"), begun + timedelta(seconds=t)
    assert canary is not None
    return Moment(t, now, store, canary, rollout_of(store, canary, None, now)[1])


def end(name: str) -> float:
    return max(said.t for said in recording(f"flagger/{name}") if isinstance(said, Said))


def canary(spec: JSON | None = None, **status: Any) -> Canary:
    """A Canary as a test makes it up."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    meta = {"name": "web", "namespace": "shop", "uid": "c", "creationTimestamp": "2026-01-01T00:00:00Z"}
    found = decode(CANARIES, {"metadata": meta, "spec": {"targetRef": target, **(spec or {})}, "status": status})
    assert isinstance(found, Canary)
    return found


def looked(store: Store, now: datetime, made: Canary) -> Rollout:
    """What is made of a store with that Canary in it."""
    store.apply([Put(CANARIES, made)])
    return rollout_of(store, made, None, now)[1]
