"""What the screens know of the rollouts, and in which order it is worked out."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from ktui.figures.record import Sight
from ktui.kinds.knative_service.resources import REVISIONS, SERVICES
from ktui.kinds.registry import STREAMED, WORKLOADS, of_extensions
from ktui.live.live import Live
from ktui.model.changes import Change, Gone, Link, LinkState, Listed, Put
from ktui.model.resources import CONTROLLER_REVISIONS, DEPLOYMENTS, PODS, REPLICASETS, STATEFULSETS, Resource
from ktui.rollout.rollout import Phase, Rollout
from tests.recorded import decode
from tests.rollout import sets
from tests.rollout.made import NOW, Made, template


def deployment(uid: str, *, image: str = "web:1.0", version: int = 1) -> Put:
    meta = {"name": f"web-{uid}", "namespace": "shop", "uid": uid, "resourceVersion": str(version)}
    raw = {"metadata": meta, "spec": {"replicas": 1, "template": template(image)}}
    return Put(DEPLOYMENTS, decode(DEPLOYMENTS, raw))


def a_live(*uids: str) -> Live:
    live = Live()
    live.apply([deployment(uid) for uid in uids])
    live.apply([Listed(resource) for resource in (*WORKLOADS, REPLICASETS)])
    assert not any(live.refresh(NOW)), "nothing of what is new can wait"
    return live


def images(live: Live) -> dict[str, str]:
    return {uid: rollout.image for uid, rollout in live.rollouts.items()}


def test_what_is_in_sight_comes_first_and_the_rest_can_wait() -> None:
    live = a_live("a", "b", "c")
    live.apply([deployment(uid, image="web:2.0", version=2) for uid in "abc"])
    steps = live.refresh(NOW, {"c"})
    assert next(steps) is False
    assert images(live) == {"a": "web:1.0", "b": "web:1.0", "c": "web:2.0"}
    assert list(steps) == [True, True]
    assert set(images(live).values()) == {"web:2.0"}


def test_what_was_left_comes_next_time_before_what_changed_since() -> None:
    live = a_live("a", "b", "c")
    live.apply([deployment(uid, image="web:2.0", version=2) for uid in "ab"])
    next(live.refresh(NOW))
    left = next(uid for uid in "ab" if images(live)[uid] == "web:1.0")
    live.apply([deployment("c", image="web:2.0", version=2)])
    next(live.refresh(NOW))
    assert images(live) == {"a": "web:2.0", "b": "web:2.0", "c": "web:1.0"}, f"{left} had waited longer"
    assert list(live.refresh(NOW)) == [True]
    assert images(live)["c"] == "web:2.0"
    assert list(live.refresh(NOW)) == [], "nothing is worked out twice"


def test_a_deployment_that_went_while_it_waited_is_gone() -> None:
    live = a_live("a", "b")
    live.apply([deployment("b", image="web:2.0", version=2)])
    live.apply([Gone(DEPLOYMENTS, "b")])
    assert list(live.refresh(NOW)) == [True]
    assert list(live.rollouts) == ["a"]


def test_what_tells_how_long_something_has_been_so_is_worked_out_again_when_it_says_something_else() -> None:
    live = Live()
    created = NOW - timedelta(minutes=30)
    meta = {"name": "web", "namespace": "shop", "uid": "a", "resourceVersion": "1", "generation": 1}
    waits = {"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"}
    waits |= dict.fromkeys(("lastUpdateTime", "lastTransitionTime"), f"{created:%Y-%m-%dT%H:%M:%SZ}")
    raw = {
        "metadata": meta | {"creationTimestamp": f"{created:%Y-%m-%dT%H:%M:%SZ}"},
        "spec": {"replicas": 1, "template": template("web:1.0"), "progressDeadlineSeconds": 7200},
        "status": {"observedGeneration": 1, "conditions": [waits]},
    }
    live.apply([Put(DEPLOYMENTS, decode(DEPLOYMENTS, raw))])
    live.apply([Listed(resource) for resource in (*WORKLOADS, REPLICASETS)])
    assert not any(live.refresh(NOW)), "nothing of what is new can wait"
    for seconds in (0, 59):
        later = NOW + timedelta(seconds=seconds)
        assert not live.is_outdated(later)
        assert list(live.refresh(later, times=True)) == []
    assert live.is_outdated(NOW + timedelta(seconds=60))
    assert list(live.refresh(NOW + timedelta(seconds=60), times=True)) == [True]
    assert not live.is_outdated(NOW + timedelta(seconds=119))


def test_what_is_guarded_is_worked_out_every_second() -> None:
    live = a_live("a", "b")
    assert list(live.refresh(NOW, times=True)) == []
    assert list(live.refresh(NOW, guarded={"a"})) == []
    assert list(live.refresh(NOW, guarded={"a", "gone"}, times=True)) == [False]


# Whichever of the lists comes first


LISTS = (DEPLOYMENTS, REPLICASETS, PODS)


def rolling() -> Made:
    """A rollout half a minute old, of a Deployment that is 9,000 seconds old."""
    made = Made("web:1.1", 4, replicas=5, updatedReplicas=2, availableReplicas=4)
    made.condition("Progressing", "True", "ReplicaSetUpdated", since=9000)
    made.revision(1, "web:1.0", 3, ready=3, age=9000).revision(2, "web:1.1", 2, ready=1, age=30)
    return made.pod(2, "aaaaa")


def lists(made: Made) -> dict[Resource, list[Change]]:
    """What each of the lists tells of it."""
    told: dict[Resource, list[Change]] = {
        DEPLOYMENTS: [Put(DEPLOYMENTS, made.deployment())],
        REPLICASETS: [Put(REPLICASETS, each) for each in made.store.replicasets("d")],
        PODS: [Put(PODS, each) for each in made.store.pods("r2")],
    }
    return {kind: [*changes, Listed(kind)] for kind, changes in told.items()}


def heard(live: Live, changes: list[Change], *, later: float = 0) -> Rollout:
    """The rollout as it stands after these changes."""
    live.apply(changes)
    for _ in live.refresh(NOW + timedelta(seconds=later)):
        pass
    return live.rollouts["d"]


@pytest.mark.parametrize("order", permutations(LISTS), ids=lambda order: "-".join(kind.plural for kind in order))
def test_a_rollout_began_when_its_replicaset_says_whichever_list_comes_first(order: tuple[Resource, ...]) -> None:
    told, live = lists(rolling()), Live()
    for kind in order:
        live.apply(told[kind])
        list(live.refresh(NOW))
    assert live.rollouts["d"].started == NOW - timedelta(seconds=30)


def test_what_is_seen_from_then_on_is_gone_on_from() -> None:
    made, live = rolling(), Live()
    for changes in lists(made).values():
        live.apply(changes)
        list(live.refresh(NOW))
    for available in (2, 4):
        made.raw["status"]["availableReplicas"] = available
        rollout = heard(live, [Put(DEPLOYMENTS, made.deployment())])
    assert rollout.lowest == 2


def test_replicasets_that_may_not_be_seen_are_not_waited_for() -> None:
    made, live = rolling(), Live()
    heard(live, [*lists(made)[DEPLOYMENTS], Link(REPLICASETS, LinkState.REFUSED, NOW)])
    made.raw["spec"]["template"] = template("web:1.2")
    rollout = heard(live, [Put(DEPLOYMENTS, made.deployment())], later=5)
    assert rollout.started == NOW + timedelta(seconds=5)


SET_LISTS = (*WORKLOADS, REPLICASETS, CONTROLLER_REVISIONS, PODS)


@pytest.mark.parametrize("last", [CONTROLLER_REVISIONS, PODS], ids=lambda kind: kind.plural)
@pytest.mark.parametrize("is_paused", [False, True], ids=["moving", "paused"])
def test_nobody_saw_a_statefulset_begin_that_was_there_before_what_tells_of_it(
    last: Resource, *, is_paused: bool
) -> None:
    made = sets.statefulset("db:2", 3, replicas=3, updatedReplicas=1, strategy=sets.partitioned(2 if is_paused else 0))
    made.revision(1, "db:1", age=9000, pods=2).revision(2, "db:2", age=30, pods=1)
    live, late = Live(), timedelta(seconds=1)
    told: dict[Resource, list[Change]] = {
        STATEFULSETS: [Put(STATEFULSETS, made.workload())],
        CONTROLLER_REVISIONS: [Put(CONTROLLER_REVISIONS, each) for each in made.store.controller_revisions("w")],
        PODS: [Put(PODS, each) for each in made.store.pods("w")],
    }
    for kind in [*(kind for kind in SET_LISTS if kind is not last), last]:
        live.apply([*told.get(kind, []), Listed(kind)])
        list(live.refresh(NOW + late))
    newest = {record.revision: record for record in live.observer.take()}[2]
    assert (newest.sight, newest.started) == (Sight.JOINED, NOW - timedelta(seconds=30))


# What is well as far as is known


def well() -> Made:
    made = Made("web:1.1", 1, replicas=1, updatedReplicas=1, availableReplicas=1)
    made.condition("Progressing", "True", "NewReplicaSetAvailable", since=9000)
    return made.revision(1, "web:1.1", 1, ready=1, age=9000)


@pytest.mark.parametrize(
    ("of_pods", "phase"),
    [
        (Listed(PODS), Phase.COMPLETE),
        (Link(PODS, LinkState.REFUSED, NOW, "You may not list pods."), Phase.COMPLETE),
        (Link(PODS, LinkState.RECONNECTING, NOW, "reset"), Phase.READING),
    ],
)
def test_nothing_is_complete_before_its_pods_are_read(of_pods: Change, phase: Phase) -> None:
    told, live = lists(well()), Live()
    live.apply([*told[DEPLOYMENTS], *told[REPLICASETS], *map(Listed, (*WORKLOADS, REPLICASETS))])
    assert not any(live.refresh(NOW))
    assert live.rollouts["d"].phase is Phase.READING
    live.apply([of_pods])
    list(live.refresh(NOW))
    assert live.rollouts["d"].phase is phase


# What may be a part of something that has not been read


def owned(kind: str) -> Put:
    meta = {"name": "web-00001-deployment", "namespace": "shop", "uid": "d", "resourceVersion": "1"}
    owner = {"apiVersion": "serving.knative.dev/v1", "kind": kind, "name": "web-00001", "uid": "r", "controller": True}
    raw = {"metadata": meta | {"ownerReferences": [owner]}, "spec": {"replicas": 1, "template": template("web:1.0")}}
    return Put(DEPLOYMENTS, decode(DEPLOYMENTS, raw))


def test_what_a_controller_of_another_kind_owns_is_no_row_before_the_cluster_has_said_what_it_has() -> None:
    live = Live()
    live.apply([owned("Revision"), deployment("a"), *map(Listed, (*WORKLOADS, REPLICASETS, PODS))])
    list(live.refresh(NOW))
    assert list(live.rollouts) == ["a"]
    live.serves(frozenset({SERVICES}))
    list(live.refresh(NOW))
    assert list(live.rollouts) == ["a"], "Knative's Services are yet to be listed"
    live.apply([Listed(SERVICES)])
    list(live.refresh(NOW))
    assert sorted(live.rollouts) == ["a", "d"], "no Service was found for it"


def test_a_knative_service_says_nothing_before_its_revisions_are_read() -> None:
    meta = {"name": "web", "namespace": "shop", "uid": "s", "resourceVersion": "1", "generation": 2}
    status = {"observedGeneration": 2, "latestCreatedRevisionName": "web-00002", "latestReadyRevisionName": "web-00001"}
    raw = {"metadata": meta, "spec": {"template": template("web:1.0")}, "status": status}
    live = Live()
    live.serves(frozenset({SERVICES, REVISIONS}))
    live.apply([Put(SERVICES, decode(SERVICES, raw)), *map(Listed, (*STREAMED, SERVICES))])
    list(live.refresh(NOW))
    assert (live.rollouts["s"].phase, live.rollouts["s"].why) == (Phase.READING, "")
    live.apply([Listed(resource) for resource in of_extensions()])
    list(live.refresh(NOW))
    assert live.rollouts["s"].phase is not Phase.READING


def _is_known(live: Live) -> bool:
    return live.is_worked_out_once


def test_no_rank_is_kept_from_before_all_was_read() -> None:
    live = Live()
    live.apply([deployment("a"), deployment("b"), *map(Listed, (*WORKLOADS, REPLICASETS, PODS))])
    list(live.refresh(NOW))
    live.serves(frozenset({SERVICES}))
    live.apply(map(Listed, (*STREAMED, SERVICES)))
    assert not _is_known(live)
    live.apply([deployment(uid, image="web:2.0", version=2) for uid in "ab"])
    steps = live.refresh(NOW)
    next(steps)
    assert not _is_known(live), "what is left was worked out from less"
    list(steps)
    assert _is_known(live)
    live.apply([deployment("b", image="web:3.0", version=3)])
    list(live.refresh(NOW))
    assert _is_known(live), "from then on a rank is kept"


def test_what_nobody_else_can_own_is_a_row_at_once() -> None:
    live = Live()
    live.apply([owned("Operator"), *map(Listed, (*WORKLOADS, REPLICASETS, PODS))])
    list(live.refresh(NOW))
    assert list(live.rollouts) == ["d"]


def test_where_the_cluster_has_no_such_kind_it_is_a_row() -> None:
    live = Live()
    live.apply([owned("Revision"), *map(Listed, (*WORKLOADS, REPLICASETS, PODS))])
    live.serves(frozenset())
    list(live.refresh(NOW))
    assert list(live.rollouts) == ["d"]
