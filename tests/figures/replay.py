"""The recordings of a real control plane, shown to an observer as the dashboard would show them."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from ktui.figures.observer import Observer
from ktui.figures.record import Record, merged
from ktui.kinds.registry import rollout_of
from ktui.live.unwatched import unwatched
from ktui.model.changes import Listed
from ktui.model.resources import DEPLOYMENTS, REPLICASETS, Resource
from ktui.model.store import Store
from ktui.rollout.progress import Track
from tests.recorded import Note, clock, recording


def records(name: str, begin: float = 0.0, end: float = float("inf")) -> list[Record]:
    """What is remembered by a ktui that began to watch at that second of a recording, and ended at another."""
    store, observer, tracks = Store(), Observer(), dict[str, Track]()
    known: dict[tuple[str, int], Record] = {}
    listed: set[Resource] = set()
    now = clock(name)

    def remember(news: list[Record]) -> None:
        for record in news:
            key = record.uid, record.revision
            known[key] = merged(known[key], record) if key in known else record

    def look_around() -> None:
        for uid in sorted(store.take_dirty()):
            workload = store.workload(uid)
            if workload is None:
                observer.gone(uid, now)
                continue
            tracks[uid], rollout = rollout_of(store, workload, tracks.get(uid), now)
            observer.observe(rollout, now, partial(unwatched, store, workload, rollout))
        observer.has_listed = True
        remember(observer.take())

    for said in recording(name):
        if isinstance(said, Note) or said.t > end:
            continue
        now = clock(name) + timedelta(seconds=said.t)
        store.apply([said.change])
        if isinstance(said.change, Listed):
            listed.add(said.change.resource)
        if said.t >= begin and listed >= {DEPLOYMENTS, REPLICASETS}:
            look_around()
    look_around()
    remember(observer.leave(now))
    return sorted(known.values(), key=lambda record: (record.at or now, record.revision))
