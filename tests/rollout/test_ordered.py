"""Why the rollout of a StatefulSet or a DaemonSet does not move, in the cases that no recording has."""

from __future__ import annotations

from typing import Any

import pytest

from ktui.model.changes import Listed
from ktui.model.resources import PODS
from ktui.rollout.diagnosis.cause import Cause, Kind, Reason, Remedy
from ktui.rollout.rollout import Phase
from tests.rollout.made import ago, container, ended, running, waiting
from tests.rollout.sets import READY, MadeSet, counted, daemonset, partitioned, statefulset, template

CRASH = container(waiting("CrashLoopBackOff"), restarts=3, last=ended(1))
UNREADY: dict[str, Any] = {"conditions": [{"type": "Ready", "status": "False"}]}
QUOTA = "is forbidden: exceeded quota: tight, requested: pods=1, used: pods=5, limited: pods=5"


def blocked(**status: int) -> MadeSet:
    """db-3 is new and crashes; three old ones serve."""
    counts = {"replicas": 4, "readyReplicas": 3, "availableReplicas": 3, "updatedReplicas": 1} | status
    made = statefulset("db:2", 4, **counts).revision(1, "db:1", age=900, pods=3).revision(2, "db:2")
    return made.pod("db:2", "db-3", **CRASH)


def rolled_back(partition: int = 0, start: int = 0) -> MadeSet:
    """The same after its template went back: db-3 still crashes, of a revision that is the old one now."""
    made = statefulset("db:1", 4, strategy=partitioned(partition), replicas=4, readyReplicas=3, availableReplicas=3)
    made.raw["spec"]["ordinals"] = {"start": start}
    made.revision(3, "db:1", age=900, pods=3).revision(2, "db:2")
    return made.pod("db:2", f"db-{3 + start}", **CRASH, **UNREADY)


def first(made: MadeSet) -> Cause:
    return made.rollout().causes[0]


def test_a_broken_pod_blocks_an_ordered_update() -> None:
    rollout = blocked().rollout()
    assert (rollout.phase, rollout.why) == (Phase.STALLED, "the new pod crashes: exit 1, 3 restarts, last 12s ago")
    assert rollout.causes[0].remedies == (Remedy.LOGS, Remedy.ROLLBACK)
    assert rollout.serving == "the old revision still serves with 3 of 4 pods"


def test_a_broken_pod_stays_though_it_was_rolled_back_and_has_to_be_deleted() -> None:
    rollout = rolled_back().rollout()
    assert rollout.phase is Phase.STALLED
    assert [cause.kind for cause in rollout.causes] == [Kind.POD]
    cause = rollout.causes[0]
    assert cause.sentence == "1 old pod does not become ready, and the StatefulSet waits for it: db-3"
    assert cause.try_next == "delete it: kubectl delete pod db-3 -n shop; it comes back with the newest template"
    assert cause.pods == ("db-3",)


def test_of_several_that_stay_all_are_named() -> None:
    made = rolled_back().pod("db:2", "db-10", **CRASH, **UNREADY)
    assert first(made).try_next == (
        "delete them: kubectl delete pod db-10 db-3 -n shop; they come back with the newest template"
    )


def test_one_that_may_yet_become_ready_is_waited_for() -> None:
    made = statefulset("db:1", 2, replicas=2, readyReplicas=1, availableReplicas=1)
    made.revision(3, "db:1", age=900, pods=1).revision(2, "db:2")
    made.pod("db:2", "db-1", age=5, **container(running(3)), **UNREADY)
    assert (made.rollout().phase, made.rollout().causes) == (Phase.PROGRESSING, ())


@pytest.mark.parametrize(
    "change",
    [
        {"podManagementPolicy": "Parallel"},
        {"updateStrategy": partitioned(4)},
    ],
)
def test_where_the_controller_does_not_wait_for_it_the_pod_is_told_as_what_it_is(change: dict[str, Any]) -> None:
    made = rolled_back()
    made.raw["spec"] |= change
    assert first(made).sentence == "the old pod crashes: exit 1, 3 restarts, last 12s ago"


def test_a_partition_counts_from_the_first_ordinal() -> None:
    """Of ordinals 5 to 8 a partition of 3 leaves 5, 6 and 7 as they are: db-8 has to go."""
    assert "db-8" in first(rolled_back(partition=3, start=5)).sentence
    assert "crashes" in first(rolled_back(partition=4, start=5)).sentence


