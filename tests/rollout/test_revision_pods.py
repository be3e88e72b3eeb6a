"""StatefulSets and DaemonSets by revision: which one is current, how far they are, and what phase that is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ktui.kinds.controller_revisions.revisions import stored_pods_by_revision
from ktui.kinds.controller_revisions.strategy import bounds
from ktui.kinds.registry import rollout_of
from ktui.model.changes import Listed
from ktui.model.resources import CONTROLLER_REVISIONS, PODS
from ktui.rollout.rollout import Phase
from tests.rollout.made import NOW, ago
from tests.rollout.sets import READY, MadeSet, counted, daemonset, partitioned, statefulset, template


def half_way(strategy: Any = None, **status: int) -> MadeSet:
    """Revision 2 of four pods, one of which is new."""
    counts = {"replicas": 4, "readyReplicas": 4, "availableReplicas": 4, "updatedReplicas": 1} | status
    made = statefulset("db:2", 4, strategy=strategy, **counts)
    return made.revision(1, "db:1", age=900, pods=3).revision(2, "db:2", pods=1)


def whole(**status: int) -> MadeSet:
    counts = {"replicas": 2, "readyReplicas": 2, "availableReplicas": 2, "updatedReplicas": 2} | status
    return statefulset("db:2", 2, **counts).revision(1, "db:1", age=900).revision(2, "db:2", pods=2)


def numbers(made: MadeSet) -> list[int]:
    return [part.number for part in stored_pods_by_revision(made.store, made.workload()) if part.is_current]


# Which revision is current


def test_the_current_revision_is_the_newest_that_means_the_same() -> None:
    """The data of an older server has a null where a newer one has nothing, and says so in other bytes."""
    made = half_way()
    data = {"spec": {"template": {"$patch": "replace"} | template("db:2")}}
    data["spec"]["template"]["metadata"] = {"creationTimestamp": None, "labels": {"app": "db"}}
    owner = {"uid": "w", "kind": "StatefulSet", "name": "db", "controller": True}
    meta = {"name": "db-older", "uid": "v-older", "creationTimestamp": ago(5000), "ownerReferences": [owner]}
    made.put(CONTROLLER_REVISIONS, {"metadata": meta, "revision": 7, "data": data})
    assert numbers(made) == [7]


def test_before_the_controller_has_seen_a_change_it_has_no_revision() -> None:
    made = half_way()
    made.raw["spec"]["template"] = template("db:3")
    made.raw["metadata"]["generation"] = 3
    assert numbers(made) == []
    rollout = made.rollout()
    assert (rollout.revision, rollout.previous_revision) == (0, 2)
    assert rollout.why == "the controller has not seen the change yet"


def test_where_a_newer_server_fills_in_what_the_data_lacks_the_status_names_the_revision() -> None:
    made = half_way()
    made.raw["spec"]["template"] = template("db:2", enableServiceLinks=True)
    made.raw["status"]["updateRevision"] = "db-db-2"
    assert numbers(made) == [2]
    agent = daemonset("agent:2", 1, **counted(1)).revision(1, "agent:1").revision(2, "agent:2", pods=1)
    agent.raw["spec"]["template"] = template("agent:2", enableServiceLinks=True)
    assert numbers(agent) == [2]


def test_a_roll_back_makes_an_old_revision_the_newest_again() -> None:
    made = statefulset("db:1", 2, replicas=2, readyReplicas=2, availableReplicas=2, updatedReplicas=0)
    made.revision(2, "db:2", age=900, pods=2).revision(3, "db:1", age=9000)
    rollout = made.rollout()
    assert (rollout.revision, rollout.previous_revision, rollout.image_change) == (3, 2, ("db:2", "db:1"))
    # It is older than its rollout: when that began is not known.
    assert (rollout.started, rollout.phase) == (None, Phase.PROGRESSING)


def test_pods_of_a_revision_that_is_gone_are_old_pods() -> None:
    made = half_way().pod("db:0", "db-4", conditions=READY)
    assert made.rollout().progress.old.existing == 4
    assert [part.number for part in stored_pods_by_revision(made.store, made.workload())] == [2, 1, 0]


def test_the_revisions_of_others_are_not_its_own() -> None:
    made = half_way()
    made.revision(9, "db:9", ownerReferences=[{"uid": "other", "kind": "StatefulSet", "name": "x", "controller": True}])
    assert made.rollout().revision == 2


# How far it is


def test_progress_is_that_of_the_pods() -> None:
    numbers = half_way().pod("db:2", "db-9").pod("db:1", "db-8", going=True).rollout().progress
    assert (numbers.new.existing, numbers.new.ready, numbers.new.wanted) == (2, 1, 4)
    assert (numbers.old.existing, numbers.old.ready, numbers.old.terminating) == (3, 3, 1)
    assert (numbers.desired, numbers.surge, numbers.unavailable, numbers.promised) == (4, 0, 1, 3)


def test_ready_is_not_yet_available() -> None:
    made = half_way()
    made.raw["spec"]["minReadySeconds"] = 30
    assert made.rollout().progress.new.available == 0
    assert made.rollout(later=20).progress.new.available == 1


def test_without_pods_the_status_has_to_do() -> None:
    made = statefulset("db:2", 4, replicas=4, readyReplicas=3, availableReplicas=3, updatedReplicas=2)
    numbers = made.revision(1, "db:1", age=900).revision(2, "db:2").rollout().progress
    assert (numbers.new.existing, numbers.new.ready, numbers.old.existing, numbers.old.ready) == (2, 1, 2, 2)


def test_where_pods_are_known_they_count_though_the_status_lags_behind() -> None:
    made = half_way(replicas=5)
    made.store.apply([Listed(PODS)])
    numbers = made.rollout().progress
    assert (numbers.new.existing, numbers.old.existing) == (1, 3)


@pytest.mark.parametrize(
    ("rolling", "expected"),
    [
        ({}, (0, 1)),
        ({"maxUnavailable": 3}, (0, 3)),
        # 25 % of 10 is 2.5: a StatefulSet rounds down.
        ({"maxUnavailable": "25%"}, (0, 2)),
        ({"maxUnavailable": "5%"}, (0, 1)),
        ({"maxUnavailable": "100%"}, (0, 10)),
        ({"maxUnavailable": 50}, (0, 10)),
        ({"maxUnavailable": "\x1b[2J"}, (0, 1)),
    ],
)
def test_a_statefulset_rounds_down_and_may_always_miss_one(rolling: dict[str, Any], expected: tuple[int, int]) -> None:
    found = bounds(statefulset("db:1", 10, strategy={"rollingUpdate": rolling}).workload())
    assert (found.surge, found.unavailable) == expected
    assert found.unavailable_text.isprintable()


@pytest.mark.parametrize(
    ("rolling", "expected"),
    [
        ({}, (0, 1)),
        ({"maxUnavailable": "25%"}, (0, 3)),
        ({"maxUnavailable": 0, "maxSurge": "25%"}, (3, 0)),
        ({"maxUnavailable": 0, "maxSurge": 0}, (0, 1)),
        ({"maxUnavailable": 20}, (0, 10)),
    ],
)
def test_a_daemonset_rounds_up(rolling: dict[str, Any], expected: tuple[int, int]) -> None:
    found = bounds(daemonset("agent:1", 10, strategy={"rollingUpdate": rolling}).workload())
    assert (found.surge, found.unavailable) == expected


@pytest.mark.parametrize("start", [0, 5])
def test_a_partition_counts_from_the_first_ordinal_wherever_that_is(start: int) -> None:
    made = half_way(partitioned(3))
    made.raw["spec"]["ordinals"] = {"start": start}
    assert made.rollout().progress.new.wanted == 1


# Phases


def test_complete_is_every_pod_of_the_newest_revision_and_available() -> None:
    rollout = whole().rollout()
    assert (rollout.phase, rollout.why, rollout.causes) == (Phase.COMPLETE, "", ())
    assert rollout.finished == rollout.since == NOW - timedelta(seconds=30)


def test_how_long_a_rollout_took_that_nobody_watched_is_not_guessed() -> None:
    made = whole()
    track, _ = rollout_of(made.store, made.workload(), None, NOW)
    assert (track.finished, track.took) == (NOW - timedelta(seconds=30), None)


def test_a_partition_that_holds_pods_back_is_held_and_one_that_holds_all_is_paused() -> None:
    held = half_way(partitioned(3)).rollout()
    assert (held.phase, held.why) == (Phase.HELD, "canary of 1 held, ready")
    assert held.verdict.done
    made = statefulset("db:2", 4, strategy=partitioned(4), replicas=4, readyReplicas=4, availableReplicas=4)
    paused = made.revision(1, "db:1", age=900, pods=4).revision(2, "db:2").rollout()
    assert (paused.phase, paused.paused) == (Phase.PAUSED, True)
    assert paused.why == "changed while paused: nothing rolls out until it is resumed"


def test_a_partition_that_is_past_is_no_hold() -> None:
    made = whole()
    made.raw["spec"]["updateStrategy"] = partitioned(1)
    assert made.rollout().phase is Phase.COMPLETE


def test_on_delete_waits_for_someone_to_delete_and_is_told_without_alarm() -> None:
    rollout = half_way({"type": "OnDelete"}).rollout()
    assert (rollout.phase, rollout.waits_for_deletion) == (Phase.PAUSED, True)
    assert rollout.why == "OnDelete: 3 old pods change only when deleted"
    assert rollout.verdict.failed
    agent = daemonset("agent:2", 2, strategy={"type": "OnDelete"}, **counted(2, updated=1))
    agent.revision(1, "agent:1", age=900, pods=1).revision(2, "agent:2", pods=1)
    assert agent.rollout().why == "OnDelete: 1 old pod changes only when deleted"


def test_on_delete_with_no_old_pod_left_is_complete_whatever_kubectl_says() -> None:
    made = whole()
    made.raw["spec"]["updateStrategy"] = {"type": "OnDelete"}
    rollout = made.rollout()
    assert (rollout.phase, rollout.verdict.failed) == (Phase.COMPLETE, True)


def test_a_roll_back_that_finds_its_pods_still_there_is_complete_from_then_on() -> None:
    made = daemonset("agent:2", 2, strategy={"type": "OnDelete"}, **counted(2, updated=0))
    made.revision(1, "agent:1", age=9000).revision(2, "agent:2")
    for _ in range(2):
        made.pod("agent:1", age=9000, conditions=READY)
    assert made.rollout().phase is Phase.PAUSED
    made.revision(3, "agent:1", age=9000)
    made.raw["spec"]["template"] = template("agent:1")
    made.raw["status"] |= counted(2, updated=2)
    rollout = made.rollout(later=60)
    assert rollout.phase is Phase.COMPLETE
    assert rollout.since == rollout.started == rollout.finished == NOW + timedelta(seconds=60)


def test_a_set_of_no_pods_is_scaled_to_zero() -> None:
    assert statefulset("db:1", 0).revision(1, "db:1").rollout().phase is Phase.SCALED_TO_ZERO


def test_one_that_is_being_deleted_says_how_many_pods_are_left() -> None:
    made = whole()
    made.raw["metadata"]["deletionTimestamp"] = ago(5)
    assert (made.rollout().phase, made.rollout().why) == (Phase.DELETED, "being deleted, 2 pods left")


def test_a_daemonset_in_the_middle() -> None:
    made = daemonset("agent:2", 3, **counted(3, updated=1, available=2))
    rollout = made.revision(1, "agent:1", age=900, pods=2).revision(2, "agent:2", pods=1, ready=False).rollout()
    assert (rollout.phase, rollout.why) == (Phase.PROGRESSING, "1 new pod starting")
    assert rollout.verdict.line.endswith("1 out of 3 new pods have been updated...")
    assert (rollout.progress.new.wanted, rollout.progress.promised) == (3, 2)


def test_one_that_lost_a_pod_long_after_its_rollout_is_told_as_such() -> None:
    made = whole()
    made.rollout()
    made.raw["status"] |= {"readyReplicas": 1, "availableReplicas": 1}
    made.pod("db:2", "db-1")
    later = made.rollout(later=30)
    assert (later.phase, later.settled, later.why) == (Phase.PROGRESSING, True, "1 of 2 pods available")


def test_numbers_that_make_no_sense_break_nothing() -> None:
    made = statefulset("db:2", 3, strategy=partitioned(2**31 - 1), replicas=-3, readyReplicas=-1, updatedReplicas=-5)
    rollout = made.revision(2**63 - 1, "db:2", pods=1).rollout()
    assert rollout.progress.new.wanted == 0
    assert rollout.why.isprintable()
    agent = daemonset("agent:2", -1, currentNumberScheduled=-2, numberReady=5).rollout()
    assert agent.progress.promised == 0


def test_pods_on_nodes_that_should_not_run_them_are_told_of() -> None:
    astray = daemonset("agent:1", 0, numberMisscheduled=3).revision(1, "agent:1", pods=3)
    assert astray.rollout().why == "no node should run it, but 3 pods are still there"
