"""The store: whatever order, repetition or loss the streams go through, it ends up knowing what is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

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
)
from ktui.model.store import Store
from ktui.model.workloads import DaemonSet, StatefulSet
from tests.model.stored import put, raw, versions
from tests.recorded import decode


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


@pytest.mark.parametrize(
    ("resource", "uid", "parent"),
    [(PODS, "p1", "r1"), (REPLICASETS, "r1", "d1"), (DEPLOYMENTS, "d1", ""), (STATEFULSETS, "s1", "")],
)
def test_a_version_in_which_nothing_changes_that_is_read_is_kept_and_is_no_news(
    resource: Resource, uid: str, parent: str
) -> None:
    store = family()
    known = next(each.object for each in store.everything() if each.object.metadata.uid == uid)
    as_before = raw(resource, uid, int(known.metadata.resource_version), parent)
    as_before["metadata"] |= {"resourceVersion": "9", "annotations": {}, "managedFields": []}
    edition = store.edition
    store.apply([Put(resource, decode(resource, as_before))])
    assert store.take_dirty() == set()
    assert store.edition == edition
    kept = [next(each.object for each in store.everything() if each.object.metadata.uid == uid)]
    kept += [
        each for each in [store.workload(uid), *store.pods(parent), *store.replicasets(parent)] if each is not None
    ]
    assert len(kept) == 2
    assert versions(kept) == [(uid, "9"), (uid, "9")]
    as_before["metadata"] |= {"resourceVersion": "10", "deletionTimestamp": "2026-01-02T03:04:05Z"}
    store.apply([Put(resource, decode(resource, as_before))])
    assert store.take_dirty()
    assert store.edition > edition


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
