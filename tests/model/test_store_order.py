"""A store comes to the same state in whatever order its streams are heard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktui.model.changes import Change, Gone, Listed, Put, Restored
from ktui.model.resources import (
    CONTROLLER_REVISIONS,
    EVENTS,
    PODS,
    REPLICASETS,
    Resource,
    known_resources,
)
from ktui.model.store import Store
from tests.model.stored import PARTS, answers, put, versions
from tests.recorded import OF_DEPLOYMENTS, SETS, Said, recording


class Step(NamedTuple):
    """One thing that happens in a cluster: an object is made or changed (perhaps for another parent), or it goes."""

    resource: Resource
    number: int
    parent: int
    gone: bool


KIND = dict(zip(PARTS, "dsarvpe", strict=True))
ABOVE = {
    REPLICASETS: "d",
    CONTROLLER_REVISIONS: "sa",
    PODS: "rsa",
    EVENTS: "psa",
}
"""What each may belong to, or be about."""

steps = st.lists(
    st.builds(Step, st.sampled_from(PARTS), st.integers(0, 2), st.integers(0, 8), st.booleans()), max_size=40
)


def history(happened: Sequence[Step]) -> dict[Resource, list[Change]]:
    """What each stream says of that: versions grow over all of them.

    A uid comes back where an object matches the selector of a watch again.
    """
    streams: dict[Resource, list[Change]] = {resource: [] for resource in known_resources()}
    alive: set[str] = set()
    for version, step in enumerate(happened, start=1):
        uid = f"{KIND[step.resource]}{step.number}"
        above = ABOVE.get(step.resource, "")
        parent = f"{above[step.parent // 3 % len(above)]}{step.parent % 3}" if above else ""
        if step.gone and uid not in alive:
            continue
        if step.gone:
            alive.discard(uid)
            streams[step.resource].append(Gone(step.resource, uid, str(version)))
        else:
            alive.add(uid)
            streams[step.resource].append(put(step.resource, uid, version, parent))
    return streams


def plain(streams: dict[Resource, list[Change]]) -> Store:
    """The store that was told only of what is there in the end, from the top down."""
    store = Store()
    for resource in known_resources():
        store.apply(last_puts(streams[resource]).values())
    return store


def last_puts(stream: Sequence[Change]) -> dict[str, Put]:
    """What is there after all that was said: the last word on each object."""
    last: dict[str, Put] = {}
    for change in stream:
        if isinstance(change, Put):
            last[change.object.metadata.uid] = change
        elif isinstance(change, Gone):
            del last[change.uid]
    return last


@given(steps, st.randoms(use_true_random=False))
def test_streams_may_be_interleaved_in_any_way(happened: list[Step], random: Any) -> None:
    streams = history(happened)
    queues = {resource: list(stream) for resource, stream in streams.items()}
    store = Store()
    while waiting := [resource for resource, queue in queues.items() if queue]:
        store.apply([queues[random.choice(waiting)].pop(0)])
    assert answers(store) == answers(plain(streams))


@given(steps, st.data())
def test_saying_it_again_changes_nothing(happened: list[Step], data: st.DataObject) -> None:
    """A watch that is begun again from an older version repeats a part of what it said."""
    streams = history(happened)
    store = Store()
    for stream in streams.values():
        store.apply(stream)
        again = data.draw(st.integers(0, len(stream)), label="begun again from")
        store.take_dirty()
        store.apply(stream[again:])
    assert answers(store) == answers(plain(streams))


@given(steps, st.data())
def test_what_is_older_than_what_is_known_changes_nothing(happened: list[Step], data: st.DataObject) -> None:
    streams = {**history(happened), EVENTS: []}
    store = Store()
    for stream in streams.values():
        store.apply(stream)
    store.take_dirty()
    said = [change for stream in streams.values() for change in stream]
    store.apply(data.draw(st.lists(st.sampled_from(said)) if said else st.just([]), label="stale"))
    assert answers(store) == answers(plain(streams))
    assert store.take_dirty() == set()


@given(steps, st.data())
def test_what_was_lost_comes_back_with_the_next_list(happened: list[Step], data: st.DataObject) -> None:
    """The stream breaks at some point; what follows is lost, and a list says what is there now."""
    streams = history(happened)
    truth = plain(streams)
    store = Store()
    for resource, stream in streams.items():
        heard = stream[: data.draw(st.integers(0, len(stream)), label=f"{resource.plural} heard")]
        store.apply(heard)
        listed, known = last_puts(stream), last_puts(heard)
        store.apply(listed.values())
        store.apply(Gone(resource, uid) for uid in known.keys() - listed.keys())
        store.apply([Listed(resource)])
    assert answers(store) == answers(truth)
    assert store.listed == set(known_resources())


@given(steps, steps)
def test_after_a_restored_backup_only_what_is_said_since_counts(before: list[Step], after: list[Step]) -> None:
    """Versions begin again from below those that were known, of the same objects."""
    store = Store()
    lost = history([Step(EVENTS, 0, 0, gone=False)] * 100 + before)
    for stream in lost.values():
        store.apply(stream)
    store.take_dirty()
    known = {workload.metadata.uid for workload in store.workloads()}
    kept = history(after)
    for resource in PARTS:
        store.apply([Restored(resource), *kept[resource]])
    assert answers(store) == answers(plain(kept))
    assert known <= store.take_dirty()


@pytest.mark.parametrize("name", [*OF_DEPLOYMENTS, SETS])
def test_a_recording_ends_the_same_with_its_resources_one_after_another(name: str) -> None:
    changes = [said.change for said in recording(name) if isinstance(said, Said)]
    as_recorded, pods_first = Store(), Store()
    as_recorded.apply(changes)
    for resource in reversed(PARTS):
        pods_first.apply(c for c in changes if getattr(c, "resource", None) is resource)
    for workload in as_recorded.workloads():
        uid = workload.metadata.uid
        assert pods_first.workload(uid) == workload
        assert versions(pods_first.controller_revisions(uid)) == versions(as_recorded.controller_revisions(uid))
        assert versions(pods_first.pods(uid)) == versions(as_recorded.pods(uid))
        revisions = {rs.metadata.uid: rs for rs in as_recorded.replicasets(uid)}
        assert {rs.metadata.uid: rs for rs in pods_first.replicasets(uid)} == revisions
        for rs in revisions:
            pods = {pod.metadata.uid: pod for pod in as_recorded.pods(rs)}
            assert {pod.metadata.uid: pod for pod in pods_first.pods(rs)} == pods
    assert len(list(as_recorded.workloads())) == len(list(pods_first.workloads())) > 0
