"""A recording played through the store: what ktui would have shown, moment by moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import NamedTuple

from ktui.kinds.registry import rollout_of
from ktui.model.objects import Deployment
from ktui.model.store import Store
from ktui.rollout.progress import Track
from ktui.rollout.rollout import Rollout
from tests.recorded import Note, Said, clock, recording


class Moment(NamedTuple):
    """A Deployment at `t` seconds of the recording."""

    t: float
    deployment: Deployment
    rollout: Rollout
    track: Track


@cache
def moments(name: str) -> tuple[Moment, ...]:
    """Each change of each Deployment in a recording."""
    return tuple(_moments(name))


def _moments(name: str) -> Iterator[Moment]:
    store = Store()
    tracks: dict[str, Track] = {}
    for said in recording(name):
        if isinstance(said, Note):
            continue
        store.apply([said.change])
        now = clock(name) + timedelta(seconds=said.t)
        for uid in store.take_dirty():
            deployment = store.of_uid(Deployment, uid)
            if deployment is None:
                continue
            tracks[uid], rollout = rollout_of(store, deployment, tracks.get(uid), now)
            yield Moment(said.t, deployment, rollout, tracks[uid])


def notes(name: str) -> list[Note]:
    return [said for said in recording(name) if isinstance(said, Note)]


def store_at(name: str, t: float) -> Store:
    """What is known at `t` seconds."""
    store = Store()
    store.apply(said.change for said in recording(name) if isinstance(said, Said) and said.t <= t)
    return store
