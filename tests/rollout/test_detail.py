"""What the detail screen shows, over recordings and in cases made by hand."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from ktui.kinds.deployment.detail import detail
from ktui.kinds.deployment.progress import observation
from ktui.kinds.deployment.situation import situation_of
from ktui.model.changes import Gone, Put
from ktui.model.events import Event
from ktui.model.objects import Deployment
from ktui.model.resources import EVENTS, PODS, REPLICASETS
from ktui.model.store import Store
from ktui.rollout.detail import EVENTS_SHOWN, Detail
from ktui.rollout.podstatus import Health
from ktui.rollout.progress import Track, observe
from tests.recorded import OF_DEPLOYMENTS, Note, Said, clock, recording
from tests.rollout.made import NOW, Made, ago, container, running, waiting


@cache
def details(name: str) -> list[tuple[float, Detail]]:
    """The detail of each Deployment of a recording, whenever something of it changed."""
    store, tracks, shown = Store(), dict[str, Track](), []
    for said in recording(name):
        if isinstance(said, Note):
            continue
        store.apply([said.change])
        now = clock(name) + timedelta(seconds=said.t)
        for uid in store.take_dirty():
            deployment = store.of_uid(Deployment, uid)
            if deployment is not None:
                track = tracks[uid] = observe(tracks.get(uid), observation(situation_of(store, deployment)), now)
                shown.append((said.t, detail(store, deployment, track, now)))
    return shown


def at(name: str, t: float) -> Detail:
    return [shown for moment, shown in details(name) if moment <= t][-1]


def test_revisions_are_shown_newest_first_with_their_numbers() -> None:
    second, first = at("rolling-update", 3.55).revisions
    assert (second.number, second.images, second.is_current, second.former) == (2, ("web:1.1",), True, ())
    assert (first.number, first.images, first.is_current) == (1, ("web:1.0",), False)
    assert (second.change_cause, first.change_cause) == ("release 1.1", "registry.example/web:1.0")
    assert (second.wanted, second.existing, second.ready, second.available) == (3, 3, 1, 1)
    assert (first.wanted, first.existing, first.ready, first.available) == (4, 5, 5, 5)
    assert second.created is not None
    assert first.created is not None
    assert second.created > first.created


def test_a_revision_that_came_back_shows_its_former_number() -> None:
    numbers = [(r.number, r.former, r.is_current) for r in at("rollback-to-revision", 1e9).revisions]
    assert numbers == [(5, (2,), True), (4, (), False), (3, (), False), (1, (), False)]


@pytest.mark.parametrize("name", OF_DEPLOYMENTS)
def test_pods_keep_their_places(name: str) -> None:
    """A cell may come, change or go, but two of them never change places."""
    for (_, before), (_, after) in pairwise(details(name)):
        places = {pod.uid: (rev.uid, index) for rev in before.revisions for index, pod in enumerate(rev.pods)}
        for revision in after.revisions:
            kept = [places[pod.uid] for pod in revision.pods if pod.uid in places]
            assert kept == sorted(kept)


def test_a_younger_pod_comes_after_the_older_ones_whatever_it_is_called() -> None:
    made = Made("web:1.1", 3).revision(2, "web:1.1", 3)
    for name, age in (("b", 9), ("a", 5), ("d", 30), ("c", 30)):
        made.pod(2, name, age=age)
    assert [pod.name[-1] for pod in shown(made).revisions[0].pods] == ["c", "d", "b", "a"]


@pytest.mark.parametrize("name", OF_DEPLOYMENTS)
def test_every_pod_is_shown_once_and_those_that_stop_too(name: str) -> None:
    shown = details(name)
    for _, one in shown:
        uids = [pod.uid for revision in one.revisions for pod in revision.pods]
        assert len(uids) == len(set(uids))
    made = {
        said.change.object.metadata.uid
        for said in recording(name)
        if isinstance(said, Said) and isinstance(said.change, Put) and said.change.resource is PODS
    }
    assert {pod.uid for _, one in shown for revision in one.revisions for pod in revision.pods} == made
    stopping = [p for _, one in shown for r in one.revisions for p in r.pods if p.health is Health.STOPPING]
    assert stopping or name == "quota-exceeded"


def test_the_conditions_with_the_bad_ones_marked() -> None:
    failed = at("crashloop-deadline-undo", 11.69)
    assert [(c.type, c.status, c.reason, c.is_bad) for c in failed.conditions] == [
        ("Available", "True", "MinimumReplicasAvailable", False),
        ("Progressing", "False", "ProgressDeadlineExceeded", True),
    ]
    assert all(c.since is not None and c.message for c in failed.conditions)
    refused = at("quota-exceeded", 8.5)
    assert [c.type for c in refused.conditions if c.is_bad] == ["ReplicaFailure"]
    calm = at("rolling-update", 1e9)
    assert not any(c.is_bad for c in calm.conditions)


@pytest.mark.parametrize(
    ("kind", "status", "is_bad"),
    [
        ("Available", "False", True),
        ("Progressing", "Unknown", False),
        ("ReplicaFailure", "False", False),
        ("Odd", "False", False),
    ],
)
def test_which_conditions_are_bad(kind: str, status: str, is_bad: bool) -> None:
    assert shown(Made("web:1.1", 1).condition(kind, status, "Why")).conditions[0].is_bad is is_bad


@pytest.mark.parametrize(
    "name", [name for name in OF_DEPLOYMENTS if name not in ("blue-green-service", "delete-mid-rollout")]
)
def test_all_events_are_there_also_those_of_pods_that_are_gone(name: str) -> None:
    said = {
        s.change.object.metadata.uid
        for s in recording(name)
        if isinstance(s, Said) and isinstance(s.change, Put) and isinstance(s.change.object, Event)
    }
    rows = at(name, 1e9).events
    assert {row.uid for row in rows} == said
    assert [row.at for row in rows] == sorted((row.at for row in rows if row.at is not None), reverse=True)
    assert {row.kind for row in rows} == {"Deployment", "ReplicaSet", "Pod"}


def test_names_in_events_are_as_short_as_they_can_be() -> None:
    rows = at("rolling-update", 1e9).events
    assert {row.name for row in rows if row.kind == "Deployment"} == {"web"}
    assert all(row.name.startswith("…") and "-" not in row.name for row in rows if row.kind in ("ReplicaSet", "Pod"))
    scaled = [row.message for row in rows if row.reason == "ScalingReplicaSet"]
    assert any("Scaled up replica set" in message for message in scaled)


def test_the_capacity_is_that_of_the_rollout() -> None:
    capacity = at("rolling-update", 1e9).capacity
    assert (capacity.promised, capacity.desired) == (5, 6)
    assert min(sample.available for sample in capacity.samples) == 5
    assert capacity.samples[-1].new_available == 6


def shown(made: Made) -> Detail:
    return detail(made.store, made.deployment(), made.track(), NOW)


def event(uid: str, kind: str, about: str, name: str, *, since: float = 10, **more: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": f"{name}.{uid}", "uid": uid, "namespace": "shop"},
        "involvedObject": {"kind": kind, "uid": about, "name": name},
        "lastTimestamp": ago(since),
        **more,
    }


def test_settings_of_the_rollout() -> None:
    made = Made("web:1.1", 10).spec(minReadySeconds=5)
    one = shown(made)
    assert (one.strategy, one.bounds.surge, one.bounds.unavailable) == ("RollingUpdate", 3, 2)
    assert (one.min_ready_seconds, one.deadline_seconds) == (5, 600)
    assert shown(made.spec(progressDeadlineSeconds=2147483647)).deadline_seconds is None


def test_a_pod_counts_as_available_by_its_own_revisions_min_ready_seconds() -> None:
    made = Made("web:1.1", 2).revision(1, "web:1.0", 1, age=900).revision(2, "web:1.1", 1)
    ready = {"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": ago(60)}]}
    status = container(running(60), ready=True) | ready
    made.pod(1, "a", **status).pod(2, "b", **status)
    raw = {
        "metadata": {
            "name": "web-2",
            "uid": "r2",
            "annotations": {"deployment.kubernetes.io/revision": "2"},
            "ownerReferences": [{"uid": "d", "controller": True}],
        },
        "spec": {"template": made.raw["spec"]["template"], "minReadySeconds": 2147483646},
    }
    held, old = shown(made.put(REPLICASETS, raw)).revisions
    assert (held.min_ready_seconds, held.pods[0].is_available) == (2147483646, False)
    assert (old.min_ready_seconds, old.pods[0].is_available) == (0, True)


def test_before_the_new_revision_exists_none_is_current() -> None:
    made = Made("web:1.1", 2).spec(paused=True).revision(1, "web:1.0", 2, ready=2)
    assert [r.is_current for r in shown(made).revisions] == [False]


def test_events_with_counts_warnings_and_without_a_time() -> None:
    made = Made("web:1.1", 2).revision(2, "web:1.1", 1).pod(2, "abc", **container(waiting("CrashLoopBackOff")))
    made.put(EVENTS, event("e1", "Pod", "p2-abc", "web-2-abc", type="Warning", reason="BackOff", count=7))
    made.put(EVENTS, event("e2", "Deployment", "d", "web", since=5))
    undated = event("e3", "ReplicaSet", "r2", "web-2")
    del undated["lastTimestamp"]
    rows = shown(made.put(EVENTS, undated)).events
    assert [(row.kind, row.name, row.count, row.is_warning) for row in rows] == [
        ("Deployment", "web", 1, False),
        ("Pod", "…abc", 7, True),
        ("ReplicaSet", "…2", 1, False),
    ]


def test_only_the_newest_events_are_shown() -> None:
    made = Made("web:1.1", 2)
    for number in range(EVENTS_SHOWN + 50):
        made.put(EVENTS, event(f"e{number}", "Deployment", "d", "web", since=number))
    rows = shown(made).events
    assert len(rows) == EVENTS_SHOWN
    assert (rows[0].uid, rows[-1].uid) == ("e0", f"e{EVENTS_SHOWN - 1}")


def test_events_of_a_revision_that_was_cleaned_up_stay() -> None:
    made = Made("web:1.1", 2).revision(1, "web:1.0", 0).revision(2, "web:1.1", 2)
    made.put(EVENTS, event("e1", "ReplicaSet", "r1", "web-1", reason="SuccessfulDelete"))
    made.store.apply([Gone(REPLICASETS, "r1", "900")])
    one = shown(made)
    assert [r.number for r in one.revisions] == [2]
    assert [(row.name, row.reason) for row in one.events] == [("…1", "SuccessfulDelete")]


def texts(value: Any) -> list[str]:
    """All texts in a tree of structs, but for uids."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for item in value for text in texts(item)]
    fields = getattr(value, "__struct_fields__", ())
    return [text for field in fields if field != "uid" for text in texts(getattr(value, field))]


def test_nothing_hostile_is_left_in_a_detail() -> None:
    evil = "x\x1b[2J\u202e\u200b[b]\n"
    made = Made(f"web:{evil}", 2).condition(evil, evil, evil, message=evil)
    made.raw["metadata"]["name"] = evil
    made.raw["spec"]["strategy"] = {"type": evil, "rollingUpdate": {"maxSurge": evil, "maxUnavailable": evil}}
    made.revision(2, f"web:{evil}", 1).pod(2, evil, phase=evil, reason=evil, message=evil)
    made.put(EVENTS, event("e1", evil, "r2", f"{evil}-{evil}", reason=evil, message=evil))
    made.put(EVENTS, event("e2", evil, f"p2-{evil}", evil, reason=evil, message=evil))
    found = texts(shown(made))
    assert len(found) > 20
    assert [text for text in found if not text.isprintable()] == []