def test_before_the_controller_has_seen_it_nothing_is_to_be_deleted() -> None:
    made = rolled_back()
    made.raw["metadata"]["generation"] = 3
    assert "delete" not in first(made).try_next


def missing_one() -> MadeSet:
    counts = {"replicas": 3, "readyReplicas": 3, "availableReplicas": 3, "updatedReplicas": 0}
    made = statefulset("db:2", 4, **counts).revision(1, "db:1", age=900, pods=3).revision(2, "db:2")
    made.store.apply([Listed(PODS)])
    return made


def test_a_quota_that_refuses_pods_is_told_though_only_an_event_speaks() -> None:
    said = f'create Pod db-3 in StatefulSet db failed error: pods "db-3" {QUOTA}'
    rollout = missing_one().event("w", "FailedCreate", said, times=4).rollout()
    cause = rollout.causes[0]
    assert rollout.phase is Phase.STALLED
    assert cause.sentence == "no more pods can be created: quota tight: 5 of 5 pods used, 1 needed"
    assert cause.try_next == "raise the quota, or scale something else in"
    assert cause.remedies == (Remedy.SCALE, Remedy.ROLLBACK)


def test_a_claim_that_is_refused_is_told_as_well() -> None:
    said = f'create Claim data-db-3 Pod db-3 in StatefulSet db failed error: persistentvolumeclaims "data-db-3" {QUOTA}'
    assert "quota tight: " in first(missing_one().event("w", "FailedCreate", said, times=4)).sentence


def test_a_daemonset_is_refused_as_well_and_has_no_size_to_change() -> None:
    made = daemonset("agent:2", 2, **counted(1, updated=0)).revision(1, "agent:1", pods=1)
    made.event("w", "FailedCreate", f'Error creating: pods "agent-" {QUOTA}', times=4)
    assert first(made).remedies == (Remedy.ROLLBACK,)


@pytest.mark.parametrize(
    ("since", "times", "is_alarm"),
    [(10, 1, True), (1190, 9, True), (1300, 9, False)],
)
def test_what_was_refused_long_ago_is_no_reason_any_more(since: float, times: int, is_alarm: bool) -> None:
    made = statefulset("db:1", 4, replicas=3, readyReplicas=3).revision(1, "db:1", age=9000)
    made.store.apply([Listed(PODS)])
    for number in range(3):
        made.pod("db:1", f"db-{number}", age=8000, conditions=READY)
    made.event("w", "FailedCreate", f'pods "db-3" {QUOTA}', since=since, times=times)
    assert bool(made.rollout().causes) is is_alarm


def test_pods_that_came_since_prove_that_it_passed() -> None:
    """In every rollout a pod is missing for a moment: a refusal of before is not why."""
    said = f'pods "db-3" {QUOTA}'
    made = missing_one().event("w", "FailedCreate", said, since=300, times=9).pod("db:2", "db-3", age=200, going=True)
    made.pod("db:2", "db-2", age=100, conditions=READY)
    assert made.rollout().causes == ()


def test_all_pods_that_there_should_be_are_reason_enough_to_say_nothing() -> None:
    made = missing_one().pod("db:2", "db-3", age=500, **container(running(3)))
    assert made.event("w", "FailedCreate", f'pods "db-3" {QUOTA}', times=9).rollout().phase is Phase.PROGRESSING


def test_a_webhook_that_is_silent_for_a_moment_may_pass() -> None:
    said = 'Internal error occurred: failed calling webhook "policy": context deadline exceeded'
    assert missing_one().event("w", "FailedCreate", said, since=5).rollout().phase is Phase.PROGRESSING
    assert missing_one().event("w", "FailedCreate", said, since=5, first=70).rollout().phase is Phase.STALLED


def test_a_pod_that_finds_no_room_on_its_node() -> None:
    made = daemonset("agent:2", 3, **counted(3, updated=1, available=2))
    made.revision(1, "agent:1", age=900, pods=2).revision(2, "agent:2")
    said = "0/3 nodes are available: 1 Insufficient memory, 2 node(s) didn't match Pod's node affinity/selector."
    scheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": said}
    made.pod("agent:2", phase="Pending", conditions=[scheduled | {"lastTransitionTime": ago(200)}])
    rollout = made.rollout()
    assert rollout.phase is Phase.STALLED
    assert rollout.why.startswith("no node takes the new pod")
    assert Remedy.SCALE not in rollout.causes[0].remedies


