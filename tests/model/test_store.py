"""The store: whatever order, repetition or loss the streams go through, it ends up knowing what is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktui.model.changes import Change, Gone, Link, LinkState, Listed, Put, Restored
from ktui.model.objects import Deployment
from ktui.model.resources import (
    CONTROLLER_REVISIONS,
    DAEMONSETS,
    DEPLOYMENTS,
    EVENTS,
    PODS,
    REPLICASETS,
    STATEFULSETS,
    Resource,
    known_resources,
)
from ktui.model.store import Store
from ktui.model.workloads import DaemonSet, KubeObject, StatefulSet
from tests.recorded import OF_DEPLOYMENTS, SETS, Said, decode, recording

PARTS = (
    DEPLOYMENTS,
    STATEFULSETS,
    DAEMONSETS,
    REPLICASETS,
    CONTROLLER_REVISIONS,
    PODS,
    EVENTS,
)


def raw(resource: Resource, uid: str, version: int, parent: str = "", **spec: Any) -> dict[str, Any]:
    meta: dict[str, Any] = {"name": f"n-{uid}", "namespace": "ns", "uid": uid, "resourceVersion": str(version)}
    if resource is EVENTS:
        return {"metadata": meta, "involvedObject": {"uid": parent}, "reason": f"v{version}"}
    if parent:
        meta["ownerReferences"] = [{"uid": parent, "controller": True}]
    template = {"spec": {"containers": [{"name": "c", "image": f"i:{version}"}]}}
    if resource is CONTROLLER_REVISIONS:
        return {"metadata": meta, "revision": version, "data": {"spec": {"template": template}}}
    return {"metadata": meta, "spec": {"template": template, **spec}}


def put(resource: Resource, uid: str, version: int, parent: str = "") -> Put:
    return Put(resource, decode(resource, raw(resource, uid, version, parent)))


def answers(store: Store) -> dict[str, Any]:
    """All that a store can be asked, independent of the order in which it learned it."""
    known: dict[str, Any] = {r.plural: store.count(r) for r in known_resources()}
    known["workloads"] = versions(store.workloads())
    uids = [f"{kind}{number}" for kind in "dsarvp" for number in range(3)]
    for uid in uids:
        workload, deployment = store.workload(uid), store.of_uid(Deployment, uid)
        known[f"workload {uid}"] = workload.metadata.resource_version if workload is not None else None
        assert deployment is None or deployment is workload
        known[f"replicasets {uid}"] = versions(store.replicasets(uid))
        known[f"controller revisions {uid}"] = versions(store.controller_revisions(uid))
        known[f"pods {uid}"] = versions(store.pods(uid))
        known[f"events {uid}"] = versions(store.events(uid))
    return known


def versions(objects: Iterable[KubeObject]) -> list[tuple[str, str]]:
    return sorted((each.metadata.uid, each.metadata.resource_version) for each in objects)


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


def family() -> Store:
    store = Store()
    store.apply(
        [
            put(DEPLOYMENTS, "d1", 1),
            put(DEPLOYMENTS, "d2", 2),
            put(REPLICASETS, "r1", 3, "d1"),
            put(PODS, "p1", 4, "r1"),
            put(EVENTS, "e1", 5, "p1"),
            put(STATEFULSETS, "s1", 6),
            put(CONTROLLER_REVISIONS, "v1", 7, "s1"),
            put(PODS, "p2", 8, "s1"),
            put(DAEMONSETS, "a1", 8),
        ]
    )
    store.take_dirty()
    return store


@pytest.mark.parametrize(
    "change",
    [
        put(DEPLOYMENTS, "d1", 9),
        put(REPLICASETS, "r1", 9, "d1"),
        put(REPLICASETS, "r2", 9, "d1"),
        put(PODS, "p1", 9, "r1"),
        put(EVENTS, "e2", 9, "p1"),
        put(EVENTS, "e2", 9, "r1"),
        put(EVENTS, "e2", 9, "d1"),
        Gone(PODS, "p1", "9"),
        Gone(REPLICASETS, "r1"),
        Gone(DEPLOYMENTS, "d1"),
        Gone(EVENTS, "e1"),
    ],
)
def test_a_change_touches_the_deployment_that_it_belongs_to_and_no_other(change: Change) -> None:
    store = family()
    store.apply([change])
    assert store.take_dirty() == {"d1"}
    assert store.take_dirty() == set()


@pytest.mark.parametrize(
    "change",
    [
        put(STATEFULSETS, "s1", 9),
        put(CONTROLLER_REVISIONS, "v1", 9, "s1"),
        put(PODS, "p2", 9, "s1"),
        put(EVENTS, "e2", 9, "s1"),
        put(EVENTS, "e2", 9, "p2"),
        Gone(CONTROLLER_REVISIONS, "v1", "9"),
        Gone(PODS, "p2", "9"),
        Gone(STATEFULSETS, "s1", "9"),
        Restored(STATEFULSETS),
    ],
)
def test_a_change_touches_the_statefulset_that_it_belongs_to_and_no_other(change: Change) -> None:
    store = family()
    store.apply([change])
    assert store.take_dirty() == {"s1"}


def test_what_a_statefulset_has_is_known_by_its_uid() -> None:
    store = family()
    assert versions(store.controller_revisions("s1")) == [("v1", "7")]
    assert versions(store.pods("s1")) == [("p2", "8")]
    assert {workload.metadata.uid for workload in store.workloads()} == {"d1", "d2", "s1", "a1"}
    assert {deployment.metadata.uid for deployment in store.of_type(Deployment)} == {"d1", "d2"}


def test_a_name_is_looked_for_among_its_own_kind() -> None:
    store = Store()
    for resource, uid in ((DEPLOYMENTS, "d1"), (STATEFULSETS, "s1"), (DAEMONSETS, "a1")):
        named = raw(resource, uid, 1)
        named["metadata"]["name"] = "same"
        store.apply([Put(resource, decode(resource, named))])
    found = store.named(Deployment, "ns", "same"), store.named(StatefulSet, "ns", "same")
    assert [each.metadata.uid for each in found if each is not None] == ["d1", "s1"]
    assert store.named(DaemonSet, "ns", "same") == store.workload("a1")
    assert store.named(StatefulSet, "elsewhere", "same") is None


@pytest.mark.parametrize(
    "change",
    [
        put(PODS, "p9", 9, "elsewhere"),
        put(PODS, "p9", 9),
        put(EVENTS, "e9", 9, "elsewhere"),
        Gone(PODS, "p9", "9"),
        Listed(PODS),
        Link(PODS, LinkState.LIVE, datetime(2026, 11, 23, tzinfo=UTC)),
    ],
)
def test_what_belongs_to_no_workload_touches_none(change: Change) -> None:
    store = family()
    store.apply([change])
    assert store.take_dirty() == set()


def test_a_replicaset_that_is_orphaned_touches_what_it_left_and_one_that_is_adopted_what_it_joins() -> None:
    store = family()
    store.apply([put(REPLICASETS, "r1", 9)])
    assert store.take_dirty() == {"d1"}
    assert store.replicasets("d1") == []
    store.apply([put(REPLICASETS, "r1", 10, "d2")])
    assert store.take_dirty() == {"d2"}
    assert [rs.metadata.uid for rs in store.replicasets("d2")] == ["r1"]


def test_owners_in_a_circle_do_no_harm() -> None:
    store = family()
    store.apply([put(REPLICASETS, "r8", 9, "r9"), put(REPLICASETS, "r9", 9, "r8")])
    assert store.take_dirty() == set()


def test_the_same_name_with_another_uid_is_another_deployment() -> None:
    store = Store()
    first, second = raw(DEPLOYMENTS, "d1", 1), raw(DEPLOYMENTS, "d2", 7)
    second["metadata"]["name"] = first["metadata"]["name"]
    store.apply([Put(DEPLOYMENTS, decode(DEPLOYMENTS, first)), put(REPLICASETS, "r1", 2, "d1")])
    store.apply([Gone(DEPLOYMENTS, "d1", "6"), Put(DEPLOYMENTS, decode(DEPLOYMENTS, second))])
    named = store.named(Deployment, "ns", "n-d1")
    assert named is not None
    assert named.metadata.uid == "d2"
    assert store.replicasets("d2") == []
    assert store.of_uid(Deployment, "d1") is None


def test_what_matches_a_selector_again_is_back_though_it_was_gone() -> None:
    store = family()
    store.apply([Gone(PODS, "p1", "9"), put(PODS, "p1", 12, "r1")])
    assert [pod.metadata.uid for pod in store.pods("r1")] == ["p1"]
    assert store.gone_parts({"r1"}) == {"r1": []}


def test_versions_that_are_no_numbers_are_taken_as_they_come() -> None:
    store = family()
    odd = raw(PODS, "p1", 0, "r1")
    odd["metadata"]["resourceVersion"] = "opaque"
    store.apply([Put(PODS, decode(PODS, odd)), put(PODS, "p1", 2, "r1")])
    assert [pod.metadata.resource_version for pod in store.pods("r1")] == ["2"]


def test_events_outlive_what_they_are_about() -> None:
    store = family()
    store.apply([Gone(PODS, "p1", "9"), put(EVENTS, "e2", 10, "p1")])
    assert store.take_dirty() == {"d1"}
    assert store.gone_parts({"r1", "r2"}) == {"r1": ["p1"], "r2": []}
    assert {event.metadata.uid for event in store.events("p1")} == {"e1", "e2"}
    store.apply([Gone(EVENTS, "e1"), Gone(EVENTS, "e2")])
    assert store.gone_parts({"r1"}) == {"r1": []}


def test_deletions_are_remembered_for_a_while_and_not_for_ever() -> None:
    store = family()
    for number in range(5000):
        store.apply([put(PODS, f"q{number}", 10 + number, "r1"), Gone(PODS, f"q{number}", "6000")])
    assert store.pods("r1")[0].metadata.uid == "p1"
    store.apply([put(PODS, "q4999", 20, "r1")])
    assert store.count(PODS) == 2


def test_the_worst_link_is_the_one_to_show() -> None:
    store = Store()
    at = datetime(2026, 11, 23, tzinfo=UTC)
    pods = Link(PODS, LinkState.LIVE, at)
    refused = Link(EVENTS, LinkState.REFUSED, at, "may not watch events")
    store.apply([pods, refused, Link(DEPLOYMENTS, LinkState.RECONNECTING, at)])
    assert store.worst_link == refused
    store.apply([Link(EVENTS, LinkState.LIVE, at), Link(DEPLOYMENTS, LinkState.LIVE, at)])
    assert store.worst_link == pods


def test_before_any_stream_has_begun_there_is_no_link() -> None:
    assert Store().worst_link is None


@pytest.mark.parametrize(
    "order", [("top", "mid", "low", "pod"), ("pod", "low", "mid", "top"), ("low", "top", "mid", "pod")]
)
def test_a_workload_that_belongs_to_another_is_folded_into_it_whatever_comes_first(order: Sequence[str]) -> None:
    said = {
        "top": put(DEPLOYMENTS, "top", 1),
        "mid": put(REPLICASETS, "mid", 1, "top"),
        "low": put(STATEFULSETS, "low", 1, "mid"),
        "pod": put(PODS, "pod", 1, "low"),
    }
    store = Store()
    for name in order:
        store.apply([said[name]])
        if name == order[-1]:
            # What completes the chain is news for what is above it and for what is below.
            assert store.take_dirty() >= ({"top"} if name == "pod" else {"low"})
        store.take_dirty()
    low, top = store.workload("low"), store.workload("top")
    assert low is not None
    assert top is not None
    assert store.folded_into(low) is top
    assert store.folded_into(top) is None
    store.apply([put(PODS, "pod", 2, "low")])
    assert store.take_dirty() == {"low", "top"}
    store.apply([Gone(REPLICASETS, "mid", "3")])
    assert "low" in store.take_dirty()
