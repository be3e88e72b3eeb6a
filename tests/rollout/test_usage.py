"""What pods use: who is measured, per revision and per pod, against requests and limits, new against old."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktui.kinds.registry import revisions_of
from ktui.model.metrics import Sample, Used
from ktui.model.quantities import quantity
from ktui.model.resources import CONTROLLER_REVISIONS, PODS, STATEFULSETS
from ktui.rollout.capacity.quota import Room
from ktui.rollout.capacity.usage import Usage, usage, with_past, with_pods, worth_keeping
from ktui.rollout.capacity.usage_words import compared, near_limits, room
from ktui.text import percent
from tests.rollout.made import NOW, Made, ago, container, running

JSON = dict[str, Any]
MI = Decimal(2**20)
RUNS = container(running())


def sample(pod: str, cpu: str = "50m", memory: str = "64Mi", *, old: float = 10, **more: Used) -> Sample:
    """What was measured of a pod whose container is `web`."""
    used = Used(quantity(cpu), quantity(memory))
    return Sample(f"web-{pod}", NOW - timedelta(seconds=old), 15.0, {"web": used, **more})


def rolling() -> Made:
    """Two new pods beside three old ones, each with a memory limit of 128Mi and nothing about CPU."""
    made = Made("web:1.1", 4, replicas=5, updatedReplicas=2)
    made.revision(1, "web:1.0", 3).revision(2, "web:1.1", 2)
    for number, names in ((1, "abc"), (2, "xy")):
        for name in names:
            made.pod(number, name, **RUNS)
    return made


def measured(made: Made, *samples: Sample) -> Usage:
    return usage(with_pods(revisions_of(made.store, made.deployment())), samples)


def test_new_against_old_per_pod_and_in_all() -> None:
    found = measured(
        rolling(),
        *(sample(f"1-{name}", memory="60Mi") for name in "abc"),
        sample("2-x", memory="118Mi"),
        sample("2-y", memory="122Mi"),
    )
    assert [(each.number, each.is_current, each.measured) for each in found.revisions] == [
        (2, True, 2),
        (1, False, 3),
    ]
    assert found.new is not None
    memory, cpu = found.new.meter("memory"), found.new.meter("cpu")
    assert memory is not None
    assert cpu is not None
    assert (memory.total, memory.mean, memory.highest, memory.highest_pod) == (240 * MI, 120 * MI, 122 * MI, "y")
    # A request that is not given is the limit.
    assert (memory.request, memory.limit, memory.of_request) == (128 * MI, 128 * MI, Decimal("0.9375"))
    assert (cpu.request, cpu.limit, cpu.nearest) == (None, None, None)
    assert compared(found) == (
        "A new pod uses 2.0 × the memory of an old one: 120Mi against 60Mi, limit 128Mi.",
        "A new pod uses about as much CPU as an old one: 50m against 50m, no limit.",
    )
    assert near_limits(found) == (
        "2 of 2 new pods are near the memory limit: y uses 122Mi of 128Mi (95%); one that goes beyond it is killed.",
    )


def test_the_limit_that_counts_is_the_one_in_force_while_a_resize_waits() -> None:
    made = Made("web:1.1", 1, replicas=1).revision(1, "web:1.1", 1)
    made.pod(1, "a", **container(running(), resources={"limits": {"memory": "64Mi"}}))
    found = measured(made, sample("1-a", memory="61Mi"))
    assert found.new is not None
    memory = found.new.meter("memory")
    assert memory is not None
    assert memory.limit == 64 * MI
    assert memory.nearest is not None
    assert memory.nearest.share == Decimal(61) / 64


def test_what_is_not_measured_yet_is_counted_and_never_as_nothing() -> None:
    found = measured(rolling(), *(sample(f"1-{name}") for name in "abc"), sample("2-x", memory="32Mi"))
    assert found.new is not None
    memory = found.new.meter("memory")
    assert memory is not None
    assert (found.new.measured, len(found.new.pods), memory.mean) == (1, 2, 32 * MI)
    assert [(pod.name, pod.is_measured) for pod in found.new.pods] == [("x", True), ("y", False)]
    assert compared(found)[-1] == "1 of 2 new pods measured so far."
    nothing = measured(rolling())
    assert [each.meters for each in nothing.revisions] == [(), ()]
    assert (compared(nothing), near_limits(nothing), nothing.at) == ((), (), None)
    assert not nothing.is_stale(NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        sample("2-x", cpu="a lot"),
        sample("2-x", memory=""),
        Sample("web-2-x", NOW, 15.0, {}),
        Sample("web-2-x", NOW, 15.0, {"other": Used(Decimal(1), Decimal(1))}),
        # It had that name before: the pod is 30 seconds old.
        sample("2-x", old=31),
    ],
)
def test_numbers_that_do_not_tell_of_the_whole_pod_do_not_count(wrong: Sample) -> None:
    found = measured(rolling(), wrong)
    assert found.new is not None
    assert found.new.measured == 0


def test_pods_that_stop_or_have_ended_are_left_out() -> None:
    made = rolling()
    made.pod(1, "gone", meta={"deletionTimestamp": ago(1)}, **RUNS)
    made.pod(1, "evicted", phase="Failed")
    found = measured(made, *(sample(f"1-{name}") for name in ("a", "b", "c", "gone", "evicted")))
    assert found.old is not None
    assert sorted(pod.name for pod in found.old.pods) == ["a", "b", "c"]


def test_sidecars_count_and_the_container_that_is_nearest_its_own_limit_is_named() -> None:
    made = Made("web:1.0", 1, replicas=1, updatedReplicas=1).revision(1, "web:1.0", 1)
    two = {
        "containers": [{"name": "web", "resources": {"limits": {"memory": "1Gi", "cpu": "1"}}}],
        "initContainers": [
            {"name": "setup", "resources": {"requests": {"memory": "2Gi"}}},
            {"name": "proxy", "restartPolicy": "Always", "resources": {"limits": {"memory": "64Mi"}}},
        ],
    }
    raw = {
        "metadata": {
            "name": "web-1-a",
            "uid": "a",
            "creationTimestamp": ago(90),
            "ownerReferences": [{"uid": "r1", "controller": True}],
        },
        "spec": two,
        "status": {"phase": "Running"},
    }
    made.put(PODS, raw)
    found = measured(made, sample("1-a", "990m", "100Mi", proxy=Used(Decimal("0.1"), 63 * MI)))
    assert found.new is not None
    memory, cpu = found.new.meter("memory"), found.new.meter("cpu")
    assert memory is not None
    assert cpu is not None
    assert (memory.mean, memory.limit, memory.request) == (163 * MI, 1088 * MI, 2048 * MI)
    assert cpu.limit is None
    assert near_limits(found) == (
        "1 of 1 new pod is near the memory limit: proxy in a uses 63Mi of 64Mi (98%); one that goes beyond it is "
        "killed.",
        "1 of 1 new pod is near the CPU limit: web in a uses 990m of 1 (99%); it is slowed down there.",
    )


def test_numbers_grow_stale_after_several_windows() -> None:
    fresh = measured(rolling(), sample("2-x", old=20), sample("1-a", old=25))
    assert (fresh.at, fresh.window) == (NOW - timedelta(seconds=20), 15.0)
    assert not fresh.is_stale(NOW + timedelta(seconds=39))
    assert fresh.is_stale(NOW + timedelta(seconds=41))
    slow = measured(rolling(), msgspec.structs.replace(sample("2-x", old=20), window=60.0))
    assert not slow.is_stale(NOW + timedelta(seconds=200))


def test_old_pods_that_are_gone_are_compared_with_as_they_were() -> None:
    made = rolling()
    before = measured(made, *(sample(f"1-{name}", memory="60Mi") for name in "abc"))
    kept = worth_keeping(before, None)
    assert kept is not None
    assert kept.measured == 3
    # Of its last pods, which may be idle by then, nothing is kept that is worth less.
    assert worth_keeping(measured(made, sample("1-a", memory="10Mi")), kept) is kept
    alone = Made("web:1.1", 4, replicas=2, updatedReplicas=2).revision(1, "web:1.0", 0).revision(2, "web:1.1", 2)
    for name in "xy":
        alone.pod(2, name, **RUNS)
    after = with_past(measured(alone, sample("2-x", memory="120Mi"), sample("2-y", memory="120Mi")), kept)
    assert compared(after)[0] == (
        "A new pod uses 2.0 × the memory of an old one: 120Mi against 60Mi when it was last measured, limit 128Mi."
    )
    assert len(near_limits(after)) == 1
    assert worth_keeping(after, kept) is kept
    # A rollback: what was old is new.
    assert with_past(before, before.new) is before


def test_statefulsets_and_their_pods_by_revision() -> None:
    made = Made("db:2", 1)
    meta = {"name": "db", "namespace": "shop", "uid": "s", "generation": 1}
    owner = [{"uid": "s", "kind": "StatefulSet", "name": "db", "controller": True}]
    template = {"spec": {"containers": [{"name": "web", "image": "db:2"}]}}
    before = {"spec": {"containers": [{"name": "web", "image": "db:1"}]}}
    spec = {"replicas": 2, "template": template}
    made.put(STATEFULSETS, {"metadata": meta, "spec": spec, "status": {"observedGeneration": 1}})
    for number, (name, data) in enumerate((("db-1", before), ("db-2", template)), 1):
        revision = {"metadata": {"name": name, "uid": f"c{number}", "ownerReferences": owner}, "revision": number}
        made.put(CONTROLLER_REVISIONS, revision | {"data": {"spec": {"template": data}}})
        pod = {"name": f"db-{number}", "uid": f"p{number}", "ownerReferences": owner, "creationTimestamp": ago(60)}
        labels = {"labels": {"controller-revision-hash": name}}
        made.put(PODS, {"metadata": pod | labels, "spec": template["spec"], "status": {"phase": "Running"}})
    workload = made.store.workload("s")
    assert workload is not None
    samples = [Sample(f"db-{n}", NOW, 15.0, {"web": Used(Decimal(n), n * 64 * MI)}) for n in (1, 2)]
    found = usage(with_pods(revisions_of(made.store, workload)), samples)
    assert [(each.number, each.is_current, each.pods[0].name) for each in found.revisions] == [
        (2, True, "db-2"),
        (1, False, "db-1"),
    ]
    assert compared(found)[0] == "A new pod uses 2.0 × the memory of an old one: 128Mi against 64Mi, no limit."


@given(st.lists(st.tuples(st.sampled_from(["1-a", "1-b", "2-x", "2-y", "9-q", "\x1b[31m"]), st.text(), st.text())))
def test_whatever_a_server_says_is_a_number_or_unknown(said: list[tuple[str, str, str]]) -> None:
    found = measured(rolling(), *(sample(pod, cpu, memory) for pod, cpu, memory in said))
    for revision in found.revisions:
        assert 0 <= revision.measured <= len(revision.pods)
        for meter in revision.meters:
            assert meter.highest >= meter.mean or revision.measured > 1
    assert all(sentence.isprintable() for sentence in (*compared(found), *near_limits(found)))


@pytest.mark.parametrize(
    ("part", "text"),
    [("0", "0%"), ("0.001", "<1%"), ("0.944", "94%"), ("0.998", "99%"), ("1", "100%"), ("12", "1200%")],
)
def test_shares(part: str, text: str) -> None:
    assert percent(Decimal(part)) == text


def pods(hard: int, used: int, needed: int) -> Room:
    return Room("q", "pods", Decimal(hard), Decimal(used), Decimal(1), Decimal(needed))


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (pods(9, 7, 3), "room for 2 pods; the rollout needs 3"),
        (pods(9, 7, 1), "room for 2 pods; the rollout needs up to 1"),
        (pods(9, 8, 0), "room for 1 pod"),
        (
            Room("q", "cpu", Decimal(4), Decimal("3.5"), Decimal("0.4"), Decimal("0.6")),
            "room for 1 pod; the rollout needs 600m",
        ),
        (Room("q", "gpu", Decimal(4), Decimal(1), unknown="nobody knows"), "nobody knows"),
    ],
)
def test_room_in_words(found: Room, text: str) -> None:
    assert room(found) == text