def test_nothing_takes_the_pod_off_a_lost_node() -> None:
    """After five minutes a Deployment's pods come elsewhere: these do not."""
    made = statefulset("db:2", 2, replicas=2, readyReplicas=1, availableReplicas=1, updatedReplicas=2)
    made.revision(2, "db:2", pods=1)
    statuses = container(running(900), ready=True)
    statuses["containerStatuses"][0]["ready"] = True
    made.pod("db:2", "db-1", **statuses, conditions=[{"type": "Ready", "status": "False"}])
    made.event("p-db-1", "NodeNotReady", "Node is not ready")
    cause = first(made)
    assert cause.kind is Kind.NODE
    assert "five minutes" not in cause.try_next
    assert "delete it" in cause.try_next


def test_an_old_pod_that_does_not_stop_is_in_the_way() -> None:
    made = daemonset("agent:2", 2, **counted(2, updated=1))
    made.revision(1, "agent:1", age=900).revision(2, "agent:2", pods=1)
    made.pod("agent:1", "agent-x", going=True)
    assert made.rollout().causes == ()
    assert [cause.kind for cause in made.rollout(later=200).causes] == [Kind.STOPPING]


def test_what_a_cluster_says_is_shown_and_not_obeyed() -> None:
    made = missing_one().event("w", "FailedCreate", 'pods "\x1b[2J" is forbidden: \x1b]0;evil\x07', times=9)
    made.raw["spec"]["template"] = template("db:\x1b[2J")
    for cause in made.rollout().causes:
        assert all(text.isprintable() for text in (cause.sentence, cause.try_next, cause.detail, *cause.pods))


# Held back on purpose: no alarm, but what lets it go on


def test_on_delete_says_which_pod_to_begin_with() -> None:
    made = statefulset("db:2", 11, strategy={"type": "OnDelete"}, replicas=11, readyReplicas=11, updatedReplicas=0)
    rollout = made.revision(1, "db:1", age=900, pods=11).revision(2, "db:2").rollout()
    cause = rollout.causes[0]
    assert (rollout.phase, cause.kind, cause.blocking) == (Phase.PAUSED, Kind.PAUSED, False)
    assert cause.try_next.endswith("(kubectl delete pod db-10 -n shop)")
    assert (cause.pods[0], cause.pods[-1]) == ("db-0", "db-10")


def test_a_partition_that_holds_all_is_a_pause_and_one_that_holds_some_is_none() -> None:
    def held(partition: int) -> MadeSet:
        counts = {"replicas": 2, "readyReplicas": 2, "availableReplicas": 2, "updatedReplicas": 2 - partition}
        made = statefulset("db:2", 2, strategy=partitioned(partition), **counts)
        return made.revision(1, "db:1", age=900, pods=partition).revision(2, "db:2", pods=2 - partition)

    assert held(2).rollout().causes[0].remedies == (Remedy.RESUME, Remedy.ROLLBACK)
    assert held(1).rollout().causes == ()
    # Where all pods are of the newest revision, nothing waits to be let through.
    same = statefulset("db:2", 2, strategy=partitioned(2), replicas=2, readyReplicas=2, updatedReplicas=2)
    assert same.revision(2, "db:2", pods=2).rollout().causes == ()


def test_a_set_that_may_not_update_its_pods_says_which_to_delete() -> None:
    made = statefulset("db:2", 3, replicas=3, readyReplicas=3, availableReplicas=3, updatedReplicas=0)
    made.revision(1, "db:1", age=900, pods=3).revision(2, "db:2")
    made.store.apply([Listed(PODS)])
    said = (
        'update Pod db-0 in StatefulSet db failed error: Pod "db-0" is invalid: spec: Forbidden: pod updates may not '
        "change fields other than `spec.containers[*].image`"
    )
    fresh = first(made.event("w", "FailedUpdate", said, since=5, first=20, times=3))
    assert (fresh.reason, fresh.blocking) == (Reason.CONTROLLER_FAILS, False)
    cause = first(made.event("w", "FailedUpdate", said, since=5, first=90, times=11))
    assert cause.blocking
    assert cause.sentence == "the StatefulSet cannot update 1 pod: the changed fields are immutable in a running pod"
    assert "kubectl delete pod db-0 -n shop" in cause.try_next
    assert cause.pods == ("db-0",)
